"""Runs the servers of a sandbox on loopback, in one background thread with one event loop.

`Servers` is a context manager for tests and the demo; which servers there are is what it is given.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp import web

from sandbox.server import control
from sandbox.server.api import Api, Ground
from sandbox.server.clock import Clock
from sandbox.server.requestlog import RequestLog
from sandbox.server.state import SandboxError, StateDir

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

HOST = "127.0.0.1"
DEFAULTS = (7, 60, 120)
"""Seed, products and orders of data that nobody asked to be otherwise."""


class _Loop(asyncio.SelectorEventLoop):
    """Holds every connection until it is closed: one that its server has let go of would be found by the collector."""

    def __init__(self) -> None:
        """Begin without connections."""
        super().__init__()
        self.open: list[asyncio.Transport] = []

    def _make_socket_transport(self, *given: Any, **named: Any) -> asyncio.Transport:  # noqa: ANN401 - as the loop's own
        server = named.get("server")
        if server is not None and not server.is_serving():
            named["server"] = None  # accepted as the server was closing, which would refuse a transport half made
        made: asyncio.Transport = super()._make_socket_transport(*given, **named)  # type: ignore[misc]
        self.open = [*(one for one in self.open if one.get_extra_info("socket").fileno() != -1), made]
        return made


class Servers:
    """The servers, running between `with` and its end.

    Args:
        apis: What makes each server, by its name, in the order in which they start.
        seed, products, orders: Their data; when absent those of the state directory, else `DEFAULTS`.
        latency: Seconds added to every request of every server.
        state_dir: Where their data and days are kept; nothing is kept without it.
        ports: The port of a server, by its name; without one, or with 0, a free one is picked.

    Attributes:
        apis: The servers by name, with their data and faults.
        requests: What they were asked.
        clock: Their common time.

    Raises:
        SandboxError: If a port is taken or the state directory holds something else.
    """

    def __init__(
        self,
        apis: Mapping[str, Callable[[Ground], Api]],
        *,
        seed: int | None = None,
        products: int | None = None,
        orders: int | None = None,
        latency: float = 0.0,
        state_dir: Path | None = None,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        """Prepare the servers; they listen from `start` on."""
        self._dir = StateDir(state_dir)
        self._state = self._dir.open(seed, products, orders, DEFAULTS)
        self._ports = ports or {}
        self.clock: Clock = self._state.clock()
        self.requests = RequestLog()
        ground = Ground(self._state, self._dir, self.clock, self.requests, latency)
        self.apis = {name: make(ground) for name, make in apis.items()}
        self._faults = {name: api.faults for name, api in self.apis.items()}
        self._addresses: dict[str, str] = {}
        self._loop = _Loop()
        self._runners: list[web.AppRunner] = []
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        """Start the servers."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers; nothing is left running."""
        self.stop()

    def start(self) -> None:
        """Start the thread and the servers, and return when they listen. Raises SandboxError if a port is taken."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="sandbox", daemon=True)
        self._thread.start()
        listening = False
        try:
            self._call(self._listen())
            listening = True
        finally:
            if not listening:
                self.stop()

    def stop(self) -> None:
        """Close every connection, the loop and the journals."""
        if self._thread is None:
            return
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = None
        self._loop.close()
        for api in self.apis.values():
            api.close()
        self._save()
        self._dir.close()

    async def _listen(self) -> None:
        for name, api in self.apis.items():
            port = await self._serve(api, self._ports.get(name, 0))
            self._listens(name, api.addresses(f"http://{HOST}:{port}"))

    def _listens(self, name: str, addresses: Mapping[str, str]) -> None:
        """Notes where a server listens."""
        self._addresses |= addresses

    async def _serve(self, api: Api, port: int) -> int:
        """Start one server and return its port."""
        app = api.application()
        panel = control.Panel(api.name, self.clock, self._faults, self.requests, api.dump, self._reset, self._next_day)
        control.attach(app, panel)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._runners.append(runner)
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            raise SandboxError(
                f"Port {port} on {HOST} is not free for the {api.name} sandbox: stop the program that uses it, "
                f"or choose another with --{api.name}-port (0 picks a free one)."
            ) from error
        bound: int = runner.addresses[0][1]
        return bound

    async def _close(self) -> None:
        connections = []
        for runner in self._runners:
            for site in list(runner.sites):
                await site.stop()
            for _ in range(4):  # a connection just accepted takes some rounds to be known to the server
                await asyncio.sleep(0)
            assert runner.server is not None
            connections += [handler.transport for handler in runner.server.connections]
            await runner.cleanup()
        self._runners = []
        # What is still delayed by a fault ends here, as it would with the death of a server.
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for connection in [*connections, *self._loop.open]:
            if connection is not None:
                connection.abort()
        # Connections that were cut are closed in the loop's next round.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the servers' loop and return its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    def call(self, work: Callable[[], T]) -> T:
        """Do something between two requests, in the thread of the servers, and return its result."""

        async def act() -> T:
            return work()

        return self._call(act())

    def next_day(self, days: int = 1) -> Mapping[str, Any]:
        """Move the clock and all data on, as the control endpoint does, and return what changed."""
        return self.call(lambda: self._next_day(days))

    def _next_day(self, days: int) -> Mapping[str, Any]:
        self._state.days += days
        self.clock.advance(days=days)
        self._save()
        changes: dict[str, Any] = {}
        for api in self.apis.values():
            changes |= api.next_day(self._state.days - days, days)
        return {"now": self.clock.now().isoformat(), "days": self._state.days, "changes": changes}

    def _save(self) -> None:
        self._state.elapsed = self.clock.elapsed().total_seconds()
        self._dir.save(self._state)

    def reset(self) -> None:
        """Put the servers back to day 0: the data they began with, no faults, an empty log."""
        self.call(self._reset)

    def _reset(self) -> None:
        self.clock.moved = timedelta(0)
        self._state.days = 0
        self._save()
        self.requests.clear()
        for api in self.apis.values():
            api.faults.clear()
            api.moments.clear()
            api.reset()

    def addresses(self) -> dict[str, str]:
        """Return the addresses of the servers that run, by the name of the setting that takes each."""
        return dict(self._addresses)
