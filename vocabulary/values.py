"""The kinds of values an attribute takes, as annotated types: text, money, counts, times.

Each value is judged by connector/values.py, then held against a limit; complaints go behind a field's name.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

import msgspec
from pydantic import BeforeValidator, PlainValidator

from connector.messages import UNREADABLE
from connector.values import Unfit, flag, id_text, moment, number, text, whole_number

CENT = Decimal("0.01")
MOST_PRICE = Decimal("999999999.99")
MOST_MONEY = Decimal("99999999999999999.99")
MOST_STOCK = 9_999_999
LONGEST_TEXT, LONGEST_UNIT = 255, 10  # characters
_DECODER = msgspec.json.Decoder(float_hook=Decimal)


def decoded(value: object) -> object:
    """The list a JSON text holds, as HotGlue flows write nested lists; anything else as it is.

    Raises:
        ValueError: the text is not valid JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return _DECODER.decode(value)
    except UNREADABLE as error:
        raise ValueError("is not a valid JSON list") from error


def _money(least: Decimal, most: Decimal, step: Decimal = CENT) -> Callable[[object], Decimal]:
    """A reader of amounts: rounded half up to cents, or to another step, then held against the limits."""

    def read(value: object) -> Decimal:
        rounded = number(value, least=-MOST_MONEY - 1, most=MOST_MONEY + 1).quantize(step, rounding=ROUND_HALF_UP)
        return number(rounded, least=least, most=most)

    return read


def _whole(least: int | None = None, most: int | None = None) -> Callable[[object], int]:
    limits = {name: limit for name, limit in (("least", least), ("most", most)) if limit is not None}
    return lambda value: whole_number(value, **limits)  # type: ignore[arg-type]  # mypy reads the dict too widely


def _text(least: int, most: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        found = text(value)
        if not least <= len(found) <= most:
            raise Unfit(f"has {len(found)} characters, not {least if least == most else f'{most} at most'}")
        return found

    return read


def _one_of(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        found = value.lower() if isinstance(value, str) else None
        if found not in choices:
            raise Unfit(f"is not one of {', '.join(choices)}")
        return found

    return read


def _day(value: object) -> str:
    return moment(value)[:10]


def _id(value: object) -> int:
    return whole_number(id_text(value), least=1, what="an id")


def _level(value: object) -> int | str:
    return text(value) if isinstance(value, str) else whole_number(value)


Text10 = Annotated[str, PlainValidator(_text(0, LONGEST_UNIT))]
Text255 = Annotated[str, PlainValidator(_text(0, LONGEST_TEXT))]
Gln = Annotated[str, PlainValidator(_text(13, 13))]
Moment = Annotated[str, PlainValidator(moment)]
Day = Annotated[str, PlainValidator(_day)]
Bool = Annotated[bool, PlainValidator(flag)]
Status = Annotated[str, PlainValidator(_one_of("enabled", "disabled"))]
SupplierType = Annotated[str, PlainValidator(_one_of("vendor", "producer"))]
ServiceLevel = Annotated[int | str, PlainValidator(_level)]
Price = Annotated[Decimal, PlainValidator(_money(Decimal(0), MOST_PRICE))]
Price4 = Annotated[Decimal, PlainValidator(_money(Decimal(0), MOST_PRICE, Decimal("0.0001")))]
Money = Annotated[Decimal, PlainValidator(_money(-MOST_MONEY, MOST_MONEY))]
# No limit is documented: what a money field may hold, with its decimals.
Amount = Annotated[Decimal, PlainValidator(lambda value: number(value, least=-MOST_MONEY, most=MOST_MONEY))]
Whole = Annotated[int, PlainValidator(_whole())]
Stock = Annotated[int, PlainValidator(_whole(-MOST_STOCK, MOST_STOCK))]
Days = Annotated[int, PlainValidator(_whole(1, 365))]
AtLeastOne = Annotated[int, PlainValidator(_whole(1))]
NotNegative = Annotated[int, PlainValidator(_whole(0))]
ZeroOrOne = Annotated[int, PlainValidator(_whole(0, 1))]
Id = Annotated[int, PlainValidator(_id)]
Emails = Annotated[list[Text255] | None, BeforeValidator(decoded)]
