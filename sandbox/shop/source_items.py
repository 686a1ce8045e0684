"""How the shop's source items and legacy stock items are written: what MySQL keeps of a row, and what follows it."""

from sandbox.shop.collation import folded
from sandbox.shop.products import COMPOSITES, number
from sandbox.shop.shop import Shop
from sandbox.shop.stock_items import stock_item
from sandbox.shop.world import SOURCES, Json

SOURCE_CODES = frozenset(source["source_code"] for source in SOURCES)
_LONGEST_SKU = 64
_LARGEST = 99_999_999.9999


def kept_sku(sku: str) -> str:
    """Return a SKU as the table of source items keeps it: cut to 64 characters, an emoji as four question marks."""
    return "".join(sign if ord(sign) < 0x10000 else "????" for sign in sku)[:_LONGEST_SKU]


def kept_quantity(quantity: float) -> float:
    """Return a quantity as the table keeps it: four places, and silently no more than it can hold."""
    return number(max(-_LARGEST, min(_LARGEST, round(float(quantity), 4))))


def write_source_item(shop: Shop, sku: str, source: str, quantity: float, status: int) -> None:
    """Set a row of a source, whether its product exists or not; the default source's also in the legacy stock.

    A row whose SKU differs only in letter case is the same row. Nothing touches the product's `updated_at`.
    """
    shop.note("source_item", sku=sku, source=source, quantity=quantity, status=status)
    stock, sku = shop.stock, kept_sku(sku)
    row = stock.source_items.get((source, folded(sku)))
    if row is None:
        stock.enter(sku, source, 0, in_stock=False)
        row = stock.source_items[source, folded(sku)]
    stock.version += 1
    row["quantity"], row["status"] = kept_quantity(quantity), status
    item = stock.items.get(shop.by_sku.get(folded(sku), 0))
    if source == "default" and item is not None:
        item["qty"] = row["quantity"]
        item["is_in_stock"] = bool(status) or not item["manage_stock"]


def remove_source_item(shop: Shop, sku: str, source: str) -> None:
    """Take a row out; one that is not there is no error."""
    shop.note("no_source_item", sku=sku, source=source)
    shop.stock.version += 1
    shop.stock.source_items.pop((source, folded(sku)), None)


def write_stock_item(shop: Shop, product: Json, values: Json) -> int:
    """Change a product's legacy stock item and the default source with it, and return the item's id.

    A quantity of `min_qty` or less without back orders puts it out of stock; nothing puts it back in by itself.
    """
    stock, product_id = shop.stock, product["id"]
    shop.note("stock_item", product_id=product_id, values=values)
    item = stock.items.get(product_id)
    if item is None:
        last = max((kept["item_id"] for kept in stock.items.values()), default=0)
        item = stock.items[product_id] = stock_item(last + 1, product_id, None, {})
    stock.version += 1
    item.update({name: value for name, value in values.items() if value is not None})
    item_id: int = item["item_id"]
    if product["type_id"] in COMPOSITES:
        return item_id
    if item["qty"] is not None:
        item["qty"] = kept_quantity(item["qty"])
    if item["manage_stock"] and not item["backorders"] and (item["qty"] or 0) <= item["min_qty"]:
        item["is_in_stock"] = False
    if item["qty"] is not None and ("qty" in values or "is_in_stock" in values):
        write_source_item(shop, product["sku"], "default", item["qty"], int(item["is_in_stock"]))
    return item_id
