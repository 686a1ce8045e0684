"""Optiply's token endpoint and bearer check, with the error bodies of Spring's OAuth server."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from aiohttp import web

from sandbox.optiply.store import Settings
from sandbox.server.clock import Clock
from sandbox.server.control import json_answer

_NO_USER = "UserDetailsService returned null, which is an interface contract violation"
_SCOPE_OF_METHOD = {"GET": "read", "HEAD": "read", "DELETE": "delete"}


class AuthError(Exception):
    """A refusal by the authorisation layer: a status and Spring's top-level `error` body."""

    def __init__(self, status: int, error: str, description: str) -> None:
        """Keep status, error code and description."""
        super().__init__(status, error, description)
        self.status = status
        self.body = {"error": error, "error_description": description}

    def answer(self) -> web.Response:
        """Return the refusal as an answer."""
        return json_answer(self.body, status=self.status)


class Tokens:
    """Access and refresh tokens, valid for `settings.token_lifetime` seconds of the sandbox's clock.

    They live in memory only: a server started again knows none of the old ones.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Start without tokens."""
        self.clock = clock
        self.settings = settings
        self._expiry: dict[str, datetime] = {}
        self._refresh: set[str] = set()

    async def endpoint(self, request: web.Request) -> web.Response:
        """Answer a token request; parameters are taken from the form and from the query."""
        try:
            self._check_client(request.headers.get("Authorization", ""))
            form = {**request.query, **{k: v for k, v in (await request.post()).items() if isinstance(v, str)}}
            return json_answer(self._grant(form))
        except AuthError as error:
            return error.answer()

    def _check_client(self, header: str) -> None:
        kind, _, encoded = header.partition(" ")
        if kind.lower() != "basic":
            raise AuthError(401, "unauthorized", "Full authentication is required to access this resource")
        try:
            pair = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise AuthError(401, "unauthorized", "Failed to decode basic authentication token") from error
        if pair != f"{self.settings.client_id}:{self.settings.client_secret}":
            raise AuthError(401, "invalid_client", "Bad client credentials")

    def _grant(self, form: Mapping[str, str]) -> dict[str, object]:
        kind = form.get("grant_type")
        if not kind:
            raise AuthError(400, "invalid_request", "Missing grant type")
        if kind == "password":
            if form.get("username") != self.settings.username:
                raise AuthError(401, "unauthorized", _NO_USER)
            if form.get("password") != self.settings.password:
                raise AuthError(400, "invalid_grant", "Bad credentials")
            return self._issue(secrets.token_hex(16))
        if kind == "refresh_token":
            refresh = form.get("refresh_token", "")
            if refresh not in self._refresh:
                raise AuthError(400, "invalid_grant", f"Invalid refresh token: {refresh}")
            return self._issue(refresh)
        raise AuthError(400, "unsupported_grant_type", f"Unsupported grant type: {kind}")

    def _issue(self, refresh: str) -> dict[str, object]:
        token = secrets.token_hex(16)
        lifetime = self.settings.token_lifetime
        self._expiry[token] = self.clock.now() + timedelta(seconds=lifetime)
        self._refresh.add(refresh)
        return {
            "access_token": token,
            "token_type": "bearer",
            "refresh_token": refresh,
            "expires_in": int(lifetime),
            "scope": self.settings.scope,
        }

    def expire_all(self) -> None:
        """Let every access token issued so far be expired from now on; refresh tokens stay good."""
        self._expiry = dict.fromkeys(self._expiry, self.clock.now() - timedelta(seconds=1))

    def check(self, request: web.Request) -> None:
        """Let a request with a valid bearer token pass.

        Raises AuthError: 401 without a valid token, 403 when its scope does not cover the method. As on the real server
        the description repeats the token, so a client must not log it.
        """
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise AuthError(401, "unauthorized", "Full authentication is required to access this resource")
        expiry = self._expiry.get(token)
        if expiry is None:
            raise AuthError(401, "invalid_token", f"Invalid access token: {token}")
        if expiry <= self.clock.now():
            raise AuthError(401, "invalid_token", f"Access token expired: {token}")
        if _SCOPE_OF_METHOD.get(request.method, "write") not in self.settings.scope.split():
            raise AuthError(403, "insufficient_scope", "Insufficient scope for this resource")
