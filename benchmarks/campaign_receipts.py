"""A seeded campaign of receipts: goods booked in Optiply, jobs that write them into the shop, and trouble.

In each run people book receipts in Optiply, some dated long ago, edit and delete them, and the shop sells and ships,
also between two requests of a job. Jobs are killed at every boundary of their work or when the shop has or has not yet
acted, two of them meet, answers are lost and servers fail. At the end a few jobs run in peace. What stands in the shop
for every SKU and source must then be what stood there at first, more by every receipt as it stands now and less by what
was shipped: nothing lost, nothing counted twice. Where a change could not be told from another writer's it is held, and
a person's look at the shop decides. Optiply must end with the shop's figures, and one job more must write nothing.

A run is told by its seed: `python benchmarks/campaign_receipts.py --seed 7 --runs 1` repeats run 7, as far as two jobs
at once can be repeated. Servers, files, locks and kills are real; only the start of interpreters is saved.
"""

from __future__ import annotations

import json
import logging
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaign_shop import SHOP, TARGET
from benchmarks.in_process import BOUNDARIES, REFUSED, ended, forked_job, job
from benchmarks.seeds import run_seeds
from job.folder import JobFolder
from job.systems import system_of
from sandbox.systems import Sandbox
from store.place import Place
from target_magento.intents import APPLIED, ChangeLedger

SHOPS = 4
"""So many shops are made and read once; each run begins with a copy of one."""
STORE_OF_SOURCE = 3  # sells from the source below
SOURCE = "default"
PATIENCE = 4
PLENTY = 90  # so that nothing waits for goods to come in
RECEIPTS, STOCK = {"parts": ("receipts",)}, {"parts": ("stock",)}
MEETINGS = (
    ("magento", "GET", "source-items|stockItems"),
    ("magento", "GET", "shipments|orders"),
    ("magento", "POST|PUT", "source-items|stockItems"),
    ("optiply", "GET", "receiptLines"),
)
TROUBLE: tuple[dict[str, Any], ...] = (
    {"api": "magento", "method": "POST", "path": "source-items", "cut": "after", "times": 1},
    {"api": "magento", "method": "POST", "path": "source-items", "cut": "before", "times": 1},
    {"api": "magento", "method": "POST", "path": "source-items", "status": 503, "times": 1},
    {"api": "magento", "method": "PUT", "path": "stockItems", "cut": "after", "times": 1},
    {"api": "magento", "method": "PUT", "path": "stockItems", "cut": "before", "times": 1},
    {"api": "magento", "every": 7, "status": 503},
    {"api": "magento", "every": 9, "cut": "during"},
    {"api": "optiply", "method": "GET", "every": 5, "status": 502},
)


