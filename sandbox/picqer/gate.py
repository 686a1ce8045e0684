"""What every request to the Picqer sandbox passes: user agent, key, rate limit, rights; and how errors are worded."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from sandbox.picqer.errors import FAULT, NOT_FOR_KEY, RATE_LIMIT, PicqerError
from sandbox.picqer.rate import Limiter
from sandbox.picqer.store import PicqerStore
from sandbox.server.oddities import OddAnswerError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

API_PREFIX = "/api/v1"


def answer(body: object, status: int = 200) -> web.Response:
    """Answer with a value as JSON."""
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")


class Gate:
    """The checks in the order in which Picqer makes them, as a middleware."""

    def __init__(self, store: PicqerStore, limiter: Limiter) -> None:
        """Guard an account."""
        self.store = store
        self.limiter = limiter

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check a request of the API, and write its changes to the journal before it is answered."""
        if not request.path.startswith(API_PREFIX + "/"):
            return await handler(request)
        headers: dict[str, str] = {}
        try:
            key = self._sign_in(request)
            self._count(key, headers)
            self._check_rights(request)
            response = await handler(request)
        except PicqerError as error:
            response = answer(error.body(), error.status)
        except OddAnswerError as error:
            response = answer(PicqerError(FAULT, "Unknown application error").body(), error.status)
        except web.HTTPException as error:
            response = answer(PicqerError(None, error.reason).body(), error.status)
        self.store.flush()
        response.headers.update(headers)
        return response

    def _sign_in(self, request: web.Request) -> str:
        settings = self.store.settings
        if settings.require_user_agent and not request.headers.get("User-Agent", "").strip():
            raise PicqerError(None, "A User-Agent header is required", 400)
        key = _user_name(request.headers.get("Authorization", ""))
        if key not in (settings.api_key, settings.fulfilment_key):
            raise PicqerError(None, "Authentication failed: wrong API key", 401)
        return key

    def _count(self, key: str, headers: dict[str, str]) -> None:
        remaining, wait = self.limiter.take(key)
        headers["X-RateLimit-Limit"] = str(self.store.settings.rate_limit)
        headers["X-RateLimit-Remaining"] = str(remaining)
        if wait is not None:
            if self.store.settings.retry_after:
                headers["Retry-After"] = str(wait)
            raise PicqerError(RATE_LIMIT, "Rate limit exceeded")

    def _check_rights(self, request: web.Request) -> None:
        resource = request.path[len(API_PREFIX) + 1 :].split("/")[0]
        if resource in self.store.settings.withdrawn:
            raise PicqerError(None, "Not Found", 404)
        if customer_of(request, self.store) is not None and resource in self.store.settings.refused_to_fulfilment:
            raise PicqerError(NOT_FOR_KEY, f"{resource.capitalize()} are not available for this API key")


def customer_of(request: web.Request, store: PicqerStore) -> int | None:
    """Return the fulfilment customer whose rows the key of a request is for, None for a key of the whole account."""
    scoped = _user_name(request.headers.get("Authorization", "")) == store.settings.fulfilment_key
    return store.settings.fulfilment_customer if scoped else None


def _user_name(header: str) -> str:
    """Return the user name of Basic auth; the password does not matter."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
