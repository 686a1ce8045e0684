"""Kinds of attribute values in Optiply's API: how each is read from a request, answered and compared in a filter.

Optiply answers decimals as strings and integers as numbers. A value of the wrong JSON type makes the real server
answer 500, as its JSON library fails before any check; a value of the right type out of its range is a 400.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from typing_extensions import override

Json: TypeAlias = Any
"""A value as JSON gives it."""

Key: TypeAlias = Any
"""A value as it is compared and sorted; None stands for null."""

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s.,;]+(\.[^@\s.,;]+)+")


class WrongType(ValueError):
    """A value whose JSON type the server cannot read: answered with 500."""


class OutOfRange(ValueError):
    """A readable value that breaks a rule: answered with 400."""


class Kind:
    """A kind of value; this base takes anything as it is."""

    def read(self, value: Json) -> Json:
        """Return the value as it is stored and answered; `value` is never None.

        Raises:
            WrongType: If the JSON type is wrong.
            OutOfRange: If a limit is broken.
        """
        return value

    def key(self, stored: Json) -> Key:
        """Return a stored value as it is compared and sorted."""
        return stored

    def parse(self, text: str) -> Key:
        """Read the text of a filter into what `key` returns. Raises OutOfRange if the text is no such value."""
        return text


@dataclass(frozen=True)
class Text(Kind):
    """A string of at most `limit` characters, or of exactly `length`."""

    limit: int | None = 255
    length: int | None = None

    @override
    def read(self, value: Json) -> str:
        if not isinstance(value, str):
            raise WrongType("a string is expected")
        if self.length is not None and len(value) != self.length:
            raise OutOfRange(f"size must be exactly {self.length}")
        if self.limit is not None and len(value) > self.limit:
            raise OutOfRange(f"size must be between 0 and {self.limit}")
        return value


@dataclass(frozen=True)
class Whole(Kind):
    """An integer (a Java Long): a fraction, a float token and a string are wrong types."""

    low: int | None = None
    high: int | None = None

    @override
    def read(self, value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongType("a whole number is expected")
        return self._within(value)

    def _within(self, value: Json) -> Json:
        if self.low is not None and value < self.low:
            raise OutOfRange(f"must be greater than or equal to {self.low}")
        if self.high is not None and value > self.high:
            raise OutOfRange(f"must be less than or equal to {self.high}")
        return value

    @override
    def parse(self, text: str) -> Key:
        return _decimal(text)


class Number(Whole):
    """A number that may have a fraction and is answered as a number."""

    @override
    def read(self, value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise WrongType("a number is expected")
        return self._within(value)


class WholeOrText(Kind):
    """A number that Optiply also takes and answers as a string."""

    @override
    def read(self, value: Json) -> Json:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise WrongType("a whole number is expected")
        return value

    @override
    def key(self, stored: Json) -> str:
        return str(stored)


@dataclass(frozen=True)
class Money(Kind):
    """A decimal with at most `digits` before and two places after the point, answered as a string."""

    digits: int = 17
    low: Decimal | None = None

    @override
    def read(self, value: Json) -> str:
        amount = _number(value)
        if self.low is not None and amount < self.low:
            raise OutOfRange(f"must be greater than or equal to {self.low}")
        if abs(amount) >= Decimal(10) ** self.digits or amount != amount.quantize(Decimal("0.01")):
            raise OutOfRange(f"numeric value out of bounds (<{self.digits} digits>.<2 digits> expected)")
        return f"{amount:.2f}"

    @override
    def key(self, stored: Json) -> Decimal:
        return Decimal(stored)

    @override
    def parse(self, text: str) -> Decimal:
        return _decimal(text)


class Measure(Money):
    """A decimal with any number of places, answered as a string."""

    @override
    def read(self, value: Json) -> str:
        return f"{_number(value):f}"


class Flag(Kind):
    """A boolean."""

    @override
    def read(self, value: Json) -> bool:
        if not isinstance(value, bool):
            raise WrongType("a boolean is expected")
        return value

    @override
    def parse(self, text: str) -> bool:
        if text.lower() not in ("true", "false"):
            raise OutOfRange(f"'{text}' is not a boolean")
        return text.lower() == "true"


class Instant(Kind):
    """A point in time; any offset and fraction is taken, UTC with `Z` is answered."""

    @override
    def read(self, value: Json) -> str:
        if not isinstance(value, str):
            raise WrongType("a date and time is expected")
        try:
            return iso(instant(value))
        except ValueError as error:
            raise WrongType("a date and time is expected") from error

    @override
    def key(self, stored: Json) -> datetime:
        return instant(stored)

    @override
    def parse(self, text: str) -> datetime:
        try:
            # A plus that was not percent-encoded arrives as a space.
            return instant(text.replace(" ", "+") if "T" in text else text)
        except ValueError as error:
            raise OutOfRange(f"'{text}' is not a date and time") from error


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words; any case is taken, lower case is answered."""

    words: tuple[str, ...]

    @override
    def read(self, value: Json) -> str:
        if not isinstance(value, str) or value.lower() not in self.words:
            raise WrongType(f"one of {', '.join(self.words)} is expected")
        return value.lower()

    @override
    def parse(self, text: str) -> str:
        return text.lower()


class Emails(Kind):
    """A list of e-mail addresses."""

    @override
    def read(self, value: Json) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise WrongType("a list of strings is expected")
        for item in value:
            if not _EMAIL.fullmatch(item):
                raise OutOfRange(f"{item} is not a valid address")
        return value

    @override
    def key(self, stored: Json) -> str:
        return ",".join(stored)


@dataclass(frozen=True)
class Reference(Kind):
    """The id of another object of type `target`: taken as integer or digits, answered as integer."""

    target: str

    @override
    def read(self, value: Json) -> int:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise WrongType("an id is expected")
        return value

    @override
    def parse(self, text: str) -> Key:
        return _decimal(text)


class RemoteIds(Kind):
    """The map of remote ids, which no filter can reach."""

    @override
    def parse(self, text: str) -> Key:
        raise OutOfRange("remoteIdMap is not filterable")


def instant(text: str) -> datetime:
    """Read an ISO 8601 date and time into UTC; without an offset it is UTC.

    Raises ValueError if the text has no date and time of day.
    """
    if len(text) < 16 or text[10] not in "T ":
        raise ValueError(text)
    if len(text) in (20, 24, 27) and text[-1] == "Z":
        # Our own form, by far the most frequent.
        return datetime.fromisoformat(text[:-1] + "+00:00")
    whole, _, rest = text.partition(".")
    if rest:
        # Python 3.10 reads only three or six digits of a second.
        digits = re.match(r"\d+", rest)
        count = digits.end() if digits else 0
        text = f"{whole}.{rest[:count][:6].ljust(6, '0')}{rest[count:]}"
    moment = datetime.fromisoformat(text[:-1] + "+00:00" if text[-1] in "Zz" else text)
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def iso(moment: datetime, timespec: str = "auto") -> str:
    """Write a point in time as Optiply does: ISO 8601 in UTC, ending in `Z`."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec=timespec) + "Z"


def _number(value: Json) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise WrongType("a decimal is expected")
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise WrongType("a decimal is expected") from error
    if not amount.is_finite():
        raise WrongType("a decimal is expected")
    return amount


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise OutOfRange(f"'{text}' is not a number") from error
    if not value.is_finite():
        raise OutOfRange(f"'{text}' is not a number")
    return value
