"""The purchase orders of the Picqer sandbox without anything that differs between two runs: ids and times of writing.

Two runs that should end alike have equal pictures; an order that was made twice shows as a second entry.
"""

from typing import Any

import msgspec

from sandbox.picqer.rows import PurchaseOrder
from sandbox.picqer.store import PicqerStore


def purchases(store: PicqerStore, marker: str = "") -> list[dict[str, Any]]:
    """Return the purchase orders whose `supplier_orderid` or `remarks` begin with a marker, in a fixed order.

    An empty marker takes all of them. Products are told by id, lines in the order of their content.
    """
    orders = store.purchaseorders.rows.values()
    told = [_tell(order) for order in orders if not marker or _is_marked(order, marker)]
    return sorted(told, key=_order)


def _is_marked(order: PurchaseOrder, marker: str) -> bool:
    return any((text or "").strip().startswith(marker) for text in (order.supplier_orderid, order.remarks))


def _tell(order: PurchaseOrder) -> dict[str, Any]:
    lines = [
        {
            "idproduct": line.idproduct,
            "amount": line.amount,
            "amountreceived": line.amountreceived,
            "price": line.price,
            "delivery_date": line.delivery_date,
        }
        for line in order.products
    ]
    return {
        "supplier_orderid": order.supplier_orderid,
        "remarks": order.remarks,
        "idsupplier": order.idsupplier,
        "supplier_name": order.supplier_name,
        "idwarehouse": order.idwarehouse,
        "status": order.status,
        "delivery_date": order.delivery_date,
        "products": sorted(lines, key=_order),
    }


def _order(told: dict[str, Any]) -> bytes:
    return msgspec.json.encode(told, order="sorted")
