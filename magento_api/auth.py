"""How requests prove who sends them: bearer token, admin login with renewal, OAuth 1.0a.

Source: Magento REST, 2.4.4 and later. Nothing here logs a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec
import requests
from oauthlib.common import Request
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client
from requests_oauthlib import OAuth1
from typing_extensions import override

from connector.http.tokens import Granted, SharedToken, Signer

LIFE_WITHOUT_EXPIRY_SECONDS = 50 * 60
SECONDS_BETWEEN_LOGINS = 60
LAMINAS_PLAIN = "-_.~:@&=+$,/;"
BEARER_REMEDY = (
    "check the integration's access token; since Magento 2.4.4 integration tokens are accepted as bearer only where "
    "Stores > Configuration > Services > OAuth > Consumer Settings > 'Allow OAuth Access Tokens to be used as "
    "standalone Bearer tokens' is Yes; otherwise set use_oauth with consumer_key, consumer_secret and both tokens"
)
LOGIN_REMEDY = (
    "check username and password; after six failures Magento locks the account for half an hour, so wait before "
    "trying again"
)
OAUTH_REMEDY = "check consumer_key, consumer_secret, oauth_token and oauth_token_secret of the integration"


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


class MagentoOAuthClient(Client):  # type: ignore[misc] # the library has no types
    """Signs the path as Magento reads it: Laminas decodes the plain characters of a path before the server signs it."""

    def get_oauth_signature(self, request: Request) -> str:
        """The signature of a request, over its normalised address."""
        sent = request.uri
        parts = urlsplit(sent)
        request.uri = urlunsplit(parts._replace(path=laminas_path(parts.path)))
        try:
            signed: str = super().get_oauth_signature(request)
            return signed
        finally:
            request.uri = sent


def oauth(config: Mapping[str, Any]) -> Signer:
    """OAuth 1.0a with HMAC-SHA256, the only method Magento accepts; a new nonce and timestamp for every attempt."""
    return OAuthSigner(
        OAuth1(
            config.get("consumer_key"),
            client_secret=config.get("consumer_secret"),
            resource_owner_key=config.get("oauth_token") or config.get("access_token"),
            resource_owner_secret=config.get("oauth_token_secret") or config.get("access_token_secret"),
            signature_method=SIGNATURE_HMAC_SHA256,
            client_class=MagentoOAuthClient,
        )
    )


class OAuthSigner(Signer):
    """An integration's four keys."""

    remedy = OAUTH_REMEDY

    def __init__(self, inner: OAuth1) -> None:
        self._inner = inner
        self._lock = threading.Lock()

    @override
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Signs the request's method, address and query; the signature library keeps state, hence the lock."""
        with self._lock:
            signed: requests.PreparedRequest = self._inner(request)
        return signed


def laminas_path(path: str) -> str:
    """A path as Laminas normalises it: %XX of a plain character is decoded, % stays bare before two hex digits."""

    def plain(match: re.Match[str]) -> str:
        character = unquote(match.group())
        if len(character) == 1 and character.isascii() and (character.isalnum() or character in LAMINAS_PLAIN):
            return character
        return match.group().upper()

    decoded = re.sub(r"%[0-9A-Fa-f]{2}", plain, path)
    return re.sub(r"%25(?=[0-9A-Fa-f]{2})", "%", decoded)


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
