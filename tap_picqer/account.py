"""The account as one run sees it: address and key, its time, its zone, and what several streams share."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from typing_extensions import override

from connector.addresses import SettingError
from connector.errors import AccessDenied, LoginRefused, RunError, StreamError
from connector.http.answers import Answer, Ending
from connector.http.clock import date_of
from connector.http.pool import Json
from connector.http.request import Request
from connector.http.table import Body, Fate
from connector.lists.offset import BEYOND_THE_LAST
from connector.lists.question import Ask
from connector.lists.source import Source
from connector.lists.words import Words
from connector.times import utc_text
from connector.zone import Zone
from tap_picqer.client import PicqerClient
from tap_picqer.search import query

PICQER = Words(
    who="Picqer",
    expert="Ask Picqer's support",
    log="ask Picqer's support about the record",
    check="check picqer_url",
    total=None,
    name="Picqer",
    oldest="2011-01-01 00:00:00",
)
FIRST = Request("/products", lambda _size: f"offset={BEYOND_THE_LAST}")
"""A question that every key may ask, for a page without a row."""


@dataclass
class Listing:
    """What a run read of a list: the ids, which of them are active, which are compositions; whether that was all."""

    active: dict[int, bool] = field(default_factory=dict)
    compositions: list[int] = field(default_factory=list)
    complete: bool = False


class Account(Source):
    """An account of Picqer. `listings`: what the streams of products and suppliers listed, by the stream's name."""

    words = PICQER
    client: PicqerClient

    @override
    def connect(self) -> PicqerClient:
        self.listings: dict[str, Listing] = {}
        return PicqerClient(self.config, self.pool, self.report, self.logger)

    @cached_property
    def zone(self) -> Zone:
        """The zone of its times."""
        try:
            return Zone(str(self.config["time_zone"]))
        except SettingError as error:
            raise RunError(f"{error}.") from error

    @override
    def query(self, ask: Ask, size: int) -> str:
        return query(ask)

    @override
    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        return value, None

    @override
    def look(self) -> datetime | None:
        """Asks for an empty page of products: is the address right, is the key, what time is it there.

        Raises:
            RunError: no account answers there, or not to this key. No record was read by then.
        """
        found = self.pool.one(self.client.send, FIRST)
        if isinstance(found, Answer):
            if found.value != []:
                raise RunError(
                    f"GET {FIRST.path}: the answer to a page behind the last one is not an empty list, so this is not "
                    f"Picqer's API; {PICQER.check}."
                )
            return date_of(found.headers)
        if found.meaning.fate is Fate.ACCESS:
            raise LoginRefused(self._refused(found))
        if found.failure.cause == 404 and found.failure.body is Body.JSON:
            # An endpoint may be withdrawn; the stream that needs it says so, and the others go on.
            return date_of(found.failure.headers)
        where = " does not answer as an account of Picqer" if found.failure.cause == 404 else ""
        raise RunError(f"{self.client.base}{where}: {found.explained()}")

    def _refused(self, ending: Ending) -> str:
        told = f" ({ending.failure.text})" if ending.failure.text else ""
        return f"Picqer refuses the API key [{ending.failure.cause}]{told}: {self.client.signer.remedy}."

    @override
    def explain(self, denied: AccessDenied) -> StreamError:
        """Tells a key that is no longer good from one that has no right to a list.

        Raises:
            LoginRefused: the key is refused everywhere.
        """
        found = self.pool.one(self.client.send, FIRST)
        if isinstance(found, Ending) and found.meaning.fate is Fate.ACCESS:
            error = LoginRefused(self._refused(found))
            self.client.dead = error
            raise error
        return StreamError(
            f"Picqer accepts the API key but not for this ({denied.right}): the key is one of a fulfilment customer, "
            "or lacks the right. Use a key of the whole account, or leave the stream out."
        )

    @property
    def began(self) -> str:
        """When this run began, by the account's clock: naive UTC text."""
        self.start()
        assert self.clock is not None
        return utc_text(self.clock.theirs or self.clock.machine)
