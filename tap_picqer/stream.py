"""What the account's streams have in common: records by their schema, lists of which an empty one proves nothing."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

from typing_extensions import override

from connector.errors import AccessDenied
from connector.http.pool import Row
from connector.lists.offset import Hole
from connector.lists.pages import row_number
from connector.lists.question import Ask, Where
from connector.singer.changes import OffsetChangesStream
from connector.singer.form import Form
from connector.singer.kinds import OffsetStream
from connector.singer.stream import PagedStream
from connector.values import Unfit
from tap_picqer.account import Account, Listing
from tap_picqer.hidden import STATE_KEY, ask_each, ask_neighbours, kept_first
from tap_picqer.search import ROWS_A_PAGE


class AccountStream(PagedStream):
    """Rows of the account in the form of the stream's schema."""

    always_selected = True
    source: Account

    @cached_property
    def form(self) -> Form:
        """How a row becomes a record."""
        return Form(self.schema, self.source.zone)

    @override
    def trimmed(self, rows: list[Row]) -> list[Row]:
        return super().trimmed([self.form(row) for row in rows])


class WholeStream(AccountStream, OffsetStream):
    """A list that is read as a whole, since what is not in it means something; an account always has such rows."""

    _empty: bool = True

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._empty = True
        for rows in super().pages():
            self._empty = False
            yield rows

    @override
    def is_complete(self) -> bool:
        if self._empty:
            self.source.report.note(
                f"{self.name}: Picqer gives none at all, which is no answer; the list does not count as complete."
            )
        return super().is_complete() and not self._empty


class BothListsStream(WholeStream):
    """The rows of an active list and an inactive one. `active` says in each record which list it came from.

    `account_key`: only a key of the whole account may read them; with another the stream is left out, with a note.
    """

    account_key: ClassVar[bool] = False
    _denied: bool = False
    _now_active: bool = True

    @override
    def asks(self) -> Iterator[Ask]:
        self._now_active = True
        yield Ask(self.path, size=ROWS_A_PAGE)
        self._now_active = False
        yield Ask(self.path, (Where("inactive", "eq", 1),), size=ROWS_A_PAGE)

    def lists(self) -> Iterator[list[Row]]:
        """The rows of both lists, each once."""
        yield from super().pages()

    @override
    def pages(self) -> Iterator[list[Row]]:
        listing = self.source.listings[self.name] = Listing()
        self._denied = False
        try:
            for rows in self.lists():
                for row in rows:
                    row["active"] = self._now_active
                    self.note(listing, row)
                yield rows
        except AccessDenied as denied:
            if not self.account_key:
                raise
            trouble = self.source.explain(denied)
            self._denied = True
            self.source.report.note(f"{self.name}: left out. {trouble}")

    def hidden(self, hole: Hole) -> tuple[list[Row], int]:
        """What stood at the beginning of the list in the run before, else what is next to the rows that are shown."""
        known = self.stream_state.get(STATE_KEY)
        ids = known.get(str(self._now_active)) if isinstance(known, dict) else None
        wanted = [one for one in ids if type(one) is int and one not in hole.others] if isinstance(ids, list) else []
        rows, bad = ask_each(self.source, self.path, wanted, self.isolate)
        rows = [row for row in rows if row.get(self.keys[0]) in wanted and self._belongs(row)]
        if len(rows) + bad >= hole.rows:
            return rows, bad
        rest = replace(hole, rows=hole.rows - len(rows) - bad, others=hole.others | set(wanted))
        more, worse = ask_neighbours(self.source, self.path, rest, self.isolate, self._belongs)
        return [*rows, *more], bad + worse

    def _belongs(self, row: Row) -> bool:
        return row.get("active") is self._now_active

    @override
    def remember(self, *, complete: bool) -> None:
        listing, before = self.source.listings[self.name], self.stream_state.get(STATE_KEY)
        older = before if isinstance(before, dict) else {}
        self.stream_state[STATE_KEY] = {
            str(wanted): kept_first(
                older.get(str(wanted)),
                (n for n, active in listing.active.items() if active is wanted),
                complete=complete,
            )
            for wanted in (True, False)
        }
        super().remember(complete=complete)

    def note(self, listing: Listing, row: Row) -> None:
        """Notes a row among what the run listed."""
        try:
            listing.active[row_number(row, self.keys[0])] = self._now_active
        except Unfit:
            # An id that is no number is refused by whoever reads the record; nothing can count as gone then.
            self._moved = True

    @override
    def is_complete(self) -> bool:
        complete = not self._denied and super().is_complete()
        self.source.listings[self.name].complete = complete
        return complete


class AfterListStream(AccountStream):
    """What follows from a list that this run has read, or reads for this stream where that was not selected."""

    keeps_unread = False
    listed: ClassVar[type[BothListsStream]]

    @property
    def listing(self) -> Listing | None:
        """What the run read of that list."""
        return self.source.listings.get(str(vars(self.listed)["name"]))

    def read_list(self) -> Listing:
        """Reads the list, unless it was read; what cannot be read of it counts for this stream."""
        if self.listing is None:
            reading = self.listed(self._tap)
            reading.isolate = self.isolate  # type: ignore[method-assign]
            for _ in reading.pages():
                continue
            reading.is_complete()
        assert self.listing is not None
        return self.listing

    @override
    def is_complete(self) -> bool:
        return self.listing is not None and self.listing.complete and self.isolated_nothing()

    @override
    def estimate(self) -> None:
        return None


class IdsStream(AfterListStream):
    """The ids of a list: what is not among them is gone."""

    @override
    def pages(self) -> Iterator[list[Row]]:
        key = self.keys[0]
        ids = [{key: number, "active": active} for number, active in self.read_list().active.items()]
        for start in range(0, len(ids), ROWS_A_PAGE):
            yield ids[start : start + ROWS_A_PAGE]


class ChangedStream(AccountStream, OffsetChangesStream):
    """Documents that changed since the last run, by Picqer's filter of that name."""

    changes = "updated"
    filter: ClassVar[str] = "updated_after"

    @override
    def since(self, moment: str) -> tuple[Where, ...]:
        return (Where(self.filter, "gt", self.source.zone.since(moment)),)

    def hidden(self, hole: Hole) -> tuple[list[Row], int]:
        """What is next to the rows that are shown, unless the list has another filter than that of what changed."""
        start = self.window.start
        where = self.since(start) if start else ()
        if hole.ask.where != where:
            return [], 0
        after = str(where[0].value) if where else ""
        return ask_neighbours(
            self.source, self.path, hole, self.isolate, lambda row: str(row.get(self.changes) or "") > after
        )
