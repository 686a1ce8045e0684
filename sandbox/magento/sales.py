"""Order, invoice, shipment and credit memo endpoints of the Magento sandbox."""

from collections.abc import Mapping

from sandbox.magento.call import ENTITY_GONE, Call
from sandbox.magento.search import MagentoError, whole
from sandbox.shop.world import Json


def _one(call: Call, name: str, rows: Mapping[int, Json]) -> Json:
    key = whole(call.params["id"])
    if key not in rows:
        raise MagentoError(404, ENTITY_GONE)
    call.check_poison(name, key)
    return rows[key]


def orders(call: Call) -> Json:
    """List orders; every order repeats its lines in `shipping_assignments`."""
    return call.listing("orders")


def order(call: Call) -> Json:
    """Return one order."""
    return _one(call, "orders", call.shop.orders)


def order_items(call: Call) -> Json:
    """List lines of all orders; `parent_item` only where the parent is on the same page."""
    return call.listing("orders/items", _without_distant_parents)


def _without_distant_parents(rows: list[Json]) -> list[Json]:
    here = {row["item_id"] for row in rows}
    return [
        {name: value for name, value in row.items() if name != "parent_item"}
        if row.get("parent_item_id", 0) not in here and "parent_item" in row
        else row
        for row in rows
    ]


def order_item(call: Call) -> Json:
    """Return one order line."""
    rows = {item["item_id"]: item for found in call.shop.orders.values() for item in found["items"]}
    return _one(call, "orders/items", rows)


def invoices(call: Call) -> Json:
    """List invoices."""
    return call.listing("invoices")


def invoice(call: Call) -> Json:
    """Return one invoice."""
    return _one(call, "invoices", call.shop.invoices)


def shipments(call: Call) -> Json:
    """List shipments."""
    return call.listing("shipments")


def shipment(call: Call) -> Json:
    """Return one shipment."""
    return _one(call, "shipments", call.shop.shipments)


def creditmemos(call: Call) -> Json:
    """List credit memos."""
    return call.listing("creditmemos")


def creditmemo(call: Call) -> Json:
    """Return one credit memo."""
    return _one(call, "creditmemos", call.shop.creditmemos)
