"""One running EasyEcom account: its seeded data, its faults and its server, as `Sandbox` starts and steers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.easyecom.account import Size, seed_account
from sandbox.easyecom.changes import ACTIONS, apply
from sandbox.easyecom.days import live_a_day
from sandbox.easyecom.deeds import Deeds
from sandbox.easyecom.gate import LOGIN, Gate
from sandbox.easyecom.rate import Limiter
from sandbox.easyecom.reading import Reading
from sandbox.easyecom.settings import Settings
from sandbox.easyecom.store import INDIA, EasyStore
from sandbox.easyecom.tokens import Tokens
from sandbox.easyecom.writing import Writing
from sandbox.server.account_controls import AccountControls
from sandbox.server.api import Api, Ground
from sandbox.server.changes import Changes
from sandbox.server.faults import Dialect
from sandbox.server.oddities import Oddities
from sandbox.server.verbs import Verbs

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware


def _error(status: int, text: str) -> object:
    return {"code": status, "message": text, "data": []}


class Account(Api):
    """An account of EasyEcom; its address is what comes before the paths.

    Attributes:
        store: Its data and its settings.
        tokens: Its logins.
        changes: What happens while somebody reads.
        oddities: Which rows it answers wrongly.
        limiter: Its limits.
        deeds: What people do in it: call its verbs through `Sandbox.call`.
    """

    name = "easyecom"
    dialect = Dialect(error=_error, token_routes=(LOGIN,))
    largest_body = 2**28

    def __init__(self, ground: Ground, size: Size | None = None) -> None:
        """Build the account as it was left; without a size it has as much as the ground says."""
        super().__init__(ground)
        state = ground.state
        self.size = size if size is not None else Size.of(state.products, state.orders)
        self.store = EasyStore(self.clock, Settings(), self.journal())
        self._seed()
        if self.store.replay():
            self._catch_up()
        elif state.days:
            self.next_day(0, state.days)
        self.changes = Changes(self.store, apply, ACTIONS)
        self.oddities = Oddities()
        self.limiter = Limiter(self.clock, self.store.settings)
        self.tokens = Tokens(self.store, self.limiter)
        self.deeds = Deeds(self.store, self.tokens)

    def _seed(self) -> None:
        seed_account(self.store, self.ground.state.seed, self.size)
        self.store.forget_pending()

    def _catch_up(self) -> None:
        """Let the clock show at least the last time that was given out before a kill."""
        products, orders = self.store.products.rows.values(), self.store.purchase_orders.rows.values()
        latest = max([*(row.updated_at for row in products), *(row.po_updated_date for row in orders)], default="")
        if latest:
            self.clock.catch_up(datetime.strptime(latest, "%Y-%m-%d %H:%M:%S").replace(tzinfo=INDIA))

    def gates(self) -> Sequence[Middleware]:
        """Return the checks of key, limits and token."""
        return (Gate(self.store, self.limiter, self.tokens).middleware,)

    def add_routes(self, app: web.Application) -> None:
        """Add the routes of the API and of this server's own controls."""
        Reading(self.store, self.tokens, self.changes, self.oddities).add_routes(app)
        Writing(self.store).add_routes(app)
        Verbs(self.deeds.verbs(), self.moments).add_routes(app)
        secrets = ("password", "x_api_key")
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
        self.tokens.clear()
        self.store.forget_journal()
        self.store.clear()
        self._seed()

    def close(self) -> None:
        """Close the journal."""
        self.store.close()
