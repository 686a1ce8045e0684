"""What a filter's condition means to MySQL as Magento 2.4.7 asks it: comparisons, lists, patterns."""

import re
from collections.abc import Callable
from typing import Any

from sandbox.magento.search import Filter, MaskedError
from sandbox.shop.collation import folded

_LEADING_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d))?.*")

Value = Any
Test = Callable[[Value], bool]


def comparable(kind: str, text: str) -> Value:
    """Turn a filter's text into what MySQL compares a column of this kind with: number, date or text."""
    if kind == "number":
        found = _LEADING_NUMBER.match(text)
        return float(found.group()) if found else 0.0
    if kind == "date":
        found = _DATE.match(text)
        return f"{found.group(1)} {found.group(2) or '00:00:00'}" if found else text
    return folded(text)


def condition(kind: str, given: Filter) -> Test:
    """Return the test of a filter on a column's comparable value; an unknown condition is `eq`, as in Magento."""
    name, text = given.condition, given.value
    if name in ("null", "notnull"):
        wanted = name == "null"
        return lambda value: (value is None) is wanted
    if name in _LISTS:
        return _LISTS[name](kind, text)
    if name in _PATTERNS:
        return _pattern(_PATTERNS[name](text), name == "nlike")
    bound = comparable(kind, text)
    return _present(_COMPARISONS.get(name, _COMPARISONS["eq"])(bound))


def _present(test: Test) -> Test:
    return lambda value: value is not None and test(value)


_COMPARISONS: dict[str, Callable[[Value], Test]] = {
    "eq": lambda bound: lambda value: bool(value == bound),
    "neq": lambda bound: lambda value: bool(value != bound),
    "sneq": lambda bound: lambda value: bool(value != bound),
    "gt": lambda bound: lambda value: bool(value > bound),
    "gteq": lambda bound: lambda value: bool(value >= bound),
    "from": lambda bound: lambda value: bool(value >= bound),
    "lt": lambda bound: lambda value: bool(value < bound),
    "lteq": lambda bound: lambda value: bool(value <= bound),
    "to": lambda bound: lambda value: bool(value <= bound),
}


def _in(kind: str, text: str) -> Test:
    wanted = {comparable(kind, part) for part in text.split(",")}
    return lambda value: value in wanted


def _not_in(kind: str, text: str) -> Test:
    unwanted = {comparable(kind, part) for part in text.split(",")}
    return lambda value: value is not None and value not in unwanted


def _in_set(_kind: str, text: str) -> Test:
    wanted = folded(text)
    return lambda value: value is not None and wanted in folded(str(value)).split(",")


def _not_in_set(_kind: str, text: str) -> Test:
    unwanted = folded(text)
    return lambda value: value is not None and unwanted not in folded(str(value)).split(",")


_LISTS: dict[str, Callable[[str, str], Test]] = {
    "in": _in,
    "nin": _not_in,
    "finset": _in_set,
    "nfinset": _not_in_set,
}


def _like(text: str) -> re.Pattern[str]:
    pattern = "".join(".*" if sign == "%" else "." if sign == "_" else re.escape(sign) for sign in text)
    return re.compile(rf"\A{pattern}\Z", re.IGNORECASE | re.DOTALL)


def _regexp(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise MaskedError(f"MySQL refuses the regular expression {text!r}") from error


_PATTERNS: dict[str, Callable[[str], re.Pattern[str]]] = {
    "like": _like,
    "nlike": _like,
    "fulltext": lambda text: _like(f"%{text}%"),
    "regexp": _regexp,
}


def _pattern(pattern: re.Pattern[str], negated: bool) -> Test:
    def test(value: Value) -> bool:
        if value is None:
            return False
        text = f"{value:g}" if isinstance(value, float) else str(value)
        return (pattern.search(text) is not None) is not negated

    return test
