"""A system as one run reads it: its client, its words for questions and answers, its clock; and lists asked of it."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from connector.errors import AccessDenied, EndpointMissing, StreamError, Unreadable
from connector.http.client import HttpClient
from connector.http.pace import Pace
from connector.http.pool import Json, Pool, Row
from connector.http.request import Request
from connector.lists.pages import DAMAGED, NOT_FOUND, Check, Outcome, Page, flaw_of
from connector.lists.question import Ask, Where
from connector.lists.window import Clock, Window, window
from connector.lists.words import Words
from connector.report import ReadReport
from connector.values import Unfit, whole_number

NO_MATTER_OF_ONE = 20
"""Rows that are odd without an exception do not come from single bad records."""
Crumb = tuple[str, ...]


class Source(ABC):
    """What every stream of a run reads from; the first look at the system happens on first use."""

    words: ClassVar[Words]

    def __init__(
        self,
        config: Mapping[str, Any],
        run_id: str,
        selected: Callable[[], Sequence[tuple[str, str]]],
        logger: logging.Logger,
    ) -> None:
        self.config = config
        self.run_id = run_id
        self.selected = selected
        self.logger = logger
        self.report = ReadReport(logger)
        # A rest that outlasts the patience would let every stream wait for what it gives up anyway.
        longest = float(config["retry_seconds"])
        self.pool = Pool(Pace(int(config["max_concurrency"]), float(config["throttle_seconds"]), longest=longest))
        self.clock: Clock | None = None
        self.client = self.connect()

    # What a system says of itself

    @abstractmethod
    def connect(self) -> HttpClient:
        """The client with address and credentials; nothing is sent yet. Raises RunError: one of them cannot be used."""

    @abstractmethod
    def query(self, ask: Ask, size: int) -> str:
        """The query string of a question for so many rows."""

    @abstractmethod
    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        """What an answer holds where the rows and their number belong; both are judged by the caller."""

    def look(self) -> datetime | None:
        """Takes the first look at the system, and gives its time, if it tells.

        Raises RunError: wrong address or credentials. No record was read by then.
        """
        return None

    def explain(self, denied: AccessDenied) -> StreamError:
        """What a refused access means."""
        return StreamError(f"{denied.remedy}.")

    def fields(self, _properties: Mapping[str, Any], _is_selected: Callable[[Crumb], bool]) -> str:
        """What to ask of each row for the selected properties of a JSON Schema; empty: everything."""
        return ""

    def forecast(self, _requests: int) -> str | None:
        """What a person should know before a run that will take about so many requests."""
        return None

    def renewed_token(self) -> str | None:
        """A fresh access token, or None where the credentials never expire."""
        return None

    # The run

    def start(self) -> None:
        """Takes the first look at the system, once: is the address right, what time is it there.

        Raises RunError: nothing can be read at all.
        """
        if self.clock is None:
            clock = Clock.now(self.look())
            if clock.theirs is None:
                who = self.words.at_first
                self.report.note(
                    f"{who} does not say what time it is: this machine's clock is taken, and must be right."
                )
            elif oddity := clock.oddity(self.words.at_first):
                # A clock behind costs rows read twice and nothing else; doctor tells it too.
                (self.report.note if clock.theirs == clock.latest else self.logger.warning)(oddity)
            self.clock = clock

    def window(self, name: str, saved: str | None, *, document: bool) -> Window:
        """What this run reads of a stream whose last window ended at `saved`."""
        self.start()
        assert self.clock is not None
        found = window(name, self.clock, saved, self.config, self.words, document=document)
        for note in found.notes:
            self.report.note(note)
        return found

    def close(self) -> None:
        """Ends threads and connections, and saves the report."""
        self.pool.close()
        self.client.close()
        self.report.save()

    # Lists

    def address(self, ask: Ask) -> Request:
        """The request for a question."""
        return Request(ask.path, lambda size: self.query(ask, size), ask.size, ask.shrinkable, ask.scope)

    def get(self, ask: Ask) -> Json:
        """The value of an answer that is no page, from a worker. Raises StreamError: there is none."""
        return self.pool.one(self.client.get, self.address(ask)).value

    def fetch(self, ask: Ask, check: Check | None = None, *, others: bool = False) -> Outcome:
        """One page, or the reason why the system cannot put it out; runs in a worker.

        A damaged answer is asked for a few times only: a record may be the reason, which a smaller page shows.
        `others`: a row that is no record costs itself, not the page.
        """
        try:
            answer = self.client.get(self.address(ask), isolating=True)
            return self.page(answer.value, answer.asked, ask.path, check, others=others)
        except Unreadable as trouble:
            return trouble

    def one(self, ask: Ask, check: Check | None = None) -> Outcome:
        """One page, from a worker."""
        return self.pool.one(lambda asked: self.fetch(asked, check), ask)

    def page(self, value: Json, asked: int, path: str, check: Check | None = None, *, others: bool = False) -> Page:
        """The page in a list answer.

        Raises:
            Unreadable: the answer is not a list of records, or one of its records is not one.
            StreamError: no record of the page is one, or the system does not say how many there are.
        """
        rows, total = self.rows_and_total(value)
        if not isinstance(rows, list):
            raise Unreadable(DAMAGED, "the answer is not a list of records")
        flaws = self._flaws(rows, path, check)
        if flaws and not others:
            raise Unreadable(DAMAGED, next(iter(flaws.values())))
        if self.words.total is None:
            good = [row for place, row in enumerate(rows) if place not in flaws] if flaws else rows
            return Page(good, asked, len(rows), flaws)
        try:
            return Page(rows, asked, whole_number(total, least=0))
        except Unfit as unfit:
            raise StreamError(
                f"GET {path}: the '{self.words.total}' of the answer {unfit}, so nobody can tell whether everything "
                f"came; an extension changed the answer. {self.words.expert}."
            ) from unfit

    def _flaws(self, rows: list[Json], path: str, check: Check | None) -> dict[int, str]:
        """Why rows are no records, or are refused by `check`, by their place.

        Raises StreamError: all of many are so, which does not come from single records.
        """
        flaws = {place: flaw for place, row in enumerate(rows) if (flaw := flaw_of(row, check)) is not None}
        if len(flaws) == len(rows) >= NO_MATTER_OF_ONE:
            raise StreamError(
                f"GET {path}: {flaws[0]}, and so it is with every record of the page; an extension changed the answer. "
                f"{self.words.expert}."
            )
        return flaws

    def whole(self, ask: Ask, check: Check | None, otherwise: str) -> list[Row]:
        """The rows of a list that is expected to fit one page; runs in a worker.

        Raises:
            Unreadable: the system cannot put it out.
            StreamError: there are more rows than came, of which nothing is known; `otherwise` says what to do.
        """
        page = self.fetch(ask, check)
        if isinstance(page, Unreadable):
            raise page
        if page.total > len(page.rows):
            raise StreamError(
                f"GET {ask.path}: {self.words.who} gives {len(page.rows)} of {page.total} rows on a page; {otherwise}."
            )
        return page.rows

    def count(self, path: str, where: Sequence[Where] = ()) -> int:
        """How many records match, without loading one. Raises StreamError: they cannot be counted."""
        outcome = self.one(Ask(path, tuple(where)))
        if isinstance(outcome, Unreadable):
            raise self.cannot_read(path, outcome)
        return outcome.total

    def cannot_read(self, path: str, trouble: Unreadable) -> StreamError:
        """What to say when it is not a single record that cannot be read."""
        if trouble.status == NOT_FOUND:
            return EndpointMissing(
                f"GET {path}: {self.words.who} does not have this endpoint (404); its module is absent or switched off."
            )
        if trouble.status == DAMAGED:
            return StreamError(
                f"GET {path}: no answer can be used ({trouble.reason}), so it is not one bad record; "
                f"{self.words.check}, or {self.words.asking} which extension changes the answer."
            )
        return StreamError(
            f"GET {path}: every request fails with {trouble.status} ({trouble.reason}), so it is not one bad record; "
            f"{self.words.log}."
        )
