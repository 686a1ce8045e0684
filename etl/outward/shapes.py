"""The shapes of what is read of Optiply for the way back, and how each record is judged, value by value."""

from typing import Any

from msgspec import Struct

from connector.times import as_utc_text
from connector.values import Unfit, id_text, number, whole_number
from etl.core.streams import Stream, Streams
from etl.outward.receipts import BuyLine, ReceiptLine


class ReceiptRow(Struct, rename="camel"):
    """A row of receiptLines."""

    id: Any = None
    buy_order_line_id: Any = None
    quantity: Any = None
    created_at: Any = None
    created_from_public_api: Any = None


class BuyLineRow(Struct, rename="camel"):
    """A row of buyOrderLines."""

    id: Any = None
    buy_order_id: Any = None
    product_id: Any = None


class BuyOrderRow(Struct):
    """A row of buyOrders."""

    id: Any = None
    assembly: Any = None


class ReceiptIdRow(Struct):
    """A row of receiptLineIds."""

    id: Any = None


class ReceiptCheckRow(Struct):
    """A row of receiptLineChecks."""

    id: Any = None
    found: Any = None


RECEIPTS, LINES, ORDERS, LISTED, CHECKED = (
    "receiptLines",
    "buyOrderLines",
    "buyOrders",
    "receiptLineIds",
    "receiptLineChecks",
)
STREAMS = Streams(
    "Optiply",
    (
        Stream(ORDERS, BuyOrderRow, "id"),
        Stream(LINES, BuyLineRow, "id"),
        Stream(RECEIPTS, ReceiptRow, "id"),
        Stream(LISTED, ReceiptIdRow, "id", lone={"id": id_text}),
        Stream(CHECKED, ReceiptCheckRow, "id"),
    ),
)


def receipt_line(row: ReceiptRow) -> ReceiptLine:
    """A receipt line. Raises Unfit, a sentence that begins with the field."""
    by_program = row.created_from_public_api
    if not isinstance(by_program, bool):
        raise Unfit("createdFromPublicApi does not say who booked it")
    try:
        made = as_utc_text(str(row.created_at))
    except ValueError:
        raise Unfit("createdAt is not a date") from None
    line = None if row.buy_order_line_id is None else _whole(row.buy_order_line_id, "buyOrderLineId")
    try:
        quantity = number(row.quantity)
    except Unfit as unfit:
        raise Unfit(f"quantity {unfit}") from None
    return ReceiptLine(_whole(row.id, "id"), line, quantity, made, not by_program)


def buy_line(row: BuyLineRow) -> tuple[int, BuyLine]:
    """A line's id and what it refers to. Raises Unfit."""
    return _whole(row.id, "id"), BuyLine(_whole(row.buy_order_id, "buyOrderId"), _whole(row.product_id, "productId"))


def buy_order(row: BuyOrderRow) -> tuple[int, bool]:
    """A buy order's id and whether it is an assembly order; one that does not say is none. Raises Unfit."""
    return _whole(row.id, "id"), row.assembly is True


def _whole(value: object, name: str) -> int:
    try:
        return whole_number(value, least=1)
    except Unfit as unfit:
        raise Unfit(f"{name} {unfit}") from None
