"""Reads lists whose answers name the next page by a text that means nothing to us, several lists side by side."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from connector.errors import Spent, StreamError, Unreadable
from connector.http.pool import Json, Row, in_order
from connector.lists.pages import DAMAGED, Check, Isolate, Page, with_names
from connector.lists.question import Ask
from connector.lists.source import Source

Read: TypeAlias = "tuple[Page, str | None] | StreamError"
Shape = Callable[[Ask, Row], "Row | None"]


@dataclass
class CursorLists:
    """Lists in pages, of which each names the next; an `Ask` names a list by its path, filters and scope.

    `keys` are the columns that identify a row, in what `shape` makes of it (None leaves it out); `following` finds the
    next page's cursor in an answer, None at the end. Rows whose keys are in `seen` are left out, and those put out are
    added. A row that is no record costs itself where there is an `isolate`, else its page. `resumed`: pages of an
    earlier run; where one cannot be had any more its list is read from its beginning. `left`: after the last page, the
    pages that could not be asked for since no request may leave any more, in order; `why` says so.
    """

    source: Source
    keys: tuple[str, ...]
    following: Callable[[Json], str | None]
    shape: Shape = lambda _ask, row: row
    check: Check | None = None
    isolate: Isolate | None = None
    resumed: Collection[Ask] = ()
    seen: set[tuple[Any, ...]] = field(default_factory=set)
    left: list[Ask] = field(default_factory=list, init=False)
    why: Spent | None = field(default=None, init=False)
    _asked: set[Ask] = field(default_factory=set, init=False)
    _came: int = field(default=0, init=False)

    def pages(self, asks: Iterable[Ask]) -> Iterator[list[Row]]:
        """Every row once.

        Raises StreamError: a page cannot be read, which hides all that follow it; or the pages go in a circle.
        """
        self._check = self.check or with_names(*self.keys)
        yield from in_order(self.source.pool, asks, self._fetch, self._settle)

    def _fetch(self, ask: Ask) -> Read:
        try:
            answer = self.source.client.get(self.source.address(ask))
            others = self.isolate is not None
            page = self.source.page(answer.value, answer.asked, ask.path, self._check, others=others)
            return page, self.following(answer.value)
        except Unreadable as trouble:
            return self.source.cannot_read(ask.path, trouble)
        except StreamError as trouble:
            return trouble

    def _settle(self, ask: Ask, outcome: Read) -> tuple[list[Row], list[Ask]]:
        if isinstance(outcome, Spent) or self.why is not None:
            self.why = self.why or (outcome if isinstance(outcome, Spent) else None)
            self.left.append(ask)
            return [], []
        if isinstance(outcome, StreamError):
            if ask in self.resumed:
                return [], [replace(ask, cursor="")]
            raise outcome
        page, cursor = outcome
        for place, flaw in page.flaws.items():
            assert self.isolate is not None
            self.isolate(f"row {self._came + place + 1}", Unreadable(DAMAGED, flaw))
        self._came += len(page.rows) + len(page.flaws)
        self._asked.add(ask)
        following = [] if cursor is None else [replace(ask, cursor=cursor)]
        if following and following[0] in self._asked:
            raise StreamError(
                f"GET {ask.path}: the pages go in a circle, so the list has no end. {self.source.words.expert}."
            )
        return self._fresh(ask, page.rows), following

    def _fresh(self, ask: Ask, rows: list[Row]) -> list[Row]:
        fresh = {}
        for given in rows:
            row = self.shape(ask, given)
            key = None if row is None else tuple(row.get(name) for name in self.keys)
            if row is not None and key is not None and key not in self.seen:
                fresh[key] = row
        self.seen.update(fresh)
        return list(fresh.values())
