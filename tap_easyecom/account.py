"""The account as one run sees it: its locations, its words for questions and pages, what several streams share."""

from datetime import datetime, timezone
from urllib.parse import urlencode

from typing_extensions import override

from connector.errors import AccessDenied, LoginRefused, RunError, Spent, StreamError
from connector.http.clock import date_of
from connector.http.pool import Json
from connector.http.request import Request
from connector.lists.question import Ask
from connector.lists.source import Source
from connector.lists.words import Words
from connector.zone import Zone
from easyecom_api.access import SPARE_REQUESTS, Access
from easyecom_api.envelope import link_of
from tap_easyecom.client import EasyecomClient, part_with_rows

EASYECOM = Words(
    who="EasyEcom",
    expert="Ask EasyEcom's support",
    log="ask EasyEcom's support about the record",
    check="check easyecom_url",
    total=None,
    name="EasyEcom",
    oldest="2015-01-01 00:00:00",
)
INDIA = Zone("Asia/Kolkata")
LOCATIONS = "/getAllLocation"
KEPT_ASIDE = frozenset({"", "-", "NA", "0000-00-00", "0000-00-00 00:00:00"})
"""Texts that stand for no value."""


class Account(Source):
    """An account of EasyEcom. `oldest`: when the oldest of its products was made, as far as they were read."""

    words = EASYECOM
    client: EasyecomClient

    @override
    def connect(self) -> EasyecomClient:
        self.access = Access(self.config, self.report, self.pool, self.logger, SPARE_REQUESTS)
        self.pool.pace.throttle = max(self.pool.pace.throttle, 1 / self.access.tier.a_second)
        self.located: Json = None
        self.oldest: str | None = None
        return EasyecomClient(self.config, self.access, self.pool, self.logger)

    @override
    def address(self, ask: Ask) -> Request:
        """A question; a page that an answer named is asked for by the very text that names it."""
        if not ask.cursor:
            return super().address(ask)
        path, _, query = ask.cursor.partition("?")
        return Request(path, lambda _size: query, shrinkable=False, scope=ask.scope)

    @override
    def query(self, ask: Ask, size: int) -> str:
        told = {each.field: each.value for each in ask.where}
        return urlencode({**told, "limit": size} if size else told)

    @override
    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        part, name = part_with_rows(value)
        return (part.get(name) if isinstance(part, dict) else None), None

    def following(self, value: Json) -> str | None:
        """Path and query of the next page; None after the last one, which may be empty.

        Raises:
            StreamError: it would be at another address, which must not get the token.
        """
        part, name = part_with_rows(value)
        told = part.get("nextUrl") or value.get("nextUrl")
        if not isinstance(told, str) or not part.get(name):
            return None
        try:
            return link_of(told, self.client.base)
        except ValueError as elsewhere:
            raise StreamError(f"{elsewhere}; {EASYECOM.check}.") from None

    @override
    def look(self) -> datetime | None:
        """Asks for the locations: are address, credentials and key right, what time is it there.

        Raises:
            RunError: one of them is not. No record was read by then.
        """
        try:
            answer = self.pool.one(self.client.get, self.address(Ask(LOCATIONS)))
        except AccessDenied as denied:
            raise self.explain(denied) from denied
        except Spent:
            return datetime.now(timezone.utc)
        except StreamError as error:
            raise RunError(f"{self.client.base} does not answer as EasyEcom's API: {error}") from error
        self.located = answer.value
        return date_of(answer.headers)

    @override
    def explain(self, denied: AccessDenied) -> StreamError:
        """What a token that is refused again means.

        Raises:
            LoginRefused: always.
        """
        raise LoginRefused(
            "EasyEcom refused a token that it had just given: check that x_api_key belongs to the account of the email."
        ) from denied

    @override
    def forecast(self, requests: int) -> str | None:
        return self.access.quota.forecast(requests)

    @override
    def close(self) -> None:
        self.access.close()
        super().close()
