"""What the account's streams have in common: lists of each location, records in their schema's form, and a quota."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar

from typing_extensions import override

from connector.http.pool import Json, Row
from connector.lists.cursor import CursorLists
from connector.lists.pages import with_names
from connector.lists.question import Ask, Where
from connector.singer.changes import CursorChangesStream
from connector.singer.form import Form
from connector.singer.kinds import CursorStream
from connector.singer.stream import PagedStream
from connector.times import as_utc_text
from tap_easyecom.account import EASYECOM, INDIA, KEPT_ASIDE, Account


def form_of(stream: PagedStream) -> Form:
    """The form of a stream's records."""
    return Form(stream.schema, INDIA, nothing=KEPT_ASIDE)


class AccountStream(CursorStream):
    """Rows of the account in the form of the stream's schema.

    `everywhere`: each location has rows of its own; without it the main one shows them all.
    """

    always_selected = True
    keeps_unread = False
    source: Account
    rows_a_page = 200
    everywhere: ClassVar[bool] = True

    @cached_property
    def form(self) -> Form:
        """How a row becomes a record."""
        return form_of(self)

    @override
    def asks(self) -> Iterator[Ask]:
        for location in self.source.access.locations[: None if self.everywhere else 1]:
            yield from self.asks_at(location)

    def asks_at(self, location: str) -> Iterator[Ask]:
        """The lists of a location."""
        yield self.ask(location)

    def ask(self, location: str, *where: Where, cursor: str = "") -> Ask:
        """A list of a location."""
        return Ask(self.path, where, size=self.size(), cursor=cursor, scope=location)

    @override
    def following(self, answer: Json) -> str | None:
        return self.source.following(answer)

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        return self.form({**row, "location_key": ask.scope} if self.everywhere else row)

    @override
    def lists(self) -> CursorLists:
        check = with_names(self.keys[0])
        return CursorLists(self.source, self.keys, self.following, self.shaped, check, self.isolate)

    @override
    def is_complete(self) -> bool:
        return super().is_complete() and self.isolated_nothing()


class DocumentStream(CursorChangesStream, AccountStream):
    """Documents of each location, by what changed since the last run.

    `placed` is the time that `start_date` is about. `changed_since` is the filter of changes, `placed_since` that of a
    first run and of one that begins at `start_date`.
    """

    changed_since: ClassVar[str] = "updated_after"
    placed_since: ClassVar[str] = "created_after"
    placed: ClassVar[str]

    @property
    def oldest(self) -> str:
        """Nothing in the account is older: naive UTC text."""
        return EASYECOM.oldest

    @cached_property
    def _first(self) -> str | None:
        first = self.config.get("start_date")
        return as_utc_text(str(first)) if first else None

    @property
    def is_first(self) -> bool:
        """Whether everything that was placed in the window is wanted, whenever it changed."""
        return self.window.start is None or self.window.start == self._first

    def filters(self, start: str) -> Iterator[tuple[Where, ...]]:
        """The filters of each list that shows a part of what is wanted from a moment on."""
        yield (Where(self.placed_since if self.is_first else self.changed_since, "gteq", INDIA.since(start)),)

    @override
    def fresh(self) -> Iterator[Ask]:
        start = self.window.start or self.oldest
        if start <= self.window.end:
            for location in self.source.access.locations:
                yield from (self.ask(location, *where) for where in self.filters(start))

    @override
    def can_ask(self, scope: str | None) -> bool:
        return scope in self.source.access.locations

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        record = super().shaped(ask, row)
        when = record.get(self.placed) if record else None
        return None if self._first and isinstance(when, str) and when < self._first.replace(" ", "T") else record
