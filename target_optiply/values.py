"""The kinds of values Optiply takes, as annotated types: text, money, counts, times. Attributes are in models.py."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

CENT = Decimal("0.01")


def utc_text(value: object) -> str:
    """An ISO date-time (or date) as `YYYY-MM-DDTHH:MM:SSZ` in UTC; without an offset it counts as UTC.

    Raises:
        ValueError: the value is no ISO date-time.
    """
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_python310_iso(str(value)))
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _python310_iso(text: str) -> str:
    # Python 3.10 reads neither "Z" nor fractions of other than 3 or 6 digits.
    text = text.strip().replace("Z", "+00:00").replace("z", "+00:00")
    head, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}.{rest[:digits][:6].ljust(6, '0')}{rest[digits:]}"


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def _enabled(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def decoded(value: object) -> object:
    """The list a JSON text holds, as HotGlue flows write nested lists; anything else as it is.

    Raises:
        ValueError: the text is no JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise ValueError("is no JSON list") from error


Text255 = Annotated[str, StringConstraints(max_length=255)]
Moment = Annotated[str, BeforeValidator(utc_text)]
Status = Annotated[Literal["enabled", "disabled"], BeforeValidator(_enabled)]
Price = Annotated[Decimal, Field(ge=0, lt=Decimal(10) ** 9), AfterValidator(_cents)]
Money = Annotated[Decimal, Field(gt=-(Decimal(10) ** 17), lt=Decimal(10) ** 17), AfterValidator(_cents)]
Stock = Annotated[int, Field(ge=-9_999_999, le=9_999_999)]
Days = Annotated[int, Field(ge=1, le=365)]
AtLeastOne = Annotated[int, Field(ge=1)]
Flag = Annotated[int, Field(ge=0, le=1)]
Id = Annotated[int, Field(ge=1)]
