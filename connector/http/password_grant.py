"""A token of OAuth by user name and password, renewed by refresh token. Sends only the token request."""

import logging
from base64 import b64encode
from collections.abc import Callable
from typing import ClassVar
from urllib.parse import urlencode

import requests
from typing_extensions import override

from connector.addresses import SettingError, Way, header_value
from connector.errors import LoginRefused, Outage
from connector.http.answers import Answer, Ending, Failure, json_object, tls_failure
from connector.http.clock import ServerClock
from connector.http.credentials import Credentials
from connector.http.pool import Pool
from connector.http.request import Counting, Patience, Request
from connector.http.resting import RestingClient
from connector.http.table import Body, Fate
from connector.http.tokens import Granted
from connector.values import fit, number

NEVER = 1e9  # seconds


class PasswordGrant(RestingClient):
    """Asks for a token: by refresh token when there is one, else (or then) by password.

    A system declares, beside what every client does, its name in sentences (`who`) and the `path` of its tokens.
    """

    who: ClassVar[str]
    path: ClassVar[str]
    log_level = logging.DEBUG

    def __init__(
        self,
        address: str,
        way: Way,
        credentials: Credentials,
        pool: Pool,
        counts: Counting,
        patience: Patience,
        clock: ServerClock,
        renewed: Callable[[str], None] | None = None,
    ) -> None:
        """`pool` has a pace of its own, as who needs the token has a place in the other one meanwhile.

        `renewed` is called with each new token; `clock` learns the time there.
        """
        pair = f"{credentials.client_id}:{credentials.client_secret}".encode("latin-1")
        headers = {
            "Authorization": f"Basic {b64encode(pair).decode()}",
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": requests.utils.default_user_agent(),
        }
        super().__init__(address.rstrip("/"), way, None, pool, counts, patience, headers, clock)
        self._credentials = credentials
        self._renewed = renewed
        self._refresh_token: str | None = None

    def __call__(self) -> Granted:
        """A new token and for how many seconds it is good.

        Raises LoginRefused or Outage.
        """
        if not self._credentials.complete:
            raise LoginRefused(
                f"{self.who} no longer takes the access_token; give username, password, client_id and client_secret, "
                "or a fresh access_token."
            )
        answer = self._answer().value
        try:
            token = header_value(answer["access_token"], f"the token that {self.who} answers the login with")
        except SettingError as error:
            raise LoginRefused(f"{error}; ask {self.who}.") from None
        refresh = answer.get("refresh_token")
        self._refresh_token = refresh if isinstance(refresh, str) else None
        seconds = fit(lambda given: float(number(given, least=0)), answer.get("expires_in"))
        if self._renewed is not None:
            self._renewed(token)
        return token, NEVER if seconds is None else seconds  # a 401 will tell

    def _answer(self) -> Answer:
        if self._refresh_token is not None:
            by_refresh = self._ask({"grant_type": "refresh_token", "refresh_token": self._refresh_token})
            if isinstance(by_refresh, Answer):
                return by_refresh
            self._refresh_token = None
            if by_refresh.meaning.fate is not Fate.REFUSE:
                raise self._why_not(by_refresh)
        given = self._credentials
        outcome = self._ask(
            {"grant_type": "password", "username": str(given.username), "password": str(given.password)}
        )
        if isinstance(outcome, Answer):
            return outcome
        raise self._why_not(outcome)

    def _ask(self, form: dict[str, str]) -> Answer | Ending:
        return self.send(Request(self.path, method="POST", body=urlencode(form).encode()))

    def _why_not(self, ending: Ending) -> LoginRefused | Outage:
        failure, url = ending.failure, self.url(self.path)
        if ending.meaning.fate is Fate.STOP:
            return Outage(f"{self.who}'s login cannot be reached: {failure.reason}.")
        if ending.meaning.fate is Fate.REFUSE:
            words = failure.value.get("error") if failure.value else None
            told = f"status {failure.cause}, {words if isinstance(words, str) else 'no reason given'}"
            return LoginRefused(
                f"{self.who} refused the login at {url} ({told}); check username, password, client_id and "
                f"client_secret, and {self.setting}."
            )
        last = failure.reason.says if failure.reason else f"status {failure.cause}"
        tries = "1 try" if ending.attempts == 1 else f"{ending.attempts} tries"
        return Outage(f"The token endpoint {url} gave no token in {tries} ({last}); try again later.")

    @override
    def read(self, _request: Request, response: requests.Response) -> Answer | Failure:
        body = json_object(response.content)
        if response.status_code == 200 and body is not None and isinstance(body.get("access_token"), str):
            return Answer(body, 0, response.headers)
        failure = Failure(response.status_code, Body.ANY, "", body, response.headers)
        return tls_failure(response, self.setting) or failure
