"""The fleet's page over invented tenants, served on a port of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from aiohttp import web

from fleet.database import Connection
from fleet.web.guard import Guard
from fleet.web.server import application
from tests.fleet.web.invented import small_fleet

TOKEN = "a-token-of-the-tests-0123456789"


@dataclass
class Site:
    """A page that is being served; `session` asks as a program or a browser without JavaScript would."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(self.address + path, timeout=60, allow_redirects=False, **options)

    def post(self, path: str, *, of: str | None = "own", data: Any = None, **headers: str) -> requests.Response:
        """Asks for something as a page does that was opened at the address `of`."""
        origin = {} if of is None else {"Origin": self.address if of == "own" else of}
        return self.session.post(
            self.address + path, data=data, headers={**origin, **headers}, timeout=60, allow_redirects=False
        )


@contextmanager
def served(app: web.Application) -> Iterator[str]:
    """Serves an application in a thread of its own; yields its address."""
    ready: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def work() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ended = asyncio.Event()
        ready.set_result((f"http://127.0.0.1:{runner.addresses[0][1]}", asyncio.get_running_loop(), ended))
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(work()))
    thread.start()
    address, loop, ended = ready.result(timeout=60)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@pytest.fixture
def clock() -> list[float]:
    """The seconds since 1970 that the page goes by."""
    return [1_800_000_000.0]


@pytest.fixture
def serve_fleet(fleet: str, clock: list[float]) -> Iterator[Callable[..., Site]]:
    """Serves the fleet's page, with a token where one is given."""
    opened = []

    def serve(token: str | None = None, *, url: str = fleet) -> Site:
        running = served(application(url, Guard(token, "127.0.0.1", lambda: clock[0])))
        opened.append(running)
        return Site(running.__enter__())

    yield serve
    for running in opened:
        running.__exit__(None, None, None)


@pytest.fixture
def site(serve_fleet: Callable[..., Site], db: Connection) -> Site:
    """The page of a small fleet, without a token."""
    small_fleet(db)
    return serve_fleet()
