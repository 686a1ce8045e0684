"""One OAuth token, shared by all workers and renewed once before it ends. Sends only the token request."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import requests

from target_optiply.errors import LoginRefused, Outage

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
        renewed: Callable[[str], None] | None = None,
        dated: Callable[[str | None], None] | None = None,
    ) -> None:
        """`renewed` is called with each new token, `dated` with the Date header of its answer."""
        self._url = f"{auth_url.rstrip('/')}/auth/oauth/token"
        self._credentials = credentials
        self._timeout = timeout
        self._first_pause = first_pause
        self._renewed = renewed
        self._dated = dated
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
        self._value = str(answer["access_token"])
        refresh = answer.get("refresh_token")
        self._refresh_token = refresh if isinstance(refresh, str) else None
        lifetime = answer.get("expires_in")
        seconds = float(lifetime) if isinstance(lifetime, (int, float)) else float("inf")
        self._renew_at = time.monotonic() + seconds - min(60.0, seconds / 10) if seconds != float("inf") else seconds
        if self._renewed is not None:
            self._renewed(self._value)

    def _answer(self) -> dict[str, object]:
        """The token endpoint's answer: by refresh token when there is one, else (or then) by password."""
        for attempt in range(TRIES):
            if attempt:
                time.sleep(min(10.0, self._first_pause * 2 ** (attempt - 1)))
            with_refresh = self._refresh_token is not None
            status, body = self._post(self._grant())
            if status == 200 and isinstance(body.get("access_token"), str):
                return body
            if with_refresh and 400 <= status < 500 and status != 429:
                self._refresh_token = None
                continue
            if 400 <= status < 500 and status not in (408, 429):
                raise LoginRefused(
                    f"Optiply refused the login at {self._url} (status {status}, {body.get('error', 'no reason')}); "
                    "check username, password, client_id and client_secret."
                )
        raise Outage(f"The token endpoint {self._url} did not answer with a token after {TRIES} tries; try later.")

    def _grant(self) -> dict[str, str]:
        if self._refresh_token is not None:
            return {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        credentials = self._credentials
        return {
            "grant_type": "password",
            "username": str(credentials.username),
            "password": str(credentials.password),
        }

    def _post(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """(status, body) of one token request; status 0 when no usable answer came."""
        self.requests += 1
        basic = (str(self._credentials.client_id), str(self._credentials.client_secret))
        try:
            response = requests.post(self._url, data=form, auth=basic, timeout=self._timeout, allow_redirects=False)
        except requests.RequestException:
            return 0, {}
        if self._dated is not None:
            self._dated(response.headers.get("Date"))
        try:
            body = msgspec.json.decode(response.content)
        except msgspec.DecodeError:
            body = {}
        return response.status_code, body if isinstance(body, dict) else {}


def keep_token(config_file: Path) -> Callable[[str], None]:
    """A function that writes a renewed token into `config_file`, atomically and readable by its owner only."""

    def keep(token: str) -> None:
        try:
            _replace_token(config_file, token)
        except OSError as error:
            logger.warning(
                "The renewed token could not be written to %s: %s. Make it writable, or leave out save_token.",
                config_file.name,
                error.strerror,
            )
        else:
            logger.info("The renewed token was written to %s, as asked.", config_file.name)

    return keep


def _replace_token(config_file: Path, token: str) -> None:
    config = json.loads(config_file.read_text()) | {"access_token": token}
    descriptor, temporary = tempfile.mkstemp(dir=config_file.parent, prefix=".token-")  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        json.dump(config, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, config_file)
