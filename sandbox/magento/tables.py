"""The collections of the Magento sandbox: which columns can be filtered and sorted, and where their rows come from."""

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.magento.collection import Column, Layout
from sandbox.shop.metadata import ATTRIBUTE_CODES, ATTRIBUTES
from sandbox.shop.shop import Shop
from sandbox.shop.world import SCOPES, SOURCES, STOCK_SOURCE_LINKS, STOCKS, Json


def _at(name: str) -> Callable[[Json], Any]:
    return lambda row: row.get(name)


def _columns(numbers: str = "", texts: str = "", dates: str = "") -> dict[str, Column]:
    kinds = (("number", numbers), ("text", texts), ("date", dates))
    return {name: Column(kind, _at(name)) for kind, names in kinds for name in names.split()}


def _layout(name: str, key: str, columns: dict[str, Column], unique: Iterable[str] = ()) -> Layout:
    return Layout(name, key, columns, unique=frozenset(unique))


_DATES = "created_at updated_at"
_MONEY = (
    "base_grand_total grand_total base_subtotal subtotal base_tax_amount tax_amount base_discount_amount "
    "discount_amount base_shipping_amount shipping_amount"
)


def _websites(product: Json) -> list[int]:
    websites: list[int] = product["extension_attributes"]["website_ids"]
    return websites


def _stores(product: Json) -> list[int]:
    store_of = {1: (1, 2), 2: (3,)}
    return [store for website in _websites(product) for store in store_of[website]]


def _categories(product: Json) -> list[int]:
    return [int(link["category_id"]) for link in product["extension_attributes"].get("category_links", ())]


def _attribute(code: str) -> Column | None:
    """Return the column of an attribute kept among a product's `custom_attributes`."""
    if code not in ATTRIBUTE_CODES:
        return None

    def read(product: Json) -> str | None:
        return next((str(a["value"]) for a in product["custom_attributes"] if a["attribute_code"] == code), None)

    return Column("text", read)


_PRODUCTS = Layout(
    "products",
    "entity_id",
    {
        "entity_id": Column("number", _at("id")),
        **_columns("price status visibility attribute_set_id weight", "sku name type_id", _DATES),
        "website_id": Column("number", _websites, many=True),
        "store_id": Column("number", _stores, many=True),
        "store": Column("number", _stores, many=True),
        "category_id": Column("number", _categories, many=True),
    },
    eav=True,
    shuffled=True,
    unique=frozenset({"sku"}),
    find=_attribute,
)

_ORDERS = Layout(
    "orders",
    "entity_id",
    _columns(
        f"entity_id store_id customer_id quote_id is_virtual customer_is_guest total_item_count total_qty_ordered "
        f"base_total_due total_due base_total_paid total_paid base_total_refunded total_refunded {_MONEY}",
        "state status increment_id order_currency_code base_currency_code coupon_code customer_email "
        "customer_firstname customer_lastname protect_code store_name",
        _DATES,
    ),
    unique=frozenset({"increment_id"}),
    steady=frozenset({"updated_at"}),
)

_SOURCE_ITEMS = Layout(
    "source-items",
    "source_item_id",
    _columns("source_item_id quantity status", "sku source_code"),
    steady=frozenset({"sku", "source_code"}),
)

_DOCUMENT = _columns(f"entity_id order_id store_id state total_qty {_MONEY}", "increment_id", _DATES)

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        _PRODUCTS,
        _ORDERS,
        _SOURCE_ITEMS,
        _layout(
            "orders/items",
            "item_id",
            _columns(
                "item_id order_id parent_item_id product_id store_id "
                "qty_ordered qty_invoiced qty_shipped qty_canceled qty_refunded",
                "sku product_type",
                _DATES,
            ),
        ),
        Layout(
            "carts",
            "entity_id",
            {
                "entity_id": Column("number", _at("id")),
                **_columns("is_active is_virtual items_count items_qty store_id", "customer_email", _DATES),
            },
        ),
        _layout("invoices", "entity_id", _DOCUMENT, {"increment_id"}),
        _layout("shipments", "entity_id", _DOCUMENT, {"increment_id"}),
        _layout("creditmemos", "entity_id", _DOCUMENT, {"increment_id"}),
        Layout(
            "customers",
            "entity_id",
            {
                "entity_id": Column("number", _at("id")),
                **_columns("group_id website_id store_id", "email firstname lastname", _DATES),
            },
            eav=True,
            unique=frozenset({"email"}),
        ),
        Layout(
            "categories",
            "entity_id",
            {
                "entity_id": Column("number", _at("id")),
                **_columns("parent_id position level is_active", "name path", _DATES),
            },
            eav=True,
            unique=frozenset({"path"}),
        ),
        _layout(
            "attributes",
            "attribute_id",
            _columns("attribute_id position is_user_defined", "attribute_code frontend_input backend_type"),
            {"attribute_code"},
        ),
        _layout("sources", "source_code", _columns("enabled", "source_code name country_id"), {"source_code"}),
        _layout("stocks", "stock_id", _columns("stock_id", "name"), {"name"}),
        _layout("links", "stock_id", _columns("stock_id priority", "source_code"), {"source_code"}),
        _layout("salesRules", "rule_id", _columns("rule_id is_active sort_order discount_amount", "name")),
        _layout("coupons", "coupon_id", _columns("coupon_id rule_id times_used type", "code", "created_at"), {"code"}),
    )
}


def rows_of(shop: Shop, name: str, scope: str) -> list[Json]:
    """Return a collection's rows in the order of their primary key, as a scope sees them."""
    if name == "products":
        return [_scoped(shop, product, scope) for product in shop.products.values()]
    if name == "orders/items":
        return [item for order in shop.orders.values() for item in order["items"]]
    if name == "source-items":
        return list(shop.stock.source_items.values())
    if name in _FIXED:
        return _FIXED[name]
    rows = getattr(shop, _HELD.get(name, name))
    return list(rows.values()) if isinstance(rows, dict) else list(rows)


_FIXED: dict[str, list[Json]] = {
    "sources": SOURCES,
    "stocks": STOCKS,
    "links": STOCK_SOURCE_LINKS,
    "attributes": ATTRIBUTES,
}
_HELD = {"salesRules": "sales_rules"}


def _scoped(shop: Shop, product: Json, scope: str) -> Json:
    """Return a product with the values of a store view; website 0, the scope `all`, has the admin's values."""
    values = shop.scope_values.get(product["id"], {}).get(scope)
    return {**product, **values} if values and scope in SCOPES else product
