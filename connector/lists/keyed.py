"""Reads a list by ranges of its unique integer id, without losing or repeating a row.

A list with the id in its rows is cut into disjoint ranges, each read with `id > low` sorted by id, so that rows written
or deleted meanwhile shift nothing. Where the id can only be filtered by (source items), windows of it are read, each
small enough for one page. A range that keeps failing is cut in half until the bad record stands alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from connector.errors import StreamError, Unreadable
from connector.http.pool import Row, in_order
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
from connector.lists.question import Ask, Sort, Where
from connector.lists.ranges import Range
from connector.lists.source import Source

BEYOND_EVERY_ID = 10**12


@dataclass
class KeyedList:
    """A list that can be filtered and sorted by a unique positive integer id.

    `ask` names list, filters, fields and page size. `cursor` is the id's name as a filter, `key` in the rows (None
    where the rows lack it: then ranges are cut by count until each fits one page, and `check` says whether a row is
    one). `isolate` is told of a record that cannot be read. `first_total` is how many rows were counted at the start,
    0 where that failed; `came` how many came or were isolated; `lacking` how many fewer than are counted even after the
    last page (law 17).
    """

    source: Source
    ask: Ask
    cursor: str
    key: str | None
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
            outcome = self._count()
            self.lacking = 0 if isinstance(outcome, Unreadable) else max(0, outcome.total - self.came)

    def _walk(self) -> Iterator[list[Row]]:
        everything = Range(0)
        first = self.source.pool.one(self._fetch, everything)
        if isinstance(first, Unreadable):
            self._try_without_records()
            counted = self._count()
            self.first_total = 0 if isinstance(counted, Unreadable) else counted.total
            # Where fewer are counted than there are, the highest id lies above what counting finds.
            top = self._gallop(0) if self.key is None else max(self._gallop(0), self._highest())
            yield from self._read([Range(0, top)])
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
        """What lies above the highest id found, where fewer rows came out than were counted.

        Mostly rows were deleted or changed meanwhile; but a system that ignores a descending sort names too low an id.
        """
        if self.came >= self.first_total:
            return []
        above = self._gallop(self._top)
        return [Range(self._top, above)] if above > self._top else []

    def _read(self, ranges: Iterable[Range]) -> Iterator[list[Row]]:
        yield from in_order(self.source.pool, ranges, self._fetch, self._settle)

    def _question(self, part: Range) -> Ask:
        return replace(self.ask, where=(*self.ask.where, *part.where(self.cursor)), sort=(Sort(self.cursor),))

    def _fetch(self, part: Range) -> Outcome:
        return self.source.fetch(self._question(part), self.check)

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

    def _highest(self) -> int:
        """The highest id of the list, by one request; by counting where the last record itself is bad."""
        last = replace(self.ask, sort=(Sort(self.cursor, descending=True),), size=1, fields=self.key or "")
        outcome = self.source.one(last, self.check)
        if isinstance(outcome, Unreadable) or self.key is None:
            return self._gallop(self.first_total)
        return row_number(outcome.rows[0], self.key) if outcome.rows else 0

    def _gallop(self, start: int) -> int:
        """An id from `start` on above which there is nothing, found by counting with doubled steps."""
        above = start or max(self.ask.size, 1)
        if not self._something_above(above):
            return above
        if self._something_above(BEYOND_EVERY_ID):
            return self._miscounted()
        above *= 2
        while above < BEYOND_EVERY_ID and self._something_above(above):
            above *= 2
        return above

    def _miscounted(self) -> int:
        """Where rows are counted above every id, the counts find no end: rows with an id show it themselves.

        Raises StreamError: the rows carry no id, so that only counts could show that nothing is missing.
        """
        if self.key is None:
            words = self.source.words
            raise StreamError(
                f"GET {self.ask.path}: {words.who} counts records where there can be none ({self.cursor} above "
                f"{BEYOND_EVERY_ID}), so its counts cannot be trusted, and this list cannot be read without them. "
                f"{words.expert} which extension changes {words.total}."
            )
        return BEYOND_EVERY_ID

    def _something_above(self, above: int) -> bool:
        # Some answer a page beyond the last with the last one, which a bad record may spoil: so there is one.
        outcome = self._count(Where(self.cursor, "gt", above))
        return isinstance(outcome, Unreadable) or outcome.total > 0

    def _count(self, *more: Where) -> Outcome:
        return self.source.one(Ask(self.ask.path, (*self.ask.where, *more)))

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
