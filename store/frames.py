"""Carries records, stock and waiting orders into the snapshot store and out of it; products: snapshot_products.py.

Text columns are `object` with None for missing, on pandas 2 and 3 alike. All writers need an open
`snapshot.transaction()`, leave equal rows untouched and return the number of rows that changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Literal

import pandas as pd

from etl.core.diff import CREATED_ONCE, changed_names
from store.bulk import CHUNK, keep_keys, keep_missing, paged, select, upsert
from store.snapshot import Snapshot
from store.tables import loose_stock, records, stock, waiting_orders

RECORD_COLUMNS = tuple(column.name for column in records.columns)[1:]


def write_waiting(snapshot: Snapshot, waiting: pd.DataFrame) -> int:
    """Keeps the rows of orders that wait: remote_id, facts (JSON text)."""
    return upsert(snapshot, waiting_orders.name, ("remote_id",), waiting[["remote_id", "facts"]], {})


def read_waiting(snapshot: Snapshot) -> pd.DataFrame:
    """The orders that wait, in order of remote_id: remote_id, facts (JSON text)."""
    return select(snapshot, "SELECT remote_id, facts FROM waiting_orders ORDER BY 1", (), ("remote_id", "facts"))


def drop_waiting(snapshot: Snapshot, remote_ids: Iterable[str]) -> None:
    """Forgets the rows of orders that wait no longer."""
    snapshot.driver.executemany("DELETE FROM waiting_orders WHERE remote_id = ?", ((key,) for key in remote_ids))


def settled_ids(snapshot: Snapshot, stream: str) -> pd.Index[Any]:
    """Remote ids of the records that Optiply has."""
    query = "SELECT remote_id FROM records WHERE stream = ? AND (id IS NOT NULL OR acknowledged IS NOT NULL)"
    return pd.Index(select(snapshot, query, (stream,), ("remote_id",))["remote_id"])


def read_open_orders(snapshot: Snapshot) -> pd.DataFrame:
    """Sell orders that Optiply should have and has not accepted: remote_id, wanted, held_since (ISO UTC).

    `wanted` is JSON text, None while no line of the order can be sent.
    """
    query = (
        "SELECT remote_id, wanted, held_since FROM records WHERE stream = 'sellOrders' "
        "AND (wanted IS NOT NULL OR held IS NOT NULL) AND acknowledged IS NULL AND id IS NULL ORDER BY remote_id"
    )
    return select(snapshot, query, (), ("remote_id", "wanted", "held_since"))


def write_stock(snapshot: Snapshot, facts: pd.DataFrame, run_id: str) -> int:
    """Stores the stock half; one row per product_id, any of quantity (units), manage_stock, origin.

    Columns that are not in the frame stay as they are. A row with a quantity ends the absence of its product.
    """
    constants: dict[str, str | int | None] = {"run_id": run_id, "changed_in": snapshot.build}
    if "quantity" in facts.columns:
        constants["absent_run"] = None
    return upsert(snapshot, stock.name, ("product_id",), facts, constants, silent=("run_id", "changed_in"))


def write_loose(snapshot: Snapshot, rows: pd.DataFrame, run_id: str) -> None:
    """Keeps the stock of SKUs (sku, quantity) that no product has yet, in place of what an earlier read left."""
    snapshot.driver.execute("DELETE FROM loose_stock")
    upsert(snapshot, loose_stock.name, ("sku",), rows[["sku", "quantity"]], {"run_id": run_id})


def read_loose(snapshot: Snapshot) -> pd.DataFrame:
    """The stock of SKUs that no product had at the last complete read: sku, quantity (units), run_id."""
    loose: pd.DataFrame = select(
        snapshot, "SELECT sku, quantity, run_id FROM loose_stock ORDER BY sku", (), ("sku", "quantity", "run_id")
    ).astype({"quantity": float})
    return loose


def settle_missing_stock(snapshot: Snapshot, seen: Iterable[str], run_id: str) -> int:
    """After a complete read of source items: `seen` are the products with a counted row. Returns how many are proven.

    A product without one is noted as absent with this run; when an earlier run noted it too, its quantity becomes 0
    with origin "absent". A product that has no row at all gets one with unknown quantity.
    """
    keep_missing(snapshot, "SELECT product_id FROM products WHERE sku_key IS NOT NULL", seen)
    missing = "product_id IN (SELECT key FROM keys)"
    proven = snapshot.driver.execute(
        f"UPDATE stock SET quantity = 0, origin = 'absent', run_id = ?, changed_in = ? WHERE {missing} "
        "AND absent_run IS NOT NULL AND absent_run IS NOT ? AND origin IS NOT 'absent'",
        (run_id, snapshot.build, run_id),
    )
    snapshot.driver.execute(
        f"UPDATE stock SET absent_run = ?, changed_in = ? WHERE absent_run IS NULL AND {missing}",
        (run_id, snapshot.build),
    )
    snapshot.driver.execute(
        "INSERT INTO stock (product_id, run_id, absent_run, changed_in) SELECT key, ?, ?, ? FROM keys WHERE true "
        "ON CONFLICT (product_id) DO NOTHING",
        (run_id, run_id, snapshot.build),
    )
    return proven.rowcount


def write_wanted(snapshot: Snapshot, stream: str, pictures: pd.DataFrame, now: str) -> int:
    """Stores what Optiply should have: one row per record; remote_id, wanted (canonical JSON text), held (optional).

    `held` says why a record is not offered now; `held_since` keeps the `now` (ISO UTC) at which the holding began, for
    what is created once the `now` at which it was first wanted.
    The picture holds attributes only; a removal is a picture with `deleted_at`.
    """
    rows = pictures[["remote_id", "wanted", *(["held"] if "held" in pictures.columns else [])]]
    constants: dict[str, str | int | None] = {"stream": stream, "held_since": now}
    if "held" not in pictures.columns:
        constants["held"] = None
    first_held = "coalesce(t.held_since, excluded.held_since)"
    if stream not in CREATED_ONCE:
        first_held = f"CASE WHEN excluded.held IS NOT NULL THEN {first_held} END"
    return upsert(
        snapshot,
        records.name,
        ("stream", "remote_id"),
        rows,
        constants,
        silent=("held_since",),
        assigned={"held_since": first_held},
    )


def read_records(
    snapshot: Snapshot, stream: str, which: Literal["all", "held"] = "all", chunk: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """Records of a stream in order of remote_id, columns `RECORD_COLUMNS`; "held" gives those not offered now."""
    condition = "AND held IS NOT NULL" if which == "held" else ""
    query = (
        f"SELECT {', '.join(RECORD_COLUMNS)} FROM records WHERE remote_id > ? AND stream = ? {condition} "
        "ORDER BY remote_id LIMIT ?"
    )
    return paged(snapshot, query, (stream,), RECORD_COLUMNS, chunk)


def find_records(snapshot: Snapshot, stream: str, remote_ids: Iterable[str]) -> pd.DataFrame:
    """The records asked for that the store knows, in order of remote_id, columns `RECORD_COLUMNS`."""
    keep_keys(snapshot, remote_ids)
    names = ", ".join(f"r.{name}" for name in RECORD_COLUMNS)
    query = f"SELECT {names} FROM keys k JOIN records r ON r.stream = ? AND r.remote_id = k.key ORDER BY r.remote_id"
    return select(snapshot, query, (stream,), RECORD_COLUMNS)


def read_offers(
    snapshot: Snapshot,
    stream: str,
    never_compared: Collection[str] = (),
    force: bool = False,
    chunk: int = CHUNK,
) -> Iterator[pd.DataFrame]:
    """What the target is to be offered, in order of remote_id: wanted, not held, and not yet accepted as wanted.

    Columns: remote_id, wanted (JSON text), acknowledged, id, changed (sorted names, or None for all of them).
    Sell orders are offered until Optiply has them; a removal only while Optiply has (or may have) the record.
    `never_compared` and `force` as in `etl.core.diff.changed_names`.
    """
    differs = "1" if force else "wanted IS NOT acknowledged"
    if stream in CREATED_ONCE:
        differs = "acknowledged IS NULL AND id IS NULL"
    query = (
        "SELECT remote_id, wanted, acknowledged, id FROM records WHERE remote_id > ? AND stream = ? "
        "AND wanted IS NOT NULL "
        f"AND held IS NULL AND {differs} AND (id IS NOT NULL OR announced IS NOT NULL "
        """OR instr(wanted, '"deleted_at":') = 0) ORDER BY remote_id LIMIT ?"""
    )
    for frame in paged(snapshot, query, (stream,), ("remote_id", "wanted", "acknowledged", "id"), chunk):
        names = changed_names(frame["wanted"], frame["acknowledged"], never_compared, force)
        offered = frame.assign(changed=pd.Series(names, dtype=object, index=frame.index))
        settled = [found is not None and not found for found in names]
        yield offered[~pd.Series(settled, dtype=bool, index=frame.index)].reset_index(drop=True)
