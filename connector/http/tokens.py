"""How requests prove who sends them: what a signer offers, and one token that all workers share."""

import base64
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

import requests
from typing_extensions import override

from connector.errors import RunError

RENEW_AHEAD_SECONDS = 60.0
RENEW_AHEAD_SHARE = 0.1
Granted: TypeAlias = tuple[str, float]
"""A new token and for how many seconds it is good."""


class Signer:
    """What every way of signing offers: a signature for each attempt, a renewal, a remedy in words."""

    remedy = ""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Signs one attempt; by itself not at all."""
        return request

    def renew(self, _used: str | None) -> bool:
        """Gets a new token after a refusal of the header `_used`; False where there is none to get."""
        return False


class ApiKey(Signer):
    """A key as the user name of Basic authentication; the password means nothing."""

    def __init__(self, key: str, remedy: str) -> None:
        """`remedy`: where such keys are found."""
        self.remedy = remedy
        self._header = "Basic " + base64.b64encode(f"{key}:x".encode()).decode()

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        request.headers["Authorization"] = self._header
        return request


class FixedHeaders(Signer):
    """The same headers for every request."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Their names and values."""
        self._headers = dict(headers)

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds them."""
        request.headers.update(self._headers)
        return request


class SharedToken(Signer):
    """A token that is asked for once, renewed before it ends and after a refusal, by the first worker for all.

    One that was saved is tried first. With `seconds_between` refusals cause few logins, for accounts may lock: one
    spare renewal, then at most one in that time.
    """

    def __init__(self, ask: Callable[[], Granted], saved: str | None = None, *, seconds_between: float = 0.0) -> None:
        """`ask` gets a new token, or raises RunError."""
        self._ask = ask
        self._token = saved
        self._seconds_between = seconds_between
        self._refused: RunError | None = None
        self._until = float("inf")
        self._since = float("-inf")
        self._spare = 1
        self._lock = threading.Lock()

    def token(self) -> str:
        """The token of now, asked for when there is none or it is about to end.

        Raises RunError when the login fails; further calls raise it again without asking.
        """
        with self._lock:
            if self._refused:
                raise self._refused
            if self._token is None or time.monotonic() >= self._until:
                try:
                    self._token, life = self._ask()
                except RunError as error:
                    self._refused = error
                    raise
                self._since = time.monotonic()
                self._until = self._since + life - min(RENEW_AHEAD_SECONDS, life * RENEW_AHEAD_SHARE)
            return self._token

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        request.headers["Authorization"] = f"Bearer {self.token()}"
        return request

    @override
    def renew(self, used: str | None) -> bool:
        """Drops the token that was refused; True where another attempt makes sense."""
        with self._lock:
            if used is None:
                return False
            if self._token is None or used != f"Bearer {self._token}":
                return True
            if time.monotonic() - self._since < self._seconds_between:
                if not self._spare:
                    return False
                self._spare -= 1
            self._token = None
            return True
