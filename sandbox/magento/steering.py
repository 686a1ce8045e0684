"""The control endpoints that only the Magento sandbox has: its settings, and records that cannot be read."""

from typing import Any

import msgspec
from aiohttp import web

from sandbox.magento.call import Server, Settings
from sandbox.server.control import json_answer
from sandbox.server.faults import CONTROL_PREFIX

_NO_POISON = 'The body must be {"entity": "orders", "key": 12, "status": 500}.'
_NO_CURE = 'The body must be {"entity": "orders", "key": 12}, or empty for all records.'


class Steering:
    """Changes how one server behaves."""

    def __init__(self, server: Server) -> None:
        """Act upon a server."""
        self.server = server

    def add_routes(self, app: web.Application) -> None:
        """Add the endpoints."""
        app.router.add_get(CONTROL_PREFIX + "settings", self._show_settings)
        app.router.add_post(CONTROL_PREFIX + "settings", self._change_settings)
        app.router.add_post(CONTROL_PREFIX + "poison", self._poison)
        app.router.add_delete(CONTROL_PREFIX + "poison", self._heal)

    async def _show_settings(self, _request: web.Request) -> web.Response:
        return json_answer(msgspec.to_builtins(self.server.settings))

    async def _change_settings(self, request: web.Request) -> web.Response:
        """Change the settings a JSON object names; the others stay."""
        present = msgspec.to_builtins(self.server.settings)
        try:
            given = msgspec.json.decode(await request.read(), type=dict[str, Any])
            changed = msgspec.convert({**present, **given}, Settings)
        except msgspec.DecodeError as error:
            return json_answer({"message": f"These are no settings of the Magento sandbox: {error}."}, 400)
        for name in sorted(set(given) - set(present)):
            text = f"The Magento sandbox has no setting {name!r}; it has {sorted(present)}."
            return json_answer({"message": text}, 400)
        self.server.settings = changed
        return await self._show_settings(request)

    async def _poison(self, request: web.Request) -> web.Response:
        """Spoil the record a JSON object names: `entity`, `key` and perhaps `status`."""
        try:
            given = msgspec.json.decode(await request.read(), type=dict[str, Any])
            self.server.shop.poison(given["entity"], given["key"], given.get("status", 500))
        except (msgspec.DecodeError, KeyError):
            return json_answer({"message": _NO_POISON}, 400)
        return json_answer(True)

    async def _heal(self, request: web.Request) -> web.Response:
        """Heal the record a JSON object names by `entity` and `key`; every record where there is no body."""
        try:
            given = msgspec.json.decode(await request.read() or b"{}", type=dict[str, Any])
            self.server.shop.heal(given.get("entity"), given.get("key"))
        except msgspec.DecodeError:
            return json_answer({"message": _NO_CURE}, 400)
        return json_answer(True)
