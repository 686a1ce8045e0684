"""Takes over ids that Optiply has of a shop's records, from another flow or by hand, before they were read here."""

from collections.abc import Iterable, Sequence

import store.care
from connector.collation import folded
from etl.magento.tables import facts
from store.care import Known, TakenOver
from store.snapshot import Snapshot

IMPORTED = "taken over from an imported snapshot, not yet read from Magento"


def take_over(snapshot: Snapshot, stream: str, known: Iterable[Known]) -> TakenOver:
    """Notes the ids, inside a transaction (store.care.take_over).

    A product that was not read yet gets a place among the products, so that one which is gone from Magento is found
    and disabled.
    """
    taken = store.care.take_over(snapshot, stream, known, IMPORTED)
    if stream == "products":
        _add_products(snapshot, taken.new)
    return taken


def was_read(snapshot: Snapshot, stream: str, remote_id: str) -> bool:
    """Whether the shop ever gave this record: what was only named by a person may be a slip."""
    if stream != "products":
        return store.care.was_read(snapshot, stream, remote_id)
    snapshot.keep(facts)
    query = "SELECT 1 FROM products WHERE product_id = ? AND attributes IS NOT NULL"
    return bool(list(snapshot.rows(query, (remote_id,))))


def _add_products(snapshot: Snapshot, records: Sequence[Known]) -> None:
    snapshot.keep(facts)
    # Counted as enabled, so that the limit on disabling holds for them.
    snapshot.change_each(
        "INSERT INTO products (product_id, sku, sku_key, status, gone) VALUES (?, ?, ?, '1', 0) "
        "ON CONFLICT (product_id) DO NOTHING",
        [(one.remote_id, one.sku, None if one.sku is None else folded(one.sku)) for one in records],
    )
    snapshot.change_each(
        "UPDATE records SET wanted = '{}', held = ? WHERE stream = 'products' AND remote_id = ? AND wanted IS NULL",
        [(IMPORTED, one.remote_id) for one in records],
    )
