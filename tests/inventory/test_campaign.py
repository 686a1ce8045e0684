"""Random days of a warehouse and a shop: whatever happens to messages and programs, the final stock is the model's.

Messages are swapped, doubled and lost, programs die at every boundary, two workers take turns, units ship in between.
"""

import contextlib
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inventory.audit import status
from inventory.errors import ShopTrouble
from inventory.messages import Message
from inventory.process import process
from inventory.queue import claim, receive
from inventory.sequence import moment_of
from inventory.settings import InventorySettings
from inventory.tables import Store
from inventory.verify import everything, verify
from tests.inventory.conftest import message
from tests.inventory.shop_double import Clock, ShopDouble

BOUNDARIES = ("claimed", "looked", "noted", "written", "settled", "verified")
SKUS = ("A", "B", "C", "D")
PLACES = ("default", "east")


class Stopped(BaseException):
    """The end of a program."""


class Days:
    """One seeded story: a warehouse that counts what is available, and a shop that ships."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = random.Random(seed)
        self.clock = Clock()
        self.shop = ShopDouble(clock=self.clock)
        self.shop.data["sources"] = [["default", 1], ["east", 2]]
        for sku in SKUS:
            self.shop.product(sku, "0")
        self.settings = InventorySettings(batch_size=self.random.choice([1, 2, 200]), adjust="unsent_orders")
        self.store = Store.open(folder)
        self.sequence = self.number = 0
        self.sent: list[Message] = []
        self.newest: dict[tuple[str, str], tuple[int, int, str]] = {}

    def tell(self) -> None:
        """The warehouse tells new figures; a message may be delayed, doubled or lost."""
        chosen = self.random.sample([(sku, place) for sku in SKUS for place in PLACES], self.random.randint(1, 5))
        self.number += 1
        self.sequence += self.random.randint(1, 3)
        rows = [(sku, str(self.random.randint(0, 50)), self.sequence, place) for sku, place in chosen]
        self.sent.append(message(self.number, *rows, exported=self.clock().strftime("%Y-%m-%dT%H:%M:%SZ")))

    def deliver(self) -> None:
        """Any message of the last ones, perhaps again, perhaps out of turn."""
        if self.sent:
            self.take(self.random.choice(self.sent[-6:]))

    def take(self, one: Message) -> None:
        receive(self.store, one, self.clock())
        for row in one.rows:
            assert row.sequence is not None
            assert row.exported is not None
            told = (row.sequence, int(row.quantity), row.exported)
            self.newest[row.sku, row.source] = max(self.newest.get((row.sku, row.source), told), told)

    def buy(self) -> None:
        self.shop.order(self.random.choice(SKUS), self.random.randint(1, 3), source=self.random.choice(PLACES))

    def ship(self) -> None:
        open_orders = [at for at, one in enumerate(self.shop.data["orders"]) if one["gone"] < one["ordered"]]
        if open_orders:
            at = self.random.choice(open_orders)
            self.shop.ship(at, 1, self.shop.data["orders"][at]["source"])

    def work(self) -> None:
        """One run, which may be killed, lose an answer, or see units ship while it reads or writes."""
        stop = self.random.choice((*BOUNDARIES, None, None, None))
        after = self.random.randint(0, 2)
        seen = 0

        def reached(point: str) -> None:
            nonlocal seen
            seen += point == stop
            if point == stop and seen > after:
                raise Stopped

        if self.random.random() < 0.5:
            call = self.random.choice(["write_source_items", "open_orders", "source_items", "shipments_since"])
            self.shop.before[call] = [self.random.choice([self.ship, self.fail])]
        if self.random.random() < 0.3:
            self.shop.after["write_source_items"] = [self.random.choice([self.ship, self.fail])]
        with contextlib.suppress(Stopped):
            process(self.store, self.shop, self.settings, now=self.clock, reached=reached)
        self.shop.before.clear()
        self.shop.after.clear()

    def fail(self) -> None:
        raise ShopTrouble("no answer")

    def another_worker(self) -> None:
        """Claims and is never seen again."""
        claim(self.store, "another", self.clock(), self.clock(), most=self.random.randint(1, 3))

    def live(self, steps: int) -> None:
        acts: list[Callable[[], Any]] = [self.tell, self.deliver, self.deliver, self.buy, self.ship, self.work]
        for _ in range(steps):
            self.random.choice([*acts, self.work, self.another_worker])()
            self.clock.pass_(seconds=self.random.choice([1, 3, 20, 40]))

    def bounds(self, sku: str, place: str) -> tuple[int, int]:
        """Between what the figure of a key must lie: told, more by what the warehouse knows and the shop still has.

        Units that the warehouse did not know of may have left before the figure was applied, or after.
        """
        _, told, exported = self.newest[sku, place]
        lines = [one for one in self.shop.data["orders"] if (one["sku"], one["source"]) == (sku, place)]
        known = [one for one in lines if datetime.fromisoformat(one["at"]) <= moment_of(exported)]
        most = told + sum(one["ordered"] - one["gone"] for one in known)
        return most - sum(one["gone"] for one in lines if one not in known), most

    def settle(self) -> None:
        for one in self.sent:  # what was lost is sent again
            self.take(one)
        for _ in range(3):
            self.clock.pass_(minutes=5)
            process(self.store, self.shop, self.settings, now=self.clock)


@pytest.mark.parametrize("seed", range(20))
def test_the_final_stock_is_that_of_the_newest_figures(seed: int, tmp_path: Path) -> None:
    days = Days(seed, tmp_path)
    try:
        days.live(60)
        days.settle()
        found = status(days.store)
        assert not {"received", "claimed", "failed", "waiting", "dead"} & found.states.keys()
        assert found.unverified == 0
        for one in everything(days.store):
            assert one.sequence == days.newest[one.sku, one.source][0]
            least, most = days.bounds(one.sku, one.source)
            assert least <= (days.shop.standing(one.sku, one.source) or 0) <= most
        assert len(everything(days.store)) == len(days.newest)
        # One more of each message, and a comparison: nothing moves.
        writes = days.shop.writes()
        days.settle()
        assert verify(days.store, days.shop, everything(days.store), batch_size=200).differences == []
        assert days.shop.writes() == writes
        # The last figure told with nothing open is the shop's, to the unit.
        for order, line in enumerate(days.shop.data["orders"]):
            days.shop.ship(order, line["ordered"] - line["gone"], line["source"])
        days.clock.pass_(minutes=5)
        days.tell()
        days.settle()
        for row in days.sent[-1].rows:
            assert days.shop.standing(row.sku, row.source) == row.quantity
            assert Decimal(days.newest[row.sku, row.source][1]) == row.quantity
    finally:
        days.store.close()
    assert days.clock.at > Clock().at + timedelta(minutes=5)
