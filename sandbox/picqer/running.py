"""One running Picqer account: its seeded data, its faults and its server, as `Sandbox` starts and steers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.picqer.account import Size, seed_account
from sandbox.picqer.changes import ACTIONS, attempt
from sandbox.picqer.days import live_a_day
from sandbox.picqer.gate import API_PREFIX, Gate
from sandbox.picqer.rate import Limiter
from sandbox.picqer.reading import Reading
from sandbox.picqer.settings import Settings
from sandbox.picqer.store import PicqerStore
from sandbox.picqer.writing import Writing
from sandbox.server.account_controls import AccountControls
from sandbox.server.api import Api, Ground
from sandbox.server.changes import Changes
from sandbox.server.faults import Dialect
from sandbox.server.oddities import Oddities

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

_CODES = {404: 20, 429: 28, 500: 1}


def _error(status: int, text: str) -> object:
    return {"error": True, "error_code": _CODES.get(status), "error_message": text}


def _page(query: Mapping[str, str]) -> int:
    offset = query.get("offset", "0")
    return int(offset) // 100 + 1 if offset.isdigit() else 1


class Account(Api):
    """An account of Picqer behind `/api/v1/...`; its address is the one before that.

    Attributes:
        store: Its data and its settings.
        changes: What happens while somebody reads.
        oddities: Which rows it answers wrongly.
        limiter: Its rate limit.
    """

    name = "picqer"
    dialect = Dialect(error=_error, page=_page)
    largest_body = 2**28

    def __init__(self, ground: Ground, size: Size | None = None) -> None:
        """Build the account as it was left; without a size it has as much as the ground says."""
        super().__init__(ground)
        state = ground.state
        self.size = size if size is not None else Size.of(state.products, state.orders)
        self.store = PicqerStore(self.clock, Settings(), self.journal())
        self._seed()
        if self.store.replay():
            self._catch_up()
        elif state.days:
            self.next_day(0, state.days)
        self.changes = Changes(self.store, attempt, ACTIONS)
        self.oddities = Oddities()
        self.limiter = Limiter(self.clock, self.store.settings)

    def _seed(self) -> None:
        seed_account(self.store, self.ground.state.seed, self.size)
        self.store.forget_pending()

    def _catch_up(self) -> None:
        """Let the clock show at least the last time that was given out before a kill."""
        products, orders = self.store.products.rows.values(), self.store.purchaseorders.rows.values()
        latest = max([*(row.updated for row in products), *(row.updated for row in orders)], default="")
        if latest:
            moment = datetime.strptime(latest, "%Y-%m-%d %H:%M:%S")
            self.clock.catch_up(moment.replace(tzinfo=self.store.settings.zone_info()))

    def gates(self) -> Sequence[Middleware]:
        """Return the checks of user agent, key, rate limit and rights."""
        return (Gate(self.store, self.limiter).middleware,)

    def add_routes(self, app: web.Application) -> None:
        """Add the routes of the API and of this server's own controls."""
        reading = Reading(self.store, self.changes, self.oddities)
        reading.add_routes(app, API_PREFIX)
        Writing(reading).add_routes(app, API_PREFIX)
        secrets = ("api_key", "fulfilment_key")
        AccountControls(self.store, self.store.settings, secrets, self.changes, self.oddities).add_routes(app)

    def dump(self) -> Any:  # noqa: ANN401 - any JSON
        """Return all rows of all tables."""
        return self.store.dump()

    def next_day(self, before: int, days: int) -> Mapping[str, Any]:
        """Live some days after the first `before` ones and tell what changed on the last of them."""
        told: Mapping[str, Any] = {}
        for day in range(before + 1, before + days + 1):
            told = live_a_day(self.store, self.ground.state.seed, day, self.clock.start + timedelta(days=day))
        self.store.flush()
        return {self.name: told}

    def reset(self) -> None:
        """Go back to the first day: the seeded data, no oddities or changes that wait; the settings stay."""
        self.changes.clear()
        self.oddities.clear()
        self.limiter.clear()
        self.store.forget_journal()
        self.store.clear()
        self._seed()

    def close(self) -> None:
        """Close the journal."""
        self.store.close()
