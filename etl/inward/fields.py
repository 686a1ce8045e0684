"""What a mapping table into Optiply may say of an entity, by the vocabulary."""

from collections.abc import Mapping

from etl.core.fitting import conversions_of
from etl.core.mapping import MapEntity, MapTable
from vocabulary.entity import Entity, remote_name
from vocabulary.optiply import TRADE

LINE = ("productRemoteId", "quantity", "subtotalValue")
ORDER_LINES = MapEntity(
    fields=dict.fromkeys(LINE), needed=LINE, sources=("line:product", "line:amount", "line:subtotal")
)
"""The lines of a sell order, which sales.py makes."""


def mapped_entity(
    entity: Entity, needed: tuple[str, ...], sources: tuple[str, ...], custom: str = "", **more: str | None
) -> MapEntity:
    """Everything that the vocabulary says of an entity can be mapped; references by the remote id.

    `needed` besides the remote id; `more`: fields whose conversion is another one.
    """
    skipped = {"remoteDataSyncedToDate", *entity.lines, *entity.references}
    fields = {name: kind for name, kind in conversions_of(entity).items() if name not in skipped}
    references = dict.fromkeys(map(remote_name, entity.references), "identifier")
    return MapEntity({"remoteId": "identifier", **fields, **references, **more}, ("remoteId", *needed), sources, custom)


_NEEDED = {
    "products": ("name", "status", "stockLevel", "unlimitedStock"),
    "productCompositions": ("composedProductRemoteId", "partProductRemoteId", "partQuantity"),
    "suppliers": ("name",),
    "supplierProducts": ("name", "productRemoteId", "supplierRemoteId"),
    "sellOrders": ("placed", "totalValue"),
    "buyOrders": ("placed", "totalValue", "supplierRemoteId"),
    "buyOrderLines": ("buyOrderRemoteId", "productRemoteId", "quantity", "subtotalValue"),
    "receiptLines": ("buyOrderLineRemoteId", "occurred", "quantity"),
}
_CONVERSIONS: Mapping[str, Mapping[str, str | None]] = {
    "products": {"remoteId": None, "status": "enabled"},
    "suppliers": {"name": "text_cut_255"},
    "supplierProducts": {"status": "enabled"},
}


def trade_table(source: str, sources: Mapping[str, tuple[str, ...]], custom: str) -> MapTable:
    """The table of a source that sells, buys and receives: entity → the names that its fields may come from.

    `custom`: what the names of the account's own product fields begin with.
    """
    entities = {
        one.name: mapped_entity(
            one,
            _NEEDED[one.name],
            sources[one.name],
            custom if one.name == "products" else "",
            **_CONVERSIONS.get(one.name, {}),
        )
        for one in TRADE
    }
    return MapTable(source, "Optiply", {**entities, "orderLines": ORDER_LINES}, own="products")
