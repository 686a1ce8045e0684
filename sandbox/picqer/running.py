"""One running Picqer account: its seeded data, its faults and its server, as `Sandbox` starts and steers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.picqer.account import Size, seed_account
from sandbox.picqer.app import CHANGES, LIMITER, create_app
from sandbox.picqer.changes import Changes
from sandbox.picqer.days import live_a_day
from sandbox.picqer.rate import Limiter
from sandbox.picqer.settings import Settings
from sandbox.picqer.store import PicqerStore
from sandbox.server.clock import Clock
from sandbox.server.faults import Faults


@dataclass(frozen=True)
class Seed:
    """Which account it is: equal seeds are equal accounts."""

    number: int
    size: Size


class Account:
    """An account of Picqer behind its server.

    Attributes:
        store: Its data and its settings.
        faults: Its faults and latency.
        changes: What happens while somebody reads.
        limiter: Its rate limit.
    """

    def __init__(self, clock: Clock, faults: Faults, seed: Seed, days: int, journal: Path | None = None) -> None:
        """Build the account as it was left: `days` is how many days it has lived, known from the state directory."""
        self.clock = clock
        self.faults = faults
        self.seed = seed
        self.store = PicqerStore(clock, Settings(), journal)
        self._seed()
        if self.store.replay():
            self._catch_up()
        elif days:
            self.next_day(0, days)
        self.changes: Changes = Changes(self.store)
        self.limiter: Limiter = Limiter(clock, self.store.settings)

    def _seed(self) -> None:
        seed_account(self.store, self.seed.number, self.seed.size)
        self.store.forget_pending()

    def _catch_up(self) -> None:
        """Let the clock show at least the last time that was given out before a kill."""
        products, orders = self.store.products.rows.values(), self.store.purchaseorders.rows.values()
        latest = max([*(row.updated for row in products), *(row.updated for row in orders)], default="")
        if latest:
            moment = datetime.strptime(latest, "%Y-%m-%d %H:%M:%S")
            self.clock.catch_up(moment.replace(tzinfo=self.store.settings.zone_info()))

    def app(self) -> web.Application:
        """Build the server."""
        app = create_app(self.store, self.faults, self.clock)
        self.changes, self.limiter = app[CHANGES], app[LIMITER]
        return app

    def next_day(self, before: int, days: int) -> Mapping[str, Any]:
        """Live some days after the first `before` ones and tell what changed on the last of them."""
        told: Mapping[str, Any] = {}
        for day in range(before + 1, before + days + 1):
            told = live_a_day(self.store, self.seed.number, day, self.clock.start + timedelta(days=day))
        self.store.flush()
        return told

    def reset(self) -> None:
        """Go back to the first day: the seeded data, no faults, no changes that wait; the settings stay."""
        self.faults.clear()
        self.changes.clear()
        self.limiter.clear()
        self.store.forget_journal()
        self.store.clear()
        self._seed()

    def close(self) -> None:
        """Close the journal."""
        self.store.close()
