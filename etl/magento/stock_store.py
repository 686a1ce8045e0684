"""Carries stock and the orders that wait into the snapshot store and out of it. Decides nothing.

Text columns are `object` with None for missing, on pandas 2 and 3 alike. All writers need an open
`snapshot.transaction()`, leave equal rows untouched and return the number of rows that changed.
"""

from collections.abc import Iterable

import pandas as pd

from etl.magento.tables import loose_stock, stock, waiting_orders
from store.bulk import keep_missing, select, upsert
from store.snapshot import Snapshot


def write_waiting(snapshot: Snapshot, waiting: pd.DataFrame) -> int:
    """Keeps the rows of orders that wait: remote_id, facts (JSON text)."""
    return upsert(snapshot, waiting_orders, waiting[["remote_id", "facts"]], {})


def read_waiting(snapshot: Snapshot) -> pd.DataFrame:
    """The orders that wait, in order of remote_id: remote_id, facts (JSON text)."""
    return select(snapshot, "SELECT remote_id, facts FROM waiting_orders ORDER BY 1", (), ("remote_id", "facts"))


def drop_waiting(snapshot: Snapshot, remote_ids: Iterable[str]) -> None:
    """Forgets the rows of orders that wait no longer."""
    snapshot.change_each("DELETE FROM waiting_orders WHERE remote_id = ?", ((key,) for key in remote_ids))


def write_stock(snapshot: Snapshot, facts: pd.DataFrame, run_id: str) -> int:
    """Stores the stock half; one row per product_id, any of quantity (units), manage_stock, origin.

    Columns that are not in the frame stay as they are. A row with a quantity ends the absence of its product.
    """
    constants: dict[str, str | int | None] = {"run_id": run_id, "changed_in": snapshot.build}
    if "quantity" in facts.columns:
        constants["absent_run"] = None
    return upsert(snapshot, stock, facts, constants)


def write_loose(snapshot: Snapshot, rows: pd.DataFrame, run_id: str) -> None:
    """Keeps the stock of SKUs (sku, quantity) that no product has yet, in place of what an earlier read left."""
    snapshot.change("DELETE FROM loose_stock")
    upsert(snapshot, loose_stock, rows[["sku", "quantity"]], {"run_id": run_id})


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
    proven = snapshot.change(
        f"UPDATE stock SET quantity = 0, origin = 'absent', run_id = ?, changed_in = ? WHERE {missing} "  # nosec B608
        "AND absent_run IS NOT NULL AND absent_run IS NOT ? AND origin IS NOT 'absent'",
        run_id,
        snapshot.build,
        run_id,
    )
    snapshot.change(
        f"UPDATE stock SET absent_run = ?, changed_in = ? WHERE absent_run IS NULL AND {missing}",  # nosec B608
        run_id,
        snapshot.build,
    )
    snapshot.change(
        "INSERT INTO stock (product_id, run_id, absent_run, changed_in) SELECT key, ?, ?, ? FROM keys WHERE true "
        "ON CONFLICT (product_id) DO NOTHING",
        run_id,
        run_id,
        snapshot.build,
    )
    return proven
