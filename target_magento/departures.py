"""What the shop itself takes off its figures, by shipments or orders, and what orders give back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.http.pool import Row
from connector.lists.pages import row_number
from target_magento.rows import DEFAULT_SOURCE, GIVEN_UP, stocked
from target_magento.values import known_in, lines_in, moment_in, number_in, text_in

_NONE = Decimal(0)


@dataclass(frozen=True)
class Left:
    """Units by which the shop itself has lowered a figure; `id` grows from one to the next."""

    id: int
    at: datetime
    sku: str
    source: str
    quantity: Decimal


def taken(order: Row) -> list[Left]:
    """The units that an order took off the stock of a shop without sources, less what was given up again."""
    number_of, at = row_number(order, "entity_id"), moment_in(order, "created_at")
    rows = stocked(lines_in(order))
    given_up = ((row, sum((number_in(row, name) for name in GIVEN_UP), _NONE)) for row in rows)
    return [
        Left(number_of, at, text_in(row, "sku"), DEFAULT_SOURCE, known_in(row, "qty_ordered") - units)
        for row, units in given_up
    ]


def given_back(order: Row, *, canceled: bool) -> list[str]:
    """The SKUs of which an order has given units back: refunded ones, and with `canceled` those, too."""
    names = GIVEN_UP if canceled else GIVEN_UP[1:]
    rows = stocked(lines_in(order))
    return [text_in(row, "sku") for row in rows if any(number_in(row, name) > 0 for name in names)]


def shipped(row: Row) -> list[Left]:
    """The units of a shipment, with the source that they left."""
    extra = row.get("extension_attributes")
    source = extra.get("source_code") if isinstance(extra, dict) else None
    number_of, at = row_number(row, "entity_id"), moment_in(row, "created_at")
    code = str(source or DEFAULT_SOURCE)
    return [Left(number_of, at, text_in(line, "sku"), code, known_in(line, "qty")) for line in lines_in(row)]
