"""Asks for records by their id, one by one: Optiply's lists take one id at a time, and 404 proves that it is gone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from connector.errors import Unreadable
from connector.http.pool import Row, in_order
from connector.lists.pages import NOT_FOUND, Isolate, Outcome, with_number
from connector.lists.question import Ask
from connector.lists.source import Source


@dataclass
class AskedSingly:
    """Asks for records of the list at `path`; `gone` holds, after the last page, those that Optiply has no longer.

    `isolate` is told of those that it neither gives nor denies.
    """

    source: Source
    path: str
    key: str
    isolate: Isolate
    gone: list[int] = field(default_factory=list, init=False)

    def pages(self, ids: Sequence[int]) -> Iterator[list[Row]]:
        """The records that can be read, ascending by id."""
        yield from in_order(self.source.pool, ids, self._fetch, self._settle)

    def _fetch(self, number: int) -> Outcome:
        return self.source.fetch(Ask(f"{self.path}/{number}", paged=False), with_number(self.key))

    def _settle(self, number: int, outcome: Outcome) -> tuple[list[Row], list[int]]:
        if not isinstance(outcome, Unreadable):
            return outcome.rows, []
        if outcome.status == NOT_FOUND:
            self.gone.append(number)
        else:
            self.isolate(number, outcome)
        return [], []
