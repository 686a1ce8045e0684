"""Judges one foreign value at a time: ids, numbers, texts, flags and moments, each accepted in one form or refused.

Every reader of foreign data asks here (law 18 of the design), so that `1`, `1.0` and "1.0" are one id everywhere and
nothing turns a list into text. Tables use the same rules a column at a time and come here with the odd cells.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

Found = TypeVar("Found")
MOST_WHOLE = 2**53
"""Largest whole number that every JSON reader keeps exact."""
MOST_CHARACTERS = 255
"""Longest id."""
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Years a moment may lie in: what lies outside is a zero date or a slip."""

_MOST_DIGITS = 100
# Above the point: more than any limit that a caller could set. Below it: as small as a float gets.
_HIGHEST, _LOWEST = 40, -400
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?", re.ASCII)
_WHOLE = re.compile(r"(0|[1-9][0-9]*)(?:\.0*)?", re.ASCII)
# What looks like a number and is not a plain whole one. `12e5` is left alone: ids may be hexadecimal.
# "1,5" and "1.234,00" are what a spreadsheet makes of one.
_ODD_NUMBER = re.compile(
    r"[+-]?[0-9]*\.[0-9]*(?:[eE][+-]?[0-9]+)?|[+-][0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-][0-9]+"
    r"|[+-]?[0-9]+(?:[., '][0-9]+)*,[0-9]+"
)
_NO_IDS = frozenset({"true", "false", "null", "none", "nan", "inf", "-inf", "+inf", "infinity", "-infinity", "nat"})
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[T ]([0-9]{1,2}):([0-9]{1,2})(?::([0-9]{1,2})(?:[.,][0-9]+)?)? ?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_FLAGS = {"1": True, "1.0": True, "true": True, "yes": True, "0": False, "0.0": False, "false": False, "no": False}


class Unfit(ValueError):
    """A value that is refused; the text says why, to be put behind a field's name: "is a list, not an id"."""


def fit(judge: Callable[[Any], Found], value: object) -> Found | None:
    """What a judge makes of a value; None where it refuses that."""
    try:
        return judge(value)
    except Unfit:
        return None


def id_text(value: object) -> str:
    """An id as text: 1, 1.0, "1", " 1 " and "1.0" are "1"; other texts stay as they are ("007", "A-1").

    Raises Unfit: nothing, a flag, a list, an object, less than 1, not whole, not exact (a float beyond 2**53), longer
    than 255 characters, or text that only stands for nothing ("nan", "null") or for a list.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        if 1 <= value < 2**63:
            return str(value)
        raise Unfit("is less than 1, which no id is" if value < 1 else "is too large for an id")
    if isinstance(value, (float, Decimal)):
        return str(whole_number(value, least=1, what="an id"))
    if not isinstance(value, str):
        raise Unfit(f"is {kind_of(value)}, not an id")
    found = readable(value).strip()
    if not found or found.lower() in _NO_IDS or found[0] in "[{":
        raise Unfit("is empty, not an id" if not found else "is not an id")
    if len(found) > MOST_CHARACTERS:
        raise Unfit(f"is longer than {MOST_CHARACTERS} characters")
    if whole := _WHOLE.fullmatch(found):
        if whole[1] == "0":
            raise Unfit("is less than 1, which no id is")
        return whole[1]
    if _ODD_NUMBER.fullmatch(found):
        raise Unfit("is not a whole number from 1 up, which an id in figures is")
    return found


def number(value: object, *, least: float | Decimal | None = None, most: float | Decimal | None = None) -> Decimal:
    """A finite number of bounded size, also from text: safe for int(), quantize() and formatting.

    Raises Unfit: a flag, a list, an object, text that is not a number, NaN or infinite, more than 100 digits, an
    exponent that no amount has (before anything is calculated with it), or beyond `least` or `most`.
    """
    found = _decimal(value)
    if not found.is_finite():
        raise Unfit("is not a finite number")
    if not found:
        found = Decimal(0)
    elif found.adjusted() > _HIGHEST:
        raise Unfit("is too large")
    elif found.adjusted() < _LOWEST or len(found.as_tuple().digits) > _MOST_DIGITS:
        raise Unfit("has too many digits")
    if least is not None and found < least:
        raise Unfit(f"is less than {least:,}")
    if most is not None and found > most:
        raise Unfit(f"is more than {most:,}")
    return found


def whole_number(value: object, *, least: int = -MOST_WHOLE, most: int = MOST_WHOLE, what: str = "a number") -> int:
    """A number without decimals between `least` and `most`; 12.0 and "12.0" are 12.

    Raises Unfit: as `number`, or with decimals. `what` names what the value should have been.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise Unfit(f"is {kind_of(value)}, not {what}")
    found = number(value, least=least, most=most)
    if found != found.to_integral_value():
        raise Unfit("is not a whole number")
    return int(found)


