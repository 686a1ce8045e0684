"""How requests prove who sends them: bearer token, and admin login with renewal; OAuth 1.0a is in `oauth.py`.

Source: Magento REST, 2.4.4 and later. Nothing here logs a secret.
"""

import base64
import binascii
from collections.abc import Callable

import msgspec
import requests
from typing_extensions import override

from connector.http.tokens import Granted, SharedToken, Signer

LIFE_WITHOUT_EXPIRY_SECONDS = 50 * 60
SECONDS_BETWEEN_LOGINS = 60
BEARER_REMEDY = (
    "check the integration's access token; since Magento 2.4.4 integration tokens are accepted as bearer only where "
    "Stores > Configuration > Services > OAuth > Consumer Settings > 'Allow OAuth Access Tokens to be used as "
    "standalone Bearer tokens' is Yes; otherwise set use_oauth with consumer_key, consumer_secret and both tokens"
)
LOGIN_REMEDY = (
    "check username and password; after six failures Magento locks the account for half an hour, so wait before "
    "trying again"
)


class Bearer(Signer):
    """An integration's access token, which never expires."""

    remedy = BEARER_REMEDY

    def __init__(self, token: str) -> None:
        self._token = token

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class AdminLogin(SharedToken):
    """An admin's user name and password; a token saved in the configuration is tried first."""

    remedy = LOGIN_REMEDY

    def __init__(self, log_in: Callable[[], str], saved: str | None = None) -> None:
        """`log_in` gets a new token, or raises RunError."""

        def ask() -> Granted:
            token = log_in()
            return token, lifetime(token) or LIFE_WITHOUT_EXPIRY_SECONDS

        super().__init__(ask, saved if saved and lifetime(saved) else None, seconds_between=SECONDS_BETWEEN_LOGINS)


def lifetime(token: str) -> float:
    """For how many seconds a JWT is good, by its own claims (the shop's clock is not ours); 0 when it does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return 0.0
    try:
        claims = msgspec.json.decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return 0.0
    until = _second(claims.get("exp")) if isinstance(claims, dict) else None
    if until is None:
        return 0.0
    since = _second(claims["iat"]) if "iat" in claims else until - LIFE_WITHOUT_EXPIRY_SECONDS
    return 0.0 if since is None else max(0.0, until - since)


def _second(value: object) -> float | None:
    """A moment in a token: seconds since 1970, None for anything else (and after the year 5138)."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e11
    return float(value) if usable else None  # type: ignore[arg-type] # a number by then
