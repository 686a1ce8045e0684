"""A token that lasts longer than a run: kept between runs, and got anew no sooner than a system's logins may follow."""

import time
from collections.abc import Callable, Mapping

import requests
from typing_extensions import override

from connector.errors import Stopped
from connector.http.pool import Pool
from connector.http.tokens import RENEW_AHEAD_SECONDS, Granted, SharedToken
from connector.kept import Kept

TOKENS = "tokens"


class KeptToken(SharedToken):
    """The token of one `name`, shared by all workers and by the programs that use the same file.

    `apart`: seconds between two logins. `headers` go with the token into every request. One spare login follows a
    refusal; a token that is refused soon after it was got is no good, and another one would not be.
    """

    def __init__(
        self,
        kept: Kept,
        name: str,
        log_in: Callable[[], Granted],
        headers: Mapping[str, str],
        apart: float,
        pool: Pool,
    ) -> None:
        """`log_in` gets a new token, or raises RunError; `pool` says when the run is to stop."""
        super().__init__(self._another, seconds_between=2 * apart)
        self._kept, self._name, self._log_in = kept, name, log_in
        self._headers, self._apart, self._pool = dict(headers), apart, pool
        self._bad: str | None = None

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the headers."""
        request.headers.update(self._headers)
        return super().__call__(request)

    @override
    def renew(self, used: str | None) -> bool:
        if used is not None:
            self._bad = used.removeprefix("Bearer ")
        return super().renew(used)

    def _another(self) -> Granted:
        """The kept token, unless that is refused or about to end; else one from a login, as soon as that may be."""
        entry, now = self._kept.part(TOKENS, self._name), time.time()
        token, until, asked = entry.get("token"), _seconds(entry.get("until")), _seconds(entry.get("asked"))
        if isinstance(token, str) and token != self._bad and until - now > 2 * RENEW_AHEAD_SECONDS:
            return token, until - now
        wait = min(asked + self._apart - now, self._apart)
        if wait > 0 and self._pool.stopping.wait(wait):
            raise Stopped
        with self._kept.changing(TOKENS, self._name) as noted:
            noted.clear()
            noted["asked"] = time.time()
        token, life = self._log_in()
        with self._kept.changing(TOKENS, self._name) as noted:
            noted.update(token=token, until=time.time() + life)
        return token, life


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
