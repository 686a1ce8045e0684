"""Reads a list by ranges of its unique integer id, without losing or repeating a row.

A list with the id in its rows is cut into disjoint ranges (windows.py), each read with `id > low` sorted by id, so that
rows written or deleted meanwhile shift nothing. Where the id can only be filtered by (source items), windows of it are
read, each small enough for one page. A range that keeps failing is cut in half until the bad record stands alone.
"""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from connector.errors import StreamError, Unreadable
from connector.http.pool import Row, in_order
from connector.lists.ends import BEYOND_EVERY_ID, Ends
from connector.lists.pages import (
    DAMAGED,
    Check,
    Isolate,
    Outcome,
    Page,
    fits,
    goes_on,
    parts_for,
    row_number,
    with_number,
)
from connector.lists.question import Ask, Sort
from connector.lists.ranges import Range
from connector.lists.source import Source
from connector.lists.windows import Windows, pieces_of

EVERYTHING = Range(0)


@dataclass
class KeyedList:
    """A list that can be filtered and sorted by a unique positive integer id.

    `ask` names list, filters, fields and page size. `cursor` is the id's name as a filter, `key` in the rows (None
    where the rows lack it: then ranges are cut by count until each fits one page, and `check` says whether a row is
    one). `isolate` is told of a record that cannot be read. `most`: so many rows a page where pages come quickly.
    `first_total` is how many rows were counted at the start, 0 where that failed; `came` how many came or were
    isolated; `lacking` how many fewer than are counted even after the last page (law 17).
    """

    source: Source
    ask: Ask
    cursor: str
    key: str | None
    isolate: Isolate
    check: Check | None = None
    most: int = 0
    first_total: int = field(default=0, init=False)
    came: int = field(default=0, init=False)
    lacking: int = field(default=0, init=False)
    _windows: Windows = field(init=False)
    _ends: Ends = field(init=False)
    _goes_on_at: int | None = field(default=None, init=False)
    _seconds: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._windows = Windows(self.ask.size, self.most)
        if self.key is not None:
            self.check = with_number(self.key)
        self._ends = Ends(self.source, self.ask, self.cursor, self.key, self.check)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once, ascending by id."""
        for rows in self._walk():
            self.came += len(rows)
            yield rows
        if self.came < self.first_total:
            # Rows may have gone while the list was read: only a count that still says more is a contradiction.
            outcome = self._ends.count()
            self.lacking = 0 if isinstance(outcome, Unreadable) else max(0, outcome.total - self.came)

    def _walk(self) -> Iterator[list[Row]]:
        if self.key is None:
            yield from self._counted()
            return
        start: int | None = 0
        while start is not None:
            self._goes_on_at = None
            yield from self._read(self._windows.above(start))
            start = self._goes_on_at

    def _counted(self) -> Iterator[list[Row]]:
        """The rows that do not show their id: all on one page, or parts by how many are counted above a middle id."""
        first = self.source.pool.one(self._fetch, EVERYTHING)
        self.first_total = self._total_at_first(first)
        if isinstance(first, Unreadable):
            self._try_without_records()
            yield from self._read([Range(0, self._ends.gallop(0))])
        elif fits(first):
            yield first.rows
        else:
            size = first.asked
            if size == self.ask.size:
                self._windows.grow(self._seconds)
                size = self._windows.size
            middle = first.total
            above = self._ends.rows_above(middle)
            parts = pieces_of(Range(0, middle), first.total - above, size)
            if above:
                parts += pieces_of(Range(middle, self._ends.doubled(middle)), above, size)
            yield from self._read(parts)

    def _read(self, ranges: Iterable[Range]) -> Iterator[list[Row]]:
        yield from in_order(self.source.pool, ranges, self._fetch, self._settle)

    def _question(self, part: Range) -> Ask:
        where = (*self.ask.where, *part.where(self.cursor))
        return replace(self.ask, where=where, sort=(Sort(self.cursor),), size=self._windows.size)

    def _fetch(self, part: Range) -> Outcome:
        began = time.monotonic()
        outcome = self.source.fetch(self._question(part), self.check)
        if part == EVERYTHING:
            self._seconds = time.monotonic() - began
        return outcome

    def _total_at_first(self, outcome: Outcome) -> int:
        """How many rows there are, by the first answer; by counting where it shows none, and 0 where that fails."""
        counted = self._ends.count() if isinstance(outcome, Unreadable) else outcome
        return 0 if isinstance(counted, Unreadable) else counted.total

    def _settle(self, part: Range, outcome: Outcome) -> tuple[list[Row], list[Range]]:
        if part == EVERYTHING:
            self.first_total = self._total_at_first(outcome)
        if isinstance(outcome, Unreadable):
            return self._with_an_end(part) if part.high is None else self._halve(part, outcome)
        if self.key is None:
            return (outcome.rows, []) if fits(outcome) else self._too_many(part, outcome)
        rows = self._checked(part, outcome)
        self._windows.size = min(self._windows.size, outcome.asked)
        left = outcome.total - len(rows)
        last = row_number(rows[-1], self.key) if rows else part.low
        if part.high is None:
            if goes_on(rows, outcome):
                self._windows.opened(row_number(rows[0], self.key), last, len(rows), left)
                if part == EVERYTHING and outcome.asked == self.ask.size:
                    self._windows.grow(self._seconds)
                self._goes_on_at = last
            return rows, []
        if goes_on(rows, outcome) and last != part.high:
            self._windows.came(part.low, last, len(rows))
            return rows, pieces_of(Range(last, part.high), left, outcome.asked)
        self._windows.came(part.low, part.high, len(rows))
        return rows, []

    def _with_an_end(self, part: Range) -> tuple[list[Row], list[Range]]:
        """A range without an upper end that cannot be read, up to the highest id, so that it can be cut in half."""
        self._try_without_records()
        # Where fewer are counted than there are, the highest id lies above what counting finds.
        top = max(self._ends.gallop(part.low), self._ends.highest(self.first_total), part.low + 1)
        self._goes_on_at = top
        return [], [Range(part.low, top)]

    def _too_many(self, part: Range, page: Page) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(max(2, parts_for(page.total, page.asked)))
        if len(halves) < 2:
            words = self.source.words
            raise StreamError(
                f"GET {self.ask.path}: {words.who} counts {page.total} rows and gives {len(page.rows)} for one "
                f"{self.cursor}; it ignores the filter or miscounts, so this list cannot be read safely. "
                f"{words.expert}."
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
            outcome = self.source.pool.one(self._fetch, part)
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
                    f"GET {self.ask.path}: rows do not come in ascending order of {self.cursor}, or not from the range "
                    "asked for; an extension or cache ignores filter or sort, so rows would be lost. "
                    f"{self.source.words.expert}."
                )
            last = number
        return page.rows

    def _try_without_records(self) -> None:
        """Asks for ids that nobody has.

        Raises StreamError when even this fails, so that it is the request that is wrong and not a record.
        """
        nobody = self._question(Range(BEYOND_EVERY_ID))
        try:
            answer = self.source.pool.one(self.source.client.get, self.source.address(nobody))
            self.source.page(answer.value, answer.asked, self.ask.path, self.check)
        except Unreadable as trouble:
            raise self.source.cannot_read(self.ask.path, trouble) from trouble
