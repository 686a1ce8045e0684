"""Receives messages over HTTP as the extension in a shop would, and answers as it does; receiving only queues.

Every request needs the token, compared in constant time and before its body is read. Nothing of a body, a header or an
address reaches the log: it names the kind of request, the status, the message's number and counts.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from aiohttp import web

from connector.errors import ProgramError
from connector.server import IDLE_SECONDS
from connector.server import serve as run_server
from inventory import soap
from inventory.errors import InventoryError, MessageRefused, QueueBusy
from inventory.messages import MOST_BYTES, Message, message_of, parse_json
from inventory.process import utc_now
from inventory.queue import Receipt, receive, turn_away
from inventory.tables import Store
from store.place import Where

CHANNEL = "warehouse"
"""The channel of received messages; REST and SOAP number them together."""
BODY_SECONDS = 30.0
"""How long a sender may take over one body."""

T = TypeVar("T")
LOGGER = logging.getLogger("inventory.receive")
REST = r"/rest{store:(?:/[A-Za-z0-9_]{1,64})?}/V1/orderflow/inventory{slash:/?}"
SOAP = "/soap/{store:[A-Za-z0-9_]{1,64}}{slash:/?}"


@dataclass(frozen=True)
class Settings:
    """Where messages go (asked for each: the queue may be moved), a sender's token, the source of rows without one."""

    place: Where | Callable[[], Where]
    token: str
    default_source: str = "default"
    now: Callable[[], datetime] = utc_now
    body_seconds: float = BODY_SECONDS
    idle_seconds: float = IDLE_SECONDS


@dataclass(frozen=True)
class _Reply:
    status: int
    sentence: str
    message: Message | None = None

    @property
    def good(self) -> bool:
        return self.status == 200


def application(settings: Settings) -> web.Application:
    """The receiver as an aiohttp application.

    Raises:
        InventoryError: the token is empty, shorter than 16 characters, or cannot stand in a header.
    """
    if not re.fullmatch(r"[\x21-\x7e]{16,4096}", settings.token):
        raise InventoryError(
            "The token must have at least 16 visible ASCII characters; make one with 'openssl rand -hex 32' and put it "
            "into the environment variable that --token-env names."
        )
    receiver = _Receiver(settings)
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[receiver.guard])
    app.router.add_post(REST, receiver.rest, name="rest")
    app.router.add_post(SOAP, receiver.soap, name="soap")
    app.router.add_get(SOAP, receiver.describe, name="wsdl")
    return app


def serve(settings: Settings, host: str, port: int, started: Callable[[int], None]) -> None:
    """Receives until SIGTERM or SIGINT; `started` is called with the port (the one that was free, for 0).

    Raises:
        InventoryError: the token cannot be used.
        ProgramError: the port is taken.
    """
    run_server(application(settings), host, port, started, "inventory.receive.http", settings.idle_seconds)


