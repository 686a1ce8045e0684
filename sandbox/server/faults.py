"""Faults on request: rules that say which requests go wrong and how, as an aiohttp middleware of both servers.

A rule names requests (by method, path, page or a record's text) and chooses among them (the nth, every nth, at most
so many times); then it answers with a status, cuts the connection before or after the server has acted, or delays.
The same middleware adds the configured latency and writes the request log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
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


class Faults:
    """The faults of one server, its latency and its part of the request log.

    Use as `web.Application(middlewares=[faults.middleware])`. Rules of the other API are ignored here.
    """

    def __init__(
        self, api: Literal["magento", "optiply", "picqer"], log: RequestLog | None = None, latency: float = 0.0
    ) -> None:
        """Start without faults; `latency` is seconds added to every request."""
        self.api = api
        self.log = log if log is not None else RequestLog()
        self.latency = latency
        self.acting_late = 0
        self._armed: list[Armed] = []

    def add(self, *rules: Rule | Mapping[str, Any]) -> None:
        """Set rules, as `Rule` or as the mapping its JSON would give.

        Raises:
            FaultError: If a rule has an unknown field or a wrong type.
        """
        try:
            parsed = [rule if isinstance(rule, Rule) else msgspec.convert(rule, Rule) for rule in rules]
        except msgspec.ValidationError as error:
            raise FaultError(f"This is no fault rule: {error}.") from error
        self._armed = self._armed + [Armed(rule) for rule in parsed if rule.api in (None, self.api)]

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
        return Entry(
            api=self.api,
            method=request.method,
            route=resource.canonical if resource is not None else request.path,
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
        text = rule.body if rule.body is not None else _error_body(self.api, status)
        return web.Response(status=status, text=text, content_type="application/json", headers=rule.headers)


def _error_body(api: str, status: int) -> str:
    """Return an error body as the API itself would word it."""
    text = "A fault of the sandbox."
    if api == "magento":
        return msgspec.json.encode({"message": text}).decode()
    if api == "picqer":
        code = {404: 20, 429: 28, 500: 1}.get(status)
        return msgspec.json.encode({"error": True, "error_code": code, "error_message": text}).decode()
    if status == 401:
        return msgspec.json.encode({"error": "invalid_token", "error_description": text}).decode()
    error = {"status": str(status), "title": "FAULT", "detail": text, "meta": {"message": text}}
    return msgspec.json.encode({"errors": [error]}).decode()


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
