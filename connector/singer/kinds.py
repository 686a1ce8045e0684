"""The kinds of lists a stream may be: bare, by id (changes.py: by what changed since), page number, offset, cursor."""

from collections.abc import Iterator
from typing import Any, ClassVar

from typing_extensions import override

from connector.errors import StreamError, Unreadable
from connector.http.pool import Json, Row
from connector.lists.cursor import CursorLists
from connector.lists.keyed import KeyedList
from connector.lists.numbered import NumberedList
from connector.lists.offset import Hidden, OffsetList
from connector.lists.pages import DAMAGED, Check, flaw_of, slightly_off, with_names
from connector.lists.question import Ask, Sort, Where
from connector.singer.stream import PagedStream
from connector.words import counted

MOVING = "{name}: the list kept moving while it was read, so it does not count as complete in this run."
COUNT_OFF = "count_off"
"""Where the state keeps how many rows are counted beyond what comes (docs/decisions/counts-that-are-wrong.md)."""

COST, ALLOWED = "requests", "page_size"
"""Where the state keeps what a stream cost in the last run, and the largest page that the other side allowed."""


class PlainStream(PagedStream):
    """A list without paging, answered as a bare JSON array in one request."""

    countable = False

    @override
    def pages(self) -> Iterator[list[Row]]:
        yield self.readable(self.source.get(Ask(self.path, fields=self.fields, paged=False)))

    def readable(self, rows: Json) -> list[Row]:
        """The rows of an answer that are records; each of the others costs itself.

        Raises StreamError: the answer is not a list.
        """
        if not isinstance(rows, list):
            raise StreamError(f"GET {self.path}: the answer is not a list of records; {self.source.words.check}.")
        check = with_names(*self.keys)
        good = []
        for place, row in enumerate(rows, 1):
            if (flaw := flaw_of(row, check)) is None:
                good.append(row)
            else:
                self.isolate(f"row {place}", Unreadable(DAMAGED, flaw))
        return good


class KeyedStream(PagedStream):
    """A list read by ranges of its unique integer id; `cursor` is the id's name as a filter, `key` as a property.

    `absence_counts`: readers conclude something from a row that is not there, so that every row must have come.
    """

    cursor: ClassVar[str]
    key: ClassVar[str | None]
    absence_counts: ClassVar[bool] = False
    _list: KeyedList | None = None

    def where(self) -> list[Where]:
        """The filters of the whole stream."""
        return []

    def check(self) -> Check | None:
        """Says whether a row without an id of its own is one; None where rows have their id."""
        return with_names(*self.keys) if self.key is None else None

    @override
    def pages(self) -> Iterator[list[Row]]:
        asked = Ask(self.path, tuple(self.where()), size=self.size(), fields=self.fields)
        self._list = KeyedList(self.source, asked, self.cursor, self.key, self.isolate, self.check())
        yield from self._list.pages()

    @override
    def is_complete(self) -> bool:
        """Whether as many rows came as are counted, or fewer by as many as in the run before.

        Raises StreamError: hardly anything came of what is counted; that is no answer.
        """
        reading, state = self._list, self.stream_state
        if reading is None or not reading.lacking:
            state.pop(COUNT_OFF, None)
            return True
        came, total = reading.came, reading.came + reading.lacking
        words = self.source.words
        says = f"{self.name}: {words.who} counts {counted(total, 'record')} and gives {came or 'none'}"
        before = state.get(COUNT_OFF)
        if before != reading.lacking and not slightly_off(came, total):
            raise StreamError(
                f"{says}; an index that is being rebuilt, a missing right or an extension is the reason. Nothing is "
                f"taken as read. Run again later, or {words.asking}."
            )
        state[COUNT_OFF] = reading.lacking
        if self.absence_counts or before != reading.lacking:
            self.source.report.note(f"{says}, so the stream does not count as read to its end in this run.")
            return False
        self.source.report.note(
            f"{says}, as many fewer as in the run before: its count is wrong, and what it gives is taken as all there "
            f"is. {words.expert} which extension changes {words.total}."
        )
        return True

    @override
    def estimate(self) -> int | None:
        return self.source.count(self.path, self.where())