class _Receiver:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = hashlib.sha256(settings.token.encode()).digest()

    @web.middleware
    async def guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The token first; then whatever goes wrong is one sentence, and one line of the log."""
        kind = request.match_info.route.name or "other"
        try:
            response = await handler(request) if self._allowed(request) else _unknown(request)
        except web.HTTPRequestEntityTooLarge:
            response = _refusal(request, 413, f"The body is larger than {MOST_BYTES:,} bytes; send fewer rows at once.")
        except web.HTTPException as error:
            response = _refusal(request, error.status, error.reason)
        except web.RequestPayloadError:  # the body is not in the encoding or the pieces that its headers promise
            response = _refusal(request, 400, "The body is not encoded as its headers say; send it as it is.")
            response.force_close()
        except asyncio.TimeoutError:
            response = _refusal(request, 408, "The body did not come in time; send it again.")
            response.force_close()
        except QueueBusy:
            response = _refusal(request, 503, "The queue is busy; send the message again.")
            response.headers["Retry-After"] = "5"
        except (InventoryError, ProgramError) as error:
            LOGGER.error("%s", error)
            response = _refusal(request, 500, "The queue cannot be written; the message was not taken.")
        LOGGER.info("%s %s %d", request.method if request.method in {"GET", "POST"} else "?", kind, response.status)
        return response

    async def rest(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        reply = await asyncio.to_thread(self._take, body, _rest_message)
        wants_json = "application/json" in request.headers.get("Accept", "")
        if not reply.good:
            return _json(reply.status, reply)
        if not wants_json:
            return web.Response(text=reply.sentence)
        if reply.message is None or not reply.message.refused:
            return web.json_response(reply.sentence)
        return _json(200, reply)

    async def soap(self, request: web.Request) -> web.StreamResponse:
        self._check_service(request)
        body = await self._body(request)
        envelope = _envelope(request, body)
        reply = await asyncio.to_thread(self._take, body, _soap_message)
        if not reply.good:
            return _xml(reply.status, envelope, soap.fault(envelope, reply.sentence))
        return _xml(200, envelope, soap.answer(envelope, reply.sentence, _address(request)))

    async def describe(self, request: web.Request) -> web.StreamResponse:
        self._check_service(request)
        if "wsdl" not in {name.lower() for name in request.query}:
            raise web.HTTPMethodNotAllowed("GET", ["POST"])
        return web.Response(body=soap.wsdl(_address(request)), content_type="text/xml", charset="utf-8")

    def _allowed(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        shown = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        return hmac.compare_digest(shown, self._token) and scheme.lower() == "bearer"

    def _check_service(self, request: web.Request) -> None:
        if request.query.get("services", request.query.get("service")) != soap.SERVICE:
            raise web.HTTPNotFound(reason=f"The only service here is services={soap.SERVICE}")

    async def _body(self, request: web.Request) -> bytes:
        if (request.content_length or 0) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=MOST_BYTES, actual_size=request.content_length or 0)
        return await asyncio.wait_for(request.read(), self._settings.body_seconds)

    def _take(self, body: bytes, read: Callable[[bytes, str], Message]) -> _Reply:
        """Queues the message of a body; runs in a thread of its own."""
        now = self._settings.now()
        try:
            message = read(body, self._settings.default_source)
        except MessageRefused as error:
            self._turn_away(error.message_id, str(error), now)
            return _Reply(400 if error.unreadable else 422, f"Error: {error}.")
        if not message.rows:
            reason = f"no row of {len(message.refused)} can be used; the first: {message.refused[0].reason}"
            self._turn_away(message.id, reason, now)
            return _Reply(422, f"Error Processing Message {message.id}: {reason}.", message)
        receipt = self._queued(lambda store: receive(store, message, now))
        LOGGER.info("message %d: %d taken, %d refused", message.id, len(message.rows), len(message.refused))
        if receipt is Receipt.CONTRADICTS:
            reason = "its number came before with another content; give it a new number"
            self._turn_away(message.id, reason, now)
            return _Reply(409, f"Error Processing Message {message.id}: {reason}.", message)
        return _Reply(200, f"Success - Message {message.id} Received", message)

    def _turn_away(self, message_id: int | None, reason: str, now: datetime) -> None:
        LOGGER.warning("message %s was not taken", "without a number" if message_id is None else message_id)
        self._queued(lambda store: turn_away(store, CHANNEL, message_id, reason, now))

    def _queued(self, put: Callable[[Store], T]) -> T:
        """Puts something into the queue; once more where that has been moved meanwhile, before anybody is answered."""
        while True:
            place = self._place()
            try:
                with Store.open(place) as store:
                    done = put(store)
            except InventoryError:
                if self._place() == place:
                    raise
                continue
            if self._place() == place:
                return done

    def _place(self) -> Where:
        place = self._settings.place
        return place() if callable(place) else place


def _rest_message(body: bytes, default_source: str) -> Message:
    return message_of(parse_json(body), CHANNEL, default_source)


def _soap_message(body: bytes, default_source: str) -> Message:
    return message_of(soap.parse_call(body).arguments, CHANNEL, default_source)


def _envelope(request: web.Request, body: bytes = b"") -> str:
    """The version of SOAP to answer in, as far as body or header tell it; a body may be beyond reading."""
    return soap.SOAP_11 if soap.SOAP_11.encode() in body or request.content_type == "text/xml" else soap.SOAP_12


def _address(request: web.Request) -> str:
    return str(request.url.with_query({"services": soap.SERVICE}))


def _refusal(request: web.Request, status: int, sentence: str) -> web.Response:
    if request.match_info.route.name == "soap":
        envelope = _envelope(request)
        return _xml(status, envelope, soap.fault(envelope, sentence, ours=status >= 500))
    return _json(status, _Reply(status, sentence))


def _unknown(request: web.Request) -> web.Response:
    response = _refusal(request, 401, "The token is missing or wrong; send it as 'Authorization: Bearer …'.")
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _json(status: int, reply: _Reply) -> web.Response:
    said: dict[str, object] = {"message": reply.sentence}
    if reply.message is not None and reply.message.refused:
        said["errors"] = [
            {"message": row.reason, "parameters": {"line": row.line, "sku": row.sku}} for row in reply.message.refused
        ]
    return web.Response(status=status, text=json.dumps(said), content_type="application/json")


def _xml(status: int, envelope: str, body: bytes) -> web.Response:
    return web.Response(status=status, body=body, content_type=soap.content_type(envelope), charset="utf-8")
