"""Reads a list whose answers name the next page by a text that means nothing to us."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from connector.errors import StreamError, Unreadable
from connector.http.pool import Json, Row
from connector.lists.pages import with_names
from connector.lists.question import Ask
from connector.lists.source import Source


@dataclass
class CursorList:
    """A list in pages, one after the other; `ask` names list, filters, fields and page size.

    `keys` are the columns that identify a row; `following` finds the next page's cursor in an answer, None at the end.
    `complete` says after the last page that the end was reached.
    """

    source: Source
    ask: Ask
    keys: tuple[str, ...]
    following: Callable[[Json], str | None]
    complete: bool = field(default=False, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once.

        Raises:
            StreamError: a page cannot be read, which hides all that follow it; or the pages go in a circle.
        """
        seen: set[tuple[Any, ...]] = set()
        cursors: set[str] = set()
        cursor: str | None = ""
        while cursor is not None:
            rows, cursor = self._page(cursor)
            if cursor in cursors:
                raise StreamError(
                    f"GET {self.ask.path}: the pages go in a circle, so the list has no end. "
                    f"{self.source.words.expert}."
                )
            cursors.update([cursor] if cursor is not None else [])
            fresh = {key: row for row in rows if (key := tuple(row.get(name) for name in self.keys)) not in seen}
            seen.update(fresh)
            if fresh:
                yield list(fresh.values())
        self.complete = True

    def _page(self, cursor: str) -> tuple[list[Row], str | None]:
        asked = self.source.address(replace(self.ask, cursor=cursor))
        try:
            answer = self.source.pool.one(self.source.client.get, asked)
            page = self.source.page(answer.value, answer.asked, self.ask.path, with_names(*self.keys))
        except Unreadable as trouble:
            raise self.source.cannot_read(self.ask.path, trouble) from trouble
        return page.rows, self.following(answer.value)
