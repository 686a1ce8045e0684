"""What the log of a server says of requests: nothing of their bytes, and where a fault of the program is."""

import asyncio
import logging
import socket

import aiohttp
import pytest
from aiohttp import web

from connector.server import _quiet

SECRET = "token-in-the-request"


async def _served(ask: bytes) -> None:
    async def fails(_request: web.Request) -> web.Response:
        raise ValueError(SECRET)

    application = web.Application()
    application.router.add_get("/", fails)
    runner = web.AppRunner(application, access_log=None, logger=_quiet("tests.server"))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        if ask:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, family=socket.AF_INET)
            writer.write(ask)
            await reader.read()
            writer.close()
        else:
            async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/") as answer:
                assert answer.status == 500
                assert SECRET not in await answer.text()
    finally:
        await runner.cleanup()


def test_a_fault_of_the_program_is_told_by_its_place_and_not_by_what_it_was_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asyncio.run(_served(b""))
    assert "a fault of this program: ValueError at fails in test_server.py, line" in caplog.text
    assert SECRET not in caplog.text


def test_of_a_request_that_cannot_be_read_no_byte_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.run(_served(b"GET / HTTP/1.1\r\nAuthorization " + SECRET.encode() + b"\r\n\r\n"))
    assert "a request could not be read" in caplog.text
    assert SECRET not in caplog.text
