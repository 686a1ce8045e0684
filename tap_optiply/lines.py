"""The lines of orders, all of them: by a range of orders where that is fewer requests, else order by order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from connector.errors import Unreadable
from connector.http.pool import Row
from connector.lists.keyed import KeyedList
from connector.lists.pages import Isolate, row_number
from connector.lists.question import Ask, Where
from connector.lists.source import Source
from tap_optiply.question import MOST_ROWS


class _LineUnread(Exception):
    """A line that cannot be read, and with it its order."""

    def __init__(self, trouble: Unreadable) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


@dataclass(frozen=True)
class LinesOf:
    """The lines at `path`, which name their order in `parent`; `isolate` is told of an order whose lines are unread."""

    source: Source
    path: str
    parent: str
    isolate: Isolate

    def joined(self, orders: Sequence[Row], name: str) -> list[Row]:
        """The orders, each with all its lines under `name`; one of whose lines a part cannot be read is left out."""
        lines = self._together([row_number(order, "id") for order in orders])
        return [{**order, name: found} for order in orders if (found := lines.get(row_number(order, "id"))) is not None]

    def _together(self, ids: list[int]) -> dict[int, list[Row]]:
        if len(ids) < 2:
            return self._singly(ids)
        among = (Where(self.parent, "gteq", min(ids)), Where(self.parent, "lteq", max(ids)))
        # Orders that changed may lie far apart, with those of years between them.
        if self.source.count(self.path, among) > MOST_ROWS * len(ids):
            return self._singly(ids)
        found: dict[int, list[Row]] = defaultdict(list, {number: [] for number in ids})
        try:
            for row in self._read(among):
                found[row_number(row, self.parent)].append(row)
        except _LineUnread:
            return self._singly(ids)
        return found

    def _singly(self, ids: Sequence[int]) -> dict[int, list[Row]]:
        found = {}
        for number in ids:
            try:
                found[number] = list(self._read((Where(self.parent, "eq", number),)))
            except _LineUnread as unread:
                self.isolate(number, unread.trouble)
        return found

    def _read(self, where: tuple[Where, ...]) -> Iterator[Row]:
        def refuse(_number: str | int, trouble: Unreadable) -> None:
            raise _LineUnread(trouble)

        reading = KeyedList(self.source, Ask(self.path, where, size=MOST_ROWS), "id", "id", refuse)
        for rows in reading.pages():
            yield from rows
