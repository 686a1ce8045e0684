"""What happens between two requests: work set for the moment before or after one of them, as a middleware."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

from sandbox.server.faults import CONTROL_PREFIX

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler


@dataclass
class _Moment:
    work: Callable[[], object]
    method: str | None
    path: re.Pattern[str]
    nth: int
    after: bool

    def has_come(self, request: web.Request) -> bool:
        """Count a request that is meant, and say whether it is the one."""
        if self.method not in (None, request.method) or not self.path.search(request.path):
            return False
        self.nth -= 1
        return self.nth == 0


class Moments:
    """Work that waits for a request to one server; each piece is done once."""

    def __init__(self) -> None:
        """Start with nothing waiting."""
        self._waiting: list[_Moment] = []

    def on(
        self,
        work: Callable[[], object],
        *,
        method: str | None = None,
        path: str = "",
        nth: int = 1,
        after: bool = False,
    ) -> None:
        """Set work for the nth request from now on whose method and path (a regular expression) fit.

        It is done before the server acts on that request, or with `after` when it has acted and not yet answered.

        Raises:
            re.error: If the path is not a regular expression.
        """
        self._waiting = [*self._waiting, _Moment(work, method and method.upper(), re.compile(path), nth, after)]

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting = []

    @property
    def waiting(self) -> int:
        """How many pieces of work still wait for their request."""
        return len(self._waiting)

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Do what waits for this request."""
        if not self._waiting or request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        come = [moment for moment in self._waiting if moment.has_come(request)]
        self._waiting = [moment for moment in self._waiting if moment not in come]
        for moment in come:
            if not moment.after:
                moment.work()
        response = await handler(request)
        for moment in come:
            if moment.after:
                moment.work()
        return response
