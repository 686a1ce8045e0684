"""Which products of Optiply are which of the shop's, and whether their stock can be raised."""

from etl.magento.tables import facts
from etl.outward.receipts import Article
from store.snapshot import Snapshot

NOT_SIMPLE = "its product is not a simple one, so it has no stock of its own"
UNMANAGED = "the shop does not manage its product's stock"
_QUERY = """
    SELECT r.id, p.sku, p.type_id, s.manage_stock FROM records r
    JOIN products p ON p.product_id = r.remote_id LEFT JOIN stock s ON s.product_id = r.remote_id
    WHERE r.stream = 'products' AND r.id IS NOT NULL AND p.sku IS NOT NULL AND p.type_id IS NOT NULL AND p.gone = 0
"""


def articles(store: Snapshot) -> dict[int, Article]:
    """The shop's products by Optiply's id."""
    store.keep(facts)
    return {
        int(number): Article(sku, NOT_SIMPLE if kind != "simple" else UNMANAGED if managed == 0 else None)
        for rows in store.rows(_QUERY, ())
        for number, sku, kind, managed in rows
        if str(number).isdigit()
    }
