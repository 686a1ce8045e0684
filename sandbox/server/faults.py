"""Faults on request: rules that say which requests go wrong and how, as an aiohttp middleware of every server.

A rule names requests (by method, path, page or a record's text) and chooses among them (the nth, every nth, at most
so many times); then it answers with a status, cuts the connection before or after the server has acted, or delays.
The same middleware adds the configured latency and writes the request log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import msgspec
from aiohttp import web

from sandbox.server.fault_rules import Armed, FaultError, Rule
from sandbox.server.requestlog import Entry, RequestLog, begin

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

CONTROL_PREFIX = "/_sandbox/"
MAINTENANCE_PAGE = (
    "<!DOCTYPE html><html><head><title>Service unavailable</title></head>"
    "<body><h1>We are working on it</h1><p>Please come back later.</p></body></html>"
)


def _first_page(_query: Mapping[str, str]) -> int:
    return 1


def _plain_error(_status: int, text: str) -> object:
    return {"message": text}


@dataclass(frozen=True)
class Dialect:
    """How one API speaks, as far as faults and the log must know it.

    Attributes:
        error: The JSON body of an error with a status and a text.
        page: The number of the page that a list request names by its query; 1 when it names none.
        token_routes: The ends of the routes that hand out tokens: they are no writes.
    """

    error: Callable[[int, str], object] = _plain_error
    page: Callable[[Mapping[str, str]], int] = _first_page
    token_routes: tuple[str, ...] = ()


class Faults:
    """The faults of one server, its latency and its part of the request log.

    Use as `web.Application(middlewares=[faults.middleware])`. Rules of another API are ignored here.
    """

    def __init__(
        self, api: str, log: RequestLog | None = None, latency: float = 0.0, dialect: Dialect | None = None
    ) -> None:
        """Start without faults; `latency` is seconds added to every request."""
        self.api = api
        self.dialect = dialect or Dialect()
        self.log = log if log is not None else RequestLog()
        self.latency = latency
        self.acting_late = 0
        self._armed: list[Armed] = []

    def add(self, *rules: Rule | Mapping[str, Any]) -> None:
        """Set rules, as `Rule` or as the mapping its JSON would give.

        Raises FaultError if a rule has an unknown field or a wrong type.
        """
        try:
            parsed = [rule if isinstance(rule, Rule) else msgspec.convert(rule, Rule) for rule in rules]
        except msgspec.ValidationError as error:
            raise FaultError(f"This is no fault rule: {error}.") from error
        self._armed = self._armed + [
            Armed(rule, self.dialect.page) for rule in parsed if rule.api in (None, self.api)
        ]

    def clear(self) -> None:
        """Remove all rules; requests already delayed stay so."""
        self._armed = []

    def describe(self) -> list[dict[str, Any]]:
        """List the rules with how many requests each concerned (`seen`) and hit (`fired`)."""
        return [{**msgspec.to_builtins(armed.rule), "seen": armed.seen, "fired": armed.fired} for armed in self._armed]

    @property
    def fired(self) -> int:
        """How many requests went wrong by the rules now set."""
        return sum(armed.fired for armed in self._armed)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let a request through, or let it go wrong; always write the log."""
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        try:
            body = await request.read()
        except ConnectionResetError:  # the caller was killed while it spoke
            return web.Response(status=400)
        if self.latency:
            await asyncio.sleep(self.latency)
        rule = self._pick(request, body) if self._armed else None
        if rule is None:
            return await self._act(request, handler, self._entry(request))
        return await self._go_wrong(rule, request, handler)

    def _pick(self, request: web.Request, body: bytes) -> Rule | None:
        query = request.rel_url.raw_query_string
        text = "\n".join((request.path, request.raw_path, query, unquote_plus(query), body.decode("utf-8", "replace")))
        hitting = [armed for armed in self._armed if armed.hits(request, text)]
        if not hitting:
            return None
        hitting[0].fired += 1
        return hitting[0].rule

    def _entry(self, request: web.Request, *, fault: bool = False) -> Entry:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else request.path
        return Entry(
            api=self.api,
            method=request.method,
            route=route,
            token=route.endswith(self.dialect.token_routes),
            path=request.path,
            query=request.rel_url.raw_query_string,
            fault=fault,
        )

    async def _act(
        self, request: web.Request, handler: Handler, entry: Entry, *, log: bool = True
    ) -> web.StreamResponse:
        """Let the server act and note what came of it."""
        entry.status = 500
        begin(entry)
        try:
            response = await handler(request)
            entry.status = response.status
        except web.HTTPException as answer:
            entry.status = answer.status
            raise
        finally:
            entry.acted = entry.status < 400
            if log:
                self.log.add(entry)
        return response

    async def _go_wrong(self, rule: Rule, request: web.Request, handler: Handler) -> web.StreamResponse:
        entry = self._entry(request, fault=True)
        if rule.delay:
            await asyncio.sleep(rule.delay)
        if rule.act_after_cut is not None:
            return await self._act_late(rule.act_after_cut, request, handler, entry)
        if rule.cut is not None:
            return await self._cut(rule.cut, request, handler, entry)
        if rule.status is None and rule.body is None:
            return await self._act(request, handler, entry)
        if rule.acts:
            with suppress(web.HTTPException):
                await self._act(request, handler, entry, log=False)
        entry.status = rule.status or 200
        self.log.add(entry)
        return self._answer(rule, entry.status)

    async def _cut(self, when: str, request: web.Request, handler: Handler, entry: Entry) -> web.StreamResponse:
        answer: web.StreamResponse = web.Response()
        if when != "before":
            with suppress(web.HTTPException):
                answer = await self._act(request, handler, entry, log=False)
        if when == "during" and isinstance(answer, web.Response):
            await _send_half(request, answer)
        entry.status = None
        self.log.add(entry)
        _close(request)
        return web.Response()

    async def _act_late(
        self, seconds: float, request: web.Request, handler: Handler, entry: Entry
    ) -> web.StreamResponse:
        self.log.add(entry)
        _close(request)
        self.acting_late += 1
        try:
            await asyncio.sleep(seconds)
            with suppress(web.HTTPException):
                await self._act(request, handler, entry, log=False)
        finally:
            self.acting_late -= 1
            entry.status = None
        return web.Response()

    def _answer(self, rule: Rule, status: int) -> web.Response:
        if rule.body == "html":
            return web.Response(status=status, text=MAINTENANCE_PAGE, content_type="text/html", headers=rule.headers)
        body: str | bytes | None = rule.body
        if body is None:
            body = msgspec.json.encode(self.dialect.error(status, "A fault of the sandbox."))
        return web.Response(status=status, body=body, content_type="application/json", headers=rule.headers)


def _close(request: web.Request) -> None:
    """Drop the connection without a word, as a crashed proxy does."""
    if request.transport is not None:
        request.transport.abort()


async def _send_half(request: web.Request, answer: web.Response) -> None:
    """Send the head and the first half of a body, then let the caller cut the connection."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    half = web.StreamResponse(status=answer.status, headers={"Content-Type": answer.content_type})
    half.content_length = max(2, len(body))
    await half.prepare(request)
    await half.write(body[: len(body) // 2] or b" ")
    # The bytes must be on their way before the transport is aborted, which throws away what is still buffered.
    await asyncio.sleep(0.02)