def text(value: object) -> str:
    """A text as it is, or a number as text without exponent and without ".0".

    Raises Unfit: a flag, a list, an object, bytes, a number without bounds, or text that is not `readable`.
    """
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Unfit(f"is {kind_of(value)}, not text")
    found = number(value)
    return str(int(found)) if found == found.to_integral_value() else f"{found.normalize():f}"


def readable(value: str) -> str:
    """The same text. Raises Unfit where it holds a null character or half a surrogate pair, which is not Unicode."""
    if "\x00" in value:
        raise Unfit("holds a null character")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unfit("holds half a character (a lone surrogate)") from None
    return value


def flag(value: object) -> bool:
    """True or false, also as 1, 0, "1", "0", "true", "false", "yes" and "no". Raises Unfit for the rest."""
    if isinstance(value, (bool, int, float, Decimal)) and value in (0, 1):
        return bool(value)
    found = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise Unfit("is neither true nor false")
    return found


def moment(value: object) -> str:
    """A date, with or without time and offset, as `YYYY-MM-DDTHH:MM:SSZ`; without an offset it counts as UTC.

    What is written comes from what was understood, never from the text: "2026-1-5 8:05:00" is 2026-01-05T08:05:00Z.

    Raises Unfit: not such a date, a day that no calendar has, or a year outside 1900 to 2199.
    """
    found = _moment(value)
    if found.tzinfo is not None:
        try:
            found = found.astimezone(timezone.utc)
        except OverflowError:
            raise Unfit("is not a date and time") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Unfit(f"lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return found.replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def kind_of(value: object) -> str:
    """What a value is, in words and without showing it: "a list", "an object", "true or false"."""
    if value is None:
        return "nothing"
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true or false"),
        (str, "text"),
        ((bytes, bytearray), "raw bytes"),
        ((list, tuple, set), "a list"),
        (dict, "an object"),
        ((int, float, Decimal), "a number"),
        (date, "a date"),
    )
    return next((words for kind, words in kinds if isinstance(value, kind)), "a value of another kind")


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal, str)):
        raise Unfit(f"is {kind_of(value)}, not a number")
    if isinstance(value, int):
        # Before str(): it takes a time that grows with the square of the digits, and has a limit of its own.
        if value.bit_length() > 4 * _MOST_DIGITS:
            raise Unfit("is too large")
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else Decimal("NaN")
    if isinstance(value, Decimal):
        return value
    found = value.strip()
    if len(found) > 2 * _MOST_DIGITS:
        raise Unfit("has too many digits" if found[0].isdigit() else "is not a number")
    if not _NUMBER.fullmatch(found):
        raise Unfit("is not a number")
    try:
        return Decimal(found)
    except InvalidOperation:
        raise Unfit("is not a number") from None


def _moment(value: object) -> datetime:
    if isinstance(value, date):
        # Two values that pass for dates and are none: pandas' NaT is unequal to itself, a plain date lacks the time.
        if value != value:
            raise Unfit("is not a date and time")
        return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    if not isinstance(value, str):
        raise Unfit(f"is {kind_of(value)}, not a date and time")
    found = _MOMENT.fullmatch(value.strip())
    if not found:
        raise Unfit("is not a date and time")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_offset(found[7]))
    except ValueError:
        raise Unfit("is not a date and time") from None


def _offset(written: str | None) -> timezone:
    if written is None or written in "Zz":
        return timezone.utc
    hours, minutes = int(written[1:3]), int(written[-2:]) if len(written) > 3 else 0
    return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if written[0] == "-" else 1))
