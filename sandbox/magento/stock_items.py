"""`PUT /V1/products/{sku}/stockItems/{id}` of the Magento sandbox: the way to write stock without sources."""

from sandbox.magento.arguments import Shape, decoded, one_object, parameter
from sandbox.magento.call import Call
from sandbox.magento.search import MagentoError
from sandbox.shop.source_items import write_stock_item
from sandbox.shop.stock_items import phantom_stock_item

_FLOATS = frozenset({"qty", "min_qty", "min_sale_qty", "max_sale_qty", "notify_stock_qty", "qty_increments"})
_KINDS = {bool: "bool", int: "int", type(None): "string"}
_STOCK_ITEM = Shape(
    "\\Magento\\CatalogInventory\\Api\\Data\\StockItemInterface",
    {
        "item_id": "int",
        **{
            name: "float" if name in _FLOATS else _KINDS[type(value)] for name, value in phantom_stock_item().items()
        },
    },
)
_ITS_OWN = ("item_id", "product_id", "stock_id")


def put(call: Call) -> int:
    """Change the stock item of the SKU and return its id; the id in the path is not looked at."""
    sku = call.params["sku"]
    values = one_object(parameter(decoded(call.body), "stockItem"), _STOCK_ITEM)
    found = call.shop.product(sku.rstrip(" "))
    if found is None:
        raise MagentoError(404, "The Product with the \"%1\" SKU doesn't exist.", [sku])
    call.check_poison("stock", found["id"])
    changed = {name: value for name, value in values.items() if name not in _ITS_OWN}
    return write_stock_item(call.shop, found, changed)
