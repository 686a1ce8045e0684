"""Serves an aiohttp application until the program is told to end, and keeps bytes of bad requests out of the log."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from connector.errors import ProgramError

if TYPE_CHECKING:
    from aiohttp import web


def serve(application: web.Application, host: str, port: int, started: Callable[[int], None], log_name: str) -> None:
    """Serves until SIGTERM or SIGINT; `started` is called with the port (the one that was free, for 0).

    What the library says of requests goes to the logger `log_name`. Raises ProgramError where the port is taken.
    """
    asyncio.run(_serve(application, host, port, started, log_name))


async def _serve(
    application: web.Application, host: str, port: int, started: Callable[[int], None], log_name: str
) -> None:
    from aiohttp import web

    runner = web.AppRunner(
        application, access_log=None, logger=_quiet(log_name), keepalive_timeout=30, shutdown_timeout=10
    )
    await runner.setup()
    ended = asyncio.Event()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        started(runner.addresses[0][1])
        await ended.wait()
    except OSError as error:
        raise ProgramError(f"Port {port} of {host} cannot be used ({error.strerror}); choose another.") from error
    finally:
        await runner.cleanup()


def _quiet(name: str) -> logging.Logger:
    """The logger for the library: each of its lines becomes one sentence, since a token may be among the bytes."""
    logger = logging.getLogger(name)
    logger.addFilter(_without_bytes)
    return logger


def _without_bytes(record: logging.LogRecord) -> bool:
    record.msg, record.args, record.exc_info = "a request could not be read", (), None
    return True
