"""The page of all tenants: what is counted, which are shown and in which order, by the address."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from connector.settings import did_you_mean
from fleet.web.html import page
from fleet.web.look import Hour, Tenant
from job.pages import chart

PAGE = 50
"""Tenants on one page."""
STATES = {
    "": "any",
    "failing": "failing",
    "late": "late",
    "at work": "at work",
    "queued": "queued",
    "due": "due",
    "at rest": "at rest",
    "paused": "paused",
    "well": "ended well",
    "no run yet": "no run yet",
}
Key = Callable[[Tenant], tuple[object, ...]]


def _most(figure: Callable[[Tenant], float | None]) -> Key:
    """The highest first, and last those of which nobody knows."""
    return lambda tenant: (-value if (value := figure(tenant)) is not None else 1, tenant.name)


ORDERS: Mapping[str, tuple[str, Key]] = {
    "attention": ("who needs a look", lambda tenant: (not tenant.is_bad, tenant.doing != "late", tenant.name)),
    "name": ("name", lambda tenant: (tenant.name,)),
    "waiting": ("most waiting", _most(lambda tenant: tenant.waiting)),
    "growth": ("backlog grows most", lambda tenant: (-(tenant.growth or 0), tenant.name)),
    "refused": ("most refused", _most(lambda tenant: tenant.refused)),
    "failed": ("most failed", _most(lambda tenant: tenant.failed)),
    "slowest": ("slowest", _most(lambda tenant: tenant.seconds)),
    "latest": ("latest run", _most(lambda tenant: tenant.began_at.timestamp() if tenant.began_at else None)),
}


@dataclass(frozen=True)
class View:
    """What a person asked to see."""

    find: str = ""
    state: str = ""
    system: str = ""
    order: str = "attention"
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str], systems: Sequence[str]) -> View:
        """The view that an address asks for. Answers 400 with a sentence to what is none."""
        number = query.get("page", "1")
        if not (number.isascii() and number.isdigit() and 0 < len(number) < 7 and int(number)):
            raise web.HTTPBadRequest(reason="The page's number is none")
        return cls(
            query.get("find", "").strip()[:100],
            _one_of("state", query.get("state", ""), STATES),
            _one_of("system", query.get("system", ""), ["", *systems]),
            _one_of("order", query.get("order", "attention"), ORDERS),
            int(number),
        )

    def address(self, **changes: str | int) -> str:
        """The address of a view that differs in this."""
        changed, usual = asdict(replace(self, **changes)), asdict(View())  # type: ignore[arg-type] # by its fields
        asked = urlencode({name: value for name, value in changed.items() if value != usual[name]})
        return f"/?{asked}" if asked else "/"

    def of_tenants(self, tenants: Sequence[Tenant]) -> list[Tenant]:
        """The tenants that it is about, in its order."""
        words = self.find.lower().split()
        found = [
            tenant
            for tenant in tenants
            if all(word in tenant.name for word in words)
            and self.system in {"", tenant.system}
            and (not self.state or self.state in tenant.states)
        ]
        return sorted(found, key=ORDERS[self.order][1])


def _one_of(name: str, value: str, known: Sequence[str] | Mapping[str, object]) -> str:
    if value not in known:
        raise web.HTTPBadRequest(reason=f"There is no {name} like that; {did_you_mean(value, known) or 'choose one'}")
    return value


@dataclass(frozen=True)
class Shown:
    """One page of what was found: how many there are in all, on how many pages, and those of this page."""

    total: int
    pages: int
    tenants: list[Tenant]

    @classmethod
    def of(cls, found: list[Tenant], page: int) -> Shown:
        """The page's part of them."""
        return cls(len(found), -(-len(found) // PAGE), found[(page - 1) * PAGE : page * PAGE])


@dataclass(frozen=True)
class Figures:
    """What is counted over all tenants."""

    all: Sequence[Tenant]

    @property
    def tenants(self) -> int:
        """How many there are."""
        return len(self.all)

    @property
    def growth(self) -> int | None:
        """How many more records wait than a day ago, where both are known."""
        return self._sum(lambda tenant: tenant.growth)

    def cards(self, view: View) -> Iterator[tuple[str, int | None, str, str]]:
        """Class, number, what it counts, and the address of a view of it."""
        for state, kind in (
            ("failing", "failed"),
            ("late", "refused"),
            ("at work", ""),
            ("queued", ""),
            ("paused", ""),
        ):
            yield kind, sum(state in tenant.states for tenant in self.all), state, view.address(state=state, page=1)
        figures: dict[str, Callable[[Tenant], int | None]] = {
            "waiting": lambda tenant: tenant.waiting,
            "refused": lambda tenant: tenant.refused,
            "failed": lambda tenant: tenant.failed,
        }
        for name, figure in figures.items():
            yield name, self._sum(figure), f"records {name}", view.address(order=name, page=1)
        slowest = max((tenant.seconds for tenant in self.all if tenant.seconds is not None), default=None)
        title = "seconds, slowest run"
        yield "", None if slowest is None else round(slowest), title, view.address(order="slowest", page=1)

    def _sum(self, figure: Callable[[Tenant], int | None]) -> int | None:
        """None where no tenant has told."""
        told = [value for tenant in self.all if (value := figure(tenant)) is not None]
        return sum(told) if told else None


def overview(
    query: Mapping[str, str], tenants: Sequence[Tenant], hours: Sequence[Hour], workers: int, now: datetime, *,
    has_login: bool,
) -> str:  # fmt: skip
    """The page. Answers 400 with a sentence to an address that asks for what is none."""
    systems = sorted({tenant.system for tenant in tenants})
    view = View.of(query, systems)
    choices = (
        ("state", "State", STATES),
        ("system", "System", {"": "any", **{name: name for name in systems}}),
        ("order", "Order", {name: title for name, (title, _) in ORDERS.items()}),
    )
    return page(
        "fleet.html",
        view=view,
        choices=choices,
        figures=Figures(tenants),
        shown=Shown.of(view.of_tenants(tenants), view.page),
        workers=workers,
        now=now,
        has_login=has_login,
        bars=list(_bars(hours)),
    )


def _bars(hours: Sequence[Hour]) -> Iterator[tuple[str, Markup, tuple[str, ...]]]:
    title = "Runs that ended, by hour (UTC)"
    drawn = [
        chart.Bar(
            f"{hour.start:%H}:00", "/?state=failing" if hour.bad else "/",
            f"{hour.start:%d %b %H}:00: {hour.well} well, {hour.bad} not well", {"well": hour.well, "failed": hour.bad},
        )
        for hour in hours
    ]  # fmt: skip
    if any(hour.well or hour.bad for hour in hours):
        yield title, Markup(chart.bars(drawn, title)), ("well", "failed")  # nosec B704  # chart.py escapes what it draws
