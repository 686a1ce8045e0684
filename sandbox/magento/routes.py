"""Which path of the Magento sandbox answers what, and which right it asks for (routes of 2.4.7)."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.magento import bulk, catalog, inventory, sales, selling, source_items, stock_items, transfers
from sandbox.magento.call import Call


@dataclass(frozen=True)
class Route:
    """A path below `/V1/`, the resource a token must have for it (None: anybody) and the function that answers.

    `before` stands in the address before `V1/`; `status` is that of a good answer.
    """

    path: str
    resource: str | None
    answer: Callable[[Call], object]
    method: str = "GET"
    before: str = ""
    status: int = 200

    @property
    def needs_msi(self) -> bool:
        """Whether the path disappears with the inventory modules."""
        return self.path.startswith("inventory/")


def _admin_token(call: Call) -> str:
    settings = call.server.settings
    return call.server.doorman.sign_in(call.body, settings.token_lifetime, settings.two_factor)


def _two_factor_token(call: Call) -> str:
    settings = call.server.settings
    return call.server.doorman.sign_in(call.body, settings.token_lifetime, settings.two_factor, with_otp=True)


_PRODUCTS = "Magento_Catalog::products"
_ATTRIBUTES = "Magento_Catalog::attributes_attributes"
_CATEGORIES = "Magento_Catalog::categories"
_STOCK = "Magento_Catalog::catalog_inventory"
_STORE = "Magento_Backend::store"
_ORDERS = "Magento_Sales::actions_view"
_RULES = "Magento_SalesRule::quote"
_SOURCES = "Magento_InventoryApi::source"
_STOCKS = "Magento_InventoryApi::stock"
_SALABLE = "Magento_InventorySalesApi::stock"
_WRITE_SOURCES = "Magento_InventoryApi::stock_source_item_assign"
_BULKS = "Magento_Logging::system_magento_logging_bulk_operations"

ROUTES: tuple[Route, ...] = (
    Route("integration/admin/token", None, _admin_token, "POST"),
    Route("tfa/provider/google/authenticate", None, _two_factor_token, "POST"),
    Route("store/websites", _STORE, catalog.websites),
    Route("store/storeGroups", _STORE, catalog.store_groups),
    Route("store/storeViews", _STORE, catalog.store_views),
    Route("store/storeConfigs", _STORE, catalog.configs),
    Route("modules", "Magento_Backend::admin", catalog.modules),
    Route("products", _PRODUCTS, catalog.products),
    Route("products/types", _PRODUCTS, catalog.product_types),
    Route("products/attributes", _ATTRIBUTES, catalog.attributes),
    Route("products/attributes/{code}", _ATTRIBUTES, catalog.attribute),
    Route("products/attributes/{code}/options", _ATTRIBUTES, catalog.attribute_options),
    Route("products/{sku}", _PRODUCTS, catalog.product),
    Route("products/{sku}/links/{type}", _PRODUCTS, catalog.product_links),
    Route("bundle-products/{sku}/options/all", _PRODUCTS, catalog.bundle_options),
    Route("bundle-products/{sku}/children", _PRODUCTS, catalog.bundle_children),
    Route("configurable-products/{sku}/children", _PRODUCTS, catalog.configurable_children),
    Route("categories", _CATEGORIES, catalog.categories),
    Route("categories/list", _CATEGORIES, catalog.category_list),
    Route("categories/{id}", _CATEGORIES, catalog.category),
    Route("customers/search", "Magento_Customer::customer", catalog.customers),
    Route("salesRules/search", _RULES, catalog.sales_rules),
    Route("coupons/search", _RULES, catalog.coupons),
    Route("orders", _ORDERS, sales.orders),
    Route("orders/items", _ORDERS, sales.order_items),
    Route("orders/items/{id}", _ORDERS, sales.order_item),
    Route("orders/{id}", _ORDERS, sales.order),
    Route("invoices", "Magento_Sales::sales_invoice", sales.invoices),
    Route("invoices/{id}", "Magento_Sales::sales_invoice", sales.invoice),
    Route("shipments", "Magento_Sales::shipment", sales.shipments),
    Route("shipment/{id}", "Magento_Sales::shipment", sales.shipment),
    Route("creditmemos", "Magento_Sales::sales_creditmemo", sales.creditmemos),
    Route("creditmemo/{id}", "Magento_Sales::sales_creditmemo", sales.creditmemo),
    Route("stockStatuses/{sku}", _STOCK, inventory.stock_status),
    Route("stockItems/lowStock", _STOCK, inventory.low_stock),
    Route("stockItems/{sku}", _STOCK, inventory.stock_item),
    Route("inventory/sources", _SOURCES, inventory.sources),
    Route("inventory/sources/{code}", _SOURCES, inventory.source),
    Route("inventory/stocks", _STOCKS, inventory.stocks),
    Route("inventory/stock-source-links", "Magento_InventoryApi::stock_source_link", inventory.links),
    Route("inventory/source-items", _SOURCES, inventory.source_items),
    Route("inventory/get-product-salable-quantity/{sku}/{stock}", _SALABLE, inventory.salable_quantity),
    Route("inventory/is-product-salable/{sku}/{stock}", _SALABLE, inventory.is_salable),
    Route("inventory/are-products-salable", _SALABLE, inventory.are_salable),
    Route("inventory/stock-resolver/website/{code}", _STOCKS, inventory.stock_resolver),
    Route("inventory/export-stock-salable-qty/website/{code}", _STOCKS, inventory.export),
    Route("inventory/dump-stock-index-data/website/{code}", _STOCKS, inventory.dump),
    Route("inventory/source-items", _WRITE_SOURCES, source_items.post, "POST"),
    Route("inventory/source-items-delete", _WRITE_SOURCES, source_items.delete, "POST"),
    Route("inventory/source-items", _WRITE_SOURCES, bulk.one, "POST", "async/", 202),
    Route("inventory/source-items", _WRITE_SOURCES, bulk.many, "POST", "async/bulk/", 202),
    Route("inventory/bulk-partial-source-transfer", _PRODUCTS, transfers.partial, "POST"),
    Route("inventory/bulk-product-source-transfer", _PRODUCTS, transfers.whole, "POST"),
    Route("inventory/bulk-product-source-assign", _PRODUCTS, transfers.assign, "POST"),
    Route("products/{sku}/stockItems/{id}", _STOCK, stock_items.put, "PUT"),
    Route("bulk", _BULKS, bulk.operations),
    Route("bulk/{uuid}/status", _BULKS, bulk.status),
    Route("bulk/{uuid}/detailed-status", _BULKS, bulk.detailed_status),
    Route("carts/search", "Magento_Cart::manage", selling.carts),
    Route("order/{id}/ship", "Magento_Sales::ship", selling.ship, "POST"),
    Route("orders/{id}/cancel", "Magento_Sales::cancel", selling.cancel, "POST"),
)
