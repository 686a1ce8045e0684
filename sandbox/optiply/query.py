"""Filters, sorting and paging of Optiply's lists: from query parameters to the ids of one page."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.optiply.errors import ApiError
from sandbox.optiply.resources import Resource
from sandbox.optiply.store import Stored, Table
from sandbox.optiply.values import Key, OutOfRange

DEFAULT_LIMIT = 50
MAX_LIMIT = 100
_FILTER = re.compile(r"filter\[([^\]]+)\](?:\[([^\]]+)\])?")
_PAGE = re.compile(r"page\[([^\]]+)\]")


@dataclass(frozen=True)
class Condition:
    """One filter: an attribute, an operator in capitals and the value as the attribute's kind compares it."""

    name: str
    operator: str
    value: Key


@dataclass(frozen=True)
class Query:
    """A list request: conditions that must all hold, attributes to sort by (descending with a minus), one page."""

    conditions: tuple[Condition, ...]
    sort: tuple[str, ...]
    offset: int
    limit: int


_COMPARE: dict[str, Callable[[Key, Key], bool]] = {
    "LT": lambda left, right: bool(left < right),
    "LE": lambda left, right: bool(left <= right),
    "GT": lambda left, right: bool(left > right),
    "GE": lambda left, right: bool(left >= right),
}
_OPERATORS = ("EQ", "NEQ", "LIKE", *_COMPARE)


def parse(parameters: Iterable[tuple[str, str]], resource: Resource) -> Query:
    """Read the query parameters of a list request; those that are neither filter, sort nor page are ignored.

    Raises ApiError: 400 for an unknown attribute, operator or page key, an unreadable value, a limit over 100 or an
    offset that is no multiple of the limit.
    """
    conditions: list[Condition] = []
    sort: tuple[str, ...] = ()
    page: dict[str, int] = {"offset": 0, "limit": DEFAULT_LIMIT}
    for name, text in parameters:
        if name.startswith("filter"):
            conditions.append(_condition(name, text, resource))
        elif name == "sort":
            sort = tuple(_known(part.lstrip("-"), resource) and part for part in text.split(",") if part)
        elif name.startswith("page"):
            match = _PAGE.fullmatch(name)
            if match is None or match[1] not in page:
                raise ApiError(400, f"unknown page parameter {name}")
            page[match[1]] = _page_number(name, text)
    offset, limit = page["offset"], page["limit"]
    if limit > MAX_LIMIT:
        raise ApiError(400, f"limit value {limit} is larger than the maximum allowed of {MAX_LIMIT}")
    if limit < 1:
        raise ApiError(400, f"limit value {limit} is too small")
    if offset % limit:
        raise ApiError(400, f"offset {offset} is not a multiple of limit {limit}")
    return Query(tuple(conditions), sort, offset, limit)


def _known(name: str, resource: Resource) -> str:
    if name not in resource.attributes:
        raise ApiError(400, f"attribute {name} not found")
    return name


def _page_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ApiError(400, f"{name}: '{text}' is not a whole number")
    return int(text)


def _condition(parameter: str, text: str, resource: Resource) -> Condition:
    match = _FILTER.fullmatch(parameter)
    if match is None:
        raise ApiError(400, f"unreadable filter {parameter}")
    name, operator = _known(match[1], resource), (match[2] or "EQ").upper()
    if operator not in _OPERATORS:
        raise ApiError(400, f"unknown filter operator {match[2]}")
    if text == "null":
        return Condition(name, operator, None)
    if operator == "LIKE":
        pattern = text if "%" in text else f"%{text}%"
        expression = ".*".join(re.escape(part) for part in pattern.split("%"))
        return Condition(name, operator, re.compile(expression, re.IGNORECASE | re.DOTALL))
    try:
        return Condition(name, operator, resource.attributes[name].kind.parse(text))
    except OutOfRange as error:
        raise ApiError(400, f"{name}: {error}") from error


