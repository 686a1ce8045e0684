"""Stock statuses: how one is asked for, and how bulk answers are put together to rows of the same shape."""

from typing import Any

from connector.errors import Unreadable
from connector.http.pool import Row
from connector.lists.pages import DAMAGED, with_names
from connector.lists.question import Ask
from connector.values import Unfit, number
from magento_api.search import path_part
from tap_magento.listing import Listed
from tap_magento.shop import Shop

PHANTOM_ITEM: dict[str, Any] = {
    "product_id": 0,
    "stock_id": 1,
    "qty": None,
    "is_in_stock": True,
    "is_qty_decimal": False,
    "use_config_min_qty": False,
    "min_qty": 0,
    "use_config_backorders": False,
    "backorders": 0,
    "notify_stock_qty": 0,
    "use_config_manage_stock": False,
    "manage_stock": False,
    "low_stock_date": None,
}


def check_exported(row: Row) -> None:
    """Refuses a row of the export without a SKU, or whose quantity is not a number."""
    with_names("sku")(row)
    try:
        number(row.get("qty") or 0)
    except Unfit as unfit:
        raise Unfit(f"the 'qty' of {row['sku']} {unfit}") from unfit


def record(product: Listed, quantity: int, salable: int, item: Row, item_fields: str) -> Row:
    """A stock status in the shape of stockStatuses, with the wanted properties of the stock item."""
    names = item_fields.split(",")
    return {
        "sku": product.sku,
        "product_id": product.id,
        "stock_id": 1,
        "qty": quantity,
        "stock_status": salable,
        "stock_item": {name: item[name] for name in names if name in item},
    }


def phantom(product: Listed, item_fields: str) -> Row:
    """What stockStatuses answers for a disabled product: a row that says nothing about stock."""
    names = item_fields.split(",")
    return {
        "sku": product.sku,
        "product_id": None,
        "stock_id": None,
        "qty": 0,
        "stock_status": 0,
        "stock_item": {name: PHANTOM_ITEM[name] for name in names if name in PHANTOM_ITEM},
    }


def stock_status(shop: Shop, sku: str, fields: str) -> Row | Unreadable:
    """What stockStatuses answers for a SKU; runs in a worker."""
    asked = Ask(f"/stockStatuses/{path_part(sku)}", fields=fields, paged=False)
    try:
        value = shop.client.get(shop.address(asked), isolating=True).value
    except Unreadable as trouble:
        return trouble
    if not isinstance(value, dict) or not value:
        return Unreadable(DAMAGED, "the answer is not a stock status")
    return {"sku": sku, **value}


def differs(ours: Row | None, theirs: Row | Unreadable) -> bool:
    """Whether a status put together in bulk is not that of stockStatuses.

    Phantoms and unmanaged stock say nothing about the other way of reading, and a SKU asked singly is equal.
    """
    if ours is None or isinstance(theirs, Unreadable) or theirs.get("product_id", 0) is None:
        return False
    item = theirs.get("stock_item")
    if isinstance(item, dict) and not item.get("manage_stock", True):
        return False
    return bool(ours["qty"] != theirs.get("qty", ours["qty"]))
