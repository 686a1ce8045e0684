"""Writing source items in the Magento sandbox: absolute upserts, all or nothing, with the refusals of 2.4.7-p3.

Recorded on a real shop: an unknown SKU, a disabled product or source and a negative quantity are all taken; what is
refused is what Magento's validators or the database's keys refuse, and a deadlock leaves part of a call written.
"""

from sandbox.magento.arguments import Shape, decoded, objects, parameter, refused, worded
from sandbox.magento.call import Call, Server
from sandbox.magento.search import MagentoError
from sandbox.shop.collation import folded
from sandbox.shop.source_items import SOURCE_CODES, remove_source_item, write_source_item
from sandbox.shop.world import Json

SOURCE_ITEM = Shape(
    "\\Magento\\InventoryApi\\Api\\Data\\SourceItemInterface",
    {"sku": "string", "source_code": "string", "quantity": "float", "status": "int"},
)
_NOT_SAVED = "Could not save Source Item"
_SHIP_TOGETHER = (
    'Not able to assign "%1" to product "%2", as it is part of bundle product <a href="%3">"%4"</a> with shipment '
    'type "Ship Together" and has multiple sources or different source as other bundle selections.'
)


def read(server: Server, tree: object) -> list[Json]:
    """Read the rows of a body that is decoded already.

    Raises MagentoError: 400 for whatever is not a list of source items.
    """
    return objects(parameter(tree, "sourceItems"), SOURCE_ITEM, server.settings.array_limit)


def post(call: Call) -> list[Json]:
    """Write source items."""
    save(call.server, read(call.server, decoded(call.body)), call.base_url)
    return []


def delete(call: Call) -> list[Json]:
    """Remove source items; those that are not there are no error."""
    for row in read(call.server, decoded(call.body)):
        remove_source_item(call.shop, row.get("sku") or "", row.get("source_code") or "")
    return []


def save(server: Server, rows: list[Json], base_url: str = "http://127.0.0.1/") -> None:
    """Write rows: all of them or, save in a deadlock, none.

    Raises MagentoError: 400 with the first error in its text and all in its body.
    """
    if not rows:
        raise MagentoError(400, "Input data is empty")
    errors = [error for row in rows for error in _errors(server, row, base_url)]
    if errors:
        raise refused(f"Validation Failed: {worded(*errors[0])}", errors)
    if any(row["source_code"] not in SOURCE_CODES for row in rows):
        raise MagentoError(400, _NOT_SAVED)
    settings, struck = server.settings, server.settings.deadlocks > 0
    if struck:
        settings.deadlocks -= 1
    for row in rows[: settings.deadlock_after] if struck else rows:
        write_source_item(server.shop, row["sku"], row["source_code"], row["quantity"], row["status"])
    if struck:
        raise MagentoError(400, _NOT_SAVED)


def _errors(server: Server, row: Json, base_url: str) -> list[tuple[str, Json | list[object]]]:
    found: list[tuple[str, Json | list[object]]] = []
    for name in ("sku", "source_code"):
        text = row.get(name) or ""
        if not text.strip():
            found.append(('"%field" can not be empty.', {"field": name}))
        elif text != text.strip():
            found.append(('"%field" can not contain leading or trailing spaces.', {"field": name}))
    found += [('"%field" should be numeric.', {"field": n}) for n in ("quantity", "status") if row.get(n) is None]
    if row.get("status") not in (None, 0, 1):
        found.append(('"%field" should a known status.', {"field": "status"}))
    return found or _bound_to_one_source(server, row, base_url)


def _bound_to_one_source(server: Server, row: Json, base_url: str) -> list[tuple[str, Json | list[object]]]:
    """Refuse a second source for a part of a bundle that is shipped together."""
    sku, source, shop = row["sku"], row["source_code"], server.shop
    if sku not in server.settings.one_source_skus:
        return []
    elsewhere = [code for code, key in shop.stock.source_items if key == folded(sku) and code != source]
    if not elsewhere:
        return []
    bundle = next((p for p in shop.products.values() if p["type_id"] == "bundle" and _has_part(p, sku)), None)
    number, name = (0, sku) if bundle is None else (bundle["id"], bundle["sku"])
    return [(_SHIP_TOGETHER, [source, sku, f"{base_url}catalog/product/edit/id/{number}/", name])]


def _has_part(bundle: Json, sku: str) -> bool:
    options = bundle["extension_attributes"]["bundle_product_options"]
    return any(link["sku"] == sku for option in options for link in option["product_links"])
