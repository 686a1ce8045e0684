"""Reads a list without any usable id: page numbers under a unique sort, checked, and read again when it moved.

A page that keeps failing is cut into ever smaller ones until the bad row stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from connector.errors import StreamError, Unreadable
from connector.http.pool import Row, in_order
from connector.lists.pages import NOT_FOUND, Isolate, Outcome, Page, parts_for, slightly_off, with_names
from connector.lists.question import Ask
from connector.lists.source import Source

READ_AGAIN_TIMES = 3


@dataclass(frozen=True)
class Numbered:
    """A page by its number and size."""

    number: int
    size: int


@dataclass
class NumberedList:
    """A list without a usable id: page numbers under a unique sort, checked at the end, read again when it moved.

    `ask` names list, sort, fields and page size; `keys` the columns that identify a row. `complete` says after the
    last page whether distinct rows and their count agreed, or differed by the same few in every reading: then `off` is
    by how many are counted more (or less) than there are.
    """

    source: Source
    ask: Ask
    keys: tuple[str, ...]
    isolate: Isolate
    complete: bool = field(default=False, init=False)
    off: int = field(default=0, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once. Raises StreamError: no row came though the shop counts some, in every reading."""
        seen: set[tuple[Any, ...]] = set()
        readings: list[tuple[set[tuple[Any, ...]], int, set[int]]] = []
        for _ in range(READ_AGAIN_TIMES):
            lost = Lost()
            totals: list[int] = []
            met: set[tuple[Any, ...]] = set()
            for rows in self._once(totals, lost):
                met.update(self._key(row) for row in rows)
                fresh = {key: row for row in rows if (key := self._key(row)) not in seen}
                seen.update(fresh)
                if fresh:
                    yield list(fresh.values())
            if len(set(totals)) <= 1 and len(met) + lost.rows == (totals[-1] if totals else 0):
                self.complete = True
                return
            readings.append((met, lost.rows, set(totals)))
        self._judge(readings)

    def _judge(self, readings: list[tuple[set[tuple[Any, ...]], int, set[int]]]) -> None:
        """Whether readings that all differ from the count agree with each other, which makes the count wrong."""
        met, lost, totals = readings[0]
        came = len(met) + lost
        if not came and all(not rows and not bad for rows, bad, _ in readings):
            words = self.source.words
            raise StreamError(
                f"GET {self.ask.path}: {words.who} counts {max(totals)} records and gives none, {READ_AGAIN_TIMES} "
                "times in a row; an index that is being rebuilt or an extension is the reason. Run again later, or "
                f"{words.asking}."
            )
        if len(totals) == 1 and all(reading == readings[0] for reading in readings):
            counted = next(iter(totals))
            if slightly_off(came, counted):
                self.complete, self.off = True, counted - came

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row.get(name) for name in self.keys)

    def _once(self, totals: list[int], lost: Lost) -> Iterator[list[Row]]:
        here: set[tuple[Any, ...]] = set()
        full: set[int] = set()

        def note(number: int, rows: list[Row], asked: int) -> None:
            """A page behind the last one repeats that one on some systems: only new rows make it a full one."""
            keys = set(map(self._key, rows))
            if len(rows) >= asked and not keys <= here:
                full.add(number)
            here.update(keys)

        first = self.source.pool.one(self._fetch, Numbered(1, self.ask.size))
        if isinstance(first, Unreadable):
            total = self._count(first)
            totals.append(total)
            asked = min(self.ask.size, self.source.client.limits.of(self.ask.path) or self.ask.size)
            tasks = [Numbered(number, asked) for number in range(1, parts_for(total, asked) + 1)]
        else:
            totals.append(first.total)
            if first.rows:
                yield first.rows
            if len(first.rows) < first.asked:
                return
            total, asked = first.total, first.asked
            note(1, first.rows, asked)
            tasks = [Numbered(number, first.asked) for number in range(2, parts_for(first.total, first.asked) + 1)]

        def settle(task: Numbered, outcome: Outcome) -> tuple[list[Row], list[Numbered]]:
            if isinstance(outcome, Unreadable):
                return self._split(task, outcome, lost)
            totals.append(outcome.total)
            note(task.number, outcome.rows, asked)
            return outcome.rows, []

        yield from in_order(self.source.pool, tasks, self._fetch, settle)
        last = max(1, parts_for(total, asked))
        while last in full:  # fewer rows may be counted than there are
            last += 1
            yield from in_order(self.source.pool, [Numbered(last, asked)], self._fetch, settle)

    def _count(self, trouble: Unreadable) -> int:
        outcome = self.source.pool.one(self._fetch, Numbered(1_000_000, 1))
        if isinstance(outcome, Unreadable):
            raise self.source.cannot_read(self.ask.path, trouble if outcome.status != NOT_FOUND else outcome)
        return outcome.total

    def _fetch(self, task: Numbered) -> Outcome:
        asked = replace(self.ask, page=task.number, size=task.size, shrinkable=False)
        outcome = self.source.fetch(asked, with_names(*self.keys))
        if isinstance(outcome, Page) and outcome.asked != task.size and task.number > 1:
            raise StreamError(
                f"GET {self.ask.path}: the page size changed while reading; run again with a lower page size."
            )
        return outcome

    def _split(self, task: Numbered, trouble: Unreadable, lost: Lost) -> tuple[list[Row], list[Numbered]]:
        if task.size == 1:
            lost.rows += 1
            self.isolate(f"row {task.number}", trouble)
            return [], []
        parts = smallest_factor(task.size)
        size = task.size // parts
        first = (task.number - 1) * parts
        return [], [Numbered(first + step, size) for step in range(1, parts + 1)]


@dataclass
class Lost:
    """How many rows of a list could not be read."""

    rows: int = 0


def smallest_factor(number: int) -> int:
    """The smallest prime factor: a page cut into so many pages of equal size covers the same rows."""
    return next((factor for factor in range(2, int(number**0.5) + 1) if number % factor == 0), number)
