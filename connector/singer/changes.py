"""The kinds of lists read by what changed since the last run; by id, too, for what could not be read before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Protocol

import msgspec
from typing_extensions import override

from connector.errors import StreamError
from connector.http.pool import Row
from connector.lists.again import AskedAgain
from connector.lists.cursor import CursorLists
from connector.lists.pages import row_number
from connector.lists.question import Ask, Condition, Where
from connector.lists.unread import Unread
from connector.lists.window import Window
from connector.singer.kinds import CursorStream, KeyedStream, OffsetStream
from connector.singer.stream import PagedStream
from connector.times import as_utc_text
from connector.values import Unfit, whole_number

LEFT = "left"
"""Where the state keeps the lists that a run could not read to their end."""


class ById(Protocol):
    """Asks for records by id; `gone` holds afterwards the ids of those that are proven gone."""

    gone: list[int]

    def pages(self, ids: list[int]) -> Iterator[list[Row]]:
        """The records that can be read by now."""
        ...


@dataclass(frozen=True)
class Left:
    """Lists that are left to be read, and the bookmark to be set once they are."""

    since: str
    asks: Sequence[Ask]

    @classmethod
    def of(cls, kept: object, path: str, size: int) -> Left | None:
        """What a state keeps; None where that is nothing, or of no use."""
        try:
            found = msgspec.convert(kept, _Kept)
        except msgspec.ValidationError:
            return None
        lists = [
            Ask(path, tuple(Where(*each) for each in one.where), size=size, cursor=one.cursor, scope=one.scope)
            for one in found.lists
        ]
        return cls(found.since, lists) if lists else None

    def kept(self) -> dict[str, Any]:
        """What a state keeps of it."""
        lists = [
            _List(ask.scope, [(each.field, each.condition, each.value) for each in ask.where], ask.cursor)
            for ask in self.asks
        ]
        found: dict[str, Any] = msgspec.to_builtins(_Kept(self.since, lists))
        return found


class _List(msgspec.Struct):
    scope: str | None
    where: list[tuple[str, Condition, str | int]]
    cursor: str


class _Kept(msgspec.Struct):
    since: str
    lists: list[_List]


class WindowStream(PagedStream):
    """Records with a time of change, read in a fixed window: the bookmark less `lookback_seconds` to the server's time.

    `changes` is that time's name, as a filter too. `document` streams (orders and what follows from them) start at
    `start_date`; products are never limited by it.
    """

    changes: ClassVar[str] = "updated_at"
    document: ClassVar[bool] = True

    def bookmark(self) -> str | None:
        """The upper end of the last window that was read to its end, or None for a full read."""
        if self.forced_replication_method == "FULL_TABLE":
            return None
        value = self.stream_state.get("replication_key_value")
        if not value or self.stream_state.get("replication_key", self.changes) != self.changes:
            return None
        try:
            return as_utc_text(str(value))
        except ValueError as error:
            raise StreamError(
                f"{self.name}: the bookmark '{value}' in the state file is not a date; remove it there for a full read."
            ) from error

    @cached_property
    def window(self) -> Window:
        """What this run reads, decided once: the bookmark moves when it is read."""
        return self.source.window(self.name, self.bookmark(), document=self.document)

    @override
    def remember(self, *, complete: bool) -> None:
        if not complete:
            super().remember(complete=False)
            return
        state = self.stream_state
        # No shop is without a product: a catalogue that was empty from the beginning was so by mistake (an index in the
        # making). Without a bookmark the next run reads it from the beginning as well.
        if self.window.bookmark and (self.found_any or self.document or self.bookmark() is not None):
            state["replication_key"] = self.changes
            state["replication_key_value"] = self.window.bookmark
        state.pop("window_start", None)
        if self.window.start:
            state["window_start"] = self.window.start
        super().remember(complete=self.window.whole)


class ChangesStream(WindowStream, KeyedStream):
    """A list by id, of which a run reads what changed, and what earlier runs could not read."""

    def limits(self) -> list[Where]:
        """The filters that say what belongs to the stream, whenever it changed."""
        return []

    def asks_again(self) -> bool:
        """Whether this run asks for what earlier ones could not read."""
        return True

    def asked_again(self) -> ById:
        """How records are asked for by id."""
        assert self.key is not None
        asked = Ask(self.path, tuple(self.limits()), fields=self.fields)
        return AskedAgain(self.source, asked, self.cursor, self.key, self.isolate)

    @override
    def unread_before(self) -> Unread:
        """Ids as numbers; what is none in the state cannot be asked for."""
        unread = super().unread_before()
        numbers: set[str | int] = set()
        for one in unread.kept:
            try:
                numbers.add(whole_number(one, least=1))
            except Unfit as unfit:
                self.logger.warning("%s: '%s' among the isolated ids of the state %s.", self.name, one, unfit)
        return Unread(numbers)

    @override
    def pages(self) -> Iterator[list[Row]]:
        """First what earlier runs could not read, by id; then what changed, without what has just come."""
        if not self.unread.kept or not self.asks_again():
            yield from super().pages()
            return
        assert self.key is not None
        again = self.asked_again()
        met: set[int] = set()
        for rows in again.pages(sorted(map(int, self.unread.kept))):
            met.update(row_number(row, self.key) for row in rows)
            yield rows
        for number in again.gone:
            who = self.source.words.who
            self.source.report.note(f"{self.name}: {number} could not be read earlier and is gone from {who} by now.")
        self.unread.gone.update(again.gone)
        for rows in super().pages():
            yield [row for row in rows if row_number(row, self.key) not in met]

    @override
    def where(self) -> list[Where]:
        if self.window.whole:
            return self.limits()  # what changes meanwhile comes twice at worst; and the count is that of the whole list
        lower = [Where(self.changes, "gteq", self.window.start)] if self.window.start else []
        return [*lower, Where(self.changes, "lteq", self.window.end), *self.limits()]


class OffsetChangesStream(WindowStream, OffsetStream):
    """A list by offset, of which a run reads what changed after the window's beginning; the list knows no end of it."""

    def since(self, moment: str) -> tuple[Where, ...]:
        """The filter for what changed after a moment."""
        return (Where(self.changes, "gt", moment),)

    @override
    def asks(self) -> Iterator[Ask]:
        start = self.window.start
        for ask in super().asks():
            yield replace(ask, where=(*ask.where, *self.since(start))) if start else ask


