"""Faults on request: rules that say which requests go wrong and how, as an aiohttp middleware of both servers.

A rule names requests (by method, path, page or a record's text) and chooses among them (the nth, every nth, at most
so many times); then it answers with a status, cuts the connection before or after the server has acted, or delays.
The same middleware adds the configured latency and writes the request log.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote_plus

import msgspec
from aiohttp import web

from sandbox.requestlog import Entry, RequestLog, begin

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

CONTROL_PREFIX = "/_sandbox/"
MAINTENANCE_PAGE = (
    "<!DOCTYPE html><html><head><title>Service unavailable</title></head>"
    "<body><h1>We are working on it</h1><p>Please come back later.</p></body></html>"
)


class FaultError(ValueError):
    """A fault rule that cannot be used; the text says which field is wrong."""


class Rule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault: which requests it concerns, which of those it hits, and what happens to them.

    Which: `api`, `method`, `path` (regular expression found in the path), `record` (text found in the path, the query
    or the body), `page` (the page number the request names, or, where every request names the first page as keyset
    reading does, how many such requests the path has seen since the rule was set).
    How often: `nth` (numbers from 1 among the requests concerned), `every` (each nth of them), `times` (at most).
    What: `delay` seconds, then one of: `status` with `headers` and `body` (`"html"` is a maintenance page), without
    acting unless `acts`; `cut` the connection `before` the server acts, `after` it, or `during` its answer (half the
    body arrives); `act_after_cut` closes the connection at once and acts that many seconds later.
    """

    api: Literal["magento", "optiply"] | None = None
    method: str | None = None
    path: str | None = None
    record: str | None = None
    page: int | None = None
    nth: int | list[int] | None = None
    every: int | None = None
    times: int | None = None
    delay: float | None = None
    status: int | None = None
    headers: dict[str, str] = {}
    body: str | None = None
    acts: bool = False
    cut: Literal["before", "after", "during"] | None = None
    act_after_cut: float | None = None


def rules_from_json(data: bytes) -> list[Rule]:
    """Read one rule or a list of rules from JSON.

    Raises:
        FaultError: If the JSON is no rule; the text names the field.
    """
    try:
        return msgspec.json.decode(b"[" + data + b"]" if data.lstrip()[:1] == b"{" else data, type=list[Rule])
    except msgspec.DecodeError as error:
        raise FaultError(f"This is no list of fault rules: {error}.") from error


class _Armed:
    """A rule that has been set, with its counters."""

    def __init__(self, rule: Rule) -> None:
        try:
            self.pattern = re.compile(rule.path) if rule.path is not None else None
        except re.error as error:
            raise FaultError(f"The path {rule.path!r} of a fault rule is no regular expression: {error}.") from error
        self.rule = rule
        self.nth = {rule.nth} if isinstance(rule.nth, int) else set(rule.nth or ())
        self.seen = 0
        self.fired = 0
        self._first_pages: Counter[str] = Counter()

    def hits(self, request: web.Request, text: str) -> bool:
        """Count the request if the rule concerns it, and say whether it is one of those to go wrong."""
        if not self._concerns(request, text):
            return False
        self.seen += 1
        rule = self.rule
        if rule.times is not None and self.fired >= rule.times:
            return False
        if self.nth or rule.every:
            return self.seen in self.nth or bool(rule.every and self.seen % rule.every == 0)
        return True

    def _concerns(self, request: web.Request, text: str) -> bool:
        rule = self.rule
        return (
            (rule.method is None or rule.method.upper() == request.method)
            and (self.pattern is None or self.pattern.search(request.path) is not None)
            and (rule.record is None or rule.record in text)
            and (rule.page is None or rule.page == self._page(request))
        )

    def _page(self, request: web.Request) -> int:
        named = _named_page(request.query)
        if named > 1:
            return named
        self._first_pages[request.path] += 1
        return self._first_pages[request.path]


def _named_page(query: Mapping[str, str]) -> int:
    """Return the page a list request asks for, 1 when it names none."""
    current = query.get("searchCriteria[currentPage]") or query.get("searchCriteria[current_page]")
    if current is not None:
        return int(current) if current.isdigit() else 1
    offset, limit = query.get("page[offset]", "0"), query.get("page[limit]", "50")
    if offset.isdigit() and limit.isdigit() and int(limit) > 0:
        return int(offset) // int(limit) + 1
    return 1


class Faults:
    """The faults of one server, its latency and its part of the request log.

    Use as `web.Application(middlewares=[faults.middleware])`. Rules of the other API are ignored here.
    """

    def __init__(self, api: Literal["magento", "optiply"], log: RequestLog | None = None, latency: float = 0.0) -> None:
        """Start without faults; `latency` is seconds added to every request."""
        self.api = api
        self.log = log if log is not None else RequestLog()
        self.latency = latency
        self.acting_late = 0
        self._armed: list[_Armed] = []

    def add(self, *rules: Rule | Mapping[str, Any]) -> None:
        """Set rules, as `Rule` or as the mapping its JSON would give.

        Raises:
            FaultError: If a rule has an unknown field or a wrong type.
        """
        try:
            parsed = [rule if isinstance(rule, Rule) else msgspec.convert(rule, Rule) for rule in rules]
        except msgspec.ValidationError as error:
            raise FaultError(f"This is no fault rule: {error}.") from error
        self._armed = self._armed + [_Armed(rule) for rule in parsed if rule.api in (None, self.api)]

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
        body = await request.read()
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
