"""Legacy stock items as Magento's REST gives them, the phantom one of a product without an index row included."""

from collections.abc import Mapping

from sandbox.shop.products import number
from sandbox.shop.world import Json


def stock_item(item_id: int, product_id: int, qty: float | None, overrides: Mapping[str, object]) -> Json:
    """Build a stock item as the legacy stock endpoints give it (Magento REST, 2.4.7)."""
    managed = bool(overrides.get("manage_stock", True))
    item: Json = {
        "item_id": item_id,
        "product_id": product_id,
        "stock_id": 1,
        "qty": None if qty is None else number(qty),
        "is_in_stock": bool(qty) or not managed,
        "is_qty_decimal": False,
        "show_default_notification_message": False,
        "use_config_min_qty": "min_qty" not in overrides,
        "min_qty": 0,
        "use_config_min_sale_qty": 1,
        "min_sale_qty": 1,
        "use_config_max_sale_qty": True,
        "max_sale_qty": 10000,
        "use_config_backorders": "backorders" not in overrides,
        "backorders": 0,
        "use_config_notify_stock_qty": True,
        "notify_stock_qty": 1,
        "use_config_qty_increments": True,
        "qty_increments": 0,
        "use_config_enable_qty_inc": True,
        "enable_qty_increments": False,
        "use_config_manage_stock": "manage_stock" not in overrides,
        "manage_stock": managed,
        "low_stock_date": None,
        "is_decimal_divided": False,
        "stock_status_changed_auto": 0,
    }
    item.update(overrides)
    if not managed:
        item["is_in_stock"] = True
    return item


def phantom_stock_item() -> Json:
    """Build the stock item Magento invents for a product that has none in its index: 25 fields, no `item_id`."""
    return {
        "product_id": 0,
        "stock_id": 1,
        "qty": None,
        "is_in_stock": True,
        "is_qty_decimal": False,
        "show_default_notification_message": False,
        "use_config_min_qty": False,
        "min_qty": 0,
        "use_config_min_sale_qty": 0,
        "min_sale_qty": 0,
        "use_config_max_sale_qty": False,
        "max_sale_qty": 0,
        "use_config_backorders": False,
        "backorders": 0,
        "use_config_notify_stock_qty": False,
        "notify_stock_qty": 0,
        "use_config_qty_increments": False,
        "qty_increments": 0,
        "use_config_enable_qty_inc": False,
        "enable_qty_increments": False,
        "use_config_manage_stock": False,
        "manage_stock": False,
        "low_stock_date": None,
        "is_decimal_divided": False,
        "stock_status_changed_auto": 0,
    }
