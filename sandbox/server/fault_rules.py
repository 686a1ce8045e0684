"""Rules for faults on request: which requests go wrong, how often, and what happens to them."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal

import msgspec
from aiohttp import web


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

    api: str | None = None
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

    Raises FaultError if the JSON is no rule; the text names the field.
    """
    try:
        return msgspec.json.decode(b"[" + data + b"]" if data.lstrip()[:1] == b"{" else data, type=list[Rule])
    except msgspec.DecodeError as error:
        raise FaultError(f"This is no list of fault rules: {error}.") from error


class Armed:
    """A rule that has been set, with its counters: `seen` requests concerned, `fired` requests hit."""

    def __init__(self, rule: Rule, page: Callable[[Mapping[str, str]], int]) -> None:
        """Set a rule; `page` reads the number of a page from a query.

        Raises FaultError if its path is no regular expression.
        """
        try:
            self.pattern = re.compile(rule.path) if rule.path is not None else None
        except re.error as error:
            raise FaultError(f"The path {rule.path!r} of a fault rule is no regular expression: {error}.") from error
        self.rule = rule
        self.page = page
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
        named = self.page(request.query)
        if named > 1 or "offset" in request.query:
            return named
        self._first_pages[request.path] += 1
        return self._first_pages[request.path]
