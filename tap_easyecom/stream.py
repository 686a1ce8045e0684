"""What the account's streams have in common: lists of each location, records in their schema's form, and a quota."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar

from typing_extensions import override

from connector.http.pool import Json, Row
from connector.lists.cursor import CursorLists
from connector.lists.pages import with_names
from connector.lists.question import Ask, Where
from connector.singer.changes import WindowStream
from connector.singer.form import Form
from connector.singer.kinds import CursorStream
from connector.singer.stream import PagedStream
from connector.times import as_utc_text, earlier
from tap_easyecom.account import EASYECOM, INDIA, KEPT_ASIDE, Account

COST, REACHED = "requests", "reached"
"""Where the state keeps what a stream cost in the last run, and how far each location was read."""
LIMIT = "page_size"


def form_of(stream: PagedStream) -> Form:
    """The form of a stream's records."""
    return Form(stream.schema, INDIA, nothing=KEPT_ASIDE)


class AccountStream(CursorStream):
    """Rows of the account in the form of the stream's schema.

    `everywhere`: each location has rows of its own; without it the main one shows them all. `rows_a_page` are asked
    for, until EasyEcom tells that it gives fewer.
    """

    always_selected = True
    keeps_unread = False
    source: Account
    rows_a_page: ClassVar[int] = 200
    everywhere: ClassVar[bool] = True
    _before: int = 0

    @cached_property
    def form(self) -> Form:
        """How a row becomes a record."""
        return form_of(self)

    @override
    def size(self) -> int:
        """Rows to ask for, as far as it is known by now."""
        kept = self.stream_state.get(LIMIT)
        return min(self.rows_a_page, kept) if isinstance(kept, int) and kept > 0 else self.rows_a_page

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

    @property
    def expected(self) -> int | None:
        """Requests that the stream took when it was last read to its end."""
        kept = self.stream_state.get(COST)
        return kept if isinstance(kept, int) else None

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._before = self.source.report.requests
        yield from super().pages()

    @override
    def is_complete(self) -> bool:
        return super().is_complete() and self.isolated_nothing()

    @override
    def remember(self, *, complete: bool) -> None:
        if self._lists is not None and self._lists.why is None:
            self.stream_state[COST] = self.source.report.requests - self._before
        if limit := self.source.client.limits.of(self.path):
            self.stream_state[LIMIT] = limit
        super().remember(complete=complete)


class DocumentStream(WindowStream, AccountStream):
    """Documents of each location, by what changed since the last run; `since` is the filter's name.

    `placed` is the time that `start_date` is about. Where a day's requests do not suffice, the state keeps how far
    each location was read: the page that comes next, the beginning of its list, and from when on to go on afterwards.
    """

    since: ClassVar[str]
    placed: ClassVar[str]

    def lists_of(self, start: str) -> Iterator[tuple[str, str, tuple[Where, ...]]]:
        """The lists that show what changed from a moment on: beginning and end of each, and its filters."""
        yield start, self.window.end, (self.after(start),)

    def after(self, moment: str) -> Where:
        """The filter for what changed from a moment on, naive UTC text."""
        return Where(self.since, "gteq", INDIA.since(moment))

    @property
    def oldest(self) -> str:
        """Nothing in the account is older: naive UTC text."""
        return EASYECOM.oldest

    @cached_property
    def _first(self) -> str | None:
        first = self.config.get("start_date")
        return as_utc_text(str(first)).replace(" ", "T") if first else None

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        record = super().shaped(ask, row)
        when = record.get(self.placed) if record else None
        return None if self._first and isinstance(when, str) and when < self._first else record

    @override
    def asks_at(self, location: str) -> Iterator[Ask]:
        place, start, end = self._places.get(location, {}), self.window.start or self.oldest, self.window.end
        if start > end:
            return
        if cursor := place.get("cursor"):
            for begin, _, where in islice(self.lists_of(place["begin"]), 1):
                self._note(location, where, begin, place["then"])
                self._resumed.add(ask := self.ask(location, *where, cursor=cursor))
                yield ask
        for begin, until, where in self.lists_of(max(start, place.get("then", start))):
            self._note(location, where, begin, self._less(min(until, self.window.bookmark or until)))
            yield self.ask(location, *where)

    def _note(self, location: str, where: tuple[Where, ...], begin: str, then: str) -> None:
        """Notes of a list where it begins, and from when on to go on after it."""
        _, known = self._known.get((location, where), ("", then))
        self._known[location, where] = begin, min(known, then)

    def _less(self, moment: str) -> str:
        return earlier(moment, float(self.config["lookback_seconds"]))

    @override
    def lists(self) -> CursorLists:
        found = super().lists()
        found.resumed = self._resumed
        return found

    @override
    def pages(self) -> Iterator[list[Row]]:
        kept = self.stream_state.get(REACHED)
        self._places = {name: one for name, one in kept.items() if _is_place(one)} if isinstance(kept, dict) else {}
        self._known: dict[tuple[str | None, tuple[Where, ...]], tuple[str, str]] = {}
        self._resumed: set[Ask] = set()
        yield from super().pages()

    @override
    def remember(self, *, complete: bool) -> None:
        self.stream_state.pop(REACHED, None)
        if not complete and self._lists is not None and self._lists.why is not None and self.window.bookmark:
            self.stream_state[REACHED] = self._reached(self._lists.left, self.window.bookmark)
        super().remember(complete=complete)

    def _reached(self, left: list[Ask], bookmark: str) -> dict[str, Any]:
        """How far each location was read; what is not there is read from the stream's bookmark on."""
        reached: dict[str, Any] = {place: {"then": self._less(bookmark)} for place in self.source.access.locations}
        for ask in reversed(left):
            assert ask.scope is not None
            if (ask.scope, ask.where) not in self._known:
                continue
            begin, then = self._known[ask.scope, ask.where]
            reached[ask.scope] = {"cursor": ask.cursor, "begin": begin, "then": then} if ask.cursor else {"then": begin}
        return reached


def _is_place(value: object) -> bool:
    wanted = {"cursor", "begin", "then"} if isinstance(value, Mapping) and "cursor" in value else {"then"}
    return isinstance(value, Mapping) and value.keys() == wanted and all(isinstance(one, str) for one in value.values())
