"""What every request to the EasyEcom sandbox passes: key, limits and token; and how refusals are worded."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from sandbox.easyecom.errors import INVALID_TOKEN, CrashError, EasyError
from sandbox.easyecom.rate import Limiter
from sandbox.easyecom.rows import Location
from sandbox.easyecom.store import EasyStore
from sandbox.easyecom.tokens import Tokens
from sandbox.server.faults import CONTROL_PREFIX
from sandbox.server.oddities import OddAnswerError

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

LOGIN = "/access/token"
_CRASHED = "<!DOCTYPE html><html><head><title>Whoops</title></head><body><h1>Server Error</h1></body></html>"


def answer(body: object, status: int = 200) -> web.Response:
    """Answer with a value as JSON."""
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")


_LOCATION: ContextVar[Location] = ContextVar("location of the token of the request being answered")


def location_of_caller() -> Location:
    """Return the location of the token of the request that is being answered."""
    return _LOCATION.get()


class Gate:
    """The checks, as a middleware."""

    def __init__(self, store: EasyStore, limiter: Limiter, tokens: Tokens) -> None:
        """Guard an account."""
        self.store, self.limiter, self.tokens = store, limiter, tokens

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Check a request, and write its changes to the journal before it is answered."""
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        try:
            self._check_key(request)
            wait = self.limiter.take()
            if wait is not None:
                return self._throttle(wait)
            if request.path != LOGIN:
                _LOCATION.set(self.tokens.read(request.headers.get("Authorization", "")))
            response = await handler(request)
        except EasyError as error:
            response = answer(error.body(), error.http)
        except OddAnswerError as error:
            response = answer(EasyError(error.status, "Something went wrong").body(), error.status)
        except CrashError:
            response = web.Response(status=500, text=_CRASHED, content_type="text/html")
        except web.HTTPException as error:
            response = answer(EasyError(error.status, error.reason).body(), error.status)
        self.store.flush()
        return response

    def _check_key(self, request: web.Request) -> None:
        if request.headers.get("x-api-key", "") == self.store.settings.x_api_key:
            return
        if self.store.settings.key_needed == "always":
            raise EasyError(401, INVALID_TOKEN, 401)
        if request.path.startswith("/Products/"):
            raise EasyError(403, "Forbidden", 403)

    def _throttle(self, wait: int) -> web.Response:
        status = self.store.settings.throttle_status
        response = answer(EasyError(status, "Too Many Requests").body(), status)
        if self.store.settings.retry_after:
            response.headers["Retry-After"] = str(wait)
        return response
