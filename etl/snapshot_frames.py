"""Carries pandas frames into the snapshot store and out of it, a chunk at a time. Decides nothing; SQL does the work.

Text columns are `object` with None for missing, on pandas 2 and 3 alike. All writers need an open
`snapshot.transaction()`, leave equal rows untouched and return the number of rows that changed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from etl.diff import CREATED_ONCE, changed_names
from etl.snapshot import Snapshot
from etl.snapshot_bulk import CHUNK, keep_keys, keep_missing, paged, select, upsert
from etl.snapshot_schema import products, records, stock, waiting_orders

PRODUCT_COLUMNS = ("product_id", "sku", "sku_key", "type_id", "status", "attributes", "kit", "updated_at", "refused")
RECORD_COLUMNS = tuple(column.name for column in records.columns)[1:]
_STATE_COLUMNS = (
    "p.product_id, p.sku, p.sku_key, p.type_id, p.status, p.kit, p.updated_at, p.absent_run, p.gone, p.refused"
)
_STATES = ("product_id", "sku", "sku_key", "type_id", "status", "kit", "updated_at", "absent_run", "gone", "refused")
_READ = (
    "product_id", "sku", "sku_key", "type_id", "status", "attributes", "kit", "updated_at", "refused", "gone"
)  # fmt: skip
_UNSETTLED = (
    "AND (p.changed_in = ? OR s.changed_in = ? OR s.quantity IS NULL OR r.held IS NOT NULL OR p.refused IS NOT NULL "
    "OR p.gone = 1 OR p.product_id IN (SELECT key FROM keys))"
)


@dataclass(frozen=True)
class Listing:
    """What a complete listing of product ids says of the products known here; frames of product_id, sku, status.

    returned: were suspects or gone, and are there again. suspects: missing for the first time.
    proven: missing in an earlier complete listing of another run as well, and not yet marked as gone.
    """

    returned: pd.DataFrame
    suspects: pd.DataFrame
    proven: pd.DataFrame


def write_products(snapshot: Snapshot, facts: pd.DataFrame) -> int:
    """Stores the Magento half of products; one row per product, `PRODUCT_COLUMNS` (any subset with product_id).

    `attributes` and `kit` are canonical JSON text. A product that was read is there: it is no suspect any more.
    """
    present = {"absent_run": None, "gone": 0, "changed_in": snapshot.build}
    # A record that does not say what a bundle is made of leaves that as it is known.
    kit = {"kit": "coalesce(excluded.kit, t.kit)"}
    return upsert(snapshot, products.name, ("product_id",), facts, present, silent=("changed_in",), assigned=kit)


def read_products(
    snapshot: Snapshot,
    which: Literal["all", "unsettled"] = "all",
    also: Iterable[str] = (),
    chunk: int = CHUNK,
) -> Iterator[pd.DataFrame]:
    """Products with their last known stock and what Optiply has of them, one row per product, in order of product_id.

    Columns: product_id, sku, sku_key, type_id, status, attributes (JSON text; None for a product known only from an
    imported snapshot), kit, updated_at, refused, gone (bool), quantity (units, NaN = unknown), manage_stock
    ("boolean"), known (bool: Optiply has it, or may have it), disabled_there (bool: accepted as disabled), stored (the
    wanted picture before this run), refused_picture (what Optiply refused last).
    "unsettled" leaves out those whose picture cannot have changed while the rules are the same: nothing of them was
    changed in this transaction, their stock is known, and they are neither held nor refused nor gone; `also` names
    products that come all the same.
    """
    condition = ""
    parameters: tuple[int, ...] = ()
    if which == "unsettled":
        keep_keys(snapshot, also)
        condition, parameters = _UNSETTLED, (snapshot.build, snapshot.build)
    query = (
        f"SELECT {', '.join(f'p.{name}' for name in _READ)}, s.quantity, s.manage_stock, "
        "r.id IS NOT NULL OR r.acknowledged IS NOT NULL OR r.announced IS NOT NULL, "
        """coalesce(instr(r.acknowledged, '"status":"disabled"'), 0) > 0, r.wanted, r.refused_picture """
        "FROM products p LEFT JOIN stock s ON s.sku_key = p.sku_key "
        "LEFT JOIN records r ON r.stream = 'products' AND r.remote_id = p.product_id "
        f"WHERE p.product_id > ? {condition} ORDER BY p.product_id LIMIT ?"
    )
    columns = (*_READ, "quantity", "manage_stock", "known", "disabled_there", "stored", "refused_picture")
    types: dict[str, Any] = {"quantity": float, "manage_stock": "boolean"}
    types |= dict.fromkeys(("gone", "known", "disabled_there"), bool)
    for frame in paged(snapshot, query, parameters, columns, chunk):
        yield frame.astype(types)


def product_states(snapshot: Snapshot, product_ids: Iterable[str]) -> pd.DataFrame:
    """What is known of the products asked for; one row per product that the store knows, in order of product_id.

    Columns: product_id, sku, sku_key, type_id, status, kit, updated_at, absent_run, gone (bool), refused, wanted
    (bool: a picture exists), held, id (Optiply's), answer (status of the last answer), answer_reason.
    """
    keep_keys(snapshot, product_ids)
    columns = (*_STATES, "wanted", "held", "id", "answer", "answer_reason")
    query = (
        f"SELECT {_STATE_COLUMNS}, r.wanted IS NOT NULL, r.held, r.id, r.status, r.reason FROM keys k "
        "JOIN products p ON p.product_id = k.key "
        "LEFT JOIN records r ON r.stream = 'products' AND r.remote_id = k.key ORDER BY p.product_id"
    )
    types: dict[str, Any] = {"gone": bool, "wanted": bool}
    states: pd.DataFrame = select(snapshot, query, (), columns).astype(types)
    return states


def sku_keys(snapshot: Snapshot, product_ids: Collection[str]) -> pd.DataFrame:
    """product_id and sku_key of the products asked for that are known (of many: all of them)."""
    if len(product_ids) > CHUNK:
        # Reading the table through is cheaper than asking for most of it by key.
        return select(snapshot, "SELECT product_id, sku_key FROM products", (), ("product_id", "sku_key"))
    keep_keys(snapshot, product_ids)
    query = "SELECT p.product_id, p.sku_key FROM keys k JOIN products p ON p.product_id = k.key ORDER BY 1"
    return select(snapshot, query, (), ("product_id", "sku_key"))


def find_products(snapshot: Snapshot, product_ids: Iterable[str]) -> pd.DataFrame:
    """The Magento half of the products asked for that are known, in order of product_id, columns `PRODUCT_COLUMNS`."""
    keep_keys(snapshot, product_ids)
    names = ", ".join(f"p.{name}" for name in PRODUCT_COLUMNS)
    query = f"SELECT {names} FROM keys k JOIN products p ON p.product_id = k.key ORDER BY p.product_id"
    return select(snapshot, query, (), PRODUCT_COLUMNS)


def products_by_sku(snapshot: Snapshot, keys: Iterable[str]) -> pd.DataFrame:
    """product_id and sku_key, one row per sku_key asked for: of several the one that is there, then the newest."""
    keep_keys(snapshot, keys)
    query = (
        "SELECT product_id, sku_key FROM products WHERE sku_key IN (SELECT key FROM keys) "
        "ORDER BY sku_key, gone, CAST(product_id AS INTEGER) DESC, product_id"
    )
    return select(snapshot, query, (), ("product_id", "sku_key")).drop_duplicates("sku_key", ignore_index=True)


def read_bundles(snapshot: Snapshot) -> pd.DataFrame:
    """Bundles of known make-up: product_id, kit (JSON text, "[]" for one with choices), updated_at, gone (bool)."""
    columns = ("product_id", "kit", "updated_at", "gone")
    query = (
        "SELECT product_id, kit, updated_at, gone FROM products WHERE type_id = 'bundle' AND kit IS NOT NULL ORDER BY 1"
    )
    bundles: pd.DataFrame = select(snapshot, query, (), columns).astype({"gone": bool})
    return bundles


def write_refusals(snapshot: Snapshot, refusals: pd.DataFrame) -> int:
    """Notes why products have no picture, or that they have one: product_id, refused (text or None)."""
    return upsert(snapshot, products.name, ("product_id",), refusals[["product_id", "refused"]], {})


def write_waiting(snapshot: Snapshot, waiting: pd.DataFrame) -> int:
    """Keeps the rows of orders that wait: remote_id, facts (JSON text)."""
    return upsert(snapshot, waiting_orders.name, ("remote_id",), waiting[["remote_id", "facts"]], {})


def read_waiting(snapshot: Snapshot) -> pd.DataFrame:
    """The orders that wait, in order of remote_id: remote_id, facts (JSON text)."""
    return select(snapshot, "SELECT remote_id, facts FROM waiting_orders ORDER BY 1", (), ("remote_id", "facts"))


def products_without_row(snapshot: Snapshot, seen: Collection[str]) -> list[str]:
    """Ids of enabled simple products whose stock is known, though their sku_key is not among `seen`."""
    counted = snapshot.driver.execute("SELECT count(*) FROM stock WHERE quantity IS NOT NULL").fetchone()[0]
    if counted == len(seen):
        return []
    keep_keys(snapshot, seen)
    query = (
        "SELECT p.product_id FROM stock s JOIN products p ON p.sku_key = s.sku_key WHERE s.quantity IS NOT NULL "
        "AND s.sku_key NOT IN (SELECT key FROM keys) AND p.type_id = 'simple' AND p.status = '1' AND p.gone = 0 "
        "ORDER BY 1"
    )
    return list(select(snapshot, query, (), ("product_id",))["product_id"])


def drop_waiting(snapshot: Snapshot, remote_ids: Iterable[str]) -> None:
    """Forgets the rows of orders that wait no longer."""
    keep_keys(snapshot, remote_ids)
    snapshot.driver.execute("DELETE FROM waiting_orders WHERE remote_id IN (SELECT key FROM keys)")


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


def count_products(snapshot: Snapshot) -> pd.DataFrame:
    """Number of products by Magento status and whether they are gone: columns status, gone (bool), products (int)."""
    query = "SELECT status, gone, count(*) FROM products GROUP BY status, gone ORDER BY status, gone"
    types: dict[str, Any] = {"gone": bool, "products": int}
    counts: pd.DataFrame = select(snapshot, query, (), ("status", "gone", "products")).astype(types)
    return counts


def write_stock(snapshot: Snapshot, facts: pd.DataFrame, run_id: str) -> int:
    """Stores the stock half; one row per sku_key, any of product_id, quantity (units), manage_stock, origin.

    Columns that are not in the frame stay as they are. A row with a quantity ends the absence of its sku.
    """
    constants: dict[str, str | int | None] = {"run_id": run_id, "changed_in": snapshot.build}
    if "quantity" in facts.columns:
        constants["absent_run"] = None
    return upsert(snapshot, stock.name, ("sku_key",), facts, constants, silent=("run_id", "changed_in"))


def settle_missing_stock(snapshot: Snapshot, seen: Iterable[str], run_id: str) -> int:
    """After a complete read of source items: `seen` are the sku_keys with a counted row. Returns newly proven skus.

    A product without one is noted as absent with this run; when an earlier run noted it too, its quantity becomes 0
    with origin "absent". A sku that has no row at all gets one with unknown quantity.
    """
    known = "SELECT sku_key FROM stock UNION SELECT sku_key FROM products WHERE sku_key IS NOT NULL"
    keep_missing(snapshot, known, seen)
    missing = "sku_key IN (SELECT key FROM keys)"
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
        "INSERT INTO stock (sku_key, product_id, run_id, absent_run, changed_in) "
        "SELECT sku_key, min(product_id), ?, ?, ? FROM products "
        f"WHERE sku_key IS NOT NULL AND {missing} GROUP BY sku_key ON CONFLICT (sku_key) DO NOTHING",
        (run_id, run_id, snapshot.build),
    )
    return proven.rowcount


def list_products(snapshot: Snapshot, product_ids: Iterable[str], run_id: str) -> Listing:
    """After a complete listing: ends the suspicion of those in it and notes this run for those missing the first time.

    Nothing is marked as gone here: that is `mark_gone`, once the caller has looked at the limit.
    """
    keep_missing(snapshot, "SELECT product_id FROM products", product_ids)
    known = "SELECT product_id, sku, status FROM products WHERE"
    missing = "product_id IN (SELECT key FROM keys)"
    doubted = f"(gone = 1 OR absent_run IS NOT NULL) AND NOT {missing}"
    columns = ("product_id", "sku", "status")
    returned = select(snapshot, f"{known} {doubted} ORDER BY 1", (), columns)
    suspects = select(snapshot, f"{known} {missing} AND gone = 0 AND absent_run IS NULL ORDER BY 1", (), columns)
    proven = select(snapshot, f"{known} {missing} AND gone = 0 AND absent_run <> ? ORDER BY 1", (run_id,), columns)
    snapshot.driver.execute(
        f"UPDATE products SET gone = 0, absent_run = NULL, changed_in = ? WHERE {doubted}", (snapshot.build,)
    )
    snapshot.driver.execute(
        f"UPDATE products SET absent_run = ? WHERE {missing} AND gone = 0 AND absent_run IS NULL", (run_id,)
    )
    return Listing(returned, suspects, proven)


def clear_suspicion(snapshot: Snapshot, product_ids: Iterable[str]) -> int:
    """Ends the suspicion of products that another answer of Magento has shown to exist; those gone stay gone."""
    keep_keys(snapshot, product_ids)
    query = "UPDATE products SET absent_run = NULL WHERE absent_run IS NOT NULL AND gone = 0 AND product_id IN keys"
    return snapshot.driver.execute(query).rowcount


def mark_gone(snapshot: Snapshot, product_ids: Iterable[str]) -> int:
    """Marks products as gone from Magento; they stay so until they are read or listed again."""
    keep_keys(snapshot, product_ids)
    return snapshot.driver.execute("UPDATE products SET gone = 1 WHERE gone = 0 AND product_id IN keys").rowcount


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
    `never_compared` and `force` as in `etl.diff.changed_names`.
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
