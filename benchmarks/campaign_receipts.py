"""A seeded campaign of receipts: goods booked in Optiply, whole jobs that write them into the shop, and trouble.

In each run people book receipts in Optiply, some dated long ago, edit and delete them, and the shop sells and ships,
while jobs are killed, answers are lost and the shop fails. At the end a few jobs run in peace. What stands in the shop
must then be what stood there at first, more by every receipt as it stands now and less by what was shipped: nothing
lost, nothing counted twice. Where a change could not be told from another writer's it is held, and a person's look at
the shop decides. One job more must write nothing. A run is told by its seed:
`python benchmarks/campaign_receipts.py --seed 7 --runs 1` repeats run 7, as far as kills can be repeated.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaign_shop import PRELOADED, SHOP, TARGET, ShopCampaign
from benchmarks.seeds import run_seeds

SOURCE = "default"
STORE_OF_SOURCE = 3  # sells from that source
STOCK_ONLY = {"parts": ("stock",)}
TROUBLE: tuple[dict[str, Any], ...] = (
    {"api": "magento", "method": "POST", "path": "source-items", "cut": "after", "times": 1},
    {"api": "magento", "method": "POST", "path": "source-items", "cut": "before", "times": 1},
    {"api": "magento", "method": "POST", "path": "source-items", "status": 503, "times": 1},
    {"api": "magento", "every": 7, "status": 503},
    {"api": "optiply", "method": "GET", "every": 5, "status": 502},
)


class Booking:
    """One seeded story of an account and its shop."""

    def __init__(self, seed: int, sandbox: Sandbox) -> None:
        """Begin after the first job, from which on receipts count."""
        self.dice, self.sandbox = random.Random(seed), sandbox
        products = sandbox.optiply.tables["products"].objects.values()
        known = {row.attributes["skuCode"] for row in products if not row.attributes["unlimitedStock"]}
        ordered = {row["sku"] for order in sandbox.shop.orders.values() for row in order["items"]}
        held = {sku for source, sku in sandbox.shop.stock.source_items if source == SOURCE}
        plain = [one["sku"] for one in sandbox.shop.products.values() if one["type_id"] == "simple"]
        self.skus = [sku for sku in plain if sku in known - ordered and sku.lower() in held][:3]
        self.first = {sku: self.stands(sku) for sku in self.skus}
        self.lines = {sku: self._line(sku) for sku in self.skus}
        self.receipts: dict[int, tuple[str, int]] = {}
        self.shipped: Counter[str] = Counter()

    def _line(self, sku: str) -> int:
        order = self.sandbox.call(lambda: self.sandbox.buying.order({sku: 500}))
        (line,) = self.sandbox.optiply.tables["buyOrderLines"].where("buyOrderId", order)
        return int(line.id)

    def stands(self, sku: str) -> float:
        """What the shop says."""
        return float(self.sandbox.shop.stock.source_items[SOURCE, sku.lower()]["quantity"])

    def book(self) -> None:
        """Goods come in, or the paper on goods that came in long ago."""
        sku, units = self.dice.choice(self.skus), self.dice.randint(1, 9)
        late = self.dice.choice((None, None, "2025-12-20T08:00:00Z"))
        number = self.sandbox.call(lambda: self.sandbox.buying.receive(self.lines[sku], units, late))
        self.receipts[number] = sku, units

    def edit(self) -> None:
        """Somebody has counted again."""
        if self.receipts:
            number = self.dice.choice(list(self.receipts))
            units = self.dice.randint(1, 12)
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
        sku = self.dice.choice(self.skus)
        if self.stands(sku) < 20:
            return

        def act() -> None:
            order = self.sandbox.selling.place({sku: 1}, store_id=STORE_OF_SOURCE)
            self.sandbox.selling.ship(order, None, SOURCE)

        if inside:
            act()
        else:
            self.sandbox.call(act)
        self.shipped[sku] += 1

    def differs(self) -> str | None:
        """Where the shop does not hold what it must."""
        found = {}
        for sku in self.skus:
            booked = sum(units for named, units in self.receipts.values() if named == sku)
            wanted = self.first[sku] + booked - self.shipped[sku]
            if self.stands(sku) != wanted:
                found[sku] = f"{self.stands(sku)} instead of {wanted}"
        return f"stock differs: {found}" if found else None


class ReceiptCampaign(ShopCampaign):
    """Runs scenarios and says what was wrong with them."""

    def __init__(self) -> None:
        """Load the programs of the way back, too."""
        super().__init__()
        self.context.set_forkserver_preload(
            [*PRELOADED, "tap_optiply.tap", "etl.outward.flow", "target_magento.target"]
        )

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what is wrong."""
        from sandbox.systems import Sandbox

        with tempfile.TemporaryDirectory(prefix="campaign-") as name, Sandbox(seed, 6, 3) as sandbox:
            root = Path(name, "acme")
            root.mkdir()
            addresses = {"api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url}
            config = {**SHOP, "store_url": sandbox.magento_url, "retry_seconds": 0, "use_inventory_source_items": True}
            for file, value in (("config.json", {**config, "write_stock": True}), ("target-config.json", TARGET)):
                (root / file).write_text(json.dumps({**value, **(addresses if "target" in file else {})}))
            self._in_peace(root, {})
            booking = Booking(seed, sandbox)
            for _ in range(booking.dice.randint(2, 4)):
                self._hour(root, booking)
            return self._end(root, booking)

    def _hour(self, root: Path, booking: Booking) -> None:
        dice, sandbox = booking.dice, booking.sandbox
        acts: list[Callable[[], None]] = [booking.book, booking.book, booking.edit, booking.delete, booking.sell]
        for _ in range(dice.randint(1, 5)):
            dice.choice(acts)()
        sandbox.clock.advance(seconds=60)
        moments = sandbox.apis["magento"].moments
        if dice.random() < 0.4:
            sell = partial(booking.sell, inside=True)
            moments.on(sell, method=dice.choice(("GET", "POST")), path="source-items", after=dice.random() < 0.5)
            self.events["meeting"] += 1
        rule = dice.choice(TROUBLE) if dice.random() < 0.5 else None
        if rule is not None:
            faults = sandbox.faults_magento if rule["api"] == "magento" else sandbox.faults_optiply
            faults.add(rule)
            self.events["trouble"] += 1
        self._job(root, STOCK_ONLY, dice.uniform(0.2, 2.5) if dice.random() < 0.4 else None)
        moments.clear()
        sandbox.faults_magento.clear()
        sandbox.faults_optiply.clear()

    def _end(self, root: Path, booking: Booking) -> str | None:
        for _ in range(2):
            booking.sandbox.clock.advance(seconds=120)
            self._in_peace(root, STOCK_ONLY)
        if self._release(root, booking):
            booking.sandbox.clock.advance(seconds=120)
            self._in_peace(root, STOCK_ONLY)
        before = booking.sandbox.requests.attempted_writes("magento")
        booking.sandbox.clock.advance(seconds=120)
        self._in_peace(root, STOCK_ONLY)
        if booking.sandbox.requests.attempted_writes("magento") != before:
            return "one job more wrote into the shop"
        return booking.differs()

    def _release(self, root: Path, booking: Booking) -> bool:
        """What a person does with changes that are held: look at the shop, and say whether they are in it."""
        from job.folder import JobFolder
        from job.systems import system_of

        job = JobFolder(root)
        writing = system_of(job).stock
        assert writing is not None
        held = list(writing.held(job.snapshots))
        for one in held:
            self.events["held"] += 1
            writing.release(job.snapshots, one.sku, booking.stands(one.sku) != float(one.before))
        return bool(held)

    def _in_peace(self, root: Path, options: dict[str, Any]) -> None:
        code = self._job(root, options)
        if code:
            report = json.loads((root / "report.json").read_text(encoding="utf-8"))
            raise SystemExit(f"a job in peace ended with {code}: {report['headline']} {report['steps']}")


def main() -> None:
    """Runs the campaign."""
    campaign = ReceiptCampaign()
    run_seeds(__doc__, campaign.scenario, campaign.events)


if __name__ == "__main__":
    main()
