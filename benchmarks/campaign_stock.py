"""A seeded campaign of stock: a warehouse system's messages, a shop that sells and ships, and everything in between.

Each run lets a warehouse and a shop live through a day. Messages come late, twice, in another order or at first not at
all; programs are killed at every boundary of their work, or by the system while the shop acts; two workers are at it at
once; units are ordered and ship between reading, writing and reading back; the shop fails, loses answers and deadlocks;
others meddle with its stock. At the end of the day the last figures are written amid all that, and what stands in the
shop for every SKU and source must be what lies in the warehouse, to the unit; no sequence may be applied twice; what
others change then, a comparison puts right; and messages that come once more must write nothing.

A run is told by its seed: `python benchmarks/campaign_stock.py --seed 7 --runs 1` repeats run 7, as far as two programs
at once and kills by the system can be repeated.
"""

import contextlib
import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from sqlalchemy import func, select

from benchmarks.seeds import run_seeds
from benchmarks.serving import Serving
from inventory.audit import status
from inventory.magento import magento_shop
from inventory.process import Processed, process
from inventory.queue import clean_up
from inventory.receive import Settings, application
from inventory.settings import InventorySettings
from inventory.tables import Store, figures
from inventory.verify import everything, verify
from sandbox.server.state import SandboxError
from sandbox.shop.collation import folded
from sandbox.systems import Sandbox
from sandbox.wms.messages import Message
from sandbox.wms.sender import Reply, Sender
from sandbox.wms.warehouse import Warehouse

TOKEN = "a-token-of-the-campaign"
BOUNDARIES = ("claimed", "looked", "noted", "written", "settled", "verified")
MEETINGS = (("GET", "orders$"), ("GET", "shipments$"), ("GET", "source-items$"), ("GET", "products$"), ("POST", "."))
FAULTS: tuple[dict[str, Any], ...] = (
    {"method": "POST", "cut": "before", "times": 1},
    {"method": "POST", "cut": "after", "times": 1},
    {"method": "POST", "status": 503, "times": 1},
    {"method": "GET", "status": 503, "nth": 2},
    {"method": "PUT", "cut": "after", "times": 1},
)
LOGGER = logging.getLogger("campaign")


class Killed(BaseException):
    """The end of a program at one of its boundaries."""


@dataclass
class Sold:
    """An order of one product: heard by the warehouse, sent by it, sent by the shop."""

    number: int
    sku: str
    units: int
    at: str
    heard: bool = False
    despatched: bool = False
    shipped: bool = False
    canceled: bool = False


class Post(Sender):
    """A sender whose messages are late, doubled or lost on the way; `rest` brings what has not arrived."""

    def __init__(self, warehouse: Warehouse, url: str, dice: random.Random, soap: str | None) -> None:
        """Send to a receiver, in chunks of a few products."""
        super().__init__(warehouse, url, TOKEN, chunk=dice.choice((1, 2, 100)), soap=soap)
        self.dice = dice
        self.next_message = dice.choice((1, 8, 97))
        self.sent: list[Message] = []
        self.late: list[Message] = []

    def send(self, made: Message, *, lose_answer: bool = False) -> Reply:
        """Send a message now, later, or twice, with or without hearing the answer."""
        self.sent.append(made)
        if self.dice.random() < 0.35:
            self.late.append(made)
            return Reply(made.number, None)
        for _ in range(self.dice.choice((0, 0, 0, 1))):
            self.bring(made, lose_answer=self.dice.random() < 0.5)
        return self.bring(made)

    def bring(self, made: Message, *, lose_answer: bool = False) -> Reply:
        """Send it for certain."""
        reply = super().send(made, lose_answer=lose_answer)
        assert reply.status in (200, None), reply
        return reply

    def bring_late(self, *, all_of_them: bool = False) -> None:
        """Bring some late messages, the newest perhaps before the oldest."""
        self.dice.shuffle(self.late)
        while self.late and (all_of_them or self.dice.random() < 0.7):
            self.bring(self.late.pop())


