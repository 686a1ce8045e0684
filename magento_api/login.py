"""The admin login: user name and password for a token, `POST /V1/integration/admin/token`."""

import logging
import threading
from collections.abc import Mapping
from typing import Any

import msgspec

from connector.addresses import SettingError, header_value
from connector.errors import LoginRefused, RunError
from connector.http.answers import Answer, Failure
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.request import Counting, Request
from connector.http.table import Fate
from magento_api.api import ShopClient, way_to
from magento_api.auth import LOGIN_REMEDY
from magento_api.errors import LOGIN_TABLE

LOGIN_PATH = "/rest/V1/integration/admin/token"


class Login(ShopClient):
    """Asks a shop for the token of an admin user.

    A refusal is final, for accounts lock after six failures. A shop that is not there for the moment is asked again as
    with any other request; a few times only where the answer was not seen, since it may have been a refusal.
    """

    table = LOGIN_TABLE
    doing = "Logging in again"

    def __init__(
        self,
        store: str,
        settings: Mapping[str, Any],
        report: Counting,
        stopping: threading.Event,
        log: logging.Logger,
    ) -> None:
        """`settings`: username and password are read, too."""
        # A pace of its own: whoever needs the token has a place in the other one meanwhile.
        super().__init__(store, way_to(store), None, Pool(Pace(1), stopping), report, settings, log)
        self._body = msgspec.json.encode({name: settings.get(name) for name in ("username", "password")})

    def __call__(self) -> str:
        """A new token.

        Raises:
            LoginRefused: the shop refuses the login or demands a second factor.
            RunError: the shop does not answer, redirects or is none.
        """
        outcome = self.send(Request(LOGIN_PATH, method="POST", body=self._body))
        if isinstance(outcome, Answer):
            return token_in(outcome)
        if outcome.meaning.fate is Fate.REFUSE:
            raise refusal(outcome.failure)
        raise RunError(f"The admin login failed: {outcome.explained()}")


def token_in(answer: Answer) -> str:
    """The token of a successful login. Raises RunError when it is none, or one that no header can carry."""
    token = answer.value.strip() if isinstance(answer.value, str) else ""
    if not token:
        raise RunError("The shop answers the admin login with something other than a token; check store_url.")
    try:
        return header_value(token, "the token that the shop answers the admin login with")
    except SettingError as error:
        raise RunError(f"The admin login failed: {error}; ask the shop's developer.") from error


def refusal(failure: Failure) -> LoginRefused:
    """Why the shop does not let this user in."""
    parameters = failure.value.get("parameters") if isinstance(failure.value, dict) else None
    if failure.cause == 400 or (isinstance(parameters, dict) and "active_providers" in parameters):
        return LoginRefused(
            "The shop demands two-factor authentication for admin logins, which no program can answer: use an "
            "integration instead (System > Extensions > Integrations) and set access_token, or use_oauth with its four "
            "keys."
        )
    return LoginRefused(f"The shop refused the login of the admin user ({failure.cause}): {LOGIN_REMEDY}.")
