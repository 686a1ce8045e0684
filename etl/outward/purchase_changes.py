"""What people changed in Optiply on an order that Picqer has: named with the remedy, since Picqer is not told. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.values import Unfit, moment
from etl.outward.purchase_shapes import BuyOrder

_DATE = "its delivery date is another one than Picqer's; change it in Picqer, or back in Optiply"
_SUPPLIER = "its supplier is another one than Picqer's; cancel it in Picqer and place a new one"
_LINES = "its lines are others than those that were sent; change them in Picqer"
_CLOSED = "it was closed in Optiply and is still open in Picqer; receive, close or cancel it there"
_TAKEN_BACK = "it is a draft again in Optiply; cancel it in Picqer"


def later_changes(
    order: BuyOrder,
    supplier: str | None,
    products: Sequence[Mapping[str, Any]] | None,
    sent: Mapping[str, Any],
    back: Mapping[str, Any] | None,
) -> Iterator[tuple[str, str]]:
    """Field and sentence of each difference between an order and what Picqer has of it.

    `supplier`, `products`: the order's by their ids in Picqer, None where they are not known there. `sent`: the picture
    that Picqer took. `back`: what Picqer says by now, as Optiply is told it, None where the order has not come back.
    """
    there = {"supplierRemoteId": sent.get("idsupplier"), "expectedDeliveryDate": sent.get("delivery_date")}
    there |= back or {}
    if _day(order.expectedDeliveryDate) != _day(there.get("expectedDeliveryDate")):
        yield "expectedDeliveryDate", _DATE
    if supplier != str(there.get("supplierRemoteId")):
        yield "supplierId", _SUPPLIER
    # What is changed in Picqer later comes back as changes of these lines, so only the units that were sent compare.
    if back is None and (products is None or _units(products) != _units(sent.get("products", ()))):
        yield "buyOrderLines", _LINES
    if order.placed is None:
        yield "placed", _TAKEN_BACK
    if order.completed is not None and not there.get("completed"):
        yield "completed", _CLOSED


def _units(products: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return sorted((str(line["idproduct"]), int(line["amount"])) for line in products)


def _day(value: object) -> str | None:
    """A day, for Picqer keeps no time of it."""
    try:
        return None if value is None else moment(value)[:10]
    except Unfit:
        return str(value)
