"""Stock and inventory endpoints of the Magento sandbox: legacy stock, MSI sources, salable quantities, exports."""

from sandbox.magento.call import Call
from sandbox.magento.conditions import comparable
from sandbox.magento.search import MagentoError, whole
from sandbox.shop.products import COMPOSITES
from sandbox.shop.world import SOURCES, STOCK_OF_WEBSITE, STOCKS, WEBSITE_IDS, Json

_CRASH = "An error has happened during application run. See exception log for details.\n"
_LOW_STOCK_MAPPER = "Magento\\CatalogInventory\\Model\\ResourceModel\\Stock\\Item\\StockItemCriteriaMapper"


def _crash() -> MagentoError:
    """Return the plain-text 500 of a PHP type error: permanent, a retry never helps."""
    return MagentoError(500, text=_CRASH)


def _legacy_product(call: Call) -> Json:
    sku = call.params["sku"]
    found = call.shop.product(sku.rstrip(" "))
    if found is None:
        raise MagentoError(404, "The Product with the \"%1\" SKU doesn't exist.", [sku])
    call.check_poison("stock", found["id"])
    return found


def stock_status(call: Call) -> Json:
    """Return a stock status; the inventory modules crash on a SKU that is not spelt exactly as the product's."""
    found = _legacy_product(call)
    if call.server.settings.msi and found["sku"] != call.params["sku"]:
        raise _crash()
    return call.server.stock.status(found, _scoped_stock(call))


def _scoped_stock(call: Call) -> int:
    """Return the stock of the URL's website, or of the website `scopeId` names."""
    scope = call.query.get("scopeId")
    if scope is None:
        return call.stock_id
    website = whole(str(scope), "scopeId")
    if website not in STOCK_OF_WEBSITE:
        text = f"The website with id {website} that was requested wasn't found. Verify the website and try again."
        raise MagentoError(404, text)
    return STOCK_OF_WEBSITE[website]


def stock_item(call: Call) -> Json:
    """Return the legacy stock item: the default source's quantity, whatever the scope."""
    return call.server.stock.stock_item(_legacy_product(call))


def low_stock(call: Call) -> Json:
    """List legacy stock items whose quantity is at most `qty`; without a page size Magento answers one row."""
    scope, limit = call.argument("scopeId"), comparable("number", str(call.argument("qty")))
    page, size = str(call.query.get("currentPage", "1")), str(call.query.get("pageSize", "0"))
    # All rows belong to website 0, whatever the shop's websites.
    rows = call.server.low_stock(limit) if whole(str(scope), "scopeId") == 0 else []
    length = whole(size, "pageSize") or 1
    start = (max(1, whole(page, "currentPage")) - 1) * length
    shown = rows[start : start + length]
    call.check_poison("stock", *(item["product_id"] for item in shown))
    criteria = {
        "mapper_interface_name": _LOW_STOCK_MAPPER,
        "criteria_list": [],
        "filters": [],
        "orders": [],
        "limit": [page, size],
    }
    return {"items": shown, "search_criteria": criteria, "total_count": len(rows)}


def sources(call: Call) -> Json:
    """List sources, disabled ones included."""
    return call.listing("sources")


def source(call: Call) -> Json:
    """Return one source."""
    code = call.params["code"]
    found = next((row for row in SOURCES if row["source_code"] == code), None)
    if found is None:
        raise MagentoError(404, 'Source with code "%value" does not exist.', {"value": code})
    return found


def stocks(call: Call) -> Json:
    """List stocks."""
    return call.listing("stocks")


def links(call: Call) -> Json:
    """List which stock sells from which source."""
    return call.listing("links")


def source_items(call: Call) -> Json:
    """List source items; their `source_item_id` can be filtered and sorted but is not shown."""
    return call.listing("source-items", _without_ids)


def _without_ids(rows: list[Json]) -> list[Json]:
    names = ("sku", "source_code", "quantity", "status")
    return [{name: row[name] for name in names} for row in rows]


def _exact_product(call: Call) -> Json | None:
    """Return the product whose SKU is spelt exactly so: the inventory modules know no other."""
    found = call.shop.product(call.params["sku"])
    return found if found is not None and found["sku"] == call.params["sku"] else None


def salable_quantity(call: Call) -> float:
    """Return the salable quantity as a bare number."""
    found, stock = _exact_product(call), whole(call.params["stock"])
    if found is None:
        raise _crash()
    if found["type_id"] in COMPOSITES:
        raise MagentoError(400, "Can't check requested quantity for products without Source Items support.")
    if stock not in (1, 2):
        raise MagentoError(400, "Could not receive Stock Item data")
    return call.server.stock.salable_quantity(found, stock)


def is_salable(call: Call) -> bool:
    """Return whether a product is salable as a bare boolean; a missing SKU is simply not."""
    found, stock = _exact_product(call), whole(call.params["stock"])
    return found is not None and stock in (1, 2) and call.server.stock.is_salable(found, stock)


def are_salable(call: Call) -> list[Json]:
    """Return for several SKUs whether they are salable, as a bare list."""
    skus, stock = call.argument("skus"), whole(str(call.argument("stockId")), "stockId")
    answers: list[Json] = []
    for sku in skus.values() if isinstance(skus, dict) else [skus]:
        found = call.shop.product(str(sku))
        salable = found is not None and found["sku"] == sku and call.server.stock.is_salable(found, stock)
        answers.append({"sku": sku, "stock_id": stock, "salable": salable})
    return answers


def _stock_of(call: Call) -> int:
    code = call.params["code"]
    if code not in WEBSITE_IDS:
        raise MagentoError(404, "No linked stock found")
    return STOCK_OF_WEBSITE[WEBSITE_IDS[code]]


def stock_resolver(call: Call) -> Json:
    """Return the stock a website sells from."""
    stock_id = _stock_of(call)
    return next(stock for stock in STOCKS if stock["stock_id"] == stock_id)


def export(call: Call) -> Json:
    """Export salable quantities along the product list: an empty page is not the end, the count is the page's."""
    stock_id = _stock_of(call)
    stock = call.server.stock
    answer = call.listing("products")
    exported = (stock.exported(product, stock_id) for product in answer["items"])
    answer["items"] = [row for row in exported if row is not None]
    answer["total_count"] = len(answer["items"])
    return answer


def dump(call: Call) -> list[Json]:
    """Return a stock's index for the products of a website as a bare list."""
    stock_id, website = _stock_of(call), WEBSITE_IDS[call.params["code"]]
    stock = call.server.stock
    dumped = (
        stock.dumped(product, stock_id)
        for product in call.shop.products.values()
        if website in product["extension_attributes"]["website_ids"]
    )
    return [row for row in dumped if row is not None]