class CursorChangesStream(WindowStream, CursorStream):
    """Lists whose answers name the next page, of which a run reads what changed.

    Where a day's requests do not suffice, the state keeps the lists that are left and where each stands: the runs that
    follow read them before anything else, and the bookmark is then the one of the run that began.
    """

    _left: Left | None = None

    def fresh(self) -> Iterator[Ask]:
        """The lists that show what changed in the window."""
        raise NotImplementedError

    def can_ask(self, _scope: str | None) -> bool:
        """Whether there still is such a part of the system."""
        return True

    @override
    def pages(self) -> Iterator[list[Row]]:
        is_full = self.forced_replication_method == "FULL_TABLE"
        self._left = None if is_full else Left.of(self.stream_state.get(LEFT), self.path, self.size())
        yield from super().pages()

    @override
    def asks(self) -> Iterator[Ask]:
        if self._left is None:
            yield from self.fresh()
        else:
            yield from (ask for ask in self._left.asks if self.can_ask(ask.scope))

    @override
    def lists(self) -> CursorLists:
        found = super().lists()
        found.resumed = {ask for ask in self._left.asks if ask.cursor} if self._left else ()
        return found

    @override
    def remember(self, *, complete: bool) -> None:
        super().remember(complete=complete)
        state, since = self.stream_state, self._left.since if self._left else self.window.bookmark
        if complete:
            state.pop(LEFT, None)
            if since and "replication_key_value" in state:
                state["replication_key_value"] = since
        elif self._lists is not None and self._lists.left and since:
            state[LEFT] = Left(since, self._lists.left).kept()
