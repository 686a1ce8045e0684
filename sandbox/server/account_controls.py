"""Control endpoints of a server with an account: settings, changes while somebody reads, odd rows, another data set."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from aiohttp import web

from sandbox.server.changes import Change, Changes
from sandbox.server.control import json_answer
from sandbox.server.faults import CONTROL_PREFIX
from sandbox.server.oddities import Oddities, Oddity
from sandbox.server.store import TableStore


class Changeable(Protocol):
    """Settings that can be changed while the server runs."""

    def change(self, values: bytes) -> None:
        """Take over the values of a JSON object and leave the others; raises `ValueError` for what is no setting."""


class AccountControls:
    """What such a server can be told besides what every server can."""

    def __init__(
        self, store: TableStore, settings: Changeable, secrets: Sequence[str], changes: Changes, oddities: Oddities
    ) -> None:
        """Steer an account; `secrets` are the settings that are not shown."""
        self.store, self.given, self.secrets = store, settings, secrets
        self.changes, self.oddities = changes, oddities

    def add_routes(self, app: web.Application) -> None:
        """Add the endpoints."""
        app.router.add_get(CONTROL_PREFIX + "settings", self.settings)
        app.router.add_post(CONTROL_PREFIX + "settings", self.change_settings)
        app.router.add_post(CONTROL_PREFIX + "changes", self.add_changes)
        app.router.add_post(CONTROL_PREFIX + "oddities", self.add_oddities)
        app.router.add_post(CONTROL_PREFIX + "load", self.load)
        app.router.add_get(CONTROL_PREFIX + "cases", self.cases)

    async def settings(self, _request: web.Request) -> web.Response:
        """Show the settings, without the secrets."""
        shown: dict[str, Any] = msgspec.to_builtins(self.given)
        return json_answer({**shown, **dict.fromkeys(self.secrets, "***")})

    async def change_settings(self, request: web.Request) -> web.Response:
        """Change the settings that a JSON object names; the others stay."""
        try:
            self.given.change(await request.read())
        except ValueError as error:
            return json_answer({"message": f"These are not settings of this sandbox: {error}."}, status=400)
        return await self.settings(request)

    async def add_changes(self, request: web.Request) -> web.Response:
        """Set changes that happen after the nth page of a list."""
        try:
            changes = msgspec.json.decode(await request.read(), type=list[Change])
        except msgspec.DecodeError as error:
            return json_answer({"message": f"The body must be a list of changes: {error}."}, status=400)
        odd = [change.action for change in changes if change.action not in self.changes.actions]
        if odd:
            known = ", ".join(self.changes.actions)
            return json_answer({"message": f"There is no action {odd[0]}: there are {known}."}, status=400)
        unknown = self._unknown(changes)
        if unknown is not None:
            return unknown
        for change in changes:
            self.changes.add(change)
        return json_answer({"added": len(changes)})

    async def add_oddities(self, request: web.Request) -> web.Response:
        """Make rows odd; an empty list lets every row be answered as it is."""
        try:
            oddities = msgspec.json.decode(await request.read(), type=list[Oddity])
        except msgspec.DecodeError as error:
            return json_answer({"message": f"The body must be a list of oddities: {error}."}, status=400)
        unknown = self._unknown(oddities)
        if unknown is not None:
            return unknown
        if not oddities:
            self.oddities.clear()
        for oddity in oddities:
            self.oddities.add(oddity)
        return json_answer({"added": len(oddities)})

    def _unknown(self, named: Sequence[Change | Oddity]) -> web.Response | None:
        """Return the refusal of what names a list that does not exist, None where there is nothing to refuse."""
        for one in named:
            if one.resource not in self.store.tables:
                return json_answer({"message": f"There is no list called {one.resource}."}, status=400)
        return None

    async def load(self, request: web.Request) -> web.Response:
        """Replace the rows of the tables in the body, in the form in which `dump` gives them."""
        try:
            return json_answer(self.store.load(msgspec.json.decode(await request.read(), type=dict[str, object])))
        except ValueError as error:
            return json_answer({"message": f"This is not a data set of this server: {error}."}, status=400)

    async def cases(self, _request: web.Request) -> web.Response:
        """Name the awkward rows of the account."""
        return json_answer(self.store.cases)
