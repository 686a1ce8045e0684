"""An account of Optiply as one run reads it: address, sign-in, the first look, Optiply's time."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests
from typing_extensions import override

from connector.addresses import SettingError, Way
from connector.errors import AccessDenied, LoginRefused, RunError, StreamError, Unreadable
from connector.http.answers import Answer, Failure, json_object, shown, tls_failure
from connector.http.clock import ServerClock, date_of
from connector.http.pace import Pace
from connector.http.pool import Json, Pool
from connector.http.request import Counting, Patience, Request
from connector.http.resting import RestingClient
from connector.http.table import Body
from connector.http.tokens import SharedToken, Signer
from connector.lists.ends import BEYOND_EVERY_ID
from connector.lists.question import Ask, Where
from connector.lists.source import Source
from connector.lists.words import Words
from optiply_api.login import Login
from optiply_api.settings import credentials
from optiply_api.words import said
from tap_optiply import question
from tap_optiply.errors import TABLE

LOGGER = logging.getLogger("tap-optiply")
OPTIPLY = Words(
    who="Optiply",
    expert="Ask Optiply",
    log="tell Optiply these ids",
    check="check api_url and account_id",
    total="totalResourceCount",
    name="Optiply",
    oldest="2012-01-01 00:00:00",
)


class AccountClient(RestingClient):
    """Whatever is asked of the API."""

    table = TABLE
    name = "Optiply"
    setting = "api_url"
    log = LOGGER

    def __init__(
        self, base: str, way: Way, signer: Signer, pool: Pool, counts: Counting, config: Mapping[str, Any]
    ) -> None:
        """`base` ends with /v1; of `config` user_agent, request_timeout and retry_seconds are read."""
        # Optiply wants the type of a body on requests without one, too.
        headers = {
            "Content-Type": question.MEDIA_TYPE,
            "Accept": question.MEDIA_TYPE,
            "User-Agent": str(config["user_agent"]),
        }
        super().__init__(base, way, signer, pool, counts, patience_of(config), headers)

    @override
    def read(self, _request: Request, response: requests.Response) -> Answer | Failure:
        status, content = response.status_code, response.content
        body = json_object(content)
        if 200 <= status < 300 and body is not None and isinstance(body.get("data"), (list, dict)):
            return Answer(body, 0, response.headers)
        if failure := tls_failure(response, self.setting):
            return failure
        text = shown(content) if body is None else said(body)
        kind = Body.LIMIT if question.page_limit(text) else Body.ANY
        return Failure(status, kind, text, body, response.headers)

    @override
    def page_limit(self, failure: Failure) -> int | None:
        return question.page_limit(failure.text)


class Account(Source):
    """One account; its records are those that its token shows."""

    words = OPTIPLY

    @override
    def connect(self) -> AccountClient:
        config = self.config
        given = credentials(config)
        # The login has a pace of its own, as who needs the token has a place in the other one meanwhile.
        self._log_in = Login(
            str(config["auth_url"]),
            _way(str(config["auth_url"])),
            given,
            Pool(Pace(1), self.pool.stopping),
            self.report,
            patience_of(config),
            ServerClock(self.words.who),
        )
        signer = SharedToken(self._log_in, given.access_token)
        api = str(config["api_url"]).rstrip("/")
        return AccountClient(api, _way(api), signer, self.pool, self.report, config)

    @property
    def of_account(self) -> Where:
        """The filter of records that show their account."""
        return Where("accountId", "eq", str(self.config["account_id"]))

    @override
    def query(self, ask: Ask, size: int) -> str:
        return question.query(ask, size)

    @override
    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        return question.rows_and_total(value)

    @override
    def look(self) -> datetime | None:
        """Asks for products above every id: are address, login and account right, what time is it there.

        No record is shown, for one that cannot be read would look like a server that is not Optiply's.

        Raises RunError: one of them is not. No record was read by then.
        """
        nobody = Where("id", "gt", BEYOND_EVERY_ID)
        ask = Ask("/products", (self.of_account, nobody), size=1, shrinkable=False)
        try:
            answer = self.pool.one(self.client.get, self.address(ask))
        except AccessDenied as denied:
            raise self.explain(denied) from denied
        except Unreadable as trouble:
            raise RunError(
                f"{self.client.base} does not answer as Optiply's API ({trouble.status}: {trouble.reason}): check "
                "api_url; it ends with /v1."
            ) from trouble
        except StreamError as error:
            raise RunError(f"{error}") from error
        return date_of(answer.headers)

    @override
    def explain(self, denied: AccessDenied) -> StreamError:
        """What a token that is refused again means. Raises LoginRefused: always."""
        raise LoginRefused(
            f"Optiply refused a token that it had just given; check that the login may read account "
            f"{self.config['account_id']}."
        ) from denied

    @override
    def renewed_token(self) -> str | None:
        return self._log_in()[0]

    @override
    def close(self) -> None:
        self._log_in.close()
        super().close()


def patience_of(config: Mapping[str, Any]) -> Patience:
    """How long to wait for an answer, and for a request with all its attempts."""
    return Patience(float(config["request_timeout"]), float(config["retry_seconds"]))


def _way(address: str) -> Way:
    try:
        return Way.to(address)
    except SettingError as error:
        raise RunError(f"{error}.") from error
