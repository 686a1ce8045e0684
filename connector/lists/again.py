"""Asks by id for records that could not be read in an earlier run, until they are read or proven gone."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from connector.errors import Unreadable
from connector.http.pool import Row, in_order
from connector.lists.pages import IDS_A_REQUEST, NOT_FOUND, Isolate, Outcome, Page, row_number, with_number
from connector.lists.question import Ask, Sort, Where
from connector.lists.source import Source

Portion = list[int]
One = TypeVar("One")


@dataclass
class AskedAgain:
    """Asks for records of a list by id, whatever changed since; `cursor`, `key` and `isolate` as those of a KeyedList.

    `ask` names list, fields and what belongs to the stream (store views), never a time. `gone` holds, after the last
    page, the ids that an answer lacked which had a record of the same list that is known to exist. An id that was
    neither answered nor proven gone is isolated again.
    """

    source: Source
    ask: Ask
    cursor: str
    key: str
    isolate: Isolate
    gone: list[int] = field(default_factory=list, init=False)
    _absent: list[int] = field(default_factory=list, init=False)

    def pages(self, ids: Portion) -> Iterator[list[Row]]:
        """The records that can be read by now, in portions, ascending by id."""
        yield from in_order(self.source.pool, portions(ids, IDS_A_REQUEST), self._fetch, self._settle)
        if self._absent:
            known = self._known()
            together = min(IDS_A_REQUEST, self.source.client.limits.of(self.ask.path) or IDS_A_REQUEST)
            for portion in portions(self._absent, max(1, together - 1)):
                self._prove(portion, known)

    def _some(self, ids: Portion, fields: str) -> Outcome:
        where = (*self.ask.where, Where(self.cursor, "in", ",".join(map(str, ids))))
        asked = replace(
            self.ask, where=where, sort=(Sort(self.cursor),), size=len(ids), fields=fields, shrinkable=False
        )
        return self.source.fetch(asked, with_number(self.key))

    def _fetch(self, portion: Portion) -> Outcome:
        return self._some(portion, self.ask.fields)

    def _settle(self, portion: Portion, outcome: Outcome) -> tuple[list[Row], list[Portion]]:
        if isinstance(outcome, Unreadable):
            if len(portion) > 1:
                return [], list(portions(portion, (len(portion) + 1) // 2))
            self.isolate(portion[0], outcome)
            return [], []
        if outcome.asked < len(portion):
            return [], list(portions(portion, outcome.asked))
        found = {row_number(row, self.key): row for row in outcome.rows}
        self._absent += [number for number in portion if number not in found]
        return [found[number] for number in portion if number in found], []

    def _known(self) -> int | None:
        """A record that the list has: the first one, or the last where that one cannot be read; None for neither."""
        for descending in (False, True):
            end = replace(self.ask, sort=(Sort(self.cursor, descending),), size=1, fields=self.key)
            page = self.source.one(end, with_number(self.key))
            if isinstance(page, Page) and page.rows:
                return row_number(page.rows[0], self.key)
        return None

    def _prove(self, portion: Portion, known: int | None) -> None:
        """Asks once more for what an answer lacked, together with a record that is there."""
        there: set[int] = set()
        if known is not None:
            page = self.source.pool.one(lambda ids: self._some(ids, self.key), sorted({known, *portion}))
            if isinstance(page, Page) and page.asked >= len({known, *portion}) and page.total == len(page.rows):
                there = {row_number(row, self.key) for row in page.rows}
        for number in portion:
            if known in there and number not in there:
                self.gone.append(number)
            else:
                reason = "the answer lacked it, which proves nothing yet"
                self.isolate(number, Unreadable(NOT_FOUND, reason))


def portions(items: list[One], size: int) -> Iterator[list[One]]:
    """The items in portions of at most so many."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
