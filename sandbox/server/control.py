"""The control endpoints of every server under `/_sandbox/`: days, faults, the request log, dump, reset and health."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from aiohttp import web

from sandbox.server.clock import Clock
from sandbox.server.fault_rules import FaultError, Rule, rules_from_json
from sandbox.server.faults import CONTROL_PREFIX, Faults
from sandbox.server.requestlog import RequestLog


@dataclass(frozen=True)
class Panel:
    """What the control endpoints of one server act upon.

    `faults` holds the faults of all servers by API, so a rule reaches the server it names whichever endpoint takes it.
    `dump` returns all data of the server, `reset` puts all servers back to their first day, `next_day` moves the
    clock and all data on by a number of days and tells what changed.
    """

    api: str
    clock: Clock
    faults: Mapping[str, Faults]
    log: RequestLog
    dump: Callable[[], Any]
    reset: Callable[[], None]
    next_day: Callable[[int], Mapping[str, Any]]


def attach(app: web.Application, panel: Panel) -> None:
    """Add the control endpoints to an app."""
    endpoints = _Endpoints(panel)
    app.router.add_routes(
        [
            web.get(CONTROL_PREFIX + "health", endpoints.health),
            web.get(CONTROL_PREFIX + "dump", endpoints.dump),
            web.get(CONTROL_PREFIX + "requests", endpoints.requests),
            web.delete(CONTROL_PREFIX + "requests", endpoints.forget_requests),
            web.get(CONTROL_PREFIX + "faults", endpoints.faults),
            web.post(CONTROL_PREFIX + "faults", endpoints.add_faults),
            web.delete(CONTROL_PREFIX + "faults", endpoints.clear_faults),
            web.post(CONTROL_PREFIX + "next-day", endpoints.next_day),
            web.post(CONTROL_PREFIX + "latency", endpoints.latency),
            web.post(CONTROL_PREFIX + "reset", endpoints.reset),
        ]
    )


def json_answer(value: object, status: int = 200) -> web.Response:
    """Answer with a value as JSON."""
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")


class _Endpoints:
    def __init__(self, panel: Panel) -> None:
        self.panel = panel

    async def health(self, _request: web.Request) -> web.Response:
        return json_answer({"api": self.panel.api, "status": "ok", "now": self.panel.clock.now().isoformat()})

    async def dump(self, _request: web.Request) -> web.Response:
        return json_answer(self.panel.dump())

    async def requests(self, request: web.Request) -> web.Response:
        """Answer with counts; `?entries=1` adds each request of this server, without its body.

        `writes` counts the requests that would change something, `written` those carried out, by method and resource.
        """
        entries = self.panel.log.select(api=self.panel.api)
        answer: dict[str, Any] = {
            "total": len(entries),
            "counts": self.panel.log.counts(self.panel.api),
            "writes": self.panel.log.attempted_writes(self.panel.api),
            "written": self.panel.log.writes(self.panel.api),
        }
        if request.query.get("entries"):
            names = ("method", "path", "query", "status", "acted", "fault")
            answer["entries"] = [{name: getattr(entry, name) for name in names} for entry in entries]
        return json_answer(answer)

    async def forget_requests(self, _request: web.Request) -> web.Response:
        self.panel.log.clear()
        return json_answer({"total": 0})

    async def faults(self, _request: web.Request) -> web.Response:
        return json_answer({api: faults.describe() for api, faults in self.panel.faults.items()})

    async def add_faults(self, request: web.Request) -> web.Response:
        try:
            rules = rules_from_json(await request.read())
            for rule in rules:
                self._faults_for(rule).add(rule)
        except FaultError as error:
            return json_answer({"message": str(error)}, status=400)
        return json_answer({"added": len(rules)})

    def _faults_for(self, rule: Rule) -> Faults:
        """Return the faults a rule belongs to: those of the API it names, else those of this server."""
        api = rule.api or self.panel.api
        if api not in self.panel.faults:
            raise FaultError(f"The sandbox runs no {api} server, so a fault rule for it has no effect.")
        return self.panel.faults[api]

    async def clear_faults(self, _request: web.Request) -> web.Response:
        for faults in self.panel.faults.values():
            faults.clear()
        return json_answer({"faults": 0})

    async def next_day(self, request: web.Request) -> web.Response:
        try:
            days = msgspec.json.decode(await request.read() or b"{}", type=dict[str, int]).get("days", 1)
        except msgspec.DecodeError as error:
            return json_answer({"message": f'The body must be {{"days": n}}: {error}.'}, status=400)
        if days < 1:
            return json_answer({"message": "The sandbox only moves forward: days must be at least 1."}, status=400)
        return json_answer(self.panel.next_day(days))

    async def latency(self, request: web.Request) -> web.Response:
        """Set the latency of all servers in seconds."""
        try:
            seconds = msgspec.json.decode(await request.read(), type=dict[str, float])["seconds"]
        except (msgspec.DecodeError, KeyError):
            return json_answer({"message": 'The body must be {"seconds": n}.'}, status=400)
        for faults in self.panel.faults.values():
            faults.latency = seconds
        return json_answer({"seconds": seconds})

    async def reset(self, _request: web.Request) -> web.Response:
        self.panel.reset()
        return json_answer({"status": "reset"})
