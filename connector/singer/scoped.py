"""Lists with cursors that each part of an account has for itself, in one stream; documents among them."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.cursor import CursorLists
from connector.lists.pages import with_names
from connector.lists.question import Ask, Where
from connector.singer.changes import CursorChangesStream
from connector.singer.form import Form
from connector.singer.kinds import CursorStream
from connector.times import as_utc_text
from connector.zone import Zone


class ScopedStream(CursorStream):
    """Rows of every part (scope) of an account, in the form of the stream's schema.

    `everywhere`: each scope has rows of its own, and `scope_field` of a record says which; without it the first one
    shows them all. A row needs the first of the keys only.
    """

    always_selected = True
    keeps_unread = False
    everywhere: ClassVar[bool] = True
    scope_field: ClassVar[str]

    @property
    @abstractmethod
    def scopes(self) -> Sequence[str]:
        """The scopes, the main one first."""

    @property
    @abstractmethod
    def form(self) -> Form:
        """How a row becomes a record."""

    @override
    def asks(self) -> Iterator[Ask]:
        for scope in self.scopes[: None if self.everywhere else 1]:
            yield from self.asks_at(scope)

    def asks_at(self, scope: str) -> Iterator[Ask]:
        """The lists of a scope."""
        yield self.ask(scope)

    def ask(self, scope: str, *where: Where) -> Ask:
        """A list of a scope."""
        return Ask(self.path, where, size=self.size(), scope=scope)

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        return self.form({**row, self.scope_field: ask.scope} if self.everywhere else row)

    @override
    def lists(self) -> CursorLists:
        check = with_names(self.keys[0])
        return CursorLists(self.source, self.keys, self.following, self.shaped, check, self.isolate)

    @override
    def is_complete(self) -> bool:
        return super().is_complete() and self.isolated_nothing()


class ScopedDocuments(CursorChangesStream, ScopedStream):
    """Documents of each scope, by what changed since the last run.

    `placed` is the time that `start_date` is about. `changed_since` is the filter of changes, `placed_since` that of a
    first run and of one that begins at `start_date`; both take local times of the `zone`.
    """

    zone: ClassVar[Zone]
    placed: ClassVar[str]
    changed_since: ClassVar[str]
    placed_since: ClassVar[str]

    @property
    def oldest(self) -> str:
        """Nothing in the account is older: naive UTC text."""
        return self.source.words.oldest

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
        yield (Where(self.placed_since if self.is_first else self.changed_since, "gteq", self.zone.since(start)),)

    @override
    def fresh(self) -> Iterator[Ask]:
        start = self.window.start or self.oldest
        if start <= self.window.end:
            for scope in self.scopes:
                yield from (self.ask(scope, *where) for where in self.filters(start))

    @override
    def can_ask(self, scope: str | None) -> bool:
        return scope in self.scopes

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        record = super().shaped(ask, row)
        when = record.get(self.placed) if record else None
        return None if self._first and isinstance(when, str) and when < self._first.replace(" ", "T") else record
