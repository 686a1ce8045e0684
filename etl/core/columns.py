"""Whole columns of foreign values as ids, texts, numbers and flags: at once where they are plain, else one by one.

What connector/values.py says of one value holds for each cell; a cell that it refuses becomes None (NaN in numbers)
and costs no other. Blank cells count as no value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from connector.values import MOST_CHARACTERS, MOST_WHOLE, Unfit, fit, flag, id_text, number, readable, text

Column = pd.Series  # dtype object: one foreign value per row, None where there is none
# Far above every limit of a conversion, far below where float64 overflows in what is calculated with it.
_LARGEST = 1e40
_NUMBERS = ("integer", "floating", "mixed-integer-float")
_IN_FIGURES = ("string", "decimal")


class Judged(NamedTuple):
    """Cells of one kind, and per row why the cell was refused or None; `refused` is None where that is so for no row.

    `value` has dtype object with None for no value, or float64 with NaN where it holds numbers.
    """

    value: pd.Series[Any]
    refused: pd.Series[Any] | None


def as_text(column: Column) -> pd.Series[Any]:
    """Any values → text or None; whole floats lose their `.0`, text keeps its leading zeros."""
    return texts(column).value


def as_ids(column: Column) -> pd.Series[Any]:
    """Ids as text or None: 1, 1.0, "1" and "1.0" are "1"; what is not an id is None."""
    return ids(column).value


def as_number(column: Column) -> pd.Series[Any]:
    """Any values → float64; NaN where there is no finite number. Numbers written as text count, flags do not."""
    return numbers(column).value


def as_flags(column: Column) -> pd.Series[Any]:
    """true, "1", 1 … → True; False likewise; None for the rest."""
    return booleans(column).value


def texts(column: Column) -> Judged:
    """Texts, and why a cell is none."""
    kind = _kind(column)
    if kind == "empty":
        return Judged(nothing(column.index), None)
    cells = column.to_numpy(dtype=object)
    if kind == "integer":
        return Judged(each(str, cells, column.index), None)
    if kind == "string" and fit(readable, "".join(cells[column.notna().to_numpy()])) is not None:
        return Judged(column, None)
    return _one_by_one(text, column, column.notna().to_numpy(), np.full(len(column), None, dtype=object))


def ids(column: Column) -> Judged:
    """Ids as text, and why a cell is none."""
    kind = _kind(column)
    if kind == "empty":
        return Judged(nothing(column.index), None)
    cells = column.to_numpy(dtype=object)
    found = np.full(len(cells), None, dtype=object)
    there = column.notna().to_numpy()
    present = cells[there].tolist()
    if kind == "integer":
        if min(present) >= 1 and max(present) < MOST_WHOLE:
            found[there] = list(map(str, present))
            return Judged(objects(found, column.index), None)
    elif kind == "string":
        joined = "".join(present)
        if joined.isascii() and joined.isdigit() and "0" not in present and max(map(len, present)) <= MOST_CHARACTERS:
            return Judged(column, None)
    elif kind == "floating":
        # A table with gaps turns whole numbers into floats.
        exact = column.to_numpy(dtype="float64", na_value=np.nan)
        whole = (exact >= 1) & (exact <= MOST_WHOLE) & (exact == np.trunc(exact))
        found[whole] = list(map(str, exact[whole].astype("int64").tolist()))
    return _one_by_one(id_text, column, there & pd.isna(found), found)


def numbers(column: Column) -> Judged:
    """Finite numbers as float64, and why a cell is none."""
    if column.dtype != object:
        return Judged(column.astype("float64"), None)
    found = pd.Series(np.nan, index=column.index, dtype="float64")
    kind = _kind(column)
    # A whole number of hundreds of digits is no float: then the cells are judged one by one.
    with suppress(OverflowError, TypeError):
        if kind in _NUMBERS or (kind == "string" and _are_figures(column)):
            found = column.astype("float64")
        elif kind in _IN_FIGURES:
            found = pd.to_numeric(column, errors="coerce").astype("float64")
    usable = found.abs() <= _LARGEST
    if usable.all():
        return Judged(found, None)
    found = found.where(usable)
    odd = (column.notna() & found.isna()).to_numpy()
    if not odd.any():
        return Judged(found, None)
    judged = _one_by_one(number, column, odd, found.to_numpy(dtype=object))
    return Judged(judged.value.astype("float64"), judged.refused)


def _are_figures(column: Column) -> bool:
    """Whether texts, not one of them missing, are digits and nothing else."""
    cells = column.tolist()
    try:
        joined = "".join(cells)
    except TypeError:
        return False
    return joined.isascii() and joined.isdigit() and "" not in cells


def booleans(column: Column) -> Judged:
    """Flags, and why a cell is none."""
    kind = _kind(column)
    if kind == "boolean" and column.notna().all():
        return Judged(column, None)
    if kind == "empty":
        return Judged(nothing(column.index), None)
    if kind in ("integer", "string", "boolean"):
        # A handful of different cells: each is judged once.
        cells = column[column.notna()]
        known = {cell: fit(flag, cell) for cell in set(cells)}
        if None not in known.values():
            return Judged(column.map(known).astype(object).where(column.notna(), None), None)
    return _one_by_one(flag, column, column.notna().to_numpy(), np.full(len(column), None, dtype=object))


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


def each_kind(rule: Callable[[Any], Any], values: pd.Series[Any]) -> pd.Series[Any]:
    """The answer of a rule for each value, asked once for each different one; None for None and NaN."""
    known = {value: rule(value) for value in set(values.dropna())}
    return each(known.get, values, values.index)


def judged_again(judge: Callable[[object], Any], column: Column, odd: npt.NDArray[np.bool_], found: Column) -> Judged:
    """`found` (aligned with `column`), save that the cells that are `odd` are judged one by one."""
    return _one_by_one(judge, column, odd, found.to_numpy(dtype=object, copy=True))


def _one_by_one(
    judge: Callable[[object], Any], column: Column, odd: npt.NDArray[np.bool_], found: npt.NDArray[Any]
) -> Judged:
    cells = column.to_numpy(dtype=object)
    refused = np.full(len(cells), None, dtype=object)
    for row in np.flatnonzero(odd):
        cell = cells[row]
        if isinstance(cell, str) and not cell.strip():
            continue
        try:
            found[row] = judge(cell)
        except Unfit as error:
            refused[row] = str(error)
    value = pd.Series(found, index=column.index, dtype=object)
    return Judged(value, objects(refused, column.index) if any(refused) else None)


def _kind(column: Column) -> str:
    return pd.api.types.infer_dtype(column, skipna=True)
