"""Hangs up on connections whose first request never comes whole; aiohttp itself waits for it without an end.

What follows a first request is limited by aiohttp's own keep-alive time.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web


class Silent:
    """The connections of a server that have not asked anything yet, and for how long (seconds) they may stay so."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._heard: set[web.RequestHandler] = set()

    @web.middleware
    async def heard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The outermost middleware of an application: its connection has asked something."""
        self._heard.add(request.protocol)
        return await handler(request)

    async def watch(self, server: web.Server) -> None:
        """Closes those that have been silent for too long, for as long as it is not cancelled."""
        since: dict[web.RequestHandler, float] = {}
        while True:
            now = asyncio.get_running_loop().time()
            connections = set(server.connections)
            self._heard &= connections
            since = {one: since.get(one, now) for one in connections - self._heard}
            for one, first_seen in since.items():
                if now - first_seen >= self._seconds:
                    one.force_close()
            await asyncio.sleep(self._seconds / 4)
