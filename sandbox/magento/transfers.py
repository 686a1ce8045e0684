"""Moving stock between sources in the Magento sandbox: the bulk transfer and assignment routes of 2.4.7-p3.

A transfer moves units and then reindexes everything: beside another reindex it answers an error after it has acted.
"""

from sandbox.magento.arguments import Shape, decoded, objects, parameter, refused, typed
from sandbox.magento.call import Call
from sandbox.magento.search import MagentoError, MaskedError
from sandbox.shop.collation import folded
from sandbox.shop.source_items import SOURCE_CODES, remove_source_item, write_source_item
from sandbox.shop.world import Json

_ITEM = Shape(
    "\\Magento\\InventoryCatalogApi\\Api\\Data\\PartialInventoryTransferItemInterface",
    {"sku": "string", "qty": "float"},
)
_CRASH = "An error has happened during application run. See exception log for details.\n"
_MESSAGE = "%message"


def partial(call: Call) -> list[Json]:
    """Move units of some SKUs from one source to another."""
    tree = decoded(call.body)
    origin = typed(parameter(tree, "originSourceCode"), "string", "originSourceCode")
    destination = typed(parameter(tree, "destinationSourceCode"), "string", "destinationSourceCode")
    rows = objects(parameter(tree, "items"), _ITEM, call.server.settings.array_limit)
    errors = _errors(call, origin, destination, rows)
    if errors:
        raise refused("Transfer validation failed", errors)
    for row in rows:
        _move(call, row["sku"], origin, destination, row["qty"])
    _reindex(call)
    return []


def whole(call: Call) -> bool:
    """Move all that one source holds of some SKUs to another."""
    tree = decoded(call.body)
    origin, destination = str(parameter(tree, "originSource")), str(parameter(tree, "destinationSource"))
    for sku in _skus(tree):
        row = call.shop.stock.source_items.get((origin, folded(sku)))
        if row is not None:
            _move(call, sku, origin, destination, row["quantity"])
            if typed(tree.get("unassignFromOrigin", False), "bool", "unassignFromOrigin"):
                remove_source_item(call.shop, sku, origin)
    _reindex(call)
    return True


def assign(call: Call) -> int:
    """Give some SKUs an empty row in some sources and return how many are new."""
    tree = decoded(call.body)
    skus, new = _skus(tree), 0
    if any(call.shop.product(sku) is None for sku in skus):
        raise MagentoError(500, text=_CRASH)
    for source in parameter(tree, "sourceCodes"):
        for sku in skus:
            if (source, folded(sku)) not in call.shop.stock.source_items:
                write_source_item(call.shop, sku, source, 0, 0)
                new += 1
    return new


def _skus(tree: object) -> list[str]:
    skus = parameter(tree, "skus")
    if not isinstance(skus, list):
        raise MaskedError("a list of SKUs is expected")
    return [str(sku) for sku in skus]


def _errors(call: Call, origin: str, destination: str, rows: list[Json]) -> list[tuple[str, Json | list[object]]]:
    if origin == destination:
        return [("Cannot transfer a source on itself", [])]
    named = (("Origin", origin), ("Destination", destination))
    found: list[tuple[str, Json | list[object]]] = [
        (f"{word} source %sourceCode does not exist", {"sourceCode": code})
        for word, code in named
        if code not in SOURCE_CODES
    ]
    for row in rows:
        found += _row_errors(call, row["sku"], row["qty"], (origin, destination))
    return found


def _row_errors(
    call: Call, sku: str, qty: float, sources: tuple[str, str]
) -> list[tuple[str, Json | list[object]]]:
    for code in sources:
        held = call.shop.stock.source_items.get((code, folded(sku)))
        if held is None:
            return [(_MESSAGE, {"message": f"Source item for {sku} and {code} does not exist"})]
        if code == sources[0] and held["quantity"] < qty:
            return [("Requested transfer amount for sku %sku is not available", {"sku": sku})]
    return []


def _move(call: Call, sku: str, origin: str, destination: str, qty: float) -> None:
    """Take units from one row and put them on the other, whose status follows its quantity."""
    items = call.shop.stock.source_items
    for code, by in ((origin, -qty), (destination, qty)):
        row = items.get((code, folded(sku)))
        quantity = (0 if row is None else row["quantity"]) + by
        status = int(quantity > 0) if code == destination or row is None else row["status"]
        write_source_item(call.shop, sku, code, quantity, status)


def _reindex(call: Call) -> None:
    """Answer as Magento does when another reindex runs at the same time: the units have moved all the same."""
    status = call.server.settings.beside_reindex
    if status == 400:
        raise MagentoError(400, "Table inventory_stock_2_replica already exits")
    if status:
        raise MaskedError("two reindexes at once")
