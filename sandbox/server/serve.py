"""Runs the sandbox: its servers on loopback, in one background thread with one event loop.

`Sandbox` is a context manager for tests and the demo; `python -m sandbox serve` is the same as a command.
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

from sandbox.optiply import app as optiply
from sandbox.optiply.auth import Tokens
from sandbox.optiply.store import OptiplyStore, Settings
from sandbox.server import control
from sandbox.server.clock import Clock
from sandbox.server.faults import Faults
from sandbox.server.requestlog import RequestLog
from sandbox.server.state import SandboxError, StateDir

if TYPE_CHECKING:
    from sandbox.magento.call import Server
    from sandbox.picqer.account import Size
    from sandbox.picqer.running import Account
    from sandbox.picqer.store import PicqerStore
    from sandbox.shop.shop import Shop

T = TypeVar("T")

HOST = "127.0.0.1"
DEFAULTS = (7, 60, 120)
"""Seed, products and orders of a shop nobody asked to be otherwise."""

ADMIN_TOKEN = "sandbox-integration-token"
ADMIN_USER = "admin"
ADMIN_PASSWORD = "sandbox-password"


class Sandbox:
    """The servers, running between `with` and its end.

    Args:
        seed, products, orders: The shop; when absent those of the state directory, else `DEFAULTS`.
        latency: Seconds added to every request of both servers.
        state_dir: Where Optiply's objects and the shop's days are kept; nothing is kept without it.
        ports: Magento's and Optiply's port; 0 picks a free one.
        magento: False starts Optiply alone, which needs no shop.
        settings: How Optiply behaves.
        picqer: True starts Picqer too, with an account of as many products and orders; a `Size` says more exactly.
        picqer_port: Picqer's port.

    Attributes:
        magento_url: The shop's address (`store_url`), without a path.
        optiply_url: The API's address with `/v1` (`api_url`).
        picqer_url: The address of Picqer's account (`picqer_url`), without a path.
        auth_url: The address before `/auth/oauth/token`.
        shop, optiply: The data of the two servers.
        account: Picqer's account while there is one, with its faults and its rate limit.
        magento: Magento's server while it runs; its `settings` say how that Magento is configured.
        faults_magento, faults_optiply: Their faults and latency.
        requests: What they were asked.
        clock: Their common time.
        tokens: Optiply's tokens.

    Raises:
        SandboxError: If a port is taken or the state directory holds something else.
    """

    def __init__(
        self,
        seed: int | None = None,
        products: int | None = None,
        orders: int | None = None,
        latency: float = 0.0,
        state_dir: Path | None = None,
        ports: tuple[int, int] = (0, 0),
        *,
        magento: bool = True,
        settings: Settings | None = None,
        picqer: bool | Size = False,
        picqer_port: int = 0,
    ) -> None:
        """Prepare the servers; they listen from `start` on."""
        self._dir = StateDir(state_dir)
        self._state = self._dir.open(seed, products, orders, DEFAULTS)
        self._ports = (*ports, picqer_port)
        self.clock: Clock = self._state.clock()
        self.requests = RequestLog()
        self.faults_magento = Faults("magento", self.requests, latency)
        self.faults_optiply = Faults("optiply", self.requests, latency)
        self.optiply = OptiplyStore(self.clock, self._dir.file("optiply.jsonl"), settings)
        self.shop: Shop | None = self._make_shop() if magento else None
        self.magento: Server | None = None
        self.account: Account | None = self._make_account(picqer, latency) if picqer else None
        self.magento_url = self.optiply_url = self.auth_url = self.picqer_url = ""
        self._loop = asyncio.new_event_loop()
        self._runners: list[web.AppRunner] = []
        self._thread: threading.Thread | None = None

    def _make_shop(self) -> Shop:
        from sandbox.shop.shop import Shop

        shop = Shop(seed=self._state.seed, products=self._state.products, orders=self._state.orders)
        if self._state.days:
            shop.next_day(self._state.days)
        return shop

    def _make_account(self, picqer: bool | Size, latency: float) -> Account:
        from sandbox.picqer.account import Size
        from sandbox.picqer.running import Account, Seed

        state = self._state
        size = picqer if isinstance(picqer, Size) else Size.of(state.products, state.orders)
        faults = Faults("picqer", self.requests, latency)
        return Account(self.clock, faults, Seed(state.seed, size), state.days, self._dir.file("picqer.jsonl"))

    @property
    def picqer(self) -> PicqerStore:
        """Picqer's data and settings.

        Raises:
            SandboxError: If no Picqer was asked for.
        """
        if self.account is None:
            raise SandboxError("This sandbox runs no Picqer: ask for it with picqer=True.")
        return self.account.store

    def __enter__(self) -> Sandbox:
        """Start the servers."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers; nothing is left running."""
        self.stop()

    def start(self) -> None:
        """Start the thread and the servers, and return when they listen.

        Raises:
            SandboxError: If a port is taken.
        """
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
        """Close every connection, the loop and the journal."""
        if self._thread is None:
            return
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = None
        self._loop.close()
        self.optiply.close()
        if self.account is not None:
            self.account.close()
        self._save()
        self._dir.close()

    async def _listen(self) -> None:
        if self.shop is not None:
            from sandbox.magento import app as magento

            app = magento.create_app(self.shop, self.faults_magento, self.clock)
            self.magento = app[magento.SERVER]
            port = await self._serve(app, "magento", self.shop.dump, self._ports[0])
            self.magento_url = f"http://{HOST}:{port}"
        app = optiply.create_app(self.optiply, self.faults_optiply, self.clock)
        self.tokens: Tokens = app[optiply.TOKENS]
        port = await self._serve(app, "optiply", self.optiply.dump, self._ports[1])
        self.optiply_url = f"http://{HOST}:{port}{optiply.API_PREFIX}"
        self.auth_url = f"http://{HOST}:{port}/api"
        if self.account is not None:
            port = await self._serve(self.account.app(), "picqer", self.account.store.dump, self._ports[2])
            self.picqer_url = f"http://{HOST}:{port}"

    async def _serve(self, app: web.Application, api: str, dump: Callable[[], Any], port: int) -> int:
        """Start one server and return its port."""
        panel = control.Panel(api, self.clock, self._faults(), self.requests, dump, self._reset, self._next_day)
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
                f"Port {port} on {HOST} is not free for the {api} sandbox: stop the program that uses it, "
                f"or choose another with --{api}-port (0 picks a free one)."
            ) from error
        bound: int = runner.addresses[0][1]
        return bound

    def _faults(self) -> dict[str, Faults]:
        """Return the faults of the servers that run, by API."""
        faults = {"optiply": self.faults_optiply}
        if self.shop is not None:
            faults["magento"] = self.faults_magento
        if self.account is not None:
            faults["picqer"] = self.account.faults
        return faults

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

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the servers' loop and return its result."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result()

    def next_day(self, days: int = 1) -> Mapping[str, Any]:
        """Move clock, shop and account on, as the control endpoint does, and return what changed."""

        async def work() -> Mapping[str, Any]:
            return self._next_day(days)

        return self._call(work())

    def _next_day(self, days: int) -> Mapping[str, Any]:
        self._state.days += days
        self.clock.advance(days=days)
        self._save()
        changes = dict(self.shop.next_day(days)) if self.shop is not None else {}
        if self.account is not None:
            changes["picqer"] = self.account.next_day(self._state.days - days, days)
        return {"now": self.clock.now().isoformat(), "days": self._state.days, "changes": changes}

    def _save(self) -> None:
        self._state.elapsed = self.clock.elapsed().total_seconds()
        self._dir.save(self._state)

    def reset(self) -> None:
        """Put the servers back to day 0: the seeded data, no objects in Optiply, no faults, an empty log."""

        async def work() -> None:
            self._reset()

        self._call(work())

    def _reset(self) -> None:
        for faults in self._faults().values():
            faults.clear()
        self.clock.moved = timedelta(0)
        self._state.days = 0
        self._save()
        self.optiply.reset()
        self.requests.clear()
        if self.shop is not None:
            # The server keeps its reference to the shop, so a fresh shop's content moves in.
            vars(self.shop).clear()
            vars(self.shop).update(vars(self._make_shop()))
        if self.account is not None:
            self.account.reset()

    def addresses(self) -> dict[str, str]:
        """Return the addresses that run, by name: `magento_url`, `optiply_url`, `auth_url`, `picqer_url`."""
        names = ("magento_url", "optiply_url", "auth_url", "picqer_url")
        return {name: getattr(self, name) for name in names if getattr(self, name)}