class Day:
    """One seeded day of a warehouse and its shop."""

    def __init__(self, seed: int, root: Path, sandbox: Sandbox, url: str, events: Counter[str]) -> None:
        """Set both up, with the same goods."""
        self.dice = dice = random.Random(seed)
        self.root, self.sandbox, self.events = root, sandbox, events
        self.clock = sandbox.clock
        self.msi = sandbox.magento.settings.msi = dice.random() < 0.75
        self.on_hand = self.msi and dice.random() < 0.25
        self.exports = dice.random() < 0.5
        ordered = {row["sku"] for order in sandbox.shop.orders.values() for row in order["items"]}
        plain = [one["sku"] for one in sandbox.shop.products.values() if one["sku"].startswith(("SHIRT-", "PART-"))]
        self.skus = sorted(set(plain) - ordered)[:4]
        self.sources = ("ams", "rtm") if self.msi else ("default",)
        self.home = self.sources[0]
        self.warehouse = Warehouse(self.clock, "on_hand" if self.on_hand else "available")
        self.post = Post(self.warehouse, url, dice, dice.choice((None, None, "1.1", "1.2")))
        self.settings = InventorySettings(
            figure="on_hand" if self.on_hand else "available",
            adjust="no" if self.msi and dice.random() < 0.5 else "unsent_orders",
            unsent_order_cutoff_days=3650,
            batch_size=dice.choice((1, 2, 3, 200)),
        )
        self.config = {
            "store_url": sandbox.magento_url,
            "access_token": "sandbox-integration-token",
            "retry_seconds": 0,
            "request_timeout": 20,
        }
        self.orders: list[Sold] = []
        for source in self.sources:
            self.warehouse.stock({sku: dice.randint(0, 40) for sku in self.skus}, source)
        self.closing = False

    # What goes on in shop and warehouse; `inside`: in the server's own thread, between two of its requests

    def _do(self, work: Callable[[], Any], inside: bool) -> Any:
        self.clock.advance(seconds=self.dice.choice((1, 1, 2, 20)))
        return work() if inside else self.sandbox.call(work)

    def free(self, sku: str, source: str) -> float:
        """Units that nobody has bought yet."""
        orders = [one for one in self.orders if one.sku == sku and not one.despatched and not one.canceled]
        bought = sum(one.units for one in orders) if source == self.home else 0
        return self.warehouse.on_hand[sku, source] - self.warehouse.unusable[sku, source] - bought

    def open(self, sku: str) -> list[Sold]:
        """The orders of a product that the shop has not sent or given up."""
        return [one for one in self.orders if one.sku == sku and not one.shipped and not one.canceled]

    def buy(self, inside: bool = False) -> None:
        """Somebody orders in the shop."""
        sku = self.dice.choice(self.skus)
        units = self.dice.randint(1, 3)
        if self.free(sku, self.home) < units:
            return

        def place() -> None:
            at = self.clock.now().strftime("%Y-%m-%d %H:%M:%S")
            number = self.sandbox.selling.place({sku: units}, at=at)
            if self.exports:
                extra = self.sandbox.shop.orders[number].setdefault("extension_attributes", {})
                extra["orderflow_export_status"] = "Pending"
            self.orders.append(Sold(number, sku, units, at))

        self._do(place, inside)

    def hear(self, inside: bool = False) -> None:
        """The warehouse takes in the oldest orders that it has not seen, those given up meanwhile left out."""
        for one in [one for one in self.orders if not one.heard][: self.dice.randint(1, 3)]:
            one.heard = True
            at = one.at
            if self.exports:
                at = self.clock.now().strftime("%Y-%m-%d %H:%M:%S")
                self._do(partial(self.sandbox.selling.export, one.number, at), inside)
            if not one.canceled:
                self.warehouse.hear({one.sku: one.units}, at.replace(" ", "T"), self.home)

    def despatch(self, inside: bool = False) -> None:
        """Goods leave the warehouse; where it tells what is on hand, the shop has sent them before."""
        ready = [one for one in self.orders if one.heard and not one.despatched and not one.canceled]
        for one in ready[: self.dice.randint(1, 2)]:
            if self.on_hand and not (one.shipped or self._ship(one, inside)):
                continue
            one.despatched = True
            self.warehouse.despatch({one.sku: one.units}, self.home)

    def despatch_unheard(self, inside: bool = False) -> None:
        """Goods leave warehouse and shop without a new figure: those free for sale stay as many."""
        self.despatch(inside)
        self.ship(inside)

    def ship(self, inside: bool = False) -> None:
        """The shop is told that goods have left; where figures are on hand, before the warehouse notes it."""
        ready = [one for one in self.orders if one.heard and not one.shipped and not one.canceled]
        for one in [one for one in ready if one.despatched or self.on_hand][: self.dice.randint(1, 2)]:
            self._ship(one, inside)

    def _ship(self, one: Sold, inside: bool) -> bool:
        with contextlib.suppress(SandboxError):  # as a shop refuses where too few stand there
            self._do(lambda: self.sandbox.selling.ship(one.number, None, self.home), inside)
            one.shipped = True
            self.events["shipment"] += 1
            return True
        return False

    def cancel(self, inside: bool = False) -> None:
        """An order is given up; the warehouse hears of it. Without sources that moves the stock with nobody telling."""
        given_up = [one for one in self.orders if not (one.despatched or one.shipped or one.canceled)]
        if self.msi and given_up:
            one = self.dice.choice(given_up)
            self._do(lambda: self.sandbox.selling.cancel(one.number), inside)
            one.canceled = True
            if one.heard:
                self.warehouse.known[one.sku, self.home] -= one.units
                self.warehouse.move(one.sku, 0, self.home)

    def receive(self, inside: bool = False) -> None:
        """Goods come in, are lost, or get spoilt."""
        sku, source = self.dice.choice(self.skus), self.dice.choice(self.sources)
        some = self.dice.randint(1, 9)
        if self.dice.random() < 0.6 or self.free(sku, source) < some:
            self.warehouse.move(sku, some, source)
        elif self.dice.random() < 0.5:
            self.warehouse.move(sku, -some, source)
        else:
            self.warehouse.spoil(sku, some, source)

    def meddle(self) -> None:
        """Somebody else writes into the shop."""
        if self.msi and self.dice.random() < 0.3:
            sku, source = self.dice.choice(self.skus), self.dice.choice(self.sources)
            self._do(lambda: self.sandbox.selling.write(sku, source, self.dice.randint(0, 99)), inside=False)

    def tell(self) -> None:
        """The warehouse sends what has changed, or everything."""
        if self.dice.random() < 0.15:
            self.post.full(initialise=self.dice.random() < 0.5)
        else:
            self.post.incremental()

    # The programs

    def work(self) -> None:
        """One program, or two at once, with something in its way."""
        with self._trouble():
            way = self.dice.choice(("plain", "boundary", "boundary", "boundary", "system", "two"))
            if way == "system":
                self._killed_by_the_system()
            elif way == "two":
                self._two_at_once()
            else:
                self._process(self.dice.choice(BOUNDARIES) if way == "boundary" else None)
        self.clock.advance(seconds=self.dice.choice((1, 7, 35, 70)))

    def _process(self, stop: str | None = None, *, ahead: float = 0) -> Processed | None:
        passed, last = Counter[str](), self.dice.choice((1, 1, 2))

        def reached(point: str) -> None:
            passed[point] += 1
            if point == stop and passed[point] >= last:
                self.events[f"kill {point}"] += 1
                raise Killed

        def now() -> datetime:
            return self.clock.now() + timedelta(seconds=ahead)

        with (
            contextlib.suppress(Killed),
            Store.open(self.root) as store,
            magento_shop(self.config, LOGGER) as shop,
        ):
            return process(store, shop, self.settings, now=now, reached=reached)
        return None

    def _two_at_once(self) -> None:
        """Without the folder's lock; the second may even think that the first one's lease is over."""
        ahead = self.dice.choice((0, 0, 61))
        other = threading.Thread(target=self._process, kwargs={"ahead": ahead})
        other.start()
        self._process()
        other.join()
        self.events["two workers"] += 1

    def _killed_by_the_system(self) -> None:
        """In a process of its own, killed when the shop has or has not yet acted on one of its requests."""
        program = multiprocessing.get_context("fork").Process(target=_program, args=(self,))
        ready = threading.Event()

        def kill() -> None:
            if ready.wait(20) and program.pid is not None:
                os.kill(program.pid, signal.SIGKILL)
                self.events["kill -9"] += 1

        method, path = self.dice.choice(MEETINGS)
        moments = self.sandbox.apis["magento"].moments
        moments.on(kill, method=method, path=path, nth=self.dice.randint(1, 2), after=self.dice.random() < 0.6)
        program.start()
        ready.set()
        program.join(60)
        assert not program.is_alive(), "a program hung"
        moments.clear()

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        dice, server = self.dice, self.sandbox.magento
        for _ in range(dice.choice((1, 2, 3) if self.closing else (0, 0, 1, 2))):
            method, path = dice.choice(MEETINGS)
            silent = (self.buy, self.buy) if self.on_hand else (self.buy, self.ship, self.despatch_unheard)
            act = dice.choice(silent if self.closing else (*silent, self.ship, self.despatch, self.hear, self.cancel))
            moments = self.sandbox.apis["magento"].moments
            moments.on(partial(act, inside=True), method=method, path=path, after=dice.random() < 0.5)
            self.events["meeting"] += 1
        if dice.random() < 0.3:
            self.sandbox.faults_magento.add(dice.choice(FAULTS))
            self.events["fault"] += 1
        if dice.random() < 0.1:
            server.settings.deadlocks = dice.randint(1, 2)
            self.events["deadlock"] += 1
        yield
        self.sandbox.apis["magento"].moments.clear()
        self.sandbox.faults_magento.clear()
        server.settings.deadlocks = 0

    # The day and its end

    def live(self) -> None:
        """So many things in any order."""
        acts: list[Callable[[], None]] = [self.buy, self.buy, self.buy, self.hear, self.hear, self.despatch]
        acts += [self.despatch, self.ship, self.ship, self.cancel, self.receive, self.receive, self.tell, self.tell]
        acts += [self.tell, self.post.bring_late, self.post.bring_late, self.meddle, self.work, self.work, self.work]
        for _ in range(self.dice.randint(15, 40)):
            self.dice.choice(acts)()

    def close(self) -> None:
        """The last figures of all goods: no later one mends what is done wrong now, while goods go on leaving."""
        for act in (self.buy, self.buy, self.buy, self.hear, self.despatch, self.buy):
            act()
        for one in self.orders:
            if one.shipped and not one.despatched:  # a figure on hand tells of no goods that are away already
                one.despatched = True
                self.warehouse.despatch({one.sku: one.units}, self.home)
        self.closing = True
        self.post.full(initialise=True)
        self.post.bring_late(all_of_them=True)
        for _ in range(self.dice.randint(1, 3)):
            self.work()

    def settle(self) -> None:
        """Nothing stands in the way any more; the queue is worked off."""
        for _ in range(4):
            self.clock.advance(seconds=300)
            found = self._process()
            assert found is not None
            assert found.trouble is None, found.trouble

    def wanted(self, sku: str, source: str) -> float:
        """What must stand in the shop: what lies there and can be sold, as far as the shop knows what has left."""
        there = self.warehouse.on_hand[sku, source] - self.warehouse.unusable[sku, source]
        if source != self.home:
            return there
        if not self.msi:
            return there - sum(one.units for one in self.open(sku) if not one.despatched)
        return there + sum(one.units for one in self.orders if one.sku == sku and one.despatched and not one.shipped)

    def stands(self, sku: str, source: str) -> float | None:
        """What the shop says."""
        if not self.msi:
            return float(self.sandbox.shop.stock.items[self.sandbox.shop.by_sku[folded(sku)]]["qty"])
        row = self.sandbox.shop.stock.source_items.get((source, folded(sku)))
        return None if row is None else float(row["quantity"])

    def wrong(self) -> str | None:
        """What is not as it must be at the end; None when all is well."""
        with Store.open(self.root) as store, magento_shop(self.config, LOGGER) as shop:
            complaint = self._differs() or _unsettled(store) or _twice(store)
            if complaint is not None:
                return complaint
            differences = verify(store, shop, everything(store), batch_size=200).differences
            if differences:
                return f"compare finds {differences}"
            self.meddle()
            verify(store, shop, everything(store), batch_size=200)
            clean_up(store, datetime.now(timezone.utc) + timedelta(days=400), 1)
        before = self.sandbox.requests.attempted_writes("magento")
        for made in self.post.sent:  # of which only the sequences are remembered by now
            self.post.bring(made)
        self._process()
        if self.sandbox.requests.attempted_writes("magento") != before:
            return "messages that came once more wrote into the shop"
        with Store.open(self.root) as store:
            return self._differs() or _unsettled(store)

    def _differs(self) -> str | None:
        found: dict[str, Any] = defaultdict(dict)
        for sku in self.skus:
            for source in self.sources:
                wanted, stands = self.wanted(sku, source), self.stands(sku, source)
                if wanted != stands:
                    found[sku][source] = f"{stands} instead of {wanted}"
        return f"stock differs: {dict(found)}" if found else None


