"""What Magento's mapping table may name: Optiply's fields from the vocabulary, and Magento's own."""

from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from etl.core.fitting import conversions_of
from etl.core.mapping import MapEntity, MapTable
from etl.magento.shapes import Order, Product
from vocabulary.entity import remote_name
from vocabulary.optiply import PRODUCT_COMPOSITIONS, PRODUCTS

CUSTOM = "custom_attributes."
_KINDS = {name: kind for name, kind in conversions_of(PRODUCTS).items() if name != "remoteDataSyncedToDate"}
_COMPOSITION = (*map(remote_name, PRODUCT_COMPOSITIONS.references), "partQuantity")
_LINE = ("productRemoteId", "quantity", "subtotalValue")
_ITEM_SOURCES = ("product_id", "qty_ordered", "qty_invoiced", "qty_shipped", "base_row_total", "row_total")


def _plain(shape: type[Struct]) -> tuple[str, ...]:
    """Magento's names of a record's plain fields."""
    return tuple(one.encode_name for one in fields(shape) if one.type is Any and one.name != "custom_attributes")


FIELDS = MapTable(
    source="Magento",
    destination="Optiply",
    own="products",
    entities={
        "products": MapEntity(
            fields={
                "remoteId": None,
                **_KINDS,
                "name": "text_cut_255",
                "articleCode": "identifier",
                "status": "status",
            },
            needed=("remoteId", "name", "status", "stockLevel", "unlimitedStock"),
            sources=(*_plain(Product), "stock:quantity", "stock:unlimited", "kit:assembled"),
            custom=CUSTOM,
            fixed=("assembled",),
        ),
        "productCompositions": MapEntity(
            fields=dict.fromkeys(_COMPOSITION),
            needed=_COMPOSITION,
            sources=("kit:product_id", "kit:part_id", "kit:quantity"),
        ),
        "sellOrders": MapEntity(
            fields=dict.fromkeys(("remoteId", "placed", "completed", "totalValue")),
            needed=("remoteId", "placed", "totalValue"),
            sources=_plain(Order),
        ),
        "orderLines": MapEntity(
            fields=dict.fromkeys(_LINE), needed=_LINE, sources=tuple(f"items.{name}" for name in _ITEM_SOURCES)
        ),
    },
)