class Booking:
    """One seeded story of an account and its shop."""

    def __init__(self, seed: int, sandbox: Sandbox, msi: bool) -> None:
        """Begin after the first job, from which on receipts count."""
        self.dice, self.sandbox, self.msi = random.Random(seed), sandbox, msi
        products = sandbox.optiply.tables["products"].objects.values()
        known = {row.attributes["skuCode"] for row in products if not row.attributes["unlimitedStock"]}
        ordered = {row["sku"] for order in sandbox.shop.orders.values() for row in order["items"]}
        held = {sku for source, sku in sandbox.shop.stock.source_items if source == SOURCE}
        plain = [one["sku"] for one in sandbox.shop.products.values() if one["type_id"] == "simple"]
        self.skus = [sku for sku in plain if sku in known - ordered and sku.lower() in held][:3]
        for sku in self.skus:
            sandbox.call(partial(sandbox.selling.write, sku, SOURCE, PLENTY))
        self.first = {sku: self.stands(sku) for sku in self.skus}
        self.lines = {sku: self._line(sku) for sku in self.skus}
        self.assembled = self._line(self.skus[0], assembly=True)
        self.receipts: dict[int, tuple[str, int]] = {}
        self.shipped: Counter[str] = Counter()

    def _line(self, sku: str, **more: Any) -> int:
        order = self.sandbox.call(lambda: self.sandbox.buying.order({sku: 500}, **more))
        (line,) = self.sandbox.optiply.tables["buyOrderLines"].where("buyOrderId", order)
        return int(line.id)

    def stands(self, sku: str) -> float:
        """What the shop says."""
        shop = self.sandbox.shop
        if not self.msi:
            return float(shop.stock.items[shop.by_sku[sku.lower()]]["qty"])
        return float(shop.stock.source_items[SOURCE, sku.lower()]["quantity"])

    def book(self) -> None:
        """Goods come in, or the paper on goods that came in long ago."""
        sku, units = self.dice.choice(self.skus), self.dice.randint(1, 9)
        late = self.dice.choice((None, None, "2025-12-20T08:00:00Z"))
        number = self.sandbox.call(lambda: self.sandbox.buying.receive(self.lines[sku], units, late))
        self.receipts[number] = sku, units

    def book_otherwise(self) -> None:
        """An integration books, or somebody books on an assembly order: neither is the shop's."""
        by_api = self.dice.random() < 0.5
        line = self.lines[self.skus[0]] if by_api else self.assembled
        self.sandbox.call(lambda: self.sandbox.buying.receive(line, 5, by_api=by_api))

    def edit(self) -> None:
        """Somebody has counted again."""
        if self.receipts:
            number = self.dice.choice(list(self.receipts))
            units = self.dice.randint(-3, 12)
            self.sandbox.call(lambda: self.sandbox.buying.edit_receipt(number, quantity=units))
            self.receipts[number] = self.receipts[number][0], units

    def delete(self) -> None:
        """A receipt was a mistake."""
        if self.receipts and self.dice.random() < 0.5:
            number = self.dice.choice(list(self.receipts))
            self.sandbox.call(lambda: self.sandbox.buying.delete("receiptLines", number))
            del self.receipts[number]

    def sell(self, inside: bool = False) -> None:
        """The shop sells and ships; `inside`: between two requests of a job."""
        sku, units = self.dice.choice(self.skus), self.dice.randint(1, 3)
        if self.stands(sku) < 20:
            return

        def act() -> None:
            order = self.sandbox.selling.place({sku: units}, store_id=STORE_OF_SOURCE)
            if self.msi:
                self.sandbox.selling.ship(order, None, SOURCE)

        if inside:
            act()
        else:
            self.sandbox.call(act)
        self.shipped[sku] += units

    def live(self, most: int) -> None:
        """So many things in any order."""
        acts: list[Callable[[], None]] = [self.book, self.book, self.book, self.edit, self.delete, self.sell]
        for _ in range(self.dice.randint(1, most)):
            self.dice.choice([*acts, self.book_otherwise])()

    def booked(self, sku: str) -> int:
        """What all receipts of a SKU say now."""
        return sum(units for named, units in self.receipts.values() if named == sku)

    def differs(self) -> str | None:
        """Where the shop, or Optiply after it, does not hold what it must."""
        found = {}
        for sku in self.skus:
            wanted = self.first[sku] + self.booked(sku) - self.shipped[sku]
            if self.stands(sku) != wanted:
                found[sku] = f"{self.stands(sku)} instead of {wanted}"
        return f"stock differs: {found}" if found else self._optiply_differs()

    def _optiply_differs(self) -> str | None:
        found = {}
        table, items = self.sandbox.optiply.tables["products"], self.sandbox.shop.stock.source_items
        for sku in self.skus:
            (number,) = table.lookup("skuCode", sku) or (0,)
            level = table.objects[number].attributes["stockLevel"]
            shop = sum(float(row["quantity"]) for (_, key), row in items.items() if key == sku.lower())
            wanted = shop if self.msi else self.stands(sku)
            if level != wanted:
                found[sku] = f"{level} instead of {wanted}"
        return f"Optiply's stock differs: {found}" if found else None


