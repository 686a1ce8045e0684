"""One table of a server of the sandbox: rows by id, indexes for filters, and the ids of a filtered list."""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

R = TypeVar("R")
"""The class of a table's rows."""


Test = Callable[[Any], bool]
_REMEMBERED = 32


class Table(Generic[R]):
    """Rows of one kind by ascending id.

    Args:
        row: The class of the rows.
        key: The attribute that holds the id.
        indexed: Attributes that have an index.

    Attributes:
        version: Grows with each change; a filtered list is remembered until then.
    """

    def __init__(self, row: type[R], key: str, indexed: Iterable[str] = ()) -> None:
        """Start empty."""
        self.row: type[R] = row
        self.key = key
        self.rows: dict[int, R] = {}
        self.ids: list[int] = []
        self.version = 0
        self._indexes: dict[str, dict[Any, set[int]]] = {name: {} for name in indexed}
        self._found: OrderedDict[object, tuple[int, list[int]]] = OrderedDict()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.ids)

    def id(self, row: R) -> int:
        """Return the id of a row."""
        number: int = getattr(row, self.key)
        return number

    def put(self, row: R) -> None:
        """Add a row or replace the one with its id."""
        number = self.id(row)
        old = self.rows.get(number)
        if old is not None:
            self._forget(number, old)
        elif not self.ids or number > self.ids[-1]:
            self.ids.append(number)
        else:
            insort(self.ids, number)
        self.rows[number] = row
        for name, index in self._indexes.items():
            index.setdefault(getattr(row, name), set()).add(number)
        self.version += 1

    def remove(self, number: int) -> None:
        """Take a row out; an unknown id changes nothing."""
        old = self.rows.pop(number, None)
        if old is not None:
            del self.ids[bisect_left(self.ids, number)]
            self._forget(number, old)
            self.version += 1

    def _forget(self, number: int, old: R) -> None:
        for name, index in self._indexes.items():
            value = getattr(old, name)
            index[value].discard(number)
            if not index[value]:
                del index[value]

    def where_ids(self, name: str, value: object) -> list[int]:
        """Return the ids of rows whose indexed attribute has a value, ascending."""
        return sorted(self._indexes[name].get(value, ()))

    def where(self, name: str, value: object) -> list[R]:
        """Return the rows whose indexed attribute has a value, by ascending id."""
        return [self.rows[number] for number in self.where_ids(name, value)]

    def select(self, equal: Mapping[str, object], tests: Mapping[object, Test]) -> list[int]:
        """Return the ids, ascending, of rows whose attributes equal the given values and that pass every test.

        A test is known by its key: equal keys must mean equal tests. The answer is remembered until the table
        changes, so that the pages of one list share the work; it must not be changed.
        """
        if not equal and not tests:
            return self.ids
        asked = (tuple(equal.items()), tuple(tests))
        known = self._found.get(asked)
        if known is not None and known[0] == self.version:
            self._found.move_to_end(asked)
            return known[1]
        found = self._find(equal, tests)
        self._found[asked] = (self.version, found)
        while len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        return found

    def _find(self, equal: Mapping[str, object], tests: Mapping[object, Test]) -> list[int]:
        hits = [self._indexes[name].get(value, set()) for name, value in equal.items() if name in self._indexes]
        rest = [(name, value) for name, value in equal.items() if name not in self._indexes]
        ids: list[int] = sorted(set.intersection(*hits)) if hits else self.ids
        found = []
        for number in ids:
            row = self.rows[number]
            if all(getattr(row, name) == value for name, value in rest) and all(test(row) for test in tests.values()):
                found.append(number)
        return found
