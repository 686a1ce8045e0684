"""Verbs that change a server's data by hand: `POST /_sandbox/do` with one step or a list of them, now or later."""

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from sandbox.server.control import json_answer
from sandbox.server.faults import CONTROL_PREFIX
from sandbox.server.moments import Moments
from sandbox.server.state import SandboxError

Verb = Callable[..., Any]


class Verbs:
    """What one server can be told to do.

    A step is `{"do": "ship", "order_id": 12, ...}`: a verb and its arguments. With `"when": {"method": "POST", "path":
    "source-items", "nth": 2, "after": false}` it is done at that request to the server instead of at once.
    """

    def __init__(self, verbs: Mapping[str, Verb], moments: Moments) -> None:
        """Take the verbs by name, and where later steps wait."""
        self.verbs, self.moments = verbs, moments

    def add_routes(self, app: web.Application) -> None:
        """Add the endpoint: POST does steps, GET names the verbs with their arguments."""
        app.router.add_get(CONTROL_PREFIX + "do", self._describe)
        app.router.add_post(CONTROL_PREFIX + "do", self._do)

    async def _describe(self, _request: web.Request) -> web.Response:
        return json_answer({name: list(inspect.signature(verb).parameters) for name, verb in self.verbs.items()})

    async def _do(self, request: web.Request) -> web.Response:
        """Do each step and answer with a list of their results; one that waits for a request has null."""
        try:
            given = msgspec.json.decode(await request.read())
            steps = [self._step(step) for step in (given if isinstance(given, list) else [given])]
            return json_answer([self._now_or_later(*step) for step in steps])
        except (msgspec.DecodeError, SandboxError) as error:
            return json_answer({"message": f"This cannot be done: {error}"}, status=400)

    def _step(self, given: object) -> tuple[Callable[[], Any], Mapping[str, Any] | None]:
        if not isinstance(given, dict) or given.get("do") not in self.verbs:
            raise SandboxError(f'A step is {{"do": verb, ...}} with a verb of {", ".join(sorted(self.verbs))}.')
        arguments = {name: value for name, value in given.items() if name not in ("do", "when")}
        verb = self.verbs[given["do"]]
        try:
            inspect.signature(verb).bind(**arguments)
        except TypeError as error:
            raise SandboxError(f"{given['do']}: {error}.") from error
        return partial(verb, **arguments), given.get("when")

    def _now_or_later(self, work: Callable[[], Any], when: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - any JSON
        if when is None:
            return work()
        try:
            self.moments.on(work, **when)
        except (TypeError, re.error) as error:
            raise SandboxError(f"when: {error}.") from error
        return None
