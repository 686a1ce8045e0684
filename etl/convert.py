"""The closed set of named conversions from a Magento value to an Optiply value, with Optiply's limits.

A conversion works on a whole column. It knows neither entity nor record; mapping.py applies it.
Limits are those of Optiply's public API (lengths, digits and ranges), in the conversion's own docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

Column = pd.Series  # dtype object: one Magento value per row, None where there is none


class Converted(NamedTuple):
    """Columns of one length: Optiply's value (None: no value), why it was refused (or None), and whether it was cut.

    `refused` and `changed` are None where that is so for no row.
    """

    value: pd.Series
    refused: pd.Series | None
    changed: pd.Series | None


def text_255(column: Column) -> Converted:
    """Text of at most 255 characters, refused when longer."""
    return _text(column, 255, cut=False)


def text_cut_255(column: Column) -> Converted:
    """Text, cut after 255 characters and counted."""
    return _text(column, 255, cut=True)


def text_10(column: Column) -> Converted:
    """Text of at most 10 characters, such as a unit of measure."""
    return _text(column, 10, cut=False)


def identifier(column: Column) -> Converted:
    """An id as text: 12, 12.0 and "12" are one id."""
    return _answer(as_text(column), None)


def money(column: Column) -> Converted:
    """A price: 0 or more, at most 9 digits before the point, rounded half up to 2 decimals."""
    number = as_number(column)
    cents = to_cents(number)
    return _answer(
        _floats(cents / 100.0),
        [
            _not_a_number(column, number),
            (number < 0, "is negative; a price is 0 or more"),
            (cents > 99_999_999_999, "has more than 9 digits before the point"),
        ],
    )


def order_money(column: Column) -> Converted:
    """A total: at most 17 digits before the point, rounded half up to 2 decimals."""
    number = as_number(column)
    return _answer(
        _floats(to_cents(number) / 100.0),
        [_not_a_number(column, number), (number.abs() >= 1e17, "has more than 17 digits before the point")],
    )


def line_money(column: Column) -> Converted:
    """The money of an order row, kept exact: the lines are rounded together so that their sum is right to the cent."""
    number = as_number(column)
    return _answer(
        _floats(number),
        [_not_a_number(column, number), (number.abs() >= 1e13, "is too large to be split to the cent")],
    )


def status(column: Column) -> Converted:
    """Magento's 1 and 2 become enabled and disabled."""
    number = as_number(column)
    names = np.array(["enabled", "disabled", None], dtype=object)
    value = pd.Series(names[np.where(number == 1, 0, np.where(number == 2, 1, 2))], index=column.index, dtype=object)
    return _answer(value, [(column.notna() & value.isna(), "is neither 1 nor 2")])


def stock_units(column: Column) -> Converted:
    """Units in stock: cut toward zero as Magento does, negative ones kept, at most 9,999,999 either way."""
    number = as_number(column)
    units = _whole(np.trunc(number))
    return _answer(
        units,
        [_not_a_number(column, number), (np.trunc(number).abs() > 9_999_999, "is beyond 9,999,999 units")],
        changed=number.notna() & (np.trunc(number) != number),
    )


def units(column: Column) -> Converted:
    """Units sold or built in: rounded half up, at least 1, counted when rounded; nothing above zero is refused."""
    number = as_number(column)
    rounded = np.floor(number + 0.5).clip(lower=1)
    return _answer(
        _whole(rounded.where(number > 0)),
        [_not_a_number(column, number), (number <= 0, "is not more than 0")],
        changed=(number > 0) & (rounded != number),
    )


def whole_number(column: Column) -> Converted:
    """A whole number, refused when it has decimals."""
    number = as_number(column)
    return _answer(
        _whole(number),
        [_not_a_number(column, number), (number.notna() & (np.trunc(number) != number), "is not a whole number")],
    )