class NumberedStream(PagedStream):
    """A list without a usable id, read by page number under a unique sort, checked against the count of rows."""

    sort: ClassVar[tuple[Sort, ...]] = ()
    _list: NumberedList | None = None

    @override
    def pages(self) -> Iterator[list[Row]]:
        asked = Ask(self.path, sort=self.sort, size=self.size(), fields=self.fields)
        self._list = NumberedList(self.source, asked, self.keys, self.isolate)
        yield from self._list.pages()

    @override
    def is_complete(self) -> bool:
        complete = self._list is not None and self._list.complete
        if self._list is not None and self._list.off:
            words = self.source.words
            self.source.report.note(
                f"{self.name}: every reading gave the same rows, and {words.who}'s count differs by "
                f"{abs(self._list.off)}: its count is wrong, and what it gives is taken as all there is. "
                f"{words.expert} which extension changes {words.total}."
            )
        if not complete:
            self.source.report.note(MOVING.format(name=self.name))
        return complete


class OffsetStream(PagedStream):
    """A list that nobody counts, read by offset in pages of a fixed size, each joined to the one before.

    A record that cannot be read has a place there and no id, so the list does not count as complete without it.
    """

    countable = False
    rows_a_page: ClassVar[int] = 100
    keeps_unread: ClassVar[bool] = False
    hidden: Hidden | None = None
    _moved: bool = True

    def asks(self) -> Iterator[Ask]:
        """The lists that make up the stream; a row that is in two of them comes once."""
        yield Ask(self.path, size=self.rows_a_page, fields=self.fields)

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._moved = False
        self.seen: set[Any] = set()
        for ask in self.asks():
            yield from self.listed(ask)

    def listed(self, ask: Ask) -> Iterator[list[Row]]:
        """The rows of one list that did not come before."""
        reading = OffsetList(self.source, ask, self.keys, self.isolate, seen=self.seen, hidden=self.hidden)
        yield from reading.pages()
        self._moved = self._moved or not reading.complete

    @override
    def is_complete(self) -> bool:
        if self._moved:
            self.source.report.note(MOVING.format(name=self.name))
        return self.isolated_nothing() and not self._moved


class CursorStream(PagedStream):
    """A list whose answers name the next page, or several of them side by side.

    `rows_a_page` are asked for (None: as the setting has it), until the other side tells that it gives fewer, which is
    kept in the state.
    """

    countable = False
    rows_a_page: ClassVar[int | None] = None
    _lists: CursorLists | None = None
    _before: int = 0

    @override
    def size(self) -> int:
        wanted, allowed = self.rows_a_page or super().size(), self.stream_state.get(ALLOWED)
        return min(wanted, allowed) if isinstance(allowed, int) and allowed > 0 else wanted

    @property
    def expected(self) -> int:
        """Requests that the stream took when it was last read to its end; 0 where that is not known."""
        cost = self.stream_state.get(COST)
        return cost if isinstance(cost, int) else 0

    def following(self, answer: Json) -> str | None:
        """The next page's cursor in an answer; None at the end."""
        raise NotImplementedError

    def asks(self) -> Iterator[Ask]:
        """The lists that make up the stream; a row that is in two of them comes once."""
        yield Ask(self.path, size=self.size(), fields=self.fields)

    def rounds(self) -> Iterator[Iterator[Ask]]:
        """The lists in rounds: the next one is made up when all rows of the one before have come."""
        yield self.asks()

    def shaped(self, _ask: Ask, row: Row) -> Row | None:
        """What a row of a list is; None where it does not belong to the stream."""
        return row

    def lists(self) -> CursorLists:
        """How the lists are read."""
        return CursorLists(self.source, self.keys, self.following, self.shaped)

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._lists, self._before = self.lists(), self.source.report.requests
        for asks in self.rounds():
            yield from self._lists.pages(asks)
        if self._lists.why is not None:
            self.source.report.note(f"{self.name}: not read to the end, as {self._lists.why}; a later run goes on.")

    @override
    def is_complete(self) -> bool:
        return self._lists is not None and self._lists.why is None

    @override
    def remember(self, *, complete: bool) -> None:
        if self._lists is not None and self._lists.why is None:
            self.stream_state[COST] = self.source.report.requests - self._before
        if allowed := self.source.client.limits.of(self.path):
            self.stream_state[ALLOWED] = allowed
        super().remember(complete=complete)