class Lists:
    """Answers queries on tables; the pages of one list share the work while nothing is written in between."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._last: tuple[Table, int, tuple[Condition, ...], tuple[str, ...]] | None = None
        self._ids: list[int] = []

    def page(self, table: Table, query: Query) -> tuple[int, list[Stored]]:
        """Return how many objects a query finds in all, and those of its page."""
        if not query.conditions and query.sort == ("id",):
            ids = table.ids
        else:
            asked = (table, table.version, query.conditions, query.sort)
            if self._last is None or self._last[0] is not table or self._last[1:] != asked[1:]:
                self._ids, self._last = _find(table, query), asked
            ids = self._ids
        return len(ids), [table.objects[id_] for id_ in ids[query.offset : query.offset + query.limit]]


def _find(table: Table, query: Query) -> list[int]:
    objects = table.objects
    ids, rest = _candidates(table, query.conditions)
    found = [id_ for id_ in ids if _holds(table, objects[id_], rest)] if rest else list(ids)
    if query.sort == ("id",):
        return found
    # Without a sort the order follows the last change, as in a database that rewrites rows: a client that pages
    # through a list while others write must ask for an order of its own.
    for part in reversed(query.sort or ("updatedAt",)):
        _sort(found, table, part.lstrip("-"), descending=part.startswith("-"))
    return found


def _sort(ids: list[int], table: Table, name: str, *, descending: bool) -> None:
    def key(id_: int) -> tuple[bool, Key]:
        value = table.key(table.objects[id_], name)
        return value is not None, 0 if value is None else value

    ids.sort(key=key, reverse=descending)


def _candidates(table: Table, conditions: tuple[Condition, ...]) -> tuple[list[int], list[Condition]]:
    """Return the ids worth looking at, ascending, and the conditions still to be tried on them.

    They come from the id itself, from the smallest index that applies, from the time of creation, or are all ids.
    """
    narrow: list[tuple[int, Condition, set[int]]] = []
    for condition in conditions:
        if condition.operator == "EQ":
            hits = table.lookup(condition.name, condition.value)
            if condition.name == "id":
                hits = {condition.value} & table.objects.keys()
            if hits is not None:
                narrow.append((len(hits), condition, hits))
    if narrow:
        _, used, hits = min(narrow, key=lambda item: item[0])
        return sorted(map(int, hits)), [condition for condition in conditions if condition is not used]
    for used in conditions:
        if used.name == "createdAt" and used.operator in ("GT", "GE") and used.value is not None:
            later = table.ids[_first_created(table, used.value, past=used.operator == "GT") :]
            return later, [condition for condition in conditions if condition is not used]
    return table.ids, list(conditions)


def _first_created(table: Table, moment: datetime, *, past: bool) -> int:
    """Return the position in `ids` of the first object created at a moment or past it; ids grow with time."""
    bisect = bisect_right if past else bisect_left
    return bisect(table.ids, moment, key=lambda id_: table.key(table.objects[id_], "createdAt"))


def _holds(table: Table, stored: Stored, conditions: list[Condition]) -> bool:
    return all(_compare(table.key(stored, c.name), c) for c in conditions)


def _compare(value: Key, condition: Condition) -> bool:
    """Compare as SQL does: null equals only an explicit null and is neither less nor greater than anything."""
    if condition.value is None:
        return (value is None) == (condition.operator != "NEQ")
    if value is None:
        return False
    if condition.operator == "EQ":
        return bool(value == condition.value)
    if condition.operator == "NEQ":
        return bool(value != condition.value)
    if condition.operator == "LIKE":
        return condition.value.fullmatch(str(value)) is not None
    return _COMPARE[condition.operator](value, condition.value)


def page_links(url: Callable[[Mapping[str, str]], str], query: Query, total: int) -> dict[str, str]:
    """Return the links of a page; `next` and `prev` are absent at the ends."""

    def link(offset: int) -> str:
        return url({"page[offset]": str(offset), "page[limit]": str(query.limit)})

    last = max(0, (total - 1) // query.limit * query.limit)
    links = {"first": link(0), "last": link(last)}
    if query.offset > 0:
        links["prev"] = link(max(0, query.offset - query.limit))
    if query.offset + query.limit < total:
        links["next"] = link(query.offset + query.limit)
    return links
