"""What every sandbox shop shares: websites, store views, sources, stocks, categories, attributes and price rules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

Json = dict[str, Any]

#: The shop's clock starts here (UTC); everything the seed makes happened earlier.
BASE_TIME = datetime(2026, 1, 15, 8, 0, 0)

#: One import stamped a good number of products with the same second.
PRODUCT_IMPORT = "2026-01-10 03:00:00"

#: One nightly completion stamped a good number of orders with the same second.
ORDER_BATCH = "2026-01-14 02:00:00"

SHOP_OPENED = "2025-03-01 09:00:00"

WEBSITES: list[Json] = [
    {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
    {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
    {"id": 2, "code": "b2b", "name": "B2B Website", "default_group_id": 2},
]

STORE_GROUPS: list[Json] = [
    {"id": 0, "website_id": 0, "root_category_id": 0, "default_store_id": 0, "name": "Default", "code": "default"},
    {
        "id": 1,
        "website_id": 1,
        "root_category_id": 2,
        "default_store_id": 1,
        "name": "Main Website Store",
        "code": "main_website_store",
    },
    {"id": 2, "website_id": 2, "root_category_id": 2, "default_store_id": 3, "name": "B2B Store", "code": "b2b_store"},
]

STORE_VIEWS: list[Json] = [
    {"id": 1, "code": "default", "name": "Default Store View", "website_id": 1, "store_group_id": 1, "is_active": 1},
    {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1},
    {"id": 2, "code": "nl", "name": "Nederlands", "website_id": 1, "store_group_id": 1, "is_active": 1},
    {"id": 3, "code": "b2b_en", "name": "B2B EN", "website_id": 2, "store_group_id": 2, "is_active": 1},
]

#: Store view code -> website id; `all` is the admin scope.
SCOPES: dict[str, int] = {"all": 0, "default": 1, "nl": 1, "b2b_en": 2}

#: Website id -> id of the stock it sells from (0, the admin scope, uses the default stock).
STOCK_OF_WEBSITE: dict[int, int] = {0: 1, 1: 2, 2: 1}

WEBSITE_IDS: dict[str, int] = {"base": 1, "b2b": 2}

STOCKS: list[Json] = [
    {
        "stock_id": 1,
        "name": "Default Stock",
        "extension_attributes": {"sales_channels": [{"type": "website", "code": "b2b"}]},
    },
    {
        "stock_id": 2,
        "name": "Warehouses",
        "extension_attributes": {"sales_channels": [{"type": "website", "code": "base"}]},
    },
]

#: The disabled source is linked like the others; Magento does not count it.
STOCK_SOURCE_LINKS: list[Json] = [
    {"stock_id": 1, "source_code": "default", "priority": 1},
    {"stock_id": 2, "source_code": "ams", "priority": 1},
    {"stock_id": 2, "source_code": "rtm", "priority": 2},
    {"stock_id": 2, "source_code": "old", "priority": 3},
]


def _source(code: str, name: str, enabled: bool) -> Json:
    return {
        "source_code": code,
        "name": name,
        "enabled": enabled,
        "latitude": 52.1,
        "longitude": 4.5,
        "country_id": "NL",
        "city": name,
        "street": "x",
        "postcode": "1000AA",
        "use_default_carrier_config": True,
        "carrier_links": [],
        "extension_attributes": {"is_pickup_location_active": False, "frontend_name": name},
    }


SOURCES: list[Json] = [
    _source("ams", "Amsterdam DC", True),
    {
        "source_code": "default",
        "name": "Default Source",
        "enabled": True,
        "description": "Default Source",
        "latitude": 0,
        "longitude": 0,
        "country_id": "US",
        "postcode": "00000",
        "use_default_carrier_config": True,
        "carrier_links": [],
        "extension_attributes": {"is_pickup_location_active": False, "frontend_name": ""},
    },
    _source("old", "Old warehouse", False),
    _source("rtm", "Rotterdam DC", True),
]

ENABLED_SOURCES: dict[int, tuple[str, ...]] = {1: ("default",), 2: ("ams", "rtm")}
LINKED_SOURCES: dict[int, tuple[str, ...]] = {1: ("default",), 2: ("ams", "rtm", "old")}


def store_configs(base_url: str) -> list[Json]:
    """Rows of store/storeConfigs: every store view except the admin one, in Magento's order."""
    urls = {
        "base_url": base_url,
        "base_link_url": base_url,
        "base_static_url": f"{base_url}static/version1/",
        "base_media_url": f"{base_url}media/",
        "secure_base_url": base_url,
        "secure_base_link_url": base_url,
        "secure_base_static_url": f"{base_url}static/version1/",
        "secure_base_media_url": f"{base_url}media/",
    }
    return [
        {
            "id": store_id,
            "code": code,
            "website_id": SCOPES[code],
            "locale": "en_US",
            "base_currency_code": "EUR",
            "default_display_currency_code": "EUR",
            "timezone": "Europe/Amsterdam",
            "weight_unit": "lbs",
            **urls,
        }
        for store_id, code in ((3, "b2b_en"), (1, "default"), (2, "nl"))
    ]


