"""Filters, sorts and pages the shop's records as Magento's collections do, and keeps what it worked out."""

import random
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.magento.conditions import comparable, condition
from sandbox.magento.search import Criteria, Filter, MagentoError, MaskedError
from sandbox.shop.collation import folded
from sandbox.shop.world import Json

_KEPT = 48
_BOUNDS = frozenset({"gt", "gteq", "from", "lt", "lteq", "to", "eq"})


@dataclass(frozen=True)
class Column:
    """A column that can be filtered and sorted: its kind (number, date, text) and how to read it from a record.

    A `many` column gives a list; a filter holds when it holds for one of its values.
    """

    kind: str
    read: Callable[[Json], Any]
    many: bool = False

    def value(self, row: Json) -> Any:  # noqa: ANN401 - a column's value has the kind of the column
        """Return the record's value as MySQL would compare it."""
        raw = self.read(row)
        if raw is None or self.kind == "number":
            return raw
        return folded(str(raw)) if self.kind == "text" else raw


@dataclass(frozen=True)
class Layout:
    """What Magento knows about a collection.

    `key` is the column of the primary key. `eav` collections answer 400 to an unknown filter field and ignore an
    unknown sort field, flat ones answer a masked 500 to both. `shuffled`: unsorted rows come in no fixed order.
    `unique` columns order rows fully; rows that tie on `steady` ones still come in the order of an index.
    """

    name: str
    key: str
    columns: Mapping[str, Column]
    eav: bool = False
    shuffled: bool = False
    unique: frozenset[str] = frozenset()
    steady: frozenset[str] = frozenset()
    find: Callable[[str], Column | None] = field(default=lambda _name: None)

    def column(self, name: str) -> Column | None:
        """Return a column by the name a filter or sort uses, or None."""
        return self.columns.get(name) or self.find(name)


@dataclass
class Page:
    """One page of an answer: its rows and the count of all rows the filters let through."""

    rows: list[Json]
    total: int


class Table:
    """The rows of one collection at one version, in the order of their primary key."""

    def __init__(self, layout: Layout, rows: Sequence[Json]) -> None:
        """Take the rows; they must be in the order of their key."""
        self.layout, self.rows = layout, list(rows)
        self._key = layout.columns[layout.key].read
        self._kept: OrderedDict[object, tuple[list[Json], list[float]]] = OrderedDict()

    def select(self, criteria: Criteria, rng: random.Random, clamp: bool = False) -> Page:
        """Return the page a searchCriteria asks for.

        Args:
            criteria: What was asked.
            rng: Shuffles what Magento leaves unordered: a new order with each request.
            clamp: Repeat the last page for ever, as shops before 2.4 did.

        Raises:
            MagentoError: 400 for an unknown filter field of an EAV collection.
            MaskedError: For an unknown field of a flat one.
        """
        rows = self._sorted(criteria, self._filtered(criteria), rng)
        size, number = criteria.page_size, criteria.current_page or 1
        total = len(rows)
        if not size:
            return Page(rows, total)
        size = max(1, size)
        if clamp and total:
            number = min(number, -(-total // size))
        start = (max(1, number) - 1) * size
        return Page(rows[start : start + size], total)

    def _filtered(self, criteria: Criteria) -> list[Json]:
        """Apply the groups; bounds on the primary key cut the rest, which is kept, by bisection."""
        bounds = [group[0] for group in criteria.groups if self._is_bound(group)]
        others = tuple(group for group in criteria.groups if not self._is_bound(group))
        rows, keys = self._matching(others)
        low, high = 0, len(rows)
        for given in bounds:
            value = comparable("number", given.value)
            if given.condition in ("gt", "gteq", "from", "eq"):
                low = max(low, (bisect_right if given.condition == "gt" else bisect_left)(keys, value))
            if given.condition in ("lt", "lteq", "to", "eq"):
                high = min(high, (bisect_left if given.condition == "lt" else bisect_right)(keys, value))
        return rows[low:high] if low or high < len(rows) else rows

    def _is_bound(self, group: tuple[Filter, ...]) -> bool:
        numbered = self.layout.columns[self.layout.key].kind == "number"
        return numbered and len(group) == 1 and group[0].field == self.layout.key and group[0].condition in _BOUNDS

    def _matching(self, groups: tuple[tuple[Filter, ...], ...]) -> tuple[list[Json], list[float]]:
        def find() -> tuple[list[Json], list[float]]:
            rows = self.rows
            for group in groups:
                tests = [self._test(given) for given in group]
                if len(tests) == 1:
                    rows = list(filter(tests[0], rows))
                elif tests:
                    rows = [row for row in rows if any(test(row) for test in tests)]
            return rows, [self._key(row) for row in rows]

        return self._keep(("filter", groups), find)

    def _keep(
        self, name: object, find: Callable[[], tuple[list[Json], list[float]]]
    ) -> tuple[list[Json], list[float]]:
        if name not in self._kept:
            self._kept[name] = find()
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return self._kept[name]

    def _test(self, given: Filter) -> Callable[[Json], bool]:
        column = self.layout.column(given.field)
        if column is None:
            if self.layout.eav:
                text = 'The "%1" attribute name is invalid. Reset the name and try again.'
                raise MagentoError(400, text, [given.field])
            raise MaskedError(f"unknown column {given.field} of {self.layout.name}")
        holds, read = condition(column.kind, given), column.value
        if column.many:
            return lambda row: any(holds(value) for value in column.read(row))
        return lambda row: holds(read(row))

    def _sorted(self, criteria: Criteria, rows: list[Json], rng: random.Random) -> list[Json]:
        sorts = [(name, direction or "DESC") for name, direction in criteria.sorts if self._sortable(name)]
        if not sorts:
            return rng.sample(rows, len(rows)) if self.layout.shuffled else rows
        if sorts[0][0] == self.layout.key:
            return rows if sorts[0][1] == "ASC" else rows[::-1]
        if not self._is_ordered({name for name, _ in sorts}):
            return self._order(rng.sample(rows, len(rows)), sorts)
        name = ("sort", criteria.groups, criteria.sorts)
        return self._keep(name, lambda: (self._order(rows, sorts), []))[0]

    def _sortable(self, name: str) -> bool:
        if self.layout.column(name) is not None:
            return True
        if self.layout.eav:
            return False
        raise MaskedError(f"unknown column {name} of {self.layout.name}")

    def _is_ordered(self, names: set[str]) -> bool:
        """Say whether these columns leave no two rows in doubt."""
        layout = self.layout
        return bool(names & layout.unique) or layout.key in names or names <= layout.steady

    def _order(self, rows: list[Json], sorts: list[tuple[str, str]]) -> list[Json]:
        for name, direction in reversed(sorts):
            column = self.layout.column(name)
            if column is not None:
                read = column.value
                rows = sorted(rows, key=lambda row: _nulls_first(read(row)), reverse=direction == "DESC")
        return rows


def _nulls_first(value: Any) -> tuple[bool, Any]:  # noqa: ANN401 - any column's value
    if isinstance(value, list):
        value = value[0] if value else None
    return (value is not None, value if value is not None else 0)
