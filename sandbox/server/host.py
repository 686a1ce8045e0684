"""Hosts servers on loopback: one background thread with one event loop, in which all of them listen and end."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from aiohttp import web

from sandbox.server.state import SandboxError

T = TypeVar("T")

HOST = "127.0.0.1"


class Host:
    """A thread that runs any number of servers between `start` and `stop`."""

    def __init__(self) -> None:
        """Prepare the loop; nothing runs yet."""
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close every connection and the loop, and end the thread."""
        if self._thread is None:
            return
        self.call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = None
        self._loop.close()

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the servers' loop and return its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    async def serve(self, app: web.Application, api: str, port: int) -> int:
        """Let an app listen and return its port; 0 picks a free one.

        Raises:
            SandboxError: If the port is taken.
        """
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise SandboxError(
                f"Port {port} on {HOST} is not free for the {api} sandbox: stop the program that uses it, "
                f"or choose another with --{api}-port (0 picks a free one)."
            ) from error
        bound: int = runner.addresses[0][1]
        return bound

    async def _close(self) -> None:
        connections = []
        for runner in self._runners:
            for site in list(runner.sites):
                await site.stop()
            await asyncio.sleep(0)  # connections just accepted are known to the server after this
            assert runner.server is not None
            connections += [handler.transport for handler in runner.server.connections]
            await runner.cleanup()
        self._runners = []
        # What is still delayed by a fault ends here, as it would with the death of a server.
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for connection in connections:
            if connection is not None:
                connection.abort()
        # Connections that were cut are closed in the loop's next round.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
