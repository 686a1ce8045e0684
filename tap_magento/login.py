"""The admin login: user name and password for a token, `POST /V1/integration/admin/token`."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

from connector.addresses import SettingError, header_value
from connector.errors import LoginRefused, RunError, Stopped
from connector.http.answers import NO_ANSWER, Answer, Failure, explained, no_answer, pause, read_answer
from connector.http.api import Way
from connector.report import ReadReport
from tap_magento.auth import LOGIN_REMEDY
from tap_magento.errors import Action, Body, trouble_for

LOGGER = logging.getLogger("tap-magento")
LOGIN_PATH = "/rest/V1/integration/admin/token"
MOST_UNSEEN_ANSWERS = 3


@dataclass
class Login:
    """Asks a shop for the token of an admin user.

    A refusal is final, for accounts lock after six failures. A shop that is not there for the moment is asked again as
    with any other request; a few times only where the answer was not seen, since it may have been a refusal.
    """

    store: str
    settings: Mapping[str, Any]
    report: ReadReport
    stopping: threading.Event

    def __call__(self) -> str:
        """A new token.

        Raises:
            LoginRefused: the shop refuses the login or demands a second factor.
            RunError: the shop does not answer, redirects or is none.
        """
        attempt, unseen, began = 0, 0, time.monotonic()
        while True:
            attempt += 1
            outcome = self._ask()
            if isinstance(outcome, Answer):
                return token_in(outcome)
            if outcome.cause in {400, 401}:
                raise refusal(outcome)
            row = trouble_for(outcome.cause, outcome.body)
            # Neither a broken connection nor a damaged answer tells whether it was a refusal.
            unseen += isinstance(outcome.cause, str) or outcome.body is Body.BROKEN
            left = float(self.settings["retry_seconds"]) - (time.monotonic() - began)
            over = unseen >= MOST_UNSEEN_ANSWERS or attempt >= (row.tries or attempt + 1) or left <= 0
            if row.action is not Action.RETRY or over:
                raise RunError(f"The admin login failed: {explained(row, outcome, attempt)}")
            wait = min(pause(outcome, attempt), left)
            self.report.count_retry(outcome.cause)
            says = outcome.reason.says if outcome.reason else row.says
            LOGGER.info("Logging in again in %.1f s after %s: %s.", wait, outcome.cause, says)
            if self.stopping.wait(wait):
                raise Stopped

    def _ask(self) -> Answer | Failure:
        self.report.count_request()
        url, way = self.store + LOGIN_PATH, Way.to(self.store)
        try:
            with requests.Session() as session:
                # What the environment says stands in `way`; a password for this host in ~/.netrc would be sent along.
                session.trust_env = False
                response = session.post(
                    url,
                    json={"username": self.settings["username"], "password": self.settings["password"]},
                    headers={"Accept": "application/json", "User-Agent": str(self.settings["user_agent"])},
                    timeout=float(self.settings["request_timeout"]),
                    allow_redirects=False,
                    proxies=way.proxies,
                    verify=way.verify,
                )
        except NO_ANSWER as error:
            return no_answer(error, url, way.proxies)
        return read_answer(response)


def token_in(answer: Answer) -> str:
    """The token of a successful login.

    Raises:
        RunError: when it is none, or one that no header can carry.
    """
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