def _category(category_id: int, parent: int, name: str, level: int, position: int, children: str, path: str) -> Json:
    key = name.lower().replace(" ", "-")
    return {
        "id": category_id,
        "parent_id": parent,
        "name": name,
        "is_active": True,
        "position": position,
        "level": level,
        "children": children,
        "created_at": SHOP_OPENED,
        "updated_at": SHOP_OPENED,
        "path": path,
        "include_in_menu": True,
        "custom_attributes": [
            {"attribute_code": "is_anchor", "value": "1"},
            {"attribute_code": "path", "value": path},
            {"attribute_code": "children_count", "value": str(len(children.split(",")) if children else 0)},
            {"attribute_code": "url_key", "value": key},
            {"attribute_code": "url_path", "value": key},
        ],
    }


CATEGORIES: list[Json] = [
    _category(1, 0, "Root Catalog", 0, 0, "2", "1"),
    _category(2, 1, "Default Category", 1, 1, "3,4,5,6", "1/2"),
    _category(3, 2, "Tea", 2, 1, "7", "1/2/3"),
    _category(4, 2, "Coffee", 2, 2, "", "1/2/4"),
    _category(5, 2, "Kitchen", 2, 3, "", "1/2/5"),
    _category(6, 2, "Clothing", 2, 4, "", "1/2/6"),
    _category(7, 3, "Green tea", 3, 1, "", "1/2/3/7"),
]

MANUFACTURERS: tuple[str, ...] = ("Molen & Zn.", "Noordzee", "Van Dijk", "Hélène")

#: (code, label, input, backend, user defined); ids count from 73 as on a fresh Magento.
_ATTRIBUTES: tuple[tuple[str, str, str, str, bool], ...] = (
    ("name", "Product Name", "text", "varchar", False),
    ("sku", "SKU", "text", "static", False),
    ("description", "Description", "textarea", "text", False),
    ("short_description", "Short Description", "textarea", "text", False),
    ("price", "Price", "price", "decimal", False),
    ("special_price", "Special Price", "price", "decimal", False),
    ("special_from_date", "Special Price From Date", "date", "datetime", False),
    ("special_to_date", "Special Price To Date", "date", "datetime", False),
    ("cost", "Cost", "price", "decimal", True),
    ("weight", "Weight", "weight", "decimal", False),
    ("manufacturer", "Manufacturer", "select", "int", True),
    ("meta_title", "Meta Title", "text", "varchar", False),
    ("ean", "EAN", "text", "varchar", True),
    ("lead_time_days", "Lead time (days)", "text", "varchar", True),
    ("color", "Color", "select", "int", True),
    ("size", "Size", "select", "int", True),
    ("status", "Enable Product", "select", "int", False),
    ("visibility", "Visibility", "select", "int", False),
    ("url_key", "URL Key", "text", "varchar", False),
    ("tax_class_id", "Tax Class", "select", "int", False),
    ("options_container", "Display Product Options In", "select", "varchar", False),
    ("msrp_display_actual_price_type", "Display Actual Price", "select", "varchar", False),
    ("required_options", "Required Options", "text", "static", False),
    ("has_options", "Has Options", "text", "static", False),
    ("category_ids", "Categories", "text", "static", False),
    ("price_type", "Dynamic Price", "boolean", "int", False),
    ("price_view", "Price View", "select", "int", False),
    ("sku_type", "Dynamic SKU", "boolean", "int", False),
    ("weight_type", "Dynamic Weight", "boolean", "int", False),
    ("shipment_type", "Ship Bundle Items", "select", "int", False),
    ("links_purchased_separately", "Links can be purchased separately", "text", "int", False),
    ("samples_title", "Samples title", "text", "varchar", False),
    ("links_title", "Links title", "text", "varchar", False),
    ("image", "Base", "media_image", "varchar", False),
    ("small_image", "Small", "media_image", "varchar", False),
    ("thumbnail", "Thumbnail", "media_image", "varchar", False),
)

_OPTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "manufacturer": tuple((name, str(21 + n)) for n, name in enumerate(MANUFACTURERS)),
    "color": (("Red", "58"), ("Blue", "50")),
    "size": (("S", "167"), ("M", "168")),
}


def _attribute(attribute_id: int, code: str, label: str, kind: str, backend: str, user_defined: bool) -> Json:
    options = [{"label": name, "value": value} for name, value in _OPTIONS.get(code, ())]
    return {
        "is_wysiwyg_enabled": False,
        "is_html_allowed_on_front": False,
        "used_for_sort_by": code in ("name", "price"),
        "is_filterable": kind == "select",
        "is_filterable_in_search": False,
        "is_used_in_grid": user_defined,
        "is_visible_in_grid": False,
        "is_filterable_in_grid": user_defined,
        "position": 0,
        "apply_to": [],
        "is_searchable": "1",
        "is_visible_in_advanced_search": "1",
        "is_comparable": "0",
        "is_used_for_promo_rules": "0",
        "is_visible_on_front": "0",
        "used_in_product_listing": "0",
        "is_visible": True,
        "scope": "store" if code in ("name", "status") else "global",
        "attribute_id": attribute_id,
        "attribute_code": code,
        "frontend_input": kind,
        "entity_type_id": "4",
        "is_required": code in ("name", "sku", "price"),
        "options": [{"label": " ", "value": ""}, *options] if kind == "select" else [],
        "is_user_defined": user_defined,
        "default_frontend_label": label,
        "frontend_labels": [],
        "backend_type": backend,
        "is_unique": "1" if code == "sku" else "0",
        "validation_rules": [],
    }


ATTRIBUTES: list[Json] = [_attribute(73 + n, *row) for n, row in enumerate(_ATTRIBUTES)]
ATTRIBUTE_CODES: frozenset[str] = frozenset(row[0] for row in _ATTRIBUTES)

_COMBINE = "Magento\\SalesRule\\Model\\Rule\\Condition\\"


def _rule(rule_id: int, name: str, percent: int, coupon: bool) -> Json:
    return {
        "rule_id": rule_id,
        "name": name,
        "store_labels": [],
        "description": name,
        "website_ids": [1],
        "customer_group_ids": [0, 1, 2, 3],
        "uses_per_customer": 0,
        "is_active": True,
        "condition": {
            "condition_type": _COMBINE + "Combine",
            "aggregator_type": "all",
            "operator": None,
            "value": "1",
        },
        "action_condition": {
            "condition_type": _COMBINE + "Product\\Combine",
            "aggregator_type": "all",
            "operator": None,
            "value": "1",
        },
        "stop_rules_processing": False,
        "is_advanced": True,
        "sort_order": 0,
        "simple_action": "by_percent",
        "discount_amount": percent,
        "discount_step": 0,
        "apply_to_shipping": False,
        "times_used": 0,
        "is_rss": True,
        "coupon_type": "SPECIFIC_COUPON" if coupon else "NO_COUPON",
        "use_auto_generation": False,
        "uses_per_coupon": 0,
        "simple_free_shipping": "0",
    }


SALES_RULES: list[Json] = [
    _rule(1, "Save 10 percent", 10, True),
    _rule(2, "Gift: everything off", 100, True),
    _rule(3, "Winter sale", 15, False),
]

COUPONS: list[Json] = [
    {
        "coupon_id": n,
        "rule_id": n,
        "code": code,
        "usage_limit": 0,
        "usage_per_customer": 0,
        "times_used": 0,
        "is_primary": True,
        "created_at": SHOP_OPENED,
        "type": 0,
    }
    for n, code in ((1, "SAVE10"), (2, "GIFT100"))
]

MODULES: list[str] = [
    "Magento_Store",
    "Magento_Directory",
    "Magento_Backend",
    "Magento_Eav",
    "Magento_Customer",
    "Magento_Catalog",
    "Magento_Integration",
    "Magento_CatalogInventory",
    "Magento_Bundle",
    "Magento_ConfigurableProduct",
    "Magento_Downloadable",
    "Magento_GroupedProduct",
    "Magento_Sales",
    "Magento_SalesRule",
    "Magento_Inventory",
    "Magento_InventoryApi",
    "Magento_InventoryCatalog",
    "Magento_InventoryExportStock",
    "Magento_InventoryExportStockApi",
    "Magento_InventoryIndexer",
    "Magento_InventoryReservations",
    "Magento_InventorySales",
    "Magento_InventorySalesApi",
    "Magento_JwtUserToken",
    "Magento_TwoFactorAuth",
    "Magento_Webapi",
]
