"""What people changed in Optiply on an order that the other system has: named with the remedy, since it is not told.

Pure.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.values import Unfit, moment
from etl.outward.purchase_shapes import BuyOrder
from etl.outward.purchase_system import Purchasing

_DATE = "its delivery date is another one than {0}'s; change it in {0}, or back in Optiply"
_SUPPLIER = "its supplier is another one than {0}'s; cancel it in {0} and place a new one"
_LINES = "its lines are others than those that were sent; change them in {0}"
_CLOSED = "it was closed in Optiply and is still open in {0}; receive, close or cancel it there"
_TAKEN_BACK = "it is a draft again in Optiply; cancel it in {0}"


def later_changes(
    system: Purchasing,
    order: BuyOrder,
    supplier: str | None,
    lines: Sequence[Mapping[str, Any]] | None,
    sent: Mapping[str, Any],
    back: Mapping[str, Any] | None,
) -> Iterator[tuple[str, str]]:
    """Field and sentence of each difference between an order and what the system has of it.

    `supplier`, `lines`: the order's as the system is told them, None where they are not known there. `sent`: the
    picture that the system took. `back`: what the system says by now, as Optiply is told it, None where the order has
    not come back.
    """
    for field, sentence in _changes(system, order, supplier, lines, sent, back):
        yield field, sentence.format(system.title)


def _changes(
    system: Purchasing,
    order: BuyOrder,
    supplier: str | None,
    lines: Sequence[Mapping[str, Any]] | None,
    sent: Mapping[str, Any],
    back: Mapping[str, Any] | None,
) -> Iterator[tuple[str, str]]:
    there = {"supplier": sent.get(system.supplier), "day": sent.get(system.day), **_back(system, back)}
    if _day(order.expectedDeliveryDate) != _day(there["day"]):
        yield "expectedDeliveryDate", _DATE
    if supplier != str(there["supplier"]):
        yield "supplierId", _SUPPLIER
    # What is changed there later comes back as changes of these lines, so only the units that were sent compare.
    if back is None and (lines is None or _units(system, lines) != _units(system, sent.get(system.lines, ()))):
        yield "buyOrderLines", _LINES
    if order.placed is None:
        yield "placed", _TAKEN_BACK
    if order.completed is not None and not (back or {}).get("completed"):
        yield "completed", _CLOSED


def _back(system: Purchasing, back: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the system says by now in place of what was sent; a supplier only where it has the same name in both."""
    told = back or {}
    found = {"day": told["expectedDeliveryDate"]} if "expectedDeliveryDate" in told else {}
    same = system.supplier_key is Purchasing.supplier_key
    return found | ({"supplier": told["supplierRemoteId"]} if same and "supplierRemoteId" in told else {})


def _units(system: Purchasing, lines: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return sorted((str(line[system.product]), int(line[system.units])) for line in lines)


def _day(value: object) -> str | None:
    """A day, for no time of it is kept."""
    try:
        return None if value is None else moment(value)[:10]
    except Unfit:
        return str(value)
