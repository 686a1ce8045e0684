"""What a server of the sandbox is made on: an aiohttp application with clock, faults, request log and controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from aiohttp import web

from sandbox.server.clock import Clock
from sandbox.server.faults import Dialect, Faults
from sandbox.server.moments import Moments
from sandbox.server.requestlog import RequestLog
from sandbox.server.state import State, StateDir

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware


@dataclass(frozen=True)
class Ground:
    """What the servers of one sandbox stand on together.

    Attributes:
        state: The seed and size of their data, and how many days they have lived.
        directory: Where each may keep a journal.
        clock: Their common time.
        log: What they were asked.
        latency: Seconds added to every request.
    """

    state: State
    directory: StateDir
    clock: Clock
    log: RequestLog
    latency: float = 0.0


class Api:
    """One server. A further one sets `name`, adds its routes, and says what a day and a reset mean to its data.

    Attributes:
        name: How fault rules, the log and the addresses call it.
        dialect: How its error bodies and its lists are worded, for the faults.
        largest_body: How many bytes a request may send.
    """

    name: ClassVar[str]
    dialect: ClassVar[Dialect] = Dialect()
    largest_body: ClassVar[int] = 2**20

    def __init__(self, ground: Ground) -> None:
        """Build the data as it was left: after `ground.state.days` days."""
        self.ground = ground
        self.clock = ground.clock
        self.faults = Faults(self.name, ground.log, ground.latency, self.dialect)
        self.moments = Moments()

    def application(self) -> web.Application:
        """Return the server; the control endpoints are not in it yet."""
        passed = [self.faults.middleware, self.moments.middleware, *self.gates()]
        app = web.Application(middlewares=passed, client_max_size=self.largest_body)
        app.on_response_prepare.append(self.clock.stamp)
        self.add_routes(app)
        return app

    def gates(self) -> Sequence[Middleware]:
        """Return what every request passes before its handler: sign-in, rate limit, wording of errors."""
        return ()

    def add_routes(self, app: web.Application) -> None:
        """Add the endpoints."""
        raise NotImplementedError

    def addresses(self, origin: str) -> dict[str, str]:
        """Return the addresses a client is configured with, by the setting's name."""
        return {f"{self.name}_url": origin}

    def journal(self) -> Path | None:
        """Return the path of this server's journal; None when nothing is kept."""
        return self.ground.directory.file(f"{self.name}.jsonl")

    def dump(self) -> Any:  # noqa: ANN401 - any JSON
        """Return all data, for people and tests."""
        return {}

    def next_day(self, before: int, days: int) -> Mapping[str, Any]:
        """Live `days` days after the first `before` ones, and tell what changed."""
        return {}

    def reset(self) -> None:
        """Put the data back to the first day."""

    def close(self) -> None:
        """Close the journal."""
