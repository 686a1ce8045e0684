"""Reads a list by ranges of its unique integer id, without losing or repeating a row.

A list with the id in its rows is cut into disjoint ranges, each read with `id > low` sorted by id, so that rows written
or deleted meanwhile shift nothing. Where the id can only be filtered by (source items), windows of it are read, each
small enough for one page. A range that keeps failing is cut in half until the bad record stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from tap_magento.api import Address, Api
from tap_magento.errors import StreamError, Unreadable
from tap_magento.pages import Isolate, Outcome, Page, as_stream_error, count_address, fetch_page, parts_for
from tap_magento.pool import Row, in_order
from tap_magento.search import Sort, Where, page_query

BEYOND_EVERY_ID = 10**12


@dataclass(frozen=True)
class Range:
    """Ids above `low` up to `high`; without `high` to the end."""

    low: int
    high: int | None = None

    def where(self, field_name: str) -> list[Where]:
        """The range as filters."""
        upper = [] if self.high is None else [Where(field_name, "lteq", self.high)]
        return [Where(field_name, "gt", self.low), *upper]

    def pieces(self, number: int) -> list[Range]:
        """The range in so many parts of nearly equal width, fewer where it is narrow."""
        assert self.high is not None
        width = self.high - self.low
        parts = max(1, min(number, width))
        edges = [self.low + width * step // parts for step in range(parts + 1)]
        return [Range(low, high) for low, high in pairwise(edges)]


@dataclass
class KeyedList:
    """A list that can be filtered and sorted by a unique positive integer id.

    `cursor` is Magento's filter name, `key` the name in the rows (None where the rows lack it: then ranges are cut by
    count until each fits one page). `isolate` is told of a record that cannot be read. `first_total` is how many rows
    the shop counted at the start, 0 where it could not.
    """

    api: Api
    path: str
    cursor: str
    key: str | None
    where: list[Where]
    fields: str
    size: int
    isolate: Isolate
    first_total: int = field(default=0, init=False)
    _settled: int = field(default=0, init=False)
    _top: int = field(default=0, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once, ascending by id."""
        everything = Range(0)
        first = self.api.pool.one(self._fetch, everything)
        if isinstance(first, Unreadable):
            self._try_without_records()
            counted = self._count([])
            self.first_total = 0 if isinstance(counted, Unreadable) else counted.total
            yield from self._read([Range(0, self._gallop(0))])
            return
        self.first_total = first.total
        if self.key is None and first.total > len(first.rows):
            parts = parts_for(first.total + first.total // 10, first.asked)
            yield from self._read(Range(0, self._gallop(first.total)).pieces(parts))
            return
        rows = self._checked(everything, first)
        if rows:
            yield rows
        if self.key is not None and goes_on(rows, first):
            self._settled = len(rows)
            yield from self._read(self._rest_of_all(rows[-1][self.key], first))
            yield from self._read(self._missed())

    def _rest_of_all(self, last: int, first: Page) -> list[Range]:
        self._top = max(last, self._highest())
        if self._top == last:
            return []
        return Range(last, self._top).pieces(parts_for(max(1, first.total - len(first.rows)), first.asked))

    def _missed(self) -> list[Range]:
        """What lies above the highest id found, where fewer rows came out than the shop had counted.

        Mostly rows were deleted or changed meanwhile; but a shop that ignores a descending sort names too low an id.
        """
        if self._settled >= self.first_total:
            return []
        above = self._gallop(self._top)
        return [Range(self._top, above)] if above > self._top else []

    def _read(self, ranges: Iterable[Range]) -> Iterator[list[Row]]:
        yield from in_order(self.api.pool, ranges, self._fetch, self._settle)

    def _address(self, part: Range) -> Address:
        where = [*self.where, *part.where(self.cursor)]
        sort = [Sort(self.cursor)]
        return Address(self.path, lambda size: page_query(where, sort, size=size, fields=self.fields), self.size)

    def _fetch(self, part: Range) -> Outcome:
        return fetch_page(self.api, self._address(part))

    def _settle(self, part: Range, outcome: Outcome) -> tuple[list[Row], list[Range]]:
        if isinstance(outcome, Unreadable):
            return self._halve(part, outcome)
        if self.key is None:
            if outcome.total > len(outcome.rows):
                return self._too_many(part, outcome)
            return outcome.rows, []
        rows = self._checked(part, outcome)
        self._settled += len(rows)
        if not goes_on(rows, outcome) or rows[-1][self.key] == part.high:
            return rows, []
        rest = Range(rows[-1][self.key], part.high)
        return rows, rest.pieces(parts_for(max(1, outcome.total - len(rows)), outcome.asked))

    def _too_many(self, part: Range, page: Page) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(max(2, parts_for(page.total, page.asked)))
        if len(halves) < 2:
            raise StreamError(
                f"GET {self.path}: {page.total} rows share one {self.cursor}; the shop ignores the filter, so this "
                "list cannot be read safely."
            )
        return [], halves

    def _halve(self, part: Range, trouble: Unreadable) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(2)
        if len(halves) == 2:
            return [], halves
        assert part.high is not None
        self.isolate(part.high, trouble)
        self._settled += 1
        return [], []

    def _checked(self, part: Range, page: Page) -> list[Row]:
        """The rows of a page; refuses an answer that ignores filter or sort, which would lose rows unseen."""
        key = self.key
        if key is None:
            return page.rows
        last = part.low
        for row in page.rows:
            number = row.get(key)
            if not isinstance(number, int):
                raise StreamError(
                    f"GET {self.path}: a record has no number as its '{key}' but {number!r}, so it cannot be told from "
                    "others; an extension changed the answer. Ask the shop's developer."
                )
            if number <= last or (part.high is not None and number > part.high):
                raise StreamError(
                    f"GET {self.path}: rows do not come in ascending order of {self.cursor}, or not from the range "
                    "asked for; an extension or cache ignores filter or sort, so rows would be lost. Ask the shop's "
                    "developer."
                )
            last = number
        return page.rows

    def _highest(self) -> int:
        """The highest id of the list, by one request; by counting where the last record itself is bad."""
        fields = self.key or ""
        address = Address(
            self.path,
            lambda size: page_query(self.where, [Sort(self.cursor, descending=True)], size=size, fields=fields),
            1,
        )
        outcome = self.api.pool.one(lambda asked: fetch_page(self.api, asked), address)
        if isinstance(outcome, Unreadable) or self.key is None:
            return self._gallop(self.first_total)
        return int(outcome.rows[0][self.key]) if outcome.rows else 0

    def _gallop(self, start: int) -> int:
        """An id from `start` on above which there is nothing, found by counting with doubled steps."""
        above = start or max(self.size, 1)
        while above < BEYOND_EVERY_ID and self._something_above(above):
            above *= 2
        return above

    def _something_above(self, above: int) -> bool:
        # Old stores answer a page beyond the last with the last one, which a bad record may spoil: so there is one.
        outcome = self._count([Where(self.cursor, "gt", above)])
        return isinstance(outcome, Unreadable) or outcome.total > 0

    def _count(self, more: list[Where]) -> Outcome:
        address = count_address(self.path, [*self.where, *more])
        return self.api.pool.one(lambda asked: fetch_page(self.api, asked), address)

    def _try_without_records(self) -> None:
        """Asks for ids that nobody has.

        Raises:
            StreamError: when even this fails, so that it is the request that is wrong and not a record.
        """
        outcome = self.api.pool.one(self._fetch, Range(BEYOND_EVERY_ID))
        if isinstance(outcome, Unreadable):
            raise as_stream_error(self.path, outcome)


def goes_on(rows: list[Row], page: Page) -> bool:
    """Whether more rows follow: the page is full, or holds fewer than the shop says there are (it cuts pages short)."""
    return bool(rows) and (len(rows) >= page.asked or len(rows) < page.total)
