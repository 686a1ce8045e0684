"""Carts and the writes of orders in the Magento sandbox: `carts/search`, `order/{id}/ship`, `orders/{id}/cancel`."""

from sandbox.magento.arguments import Shape, decoded, objects
from sandbox.magento.call import ENTITY_GONE, Call
from sandbox.magento.search import MagentoError, whole
from sandbox.server.state import SandboxError
from sandbox.shop.selling import Selling
from sandbox.shop.world import Json

_ROW = Shape(
    "\\Magento\\Sales\\Api\\Data\\ShipmentItemCreationInterface", {"order_item_id": "int", "qty": "float"}
)
_NOT_SHIPPED = "Could not save a shipment, see error log for details"


def carts(call: Call) -> Json:
    """List carts, those that are no longer active included."""
    return call.listing("carts")


def _selling(call: Call) -> Selling:
    return Selling(call.shop, call.server.clock, msi=call.server.settings.msi)


def _order(call: Call) -> Json:
    key = whole(call.params["id"])
    if key not in call.shop.orders:
        raise MagentoError(404, ENTITY_GONE)
    return call.shop.orders[key]


def ship(call: Call) -> str:
    """Ship an order, or the rows in the body, from a source; the answer is the shipment's id as text."""
    order, tree = _order(call), decoded(call.body)
    given = tree if isinstance(tree, dict) else {}
    extra = (given.get("arguments") or {}).get("extension_attributes") or {}
    skus = {row["item_id"]: row["sku"] for row in order["items"]}
    rows = objects(given.get("items") or [], _ROW)
    wanted = {skus[row["order_item_id"]]: row["qty"] for row in rows if row["order_item_id"] in skus}
    try:
        return str(_selling(call).ship(order["entity_id"], wanted or None, extra.get("source_code")))
    except SandboxError as error:
        raise MagentoError(400, _NOT_SHIPPED) from error


def cancel(call: Call) -> bool:
    """Cancel an order; one that is complete or closed stays as it is."""
    order = _order(call)
    if order["state"] in ("complete", "closed", "canceled"):
        return False
    _selling(call).cancel(order["entity_id"])
    return True
