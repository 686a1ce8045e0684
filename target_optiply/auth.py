"""One OAuth token, shared by all workers and renewed once before it ends. Sends only the token request."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from connector.addresses import SettingError, header_value
from connector.errors import LoginRefused, Outage
from connector.files import FileError, read_object, replace_file
from connector.http.clock import ServerClock
from connector.reasons import tls_only, why
from connector.values import Unfit, number
from target_optiply.answers import json_object

logger = logging.getLogger("target-optiply")
TRIES = 6


@dataclass(frozen=True)
class Credentials:
    """What the token endpoint needs; `access_token` is used first when it is given."""

    username: str | None = None
    password: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None

    @property
    def complete(self) -> bool:
        """Whether a token can be asked for."""
        return all((self.username, self.password, self.client_id, self.client_secret))


class Token:
    """The access token: `current()` for a request, `renew(stale)` after a 401."""

    def __init__(
        self,
        auth_url: str,
        credentials: Credentials,
        *,
        timeout: float = 60.0,
        first_pause: float = 1.0,
        patience: float = 300.0,
        renewed: Callable[[str], None] | None = None,
        clock: ServerClock | None = None,
        proxies: Mapping[str, str] | None = None,
        verify: str | bool = True,
    ) -> None:
        """`renewed` is called with each new token; `clock` learns Optiply's time; `patience` is the longest rest."""
        self._url = f"{auth_url.rstrip('/')}/auth/oauth/token"
        self._credentials = credentials
        self._timeout = timeout
        self._first_pause = first_pause
        self._patience = patience
        self._renewed = renewed
        self._clock = clock or ServerClock()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies, self._session.verify = dict(proxies or {}), verify
        self._lock = threading.Lock()
        self._value = credentials.access_token
        self._refresh_token: str | None = None
        self._renew_at = float("inf")
        self.requests = 0

    def current(self) -> str:
        """A token that is not about to end; the first caller that finds it ending renews it for all.

        Raises LoginRefused or Outage.
        """
        with self._lock:
            if self._value is None or time.monotonic() >= self._renew_at:
                self._fetch()
            return str(self._value)

    def renew(self, stale: str) -> str:
        """The token after a 401 on `stale`; another worker may have renewed it already.

        Raises LoginRefused or Outage.
        """
        with self._lock:
            if self._value == stale:
                self._fetch()
            return str(self._value)

    def _fetch(self) -> None:
        if not self._credentials.complete:
            raise LoginRefused(
                "Optiply no longer takes the access_token; give username, password, client_id and client_secret, "
                "or a fresh access_token."
            )
        answer = self._answer()
        try:
            self._value = header_value(answer["access_token"], "the token that Optiply answers the login with")
        except SettingError as error:
            raise LoginRefused(f"{error}; ask Optiply.") from None
        refresh = answer.get("refresh_token")
        self._refresh_token = refresh if isinstance(refresh, str) else None
        try:
            seconds = float(number(answer.get("expires_in"), least=0))
        except Unfit:
            seconds = float("inf")  # a 401 will tell
        self._renew_at = time.monotonic() + seconds - min(60.0, seconds / 10) if seconds != float("inf") else seconds
        if self._renewed is not None:
            self._renewed(self._value)

    def _answer(self) -> dict[str, object]:
        """The token endpoint's answer: by refresh token when there is one, else (or then) by password."""
        last, rest = "", 0.0
        for attempt in range(TRIES):
            if attempt:
                time.sleep(max(rest, min(10.0, self._first_pause * 2 ** (attempt - 1))))
            with_refresh = self._refresh_token is not None
            status, body, last, rest = self._post(self._grant())
            if status == 200 and isinstance(body.get("access_token"), str):
                return body
            if with_refresh and 400 <= status < 500 and status != 429:
                self._refresh_token = None
                continue
            if 300 <= status < 500 and status not in (408, 429):
                words = body.get("error")
                told = f"status {status}, {words if isinstance(words, str) else 'no reason given'}"
                raise LoginRefused(
                    f"Optiply refused the login at {self._url} ({told}); check username, password, client_id and "
                    "client_secret, and auth_url."
                )
        raise Outage(f"The token endpoint {self._url} gave no token in {TRIES} tries ({last}); try again later.")

    def _grant(self) -> dict[str, str]:
        if self._refresh_token is not None:
            return {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        credentials = self._credentials
        return {
            "grant_type": "password",
            "username": str(credentials.username),
            "password": str(credentials.password),
        }

    def _post(self, form: dict[str, str]) -> tuple[int, dict[str, object], str, float]:
        """(status, body, what happened in words, seconds of rest asked for); status 0 when no usable answer came.

        Raises Outage where a person must change something first.
        """
        self.requests += 1
        basic = (str(self._credentials.client_id), str(self._credentials.client_secret))
        try:
            response = self._session.post(
                self._url, data=form, auth=basic, timeout=self._timeout, allow_redirects=False
            )
        except requests.RequestException as error:
            proxy = requests.utils.select_proxy(self._url, self._session.proxies)
            reason = why(error, self._url, setting="auth_url", proxy=proxy)
            if reason.lasting:
                raise Outage(f"Optiply's login cannot be reached: {reason}.") from None
            return 0, {}, reason.says, 0.0
        self._clock.observe(response.headers.get("Date"))
        if (tls := tls_only(response.status_code, response.content, self._url, setting="auth_url")) is not None:
            raise Outage(f"Optiply's login cannot be reached: {tls}.")
        rest = self._clock.seconds_until(response.headers.get("Retry-After")) or 0.0
        if rest > self._patience:
            raise Outage(f"Optiply's login asks for {rest:.0f} seconds of rest; run again after that.")
        return response.status_code, json_object(response.content) or {}, f"status {response.status_code}", rest


def keep_token(config_file: Path) -> Callable[[str], None]:
    """A function that writes a renewed token into `config_file`, atomically and readable by its owner only."""

    def keep(token: str) -> None:
        try:
            config = read_object(config_file) | {"access_token": token}
            replace_file(config_file, json.dumps(config, indent=2).encode(), mode=0o600, durable=True)
        except (OSError, FileError) as error:
            logger.warning(
                "The renewed token could not be written to %s: %s. Make it writable, or leave out save_token.",
                config_file.name,
                error.strerror if isinstance(error, OSError) else error,
            )
        else:
            logger.info("The renewed token was written to %s, as asked.", config_file.name)

    return keep
