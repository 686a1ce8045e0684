"""Judges one stock figure: SKU, source, quantity, sequence and the moment up to which orders were known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from connector import values

MOST_ID = 2**63 - 1
"""Largest message id and sequence; both are whole numbers, compared as such."""
MOST_QUANTITY = Decimal("99999999.9999")
"""What a shop's column holds; it cuts off larger figures without a word (Magento 2.4.7)."""
MOST_SKU = 64
"""Longest SKU in characters; a shop cuts longer ones without a word (Magento 2.4.7)."""

_SHOWN = 80
Found = TypeVar("Found")


@dataclass(frozen=True)
class Row:
    """One figure of a message; `line` counts from 1.

    `sequence` is None only in files: our own inventory record gives it. `exported` (`YYYY-MM-DDTHH:MM:SSZ`) is the
    moment up to which the warehouse system knew the shop's orders; None: it did not say.
    """

    line: int
    sku: str
    source: str
    quantity: Decimal
    sequence: int | None
    exported: str | None = None


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: `sku` as far as it can be told, `reason` a sentence without a full stop."""

    line: int
    sku: str | None
    reason: str


def row_of(line: int, given: object, default_source: str, *, needs_sequence: bool = True) -> Row | Refusal:
    """The figure in an object with sku, quantity (or qty), source, sequence (or seq) and last_order_exported."""
    if not isinstance(given, Mapping):
        return Refusal(line, None, f"the row is {values.kind_of(given)}, not an object")
    try:
        sku = _needed(_field(given, sku_text, "sku"), "sku")
        quantity = _needed(_field(given, _quantity, "quantity", "qty"), "quantity")
        source = _field(given, source_code, "source") or default_source
        sequence = _field(given, _sequence, "sequence", "seq")
        if sequence is None and needs_sequence:
            raise values.Unfit("sequence is missing; give each SKU its entry in productSeqs")
        exported = _field(given, values.moment, "last_order_exported", "lastOrderExported")
        return Row(line, sku, source, quantity, sequence, exported)
    except values.Unfit as error:
        return Refusal(line, _shown(given.get("sku")), str(error))


def sku_text(value: object) -> str:
    """A SKU as a shop keeps it; blanks behind it count for nothing. Raises Unfit for what a shop would not keep."""
    found = values.text(value).rstrip(" ")
    if not found:
        raise values.Unfit("is empty")
    if found != found.lstrip(" "):
        raise values.Unfit("begins with a blank, which a shop refuses")
    if len(found) > MOST_SKU:
        raise values.Unfit(f"is longer than {MOST_SKU} characters")
    if any(ord(letter) > 0xFFFF for letter in found):
        raise values.Unfit("holds a character that a shop cannot store (beyond U+FFFF)")
    return _printable(found)


def source_code(value: object) -> str:
    """A source's code. Raises Unfit for what is none."""
    found = values.text(value).strip(" ")
    if len(found) > values.MOST_CHARACTERS:
        raise values.Unfit(f"is longer than {values.MOST_CHARACTERS} characters")
    return _printable(found)


def _field(given: Mapping[str, Any], judge: Callable[[object], Found], *names: str) -> Found | None:
    """The first of these fields that is there, judged; None where it is absent or empty."""
    name = next((name for name in names if given.get(name) is not None), names[0])
    value = given.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        return judge(value)
    except values.Unfit as error:
        raise values.Unfit(f"{name} {error}") from None


def _needed(found: Found | None, name: str) -> Found:
    if found is None:
        raise values.Unfit(f"{name} is missing")
    return found


def _quantity(value: object) -> Decimal:
    return values.number(value, least=-MOST_QUANTITY, most=MOST_QUANTITY)


def _sequence(value: object) -> int:
    return values.whole_number(value, least=0, most=MOST_ID)


def _printable(found: str) -> str:
    if not found.isprintable():
        raise values.Unfit("holds a character that cannot be shown (a line break, say)")
    return found


def _shown(sku: object) -> str | None:
    """A SKU for a person, whatever it is; None where it cannot be told."""
    try:
        found = values.text(sku)
    except values.Unfit:
        return None
    return (found if found.isprintable() else ascii(found))[:_SHOWN]
