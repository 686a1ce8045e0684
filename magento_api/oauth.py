"""OAuth 1.0a as Magento reads it, in a module of its own: its libraries are loaded only where it is used."""

import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from oauthlib.common import Request
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, Client
from requests_oauthlib import OAuth1
from typing_extensions import override

from connector.http.tokens import Signer

LAMINAS_PLAIN = "-_.~:@&=+$,/;"
OAUTH_REMEDY = "check consumer_key, consumer_secret, oauth_token and oauth_token_secret of the integration"


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
