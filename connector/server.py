"""Serves an aiohttp application until the program is told to end, and keeps bytes of bad requests out of the log.

Its answers are kept by nobody, and a connection that asks nothing is hung up on.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from connector.errors import ProgramError

if TYPE_CHECKING:
    from aiohttp import web

IDLE_SECONDS = 30.0
"""How long a connection may stay open without a whole request head, first or next."""


def serve(
    application: web.Application,
    host: str,
    port: int,
    started: Callable[[int], None],
    log_name: str,
    idle_seconds: float = IDLE_SECONDS,
) -> None:
    """Serves until SIGTERM or SIGINT; `started` is called with the port (the one that was free, for 0).

    What the library says of requests goes to the logger `log_name`. Raises ProgramError where the port is taken.
    """
    asyncio.run(_serve(application, host, port, started, log_name, idle_seconds))


async def _serve(
    application: web.Application,
    host: str,
    port: int,
    started: Callable[[int], None],
    log_name: str,
    idle_seconds: float,
) -> None:
    from aiohttp import web

    from connector.silent import Silent

    silent = Silent(idle_seconds)
    application.middlewares.insert(0, silent.heard)
    application.on_response_prepare.append(_plain_headers)
    runner = web.AppRunner(
        application, access_log=None, logger=_quiet(log_name), keepalive_timeout=idle_seconds, shutdown_timeout=10
    )
    await runner.setup()
    if runner.server is None:
        raise ProgramError("The server library has made no server; this is a fault of the program.")
    ended = asyncio.Event()
    watch = asyncio.create_task(silent.watch(runner.server))
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ProgramError(f"Port {port} of {host} cannot be used ({error.strerror}); choose another.") from error
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        started(runner.addresses[0][1])
        await ended.wait()
    finally:
        watch.cancel()
        await runner.cleanup()


async def _plain_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """An answer names no software, is what it says it is, and is kept by nobody who was not told to."""
    response.headers.pop("Server", None)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Cache-Control", "no-store")


def _quiet(name: str) -> logging.Logger:
    """The logger for the library: each of its lines becomes one sentence, since a token may be among the bytes."""
    logger = logging.getLogger(name)
    logger.addFilter(_without_bytes)
    return logger


def _without_bytes(record: logging.LogRecord) -> bool:
    """Of a request that cannot be read nothing is shown; of a fault of ours where it is, not what it was about."""
    error = record.exc_info[1] if record.exc_info else None
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    record.msg, record.args, record.exc_info = "a request could not be read", (), None
    if frames and not type(error).__module__.startswith("aiohttp."):
        last = frames[-1]
        place = f"{last.name} in {Path(last.filename).name}, line {last.lineno}"
        record.msg = f"a request failed by a fault of this program: {type(error).__name__} at {place}; report it"
    return True
