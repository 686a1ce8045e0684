"""The plainest source: bare JSON arrays by offset, without a count, at the address that one setting names."""

from datetime import datetime, timezone
from typing import ClassVar

from typing_extensions import override

from connector.errors import AccessDenied, LoginRefused, RunError, StreamError
from connector.http.client import HttpClient
from connector.http.clock import date_of
from connector.http.json_client import JsonClient
from connector.http.pool import Json
from connector.http.request import Request
from connector.http.tokens import Signer
from connector.lists.question import Ask
from connector.lists.source import Source


class PlainSource(Source):
    """A system declares its words, the `setting` with its address, how it signs, and what differs from this.

    `first`: a path asked before everything else, which tells whether address and credentials are right, and the time;
    without it this machine's clock is taken.
    """

    setting: ClassVar[str] = "url"
    first: ClassVar[str] = ""

    def signer(self) -> Signer | None:
        """What signs each request."""
        return None

    @override
    def connect(self) -> HttpClient:
        who = self.words.at_first
        return JsonClient(self.config, self.setting, who, self.signer(), self.pool, self.report, self.logger)

    @override
    def query(self, ask: Ask, size: int) -> str:
        return f"offset={ask.offset}" if ask.paged else ""

    @override
    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        return value, None

    @override
    def look(self) -> datetime | None:
        if not self.first:
            return datetime.now(timezone.utc)
        try:
            answer = self.pool.one(self.client.get, Request(self.first))
        except AccessDenied as denied:
            raise LoginRefused(f"{self.words.at_first} refuses the credentials: {denied.remedy}.") from denied
        except StreamError as error:
            raise RunError(f"{self.words.at_first} does not answer: {error}; {self.words.check}.") from error
        return date_of(answer.headers)
