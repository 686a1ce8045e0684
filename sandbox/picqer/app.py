"""The Picqer sandbox server: `/api/v1/...` over a `PicqerStore`, and its own controls under `/_sandbox/`."""

from __future__ import annotations

import msgspec
from aiohttp import web

from sandbox.picqer.changes import Change, Changes
from sandbox.picqer.gate import API_PREFIX, Gate
from sandbox.picqer.rate import Limiter
from sandbox.picqer.reading import Reading
from sandbox.picqer.store import PicqerStore
from sandbox.picqer.writing import Writing
from sandbox.server.clock import Clock
from sandbox.server.control import json_answer
from sandbox.server.faults import CONTROL_PREFIX, Faults

CHANGES = web.AppKey("CHANGES", Changes)
"""Where an app keeps what happens after which page."""
LIMITER = web.AppKey("LIMITER", Limiter)
"""Where an app counts requests against the rate limit."""


def create_app(store: PicqerStore, faults: Faults, clock: Clock) -> web.Application:
    """Build the server; the address of the account is the one before `/api/v1`."""
    changes, limiter = Changes(store), Limiter(clock, store.settings)
    app = web.Application(middlewares=[faults.middleware, Gate(store, limiter).middleware], client_max_size=2**28)
    app[CHANGES], app[LIMITER] = changes, limiter
    app.on_response_prepare.append(clock.stamp)
    reading = Reading(store, changes)
    reading.add_routes(app, API_PREFIX)
    Writing(reading).add_routes(app, API_PREFIX)
    controls = _Controls(store, changes)
    app.router.add_get(CONTROL_PREFIX + "settings", controls.settings)
    app.router.add_post(CONTROL_PREFIX + "settings", controls.change_settings)
    app.router.add_post(CONTROL_PREFIX + "changes", controls.add_changes)
    app.router.add_post(CONTROL_PREFIX + "load", controls.load)
    app.router.add_get(CONTROL_PREFIX + "cases", controls.cases)
    return app


class _Controls:
    """What only this server can be told: settings, changes while somebody reads, another data set."""

    def __init__(self, store: PicqerStore, changes: Changes) -> None:
        self.store = store
        self.changes = changes

    async def settings(self, _request: web.Request) -> web.Response:
        return json_answer({**msgspec.to_builtins(self.store.settings), "api_key": "***", "fulfilment_key": "***"})

    async def change_settings(self, request: web.Request) -> web.Response:
        try:
            self.store.settings.change(await request.read())
        except ValueError as error:
            return json_answer({"message": f"These are not settings of this sandbox: {error}."}, status=400)
        return await self.settings(request)

    async def add_changes(self, request: web.Request) -> web.Response:
        """Set changes that happen after the nth page of a list."""
        try:
            changes = msgspec.json.decode(await request.read(), type=list[Change])
        except msgspec.DecodeError as error:
            return json_answer({"message": f"The body must be a list of changes: {error}."}, status=400)
        unknown = [change.resource for change in changes if change.resource not in self.store.tables]
        if unknown:
            return json_answer({"message": f"There is no list called {unknown[0]}."}, status=400)
        for change in changes:
            self.changes.add(change)
        return json_answer({"added": len(changes)})

    async def load(self, request: web.Request) -> web.Response:
        """Replace the rows of the tables in the body, in the form in which `dump` gives them."""
        try:
            return json_answer(self.store.load(msgspec.json.decode(await request.read(), type=dict[str, object])))
        except ValueError as error:
            return json_answer({"message": f"This is not a data set of Picqer: {error}."}, status=400)

    async def cases(self, _request: web.Request) -> web.Response:
        return json_answer(self.store.cases)