def _program(day: Day) -> None:
    """The work of a process of its own."""
    logging.disable()
    day._process()
    os._exit(0)


def _unsettled(store: Store) -> str | None:
    found = status(store)
    left = {"received", "claimed", "failed", "waiting", "dead", "refused"} & found.states.keys()
    return f"left over: {found.states}, {found.unverified} not read back" if left or found.unverified else None


def _twice(store: Store) -> str | None:
    """A sequence that was applied more than once for its SKU and source."""
    named = (figures.c.sku_key, figures.c.source_key, figures.c.sequence)
    query = select(*named).where(figures.c.state == "applied").group_by(*named).having(func.count() > 1)
    with store.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return f"applied twice: {rows}" if rows else None


class StockCampaign:
    """Runs scenarios and says what was wrong with them."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self.events: Counter[str] = Counter()

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what is wrong."""
        with tempfile.TemporaryDirectory(prefix="campaign-") as name, Sandbox(seed, 6, 3) as sandbox:
            sandbox.clock.ticking = False
            root, serving = Path(name, "snapshots"), Serving()
            try:
                url = serving.start(application(Settings(root, TOKEN, now=sandbox.clock.now)))
                day = Day(seed, root, sandbox, url, self.events)
                day.live()
                day.close()
                day.settle()
                how = f"{'with' if day.msi else 'without'} sources, {day.settings.figure}, {day.settings.adjust}"
                complaint = day.wrong()
                return None if complaint is None else f"{how}: {complaint}"
            finally:
                serving.stop()


def main() -> None:
    """Runs the campaign."""
    logging.disable()
    campaign = StockCampaign()
    run_seeds(__doc__, campaign.scenario, campaign.events)


if __name__ == "__main__":
    main()
