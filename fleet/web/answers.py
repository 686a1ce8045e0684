"""What every answer of the page has: the guard before it, headers on it, and a sentence where something is wrong."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import quote

import psycopg
from aiohttp import web
from psycopg_pool import PoolTimeout

from connector.errors import ProgramError
from fleet.web.guard import HEADERS, Guard
from fleet.web.html import page

LOGGER = logging.getLogger("optiply-fleet.web")
PROGRAMS = frozenset({"healthz", "metrics"})
"""Names of the routes that programs ask: they are answered in plain text."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def html(text: str, request: web.Request) -> web.Response:
    """A page, or 304 for whoever has this one already."""
    tag = f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers={"ETag": tag})
    return web.Response(text=text, content_type="text/html", charset="utf-8", headers={"ETag": tag})


class Answers:
    """Around every handler."""

    def __init__(self, guard: Guard) -> None:
        """`guard` says who may ask what."""
        self._guard = guard

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """The handler's answer, or a sentence in its place."""
        kind = request.match_info.route.name or "other"
        try:
            response = await self._checked(request, handler, kind)
        except web.HTTPException as error:
            response = _said(kind, error.status, error.reason)
        except (psycopg.OperationalError, PoolTimeout):
            LOGGER.exception("the fleet's database cannot be reached")
            response = _said(kind, 503, "The fleet's database cannot be reached; see that it runs.")
        except psycopg.errors.UndefinedTable:
            response = _said(kind, 503, "The database holds no fleet yet; run optiply-fleet init first.")
        except ProgramError as error:
            response = _said(kind, 409, str(error))
        except asyncio.TimeoutError:
            response = _said(kind, 408, "What was sent did not come in time.")
        response.headers.update(HEADERS)
        LOGGER.debug("%s %s %d", request.method if request.method in {"GET", "POST"} else "?", kind, response.status)
        return response

    async def _checked(self, request: web.Request, handler: Handler, kind: str) -> web.StreamResponse:
        self._guard.check_host(request)
        if not self._guard.is_known(request):
            if request.method == "GET" and kind not in PROGRAMS:
                place = f"/login?next={quote(request.path_qs, safe='/')}"
                return web.Response(status=303, headers={"Location": place})
            raise web.HTTPUnauthorized(reason="Show the token: 'Authorization: Bearer …', or sign in at /login")
        self._guard.check_origin(request)
        return await handler(request)


def _said(kind: str, status: int, sentence: str) -> web.Response:
    text = f"{sentence.rstrip('.')}."
    if kind in PROGRAMS:
        return web.Response(status=status, text=f"{text}\n")
    title = HTTPStatus(status).phrase
    return web.Response(
        status=status, text=page("said.html", title=title, sentence=text), content_type="text/html", charset="utf-8"
    )
