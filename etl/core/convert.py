"""The closed set of named conversions from a source's value to the destination's, within its limits.

A conversion works on a whole column. It knows neither entity nor record; mapping.py applies it.
Limits are those of the vocabulary; a conversion's docstring names them for people.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from connector.values import FIRST_YEAR, LAST_YEAR, MOST_WHOLE, moment
from etl.core.cents import MOST_LINE_MONEY, to_cents
from etl.core.columns import Column, Judged, booleans, each, ids, judged_again, nothing, numbers, texts
from etl.core.plain_times import plain_times
from vocabulary.values import LONGEST_TEXT, LONGEST_UNIT, MOST_MONEY, MOST_PRICE, MOST_STOCK

_PADDED = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2})*")
_MOST_UNITS = MOST_STOCK  # and more than an order or a kit holds of anything
_MOST_CENTS = int(MOST_PRICE * 100)


class Converted(NamedTuple):
    """Columns of one length: the new value (None: none), why it was refused (or None), and whether it was cut.

    `refused` and `changed` are None where that is so for no row.
    """

    value: pd.Series
    refused: pd.Series | None
    changed: pd.Series | None


def text_255(column: Column) -> Converted:
    """Text of at most 255 characters, refused when longer."""
    return _text(column, LONGEST_TEXT, cut=False)


def text_cut_255(column: Column) -> Converted:
    """Text, cut after 255 characters and counted."""
    return _text(column, LONGEST_TEXT, cut=True)


def text_or_empty(column: Column) -> Converted:
    """Text, cut after 255 characters and counted; without any it is the empty text, not none."""
    found = _text(column, LONGEST_TEXT, cut=True)
    empty = found.value.isna() if found.refused is None else found.value.isna() & found.refused.isna()
    return found._replace(value=found.value.where(~empty, ""))


def text_10(column: Column) -> Converted:
    """Text of at most 10 characters, such as a unit of measure."""
    return _text(column, LONGEST_UNIT, cut=False)


def identifier(column: Column) -> Converted:
    """An id as text: 12, 12.0, "12" and "12.0" are one id; a list, a flag or a number below 1 is refused."""
    found = ids(column)
    return _answer(found.value, [], found)


def money(column: Column) -> Converted:
    """A price: 0 or more, at most 9 digits before the point, rounded half up to 2 decimals."""
    found = numbers(column)
    cents = to_cents(found.value)
    return _answer(
        _floats(cents / 100.0),
        [
            (found.value < 0, "is negative; a price is 0 or more"),
            (cents > _MOST_CENTS, "has more than 9 digits before the point"),
        ],
        found,
    )


def order_money(column: Column) -> Converted:
    """A total: at most 17 digits before the point, rounded half up to 2 decimals."""
    found = numbers(column)
    large = found.value.abs() >= float(MOST_MONEY)
    return _answer(_floats(to_cents(found.value) / 100.0), [(large, "has more than 17 digits before the point")], found)


def line_money(column: Column) -> Converted:
    """The money of an order row, kept exact: the lines are rounded together so that their sum is right to the cent."""
    found = numbers(column)
    large = found.value.abs() >= MOST_LINE_MONEY
    return _answer(_floats(found.value), [(large, "is too large to be split to the cent")], found)


def status(column: Column) -> Converted:
    """1 and 2 become enabled and disabled."""
    number = numbers(column).value
    names = np.array(["enabled", "disabled", None], dtype=object)
    value = pd.Series(names[np.where(number == 1, 0, np.where(number == 2, 1, 2))], index=column.index, dtype=object)
    return _answer(value, [(column.notna() & value.isna(), "is neither 1 nor 2")])


def enabled(column: Column) -> Converted:
    """True and false become enabled and disabled."""
    found = booleans(column)
    return _answer(each(lambda flag: "enabled" if flag else "disabled", found.value, column.index), [], found)


def stock_units(column: Column) -> Converted:
    """Units in stock: cut toward zero, negative ones kept, at most 9,999,999 either way."""
    found = numbers(column)
    units = np.trunc(found.value)
    return _answer(
        _whole(units, _MOST_UNITS),
        [(units.abs() > _MOST_UNITS, "is beyond 9,999,999 units")],
        found,
        changed=found.value.notna() & (units != found.value),
    )


def units(column: Column) -> Converted:
    """Units sold or built in: rounded half up, from 1 to 9,999,999, counted when rounded; nothing above zero is
    refused."""
    found = numbers(column)
    rounded = np.floor(found.value + 0.5).clip(lower=1)
    return _answer(
        _whole(rounded.where(found.value > 0), _MOST_UNITS),
        [(found.value <= 0, "is not more than 0"), (rounded > _MOST_UNITS, "is beyond 9,999,999 units")],
        found,
        changed=(found.value > 0) & (rounded != found.value),
    )


def units_or_none(column: Column) -> Converted:
    """Units as above, save that 0 says that there is no such number."""
    number = numbers(column).value
    return units(column.where(number != 0, None))


def whole_number(column: Column) -> Converted:
    """A whole number, refused when it has decimals or when JSON does not keep it exact (beyond 2**53)."""
    found = numbers(column)
    number = found.value
    return _answer(
        _whole(number, MOST_WHOLE),
        [
            (number.notna() & (np.trunc(number) != number), "is not a whole number"),
            (number.abs() > MOST_WHOLE, "is too large for a whole number"),
        ],
        found,
    )


def boolean(column: Column) -> Converted:
    """True and false, also as 1, 0, "1", "0", "true", "false", "yes" and "no"."""
    found = booleans(column)
    return _answer(found.value, [], found)


def datetime(column: Column) -> Converted:
    """`2026-01-15 08:00:00`, which counts as UTC, as `2026-01-15T08:00:00Z`; a time with an offset is moved to UTC."""
    cells = column.tolist()
    if (times := plain_times(cells)) is not None:
        return _answer(pd.Series(times, index=column.index, dtype=object), [])
    value, odd = nothing(column.index), column.notna().to_numpy()
    present = [cell for cell in cells if isinstance(cell, str)]
    if present and len(present) == odd.sum() and _PADDED.fullmatch("".join(present)):
        parsed = pd.to_datetime(column, format="%Y-%m-%d %H:%M:%S", errors="coerce")
        good = parsed.dt.year.between(FIRST_YEAR, LAST_YEAR)
        value = each(_with_zone, column, column.index).where(good, None)
        odd = odd & ~good.to_numpy()
    found = judged_again(moment, column, odd, value)
    return _answer(found.value, [], found)


def _with_zone(time: str) -> str:
    return time.replace(" ", "T", 1) + "Z"


CONVERSIONS: dict[str, Callable[[Column], Converted]] = {
    rule.__name__: rule
    for rule in (
        identifier,
        text_255,
        text_cut_255,
        text_or_empty,
        text_10,
        money,
        order_money,
        line_money,
        status,
        enabled,
        stock_units,
        units,
        units_or_none,
        whole_number,
        boolean,
        datetime,
    )
}


def _text(column: Column, limit: int, *, cut: bool) -> Converted:
    found = texts(column)
    cells = found.value.tolist()
    if found.value.notna().all() and all(map(str.strip, cells)) and max(map(len, cells), default=0) <= limit:
        return _answer(found.value, [])
    text = each(lambda item: item if item.strip() else None, found.value, column.index)
    too_long = pd.Series([item is not None and len(item) > limit for item in text], index=text.index)
    if cut:
        return _answer(text.where(~too_long, text.str[:limit]), [], found, changed=too_long)
    return _answer(text, [(too_long, f"is longer than {limit} characters")], found)


def _answer(
    value: pd.Series,
    rules: list[tuple[pd.Series, str]],
    judged: Judged | None = None,
    changed: pd.Series | None = None,
) -> Converted:
    """The value where no rule is broken; of several broken rules the first is named, what `judged` says before them."""
    refused = None if judged is None or judged.refused is None else judged.refused.copy()
    for broken, reason in rules:
        if broken.any():
            refused = nothing(value.index) if refused is None else refused
            refused[broken & refused.isna()] = reason
    if refused is not None:
        bad = refused.notna()
        value = value.astype(object).where(~bad, None)
        changed = None if changed is None else changed & ~bad
    return Converted(value, refused, changed if changed is not None and changed.any() else None)


def _floats(number: pd.Series) -> pd.Series:
    cells = number.astype(object)
    present = number.notna()
    return cells if present.all() else cells.where(present, None)


def _whole(number: pd.Series, most: int) -> pd.Series:
    """Whole floats → Python ints; None for NaN and for what is beyond `most`, before it is made an int."""
    present = number.abs() <= most
    if present.all():
        return number.astype("int64").astype(object)
    answer = nothing(number.index)
    answer[present] = number[present].astype("int64").astype(object)
    return answer
