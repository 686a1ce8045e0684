"""What every sandbox shop shares beside its sites: categories, product attributes, price rules and modules."""

from sandbox.shop.world import SHOP_OPENED, Json


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
    source = {"source_model": "Magento\\Eav\\Model\\Entity\\Attribute\\Source\\Table"} if options else {}
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
        **source,
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
