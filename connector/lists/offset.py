"""Reads a list by offset where nobody counts it: each page repeats some rows of the one before, to prove that it joins.

Rows that are added meanwhile repeat others, rows that go make others skip a page; a page that has no row in common with
the one before it shows that more went than the overlap holds, and common rows in another order show that the list has
none: it is read again then. What follows the end is asked for, too: a short page alone proves no end. Pages have a
fixed size, so a row that spoils its page is found by moving the offset.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from connector.errors import StreamError, Unreadable
from connector.http.pool import Row, in_order
from connector.lists.pages import DAMAGED, Isolate, Outcome, with_names
from connector.lists.question import Ask
from connector.lists.source import Source

READ_AGAIN_TIMES = 3
BEYOND_THE_LAST = 1_000_000_000
Key = Any


@dataclass(frozen=True)
class Hole:
    """Rows of a list that no page shows: how many, the keys that are known to be others, and where the hole is at the
    beginning of the list, the keys of the rows that follow it.
    """

    ask: Ask
    rows: int
    others: set[Key]
    following: list[Key]


Hidden = Callable[[Hole], tuple[list[Row], int]]
"""The rows in a hole, and how many there are known not to be readable."""


@dataclass
class OffsetList:
    """A list in pages by offset; `ask` names list, filters, fields and the size that every page has.

    `keys` are the columns that identify a row; rows whose keys are in `seen` are left out, and those put out are added.
    `complete` says after the last page whether all pages joined.
    """

    source: Source
    ask: Ask
    keys: tuple[str, ...]
    isolate: Isolate
    overlap: int = 5
    seen: set[Key] = field(default_factory=set)
    hidden: Hidden | None = None
    complete: bool = field(default=False, init=False)
    _before: list[Key] | None = field(default=None, init=False)
    _read: set[Key] = field(default_factory=set, init=False)
    _ended: bool = field(default=False, init=False)
    _confirmed: bool = field(default=False, init=False)
    _past_bad: int = field(default=0, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once."""
        for _ in range(READ_AGAIN_TIMES):
            self._before, self._read, self._past_bad = None, set(), 0
            self._ended, self._confirmed, self.complete = False, False, True
            for rows in self._reading():
                fresh = {key: row for row in rows if (key := self._key(row)) not in self.seen}
                self.seen.update(fresh)
                if fresh:
                    yield list(fresh.values())
            if self.complete:
                return

    def _reading(self) -> Iterator[list[Row]]:
        """The pages from the first to the one behind the end; the first alone, since most lists have no second."""
        first = self._one(0)
        yield self._settle(0, first)[0]
        if not self._ended:
            for rows in in_order(self.source.pool, self._offsets(), self._fetch, self._settle):
                yield rows
                if self._confirmed:
                    return
        elif self._before:
            yield self._settle(0, self._one(len(self._before)))[0]

    def _offsets(self) -> Iterator[int]:
        offset = 0
        while not self._ended:
            offset += self.ask.size - self.overlap
            yield offset

    def _fetch(self, offset: int) -> Outcome:
        return self.source.fetch(replace(self.ask, offset=offset), with_names(*self.keys), others=True)

    def _one(self, offset: int) -> Outcome:
        return self.source.pool.one(self._fetch, offset)

    def _key(self, row: Row) -> Key:
        return row.get(self.keys[0]) if len(self.keys) == 1 else tuple(row.get(name) for name in self.keys)

    def _settle(self, offset: int, outcome: Outcome) -> tuple[list[Row], list[int]]:
        if isinstance(outcome, Unreadable):
            return ([] if offset < self._past_bad else self._around(offset, outcome)), []
        for place, flaw in outcome.flaws.items():
            self.isolate(f"row {offset + place + 1}", Unreadable(DAMAGED, flaw))
        keys = [self._key(row) for row in outcome.rows]
        self._confirmed = self._ended
        joined = self._before is None or _joins(self._before, keys)
        if not (self._read.issuperset(keys) if self._ended else joined):
            self.complete = False
        self._before = keys
        self._read.update(keys)
        self._ended = self._ended or not self.complete or outcome.total < self.ask.size
        return outcome.rows, []

    def _around(self, offset: int, trouble: Unreadable) -> list[Row]:
        """The rows before and after those that spoil the page at `offset`.

        Raises StreamError: pages without a record fail, too, or too many records are bad.
        """
        if isinstance(self._one(BEYOND_THE_LAST), Unreadable):
            raise self.source.cannot_read(self.ask.path, trouble)
        size = self.ask.size
        last_good = self._boundary(offset, -size)
        first_good = self._boundary(offset, size)
        before = self._one(last_good) if last_good >= 0 else None
        after = self._one(first_good)
        if isinstance(before, Unreadable) or isinstance(after, Unreadable):
            raise StreamError(
                f"GET {self.ask.path}: records around number {offset} cannot be read, now these and now those "
                f"({trouble.status}: {trouble.reason}); run again later, or {self.source.words.asking}."
            )
        first = last_good + size if last_good >= 0 else 0
        shown = [*(before.rows if before else ()), *after.rows]
        following = [self._key(row) for row in after.rows] if last_good < 0 else []
        hole = Hole(self.ask, first_good - first, {self._key(row) for row in shown} | self.seen, following)
        others, known = self.hidden(hole) if self.hidden else ([], 0)
        if len(others) + known < first_good - first:
            # One trouble, however many rows it hides: which of them is bad nobody can tell.
            several = f"rows {first + 1} to {first_good}"
            self.isolate(f"row {first_good}" if first + 1 == first_good else several, trouble)
        self._past_bad = first_good
        rows = [*others, *shown]
        self._before = [self._key(row) for row in rows]
        self._read.update(self._before)
        self._ended = after.total < size
        return rows

    def _boundary(self, bad: int, step: int) -> int:
        """The offset nearest to a bad page, upwards or downwards, of one that can be read; -1 where none is."""
        good = bad + step
        while good >= 0 and isinstance(self._one(good), Unreadable):
            bad, good = good, good + step
        good = max(good, -1)
        while abs(good - bad) > 1:
            middle = (bad + good) // 2
            if isinstance(self._one(middle), Unreadable):
                bad = middle
            else:
                good = middle
        return good


def _joins(before: list[Key], keys: list[Key]) -> bool:
    """Whether a page has rows of the one before it, in the same order."""
    there, here = set(before), set(keys)
    common = [key for key in keys if key in there]
    return bool(common) and common == [key for key in before if key in here]