class ReceiptCampaign:
    """Runs scenarios and says what was wrong with them."""

    def __init__(self, folder: Path) -> None:
        """Keep what is prepared in `folder`."""
        self.folder, self.events = folder, Counter[str]()
        BOUNDARIES.watch()

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what is wrong."""
        msi = bool(seed % 4)
        with (
            tempfile.TemporaryDirectory(prefix="run-", dir=self.folder) as name,
            self._sandbox(Path(name), self._prepared(seed % SHOPS, msi), msi) as sandbox,
        ):
            day = _Day(Path(name, "acme"), Booking(seed, sandbox, msi), self.events)
            for _ in range(day.dice.randint(2, 5)):
                day.hour()
            complaint = day.end()
            return None if complaint is None else f"{'with' if msi else 'without'} sources: {complaint}"

    def _prepared(self, number: int, msi: bool) -> Path:
        """The folder of a shop whose products Optiply knows, made once."""
        place = self.folder / f"shop-{number}-{msi}"
        if not place.exists():
            empty = Path(tempfile.mkdtemp(prefix="empty-", dir=self.folder))
            (empty / "acme").mkdir()
            with self._sandbox(place, empty, msi, number) as sandbox:
                sandbox.clock.ticking = False
                _in_peace(place / "acme", {})
        return place

    @contextmanager
    def _sandbox(self, place: Path, begun: Path, msi: bool, number: int | None = None) -> Iterator[Sandbox]:
        """Servers and a job folder as they were left in `begun`; with a `number`, a new shop."""
        shutil.copytree(begun, place, dirs_exist_ok=True)
        products, orders = (None, None) if number is None else (6, 3)
        with Sandbox(number, products, orders, state_dir=place / "sandbox") as sandbox:
            sandbox.clock.ticking = False
            sandbox.magento.settings.msi = msi
            addresses = {"api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url}
            patience = {"retry_seconds": 0, "request_timeout": 30}
            shop = {**SHOP, **patience, "store_url": sandbox.magento_url, "use_inventory_source_items": msi}
            for file, value in (
                ("config.json", {**shop, "write_stock": True}),
                ("target-config.json", {**TARGET, **addresses}),
            ):
                (place / "acme" / file).write_text(json.dumps(value), encoding="utf-8")
            yield sandbox


class _Day:
    """The jobs of one run."""

    def __init__(self, root: Path, booking: Booking, events: Counter[str]) -> None:
        self.root, self.booking, self.events = root, booking, events
        self.dice, self.sandbox = booking.dice, booking.sandbox
        self.boundaries = 30

    def hour(self) -> None:
        """Something happens, then a job runs with something in its way."""
        dice, sandbox = self.dice, self.sandbox
        self.booking.live(5)
        sandbox.clock.advance(seconds=dice.choice((0, 1, 30, 60)))
        for _ in range(dice.choice((0, 0, 1, 1, 2))):
            api, method, path = dice.choice(MEETINGS)
            moments = sandbox.apis[api].moments
            act = partial(self.booking.sell, inside=True)
            for one in method.split("|"):
                moments.on(act, method=one, path=path, nth=dice.randint(1, 2), after=dice.random() < 0.5)
            self.events["meeting"] += 1
        if dice.random() < 0.3:
            rule = dice.choice(TROUBLE)
            (sandbox.faults_magento if rule["api"] == "magento" else sandbox.faults_optiply).add(rule)
            self.events["trouble"] += 1
        self._job(dice.choice((RECEIPTS, RECEIPTS, RECEIPTS, STOCK)))
        for server in sandbox.apis.values():
            server.moments.clear()
            server.faults.clear()

    def _job(self, options: dict[str, Any]) -> None:
        self.events["job"] += 1
        way = self.dice.choice(("here", "boundary", "boundary", "shop", "two"))
        if way == "boundary":
            self._killed(forked_job(self.root, options, self.dice.randint(1, self.boundaries)), "kill at a boundary")
        elif way == "shop":
            self._killed_by_the_shop(options)
        elif way == "two":
            other = forked_job(self.root, options)
            codes = {job(self.root, options), ended(other)}
            self.events["two at once"] += REFUSED in codes
        else:
            BOUNDARIES.passed = 0
            job(self.root, options)
            self.boundaries = max(self.boundaries, BOUNDARIES.passed)

    def _killed(self, pid: int, how: str) -> None:
        self.events[how] += ended(pid) == -signal.SIGKILL

    def _killed_by_the_shop(self, options: dict[str, Any]) -> None:
        """When a server has, or has not yet, acted on one of the job's requests."""
        api, method, path = self.dice.choice(MEETINGS)
        pids: list[int] = []

        def kill() -> None:
            os.kill(pids[0], signal.SIGKILL)

        moments, after = self.sandbox.apis[api].moments, self.dice.random() < 0.6
        one = "PUT" if method != "GET" and not self.booking.msi else method.split("|")[0]
        # Set between two requests, so that the process is known before its first one is heard.
        nth = self.dice.randint(1, 2)

        def begin() -> None:
            moments.on(kill, method=one, path=path, nth=nth, after=after)

        self.sandbox.call(begin)
        pids.append(forked_job(self.root, options))
        self._killed(pids[0], "kill at a request")

    # The end

    def end(self) -> str | None:
        """What is wrong once nothing stands in the way any more."""
        for _ in range(2):
            self._peace(RECEIPTS)
        wrong = self._release()
        if wrong is not None:
            return wrong
        self._peace(STOCK)
        before = self.sandbox.requests.attempted_writes("magento")
        self._peace(RECEIPTS)
        if self.sandbox.requests.attempted_writes("magento") != before:
            return "one job more wrote into the shop"
        return self.booking.differs()

    def _peace(self, options: dict[str, Any]) -> None:
        self.sandbox.clock.advance(seconds=120)
        _in_peace(self.root, options)

    def _release(self) -> str | None:
        """What a person does with changes that are held: count, and say whether the shop's figure has them in it."""
        store, writing = JobFolder(self.root).store, system_of(JobFolder(self.root)).stock
        assert writing is not None
        held = list(writing.held(store))
        for one in held:
            self.events["held"] += 1
            applied = ChangeLedger(store).listed(APPLIED, sku=one.sku)
            known = sum(int(change.delta) for intent in applied for change in intent.changes)
            more = self.booking.stands(one.sku) - self.booking.first[one.sku] - known + self.booking.shipped[one.sku]
            delta = float(sum(change.delta for change in _changes(store, one.sku)))
            if more not in (0, delta):
                return f"{one.sku} is held with {more} more than what was applied, where {delta} was to be written"
            writing.release(store, one.sku, more == delta)
        if held:
            self._peace(RECEIPTS)
        return None


def _changes(store: Place, sku: str) -> list[Any]:
    (intent,) = ChangeLedger(store).listed("held", sku=sku)
    return list(intent.changes)


def _in_peace(root: Path, options: dict[str, Any]) -> None:
    """A job with nothing in its way; a machine that is too slow for an answer in time may have it try again."""
    for _ in range(PATIENCE):
        code = job(root, options)
        if code in (0, REFUSED):
            break
    if code == REFUSED:
        raise SystemExit(f"a job in peace was refused: {(root / 'refused.txt').read_text(encoding='utf-8')}")
    if code:
        report = json.loads((root / "report.json").read_text(encoding="utf-8"))
        raise SystemExit(f"a job in peace ended with {code}: {report['headline']} {report['steps']}")


def main() -> None:
    """Runs the campaign."""
    logging.disable()
    memory = Path("/dev/shm")  # what is made durable there costs nothing
    with tempfile.TemporaryDirectory(prefix="campaign-", dir=memory if memory.is_dir() else None) as name:
        campaign = ReceiptCampaign(Path(name))
        run_seeds(__doc__, campaign.scenario, campaign.events)


if __name__ == "__main__":
    main()
