"""Sales orders: new ones by their creation, and again those that may have changed since they were read.

Picqer tells no changes of orders. What is open is listed in every run; what was open in the run before and is not any
more has ended, and is asked for once more.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from typing_extensions import override

from connector.errors import StreamError, Unreadable
from connector.http.answers import Answer, Ending
from connector.http.pool import Row, in_order
from connector.http.request import Request
from connector.lists.pages import DAMAGED, flaw_of, row_number, with_number
from connector.lists.question import Ask, Where
from connector.lists.source import NO_MATTER_OF_ONE
from connector.times import as_utc_text
from connector.values import Unfit
from tap_picqer.client import is_missing
from tap_picqer.search import ROWS_A_PAGE
from tap_picqer.stream import ChangedStream

OPEN_STATUSES = ("concept", "expected", "processing", "paused")
ENDED = ("completed", "cancelled")
STATE_KEY = "open"
"""Where the state keeps the orders that had not ended when they were read."""
MOST_ALONE = 100
"""Ended orders that are asked for one by one; of more, the newer ones are read from the list."""


class OrdersStream(ChangedStream):
    """Sales orders with their lines and without the customer; one row per order, each with what became of it."""

    name = "orders"
    path = "/orders"
    keys = ("idorder",)
    changes = "created"
    filter = "sincedate"

    @override
    def pages(self) -> Iterator[list[Row]]:
        known = self.stream_state.get(STATE_KEY)
        self._before = {one for one in known if type(one) is int} if isinstance(known, list) else set()
        self._open: set[int] = set()
        yield from map(self._noted, super().pages())
        if self.window.start is not None and self.bookmark():
            yield from map(self._noted, self._still_open())
        yield from map(self._noted, self._ended(sorted(self._before - self.seen)))

    def _noted(self, rows: list[Row]) -> list[Row]:
        """The same rows, those that have not ended noted for the next run."""
        for row in rows:
            try:
                number = row_number(row, "idorder")
            except Unfit:
                continue
            if row.get("status") not in ENDED:
                self._open.add(number)
        return rows

    def _still_open(self) -> Iterator[list[Row]]:
        """The open orders, except those from before `start_date`."""
        first = self.config.get("start_date")
        since = self.source.zone.since(as_utc_text(str(first))) if first else ""
        for status in OPEN_STATUSES:
            for rows in self.listed(Ask(self.path, (Where("status", "eq", status),), size=ROWS_A_PAGE)):
                if len(rows) >= NO_MATTER_OF_ONE and all(row.get("status") != status for row in rows):
                    raise StreamError(
                        f"GET {self.path}: asked for the status {status}, Picqer gives others, so it does not know "
                        "that filter any more. Ask Picqer's support."
                    )
                yield [row for row in rows if str(row.get("created") or "9") > since]

    def _ended(self, left: Sequence[int]) -> Iterator[list[Row]]:
        """The orders that were open in the run before and are not any more."""
        if self.window.start is not None and len(left) > MOST_ALONE:
            wanted = set(left[MOST_ALONE:])
            newer = Ask(self.path, (Where("sinceid", "eq", left[MOST_ALONE] - 1),), size=ROWS_A_PAGE)
            for rows in self.listed(newer):
                yield [row for row in rows if row.get("idorder") in wanted]
        rest = [number for number in left if number not in self.seen]
        yield from in_order(self.source.pool, rest, self._fetch, self._settle)

    def _fetch(self, number: int) -> Answer | Ending | Unreadable:
        """The order; an Ending where Picqer says that there is none of that id.

        An address that is not there, or a page of HTML, says nothing of the order: it stays among the open ones.
        """
        client, request = self.source.client, Request(f"{self.path}/{number}")
        found = client.send(request, isolating=True)
        if isinstance(found, Answer) or is_missing(found.failure):
            return found
        trouble = client.error_of(request, found, isolating=True)
        if isinstance(trouble, Unreadable):
            return trouble
        raise trouble

    def _settle(self, number: int, found: Answer | Ending | Unreadable) -> tuple[list[Row], list[int]]:
        if isinstance(found, Ending):
            self.source.report.note(f"orders: {number} was open in an earlier run and is gone from Picqer by now.")
            return [], []
        if isinstance(found, Answer):
            flaw = flaw_of(found.value, with_number("idorder"))
            if flaw is None and row_number(found.value, "idorder") == number:
                self.seen.add(number)
                return [found.value], []
            found = Unreadable(DAMAGED, flaw or "the answer is another order")
        self._open.add(number)
        self.isolate(number, found)
        return [], []

    @override
    def remember(self, *, complete: bool) -> None:
        state: dict[str, Any] = self.stream_state
        found = self._open if complete else self._open | self._before
        state.pop(STATE_KEY, None)
        if found:
            state[STATE_KEY] = sorted(found)
        super().remember(complete=complete)