def boolean(column: Column) -> Converted:
    """True and false, also as 1, 0, "1", "0", "true", "false", "yes" and "no"."""
    if pd.api.types.infer_dtype(column, skipna=False) == "boolean":
        return _answer(column, None)
    known = {True: True, False: False, "1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
    known |= {"1.0": True, "0.0": False}
    value = column.map(lambda item: known.get(item.strip().lower() if isinstance(item, str) else item))
    value = value.astype(object).where(value.notna(), None)
    return _answer(value, [(column.notna() & value.isna(), "is neither true nor false")])


def datetime(column: Column) -> Converted:
    """Magento's UTC `2026-01-15 08:00:00` as `2026-01-15T08:00:00Z`; a time with an offset is moved to UTC."""
    text = as_text(column)
    moment = pd.to_datetime(text, format="%Y-%m-%d %H:%M:%S", errors="coerce")
    value = each(lambda item: item.replace(" ", "T", 1) + "Z", text, text.index)
    odd = text.notna() & moment.isna()
    if odd.any():
        other = pd.to_datetime(text[odd], format="ISO8601", errors="coerce", utc=True)
        value[odd] = other.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(object)
    if value.isna().any():
        value = value.where(value.notna(), None)
    return _answer(value, [(text.notna() & value.isna(), "is no date and time")])


CONVERSIONS: dict[str, Callable[[Column], Converted]] = {
    rule.__name__: rule
    for rule in (
        identifier,
        text_255,
        text_cut_255,
        text_10,
        money,
        order_money,
        line_money,
        status,
        stock_units,
        units,
        whole_number,
        boolean,
        datetime,
    )
}


def as_text(column: Column) -> pd.Series:
    """Any values → text or None; whole floats lose their `.0`, text keeps its leading zeros."""
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind == "string":
        return column
    if kind == "empty":
        return nothing(column.index)
    if kind == "integer":
        values = column.to_numpy(dtype=object)
        return each(str, values, column.index)
    return each(_plain, column.to_numpy(dtype=object), column.index)


def objects(values: Iterable[Any], index: pd.Index[Any]) -> pd.Series[Any]:
    """Values as a column of dtype object: pandas 3 would guess another one."""
    return pd.Series(list(values), index=index, dtype=object)


def nothing(index: pd.Index[Any]) -> pd.Series[Any]:
    """A column of None: pandas 3 would make a missing scalar NaN."""
    return pd.Series([None] * len(index), index=index, dtype=object)


def each(rule: Callable[[Any], Any], values: npt.ArrayLike, index: pd.Index[Any]) -> pd.Series[Any]:
    """The answer of a rule for each value, None for None and NaN."""
    cells = np.asarray(values, dtype=object)
    missing = pd.isna(cells)
    if not missing.any():
        return objects(map(rule, cells.tolist()), index)
    pairs = zip(cells.tolist(), missing.tolist(), strict=True)
    return objects([None if unknown else rule(value) for value, unknown in pairs], index)


def as_number(column: Column) -> pd.Series:
    """Any values → float64; NaN where there is no finite number. Numbers written as text count, booleans do not."""
    if column.dtype != object:
        return column.astype("float64")
    kind = pd.api.types.infer_dtype(column, skipna=True)
    if kind in ("empty", "integer", "floating", "mixed-integer-float"):
        return pd.to_numeric(column, errors="coerce").astype("float64")
    if kind == "string":
        number = pd.to_numeric(column, errors="coerce").astype("float64")
        return number.where(np.isfinite(number))
    plain = column.where(~column.map(lambda item: isinstance(item, bool | dict | list)), None)
    number = pd.to_numeric(plain, errors="coerce").astype("float64")
    return number.where(np.isfinite(number))


def to_cents(number: pd.Series) -> pd.Series:
    """Amounts → whole cents as float64, halves away from zero, judged without the binary tail."""
    scaled = (number.abs() * 100).round(4)
    return np.sign(number) * np.floor(scaled + 0.5)


def _text(column: Column, limit: int, *, cut: bool) -> Converted:
    text = as_text(column)
    cells = text.tolist()
    if text.notna().all() and all(map(str.strip, cells)) and max(map(len, cells), default=0) <= limit:
        return _answer(text, None)
    text = each(lambda item: item if item.strip() else None, text, text.index)
    too_long = pd.Series([item is not None and len(item) > limit for item in text], index=text.index)
    if cut:
        return _answer(text.where(~too_long, text.str[:limit]), None, changed=too_long)
    return _answer(text, [(too_long, f"is longer than {limit} characters")])


def _answer(
    value: pd.Series,
    rules: list[tuple[pd.Series, str]] | None,
    changed: pd.Series | None = None,
) -> Converted:
    """The value where no rule is broken; of several broken rules the first is named."""
    refused: pd.Series | None = None
    for broken, reason in rules or []:
        if broken.any():
            refused = nothing(value.index) if refused is None else refused
            refused[broken & refused.isna()] = reason
    if refused is not None:
        bad = refused.notna()
        value = value.astype(object).where(~bad, None)
        changed = None if changed is None else changed & ~bad
    return Converted(value, refused, changed if changed is not None and changed.any() else None)


def _not_a_number(column: Column, number: pd.Series) -> tuple[pd.Series, str]:
    empty = column.isna()
    if column.dtype == object and not (number.notna() | empty).all():
        empty |= column.map(lambda item: isinstance(item, str) and not item.strip()).astype(bool)
    return ~empty & number.isna(), "is no number"


def _floats(number: pd.Series) -> pd.Series:
    cells = number.astype(object)
    present = number.notna()
    return cells if present.all() else cells.where(present, None)


def _whole(number: pd.Series) -> pd.Series:
    """Whole floats → Python ints, NaN → None."""
    present = number.notna()
    if present.all():
        return number.astype("int64").astype(object)
    answer = nothing(number.index)
    answer[present] = number[present].astype("int64").astype(object)
    return answer


def _plain(item: object) -> str:
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    return str(item)


def magento_units(number: pd.Series) -> npt.NDArray[np.int64]:
    """Quantities → whole ten-thousandths (Magento stores decimal(12,4)), so that sums are exact."""
    return np.asarray(np.rint(number.to_numpy("float64") * 10_000), dtype="int64")
