"""Single foreign values as rules reckon with them: ids, numbers, texts, prices; None for what is none. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector.values import Unfit, id_text, number, text


def id_or_none(value: object) -> str | None:
    """An id as text; None for what is none."""
    try:
        return id_text(value)
    except Unfit:
        return None


def number_or_none(value: object) -> Decimal | None:
    """A number; None for nothing and for what is none."""
    if value is None or value == "":
        return None
    try:
        return number(value)
    except Unfit:
        return None


def text_or_none(value: object) -> str | None:
    """A text that says something; None for blanks and for what is none."""
    try:
        return text(value).strip() or None
    except Unfit:
        return None


def is_empty(value: object) -> bool:
    """Whether there is nothing at all."""
    return value is None or (isinstance(value, str) and not value.strip())


def unit_price(of_line: object, product: str | None, prices: Mapping[str, Any]) -> tuple[Decimal, bool]:
    """The price of a line, else the sales price of its product; without either 0, and that it is so.

    Raises Unfit for a price that is none.
    """
    for value in (of_line, prices.get(product or "")):
        if not is_empty(value):
            return number(value), False
    return Decimal(0), True
