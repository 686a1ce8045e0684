"""Reads a list by ranges of its unique integer id, without losing or repeating a row.

A list with the id in its rows is cut into disjoint ranges, each read with `id > low` sorted by id, so that rows written
or deleted meanwhile shift nothing. Where the id can only be filtered by (source items), windows of it are read, each
small enough for one page. A range that keeps failing is cut in half until the bad record stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from connector.errors import StreamError, Unreadable
from connector.http.api import Address, Api
from connector.http.pool import Row, in_order
from connector.lists.pages import (
    DAMAGED,
    Check,
    Isolate,
    Outcome,
    Page,
    as_page,
    as_stream_error,
    count_address,
    fetch_page,
    parts_for,
    row_number,
    with_number,
)
from connector.lists.ranges import Range
from tap_magento.search import Sort, Where, page_query

BEYOND_EVERY_ID = 10**12


@dataclass
class KeyedList:
    """A list that can be filtered and sorted by a unique positive integer id.

    `cursor` is Magento's filter name, `key` the name in the rows (None where the rows lack it: then ranges are cut by
    count until each fits one page, and `check` says whether a row is one). `isolate` is told of a record that cannot be
    read. `first_total` is how many rows the shop counted at the start, 0 where it could not; `came` how many came or
    were isolated; `lacking` how many fewer than the shop counts even after the last page (law 17).
    """

    api: Api
    path: str
    cursor: str
    key: str | None
    where: list[Where]
    fields: str
    size: int
    isolate: Isolate
    check: Check | None = None
    first_total: int = field(default=0, init=False)
    came: int = field(default=0, init=False)
    lacking: int = field(default=0, init=False)
    _top: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.key is not None:
            self.check = with_number(self.key)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once, ascending by id."""
        for rows in self._walk():
            self.came += len(rows)
            yield rows
        if self.came < self.first_total:
            # Rows may have gone while the list was read: only a count that still says more is a contradiction.
            outcome = self._count([])
            self.lacking = 0 if isinstance(outcome, Unreadable) else max(0, outcome.total - self.came)

    def _walk(self) -> Iterator[list[Row]]:
        everything = Range(0)
        first = self.api.pool.one(self._fetch, everything)
        if isinstance(first, Unreadable):
            self._try_without_records()
            counted = self._count([])
            self.first_total = 0 if isinstance(counted, Unreadable) else counted.total
            yield from self._read([Range(0, self._gallop(0))])
            return
        self.first_total = first.total
        if self.key is None and not fits(first):
            parts = parts_for(first.total + first.total // 10, first.asked)
            yield from self._read(Range(0, self._gallop(first.total)).pieces(parts))
            return
        rows = self._checked(everything, first)
        if rows:
            yield rows
        if self.key is not None and goes_on(rows, first):
            yield from self._read(self._rest_of_all(row_number(rows[-1], self.key), first))
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
        if self.came >= self.first_total:
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
        return fetch_page(self.api, self._address(part), self.check)

    def _settle(self, part: Range, outcome: Outcome) -> tuple[list[Row], list[Range]]:
        if isinstance(outcome, Unreadable):
            return self._halve(part, outcome)
        if self.key is None:
            return (outcome.rows, []) if fits(outcome) else self._too_many(part, outcome)
        rows = self._checked(part, outcome)
        last = row_number(rows[-1], self.key) if rows else part.low
        if not goes_on(rows, outcome) or last == part.high:
            return rows, []
        rest = Range(last, part.high)
        return rows, rest.pieces(parts_for(max(1, outcome.total - len(rows)), outcome.asked))

    def _too_many(self, part: Range, page: Page) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(max(2, parts_for(page.total, page.asked)))
        if len(halves) < 2:
            raise StreamError(
                f"GET {self.path}: the shop counts {page.total} rows and gives {len(page.rows)} for one {self.cursor}; "
                "it ignores the filter or miscounts, so this list cannot be read safely. Ask the shop's developer."
            )
        return [], halves

    def _halve(self, part: Range, trouble: Unreadable) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(2)
        if len(halves) == 2:
            return [], halves
        assert part.high is not None
        if trouble.status == DAMAGED:
            # A proxy or a dying server damages answers too: while it does, this question waits, and then all is well.
            self._try_without_records()
            outcome = self.api.pool.one(self._fetch, part)
            if isinstance(outcome, Page):
                return self._settle(part, outcome)
            trouble = outcome
        self.isolate(part.high, trouble)
        self.came += 1
        return [], []

    def _checked(self, part: Range, page: Page) -> list[Row]:
        """The rows of a page; refuses an answer that ignores filter or sort, which would lose rows unseen."""
        key = self.key
        if key is None:
            return page.rows
        last = part.low
        for row in page.rows:
            number = row_number(row, key)
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
        outcome = self.api.pool.one(lambda asked: fetch_page(self.api, asked, self.check), address)
        if isinstance(outcome, Unreadable) or self.key is None:
            return self._gallop(self.first_total)
        return row_number(outcome.rows[0], self.key) if outcome.rows else 0

    def _gallop(self, start: int) -> int:
        """An id from `start` on above which there is nothing, found by counting with doubled steps."""
        above = start or max(self.size, 1)
        if not self._something_above(above):
            return above
        if self._something_above(BEYOND_EVERY_ID):
            return self._miscounted()
        above *= 2
        while above < BEYOND_EVERY_ID and self._something_above(above):
            above *= 2
        return above

    def _miscounted(self) -> int:
        """Where the shop counts rows above every id, its counts find no end: rows with an id show it themselves.

        Raises:
            StreamError: the rows carry no id, so that only counts could show that nothing is missing.
        """
        if self.key is None:
            raise StreamError(
                f"GET {self.path}: the shop counts records where there can be none ({self.cursor} above "
                f"{BEYOND_EVERY_ID}), so its counts cannot be trusted, and this list cannot be read without them. Ask "
                "the shop's developer which extension changes total_count."
            )
        return BEYOND_EVERY_ID

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
        try:
            answer = self.api.pool.one(self.api.get, self._address(Range(BEYOND_EVERY_ID)))
            as_page(answer.value, answer.asked, self.path, self.check)
        except Unreadable as trouble:
            raise as_stream_error(self.path, trouble) from trouble


def fits(page: Page) -> bool:
    """Whether a page shows every row that matches; a full page of which the shop counts fewer rows proves nothing."""
    return page.total <= len(page.rows) and (page.total == len(page.rows) or len(page.rows) < page.asked)


def goes_on(rows: list[Row], page: Page) -> bool:
    """Whether more rows follow: the page is full, or holds fewer than the shop says there are (it cuts pages short)."""
    return bool(rows) and (len(rows) >= page.asked or len(rows) < page.total)
