"""A seeded campaign of purchase orders: placed in Optiply, made in Picqer, and recognised when they come back.

In each run people place buy orders in Optiply, edit, close and delete some of them later, and cancel some in Picqer,
while programs are killed, answers are lost, orders cannot be marked as purchased, and stores are lost or older ones
brought back. At the end a few runs go in peace. Then each order that counts stands in Picqer once, with the lines it
had in Optiply, and is one object on both sides with its lines linked; nothing from before the start, no draft and
nothing made elsewhere was sent; one run more writes nothing. A run is told by its seed:
`python benchmarks/campaign_purchases.py --seed 7 --runs 1` repeats run 7, as far as kills can be repeated.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaign_shop import LONGEST, REFUSED, TARGET, ShopCampaign, _wait_for_the_dead, forked
from benchmarks.seeds import run_seeds

PRELOADED = (
    "tap_picqer.tap", "tap_optiply.tap", "etl.etl", "etl.picqer.flow", "etl.outward.picqer",
    "target_optiply.target", "target_picqer.target", "job.run.steps", "job.systems.picqer",
)  # fmt: skip
READ, EXPORT = ("products", "suppliers", "purchases"), "export"
KEY = "sandbox-picqer-key"
MAIN = 11
MOST_RUNS = 5  # in peace, until one has nothing to do
NEW, MARK = "/purchaseorders$", "/mark-as-purchased$"
TROUBLE: tuple[dict[str, Any], ...] = (
    {"api": "picqer", "method": "POST", "path": NEW, "cut": "after", "times": 1},
    {"api": "picqer", "method": "POST", "path": NEW, "cut": "before", "times": 1},
    {"api": "picqer", "method": "POST", "path": NEW, "cut": "during", "times": 2},
    {"api": "picqer", "method": "POST", "path": NEW, "status": 500, "acts": True, "times": 1},
    {"api": "picqer", "method": "POST", "path": NEW, "status": 502, "body": "html", "acts": True},
    {"api": "picqer", "method": "POST", "path": NEW, "act_after_cut": 0.05, "times": 1},
    {"api": "picqer", "method": "POST", "path": MARK, "cut": "after", "times": 1},
    {"api": "picqer", "method": "POST", "path": MARK, "status": 500},
    {"api": "picqer", "method": "POST", "path": MARK, "status": 503, "acts": True, "times": 1},
    {"api": "picqer", "method": "GET", "path": NEW, "status": 502, "times": 3},
    {"api": "picqer", "every": 9, "status": 429, "headers": {"Retry-After": "0"}},
    {"api": "optiply", "method": "GET", "every": 5, "status": 502},
    {"api": "optiply", "method": "PATCH", "cut": "after", "times": 2},
    {"api": "optiply", "method": "POST", "every": 4, "status": 500, "acts": True},
)  # fmt: skip


# In a process of its own: a run of both ways, whose programs are forked from it


def both_ways(root: str, *, inward: bool) -> None:
    """Picqer into Optiply, unless it is left out, then the orders of Optiply into Picqer; ends with the exit code."""
    os.setpgid(0, 0)  # a kill takes the programs with it
    from rich.console import Console

    from job.folder import JobFolder
    from job.run.progress import PlainLines
    from job.run.steps import RunOptions, run_job
    from store.snapshot import SnapshotLocked

    logging.disable(logging.WARNING)
    subprocess.Popen = forked  # type: ignore[assignment, misc]
    parts = (*READ, EXPORT) if inward else (EXPORT,)
    try:
        report = run_job(JobFolder(Path(root)), RunOptions(parts=parts), PlainLines(Console(quiet=True)))
    except SnapshotLocked:
        os._exit(REFUSED)
    Path(root, "report.json").write_text(json.dumps(report), encoding="utf-8")
    os._exit(report["exit_code"])


# The campaign

Lines = Counter[tuple[int, int]]


@dataclass
class Placed:
    """A buy order as people see it: the lines it had since it was placed; whether it counts; what became of it."""

    lines: list[Lines]
    counts: bool
    ended: bool = False
    edited: bool = False
    grown: bool = False
    deleted: bool = False


@dataclass
class Desk:
    """What people do in Optiply and Picqer."""

    dice: random.Random
    sandbox: Sandbox
    orders: dict[int, Placed] = field(default_factory=dict)
    drafts: list[int] = field(default_factory=list)
    cancelled: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Chooses among what both sides know."""
        optiply, picqer = self.sandbox.optiply.tables, self.sandbox.picqer
        active = {number for number, row in picqer.products.rows.items() if row.active}
        known = {
            int(remote): own
            for own, row in optiply["products"].objects.items()
            for remote in row.remote_ids.values()
            if remote.isdigit() and int(remote) in active
        }
        self.products = {own: remote for remote, own in sorted(known.items())[:12]}
        self.suppliers = [
            own
            for own, row in optiply["suppliers"].objects.items()
            for remote in row.remote_ids.values()
            if remote.isdigit() and int(remote) in picqer.suppliers.rows
        ]

    def order(self, *, counts: bool = True, **how: Any) -> int:
        """An order of one to three products, some with two lines of one product."""
        chosen = self.dice.sample(sorted(self.products), self.dice.randint(1, 3))
        amounts = {str(own): self.dice.randint(1, 20) for own in chosen}
        price = self.dice.choice(("1.00", "2.35", "0.00"))
        supplier = self.dice.choice(self.suppliers)

        def act() -> int:
            made = self.sandbox.buying.order(amounts, supplier, price=price, **how)
            if self.dice.random() < 0.2:
                own = chosen[0]
                self.sandbox.buying.add_line(made, str(own), self.dice.randint(1, 9), price)
                self._total(made)
            return made

        number = int(self.sandbox.call(act))
        self.orders[number] = Placed([self.now(number)], counts)
        return number

    def draft(self) -> None:
        """An order that is not placed yet."""
        number = self.order(counts=False, draft=True)
        self.drafts.append(number)

    def place(self) -> None:
        """A draft is placed."""
        if self.drafts:
            number = self.drafts.pop(self.dice.randrange(len(self.drafts)))
            self.sandbox.call(lambda: self.sandbox.buying.place(number))
            self.orders[number] = Placed([self.now(number)], counts=True)

    def elsewhere(self) -> None:
        """What is not for Picqer: made by a program, or to be assembled."""
        how = self.dice.choice(({"by_api": True}, {"assembly": True}))
        self.order(counts=False, **how)

    def edit(self) -> None:
        """Other units of a line, or a line more."""
        number = self._one()
        if number is None:
            return
        placed, buying = self.orders[number], self.sandbox.buying
        line = self.dice.choice(self._lines(number))
        units = self.dice.randint(1, 30)

        def act() -> None:
            if self.dice.random() < 0.3:
                placed.grown = True
                buying.add_line(number, str(self.dice.choice(sorted(self.products))), units)
            else:
                buying.edit_line(line.id, quantity=units)
            self._total(number)

        self.sandbox.call(act)
        placed.edited = True
        placed.lines.append(self.now(number))

    def close(self) -> None:
        """Nothing more is expected of an order."""
        number = self._one()
        if number is not None:
            self.sandbox.call(lambda: self.sandbox.buying.complete(number))
            self.orders[number].ended = True

    def delete(self) -> None:
        """An order was a mistake."""
        number = self._one()
        if number is not None and self.dice.random() < 0.5:
            self.sandbox.call(lambda: self.sandbox.buying.delete("buyOrders", number))
            self.orders[number].ended = self.orders[number].deleted = True

    def cancel(self) -> None:
        """Somebody cancels an order in Picqer."""
        from sandbox.picqer import purchasing

        ours = [row for number in self.orders for row in self.there(number) if row.status in ("concept", "purchased")]
        if ours and self.dice.random() < 0.5:
            row = self.dice.choice(ours)
            self.sandbox.call(lambda: purchasing.cancel(self.sandbox.picqer, row))
            self.cancelled.add(row.idpurchaseorder)

    def there(self, number: int) -> list[Any]:
        """The purchase orders with the mark of an order."""
        mark = f"OPTIPLY-{number}"
        return [
            row
            for row in list(self.sandbox.picqer.purchaseorders.rows.values())
            if mark in (row.supplier_orderid, row.remarks)
        ]

    def now(self, number: int) -> Lines:
        """The lines of an order, by Picqer's ids of the products."""
        return Counter(
            (self.products[line.attributes["productId"]], int(line.attributes["quantity"]))
            for line in self._lines(number)
        )

    def _lines(self, number: int) -> list[Any]:
        return list(self.sandbox.optiply.tables["buyOrderLines"].where("buyOrderId", number))

    def _total(self, number: int) -> None:
        total = sum(float(line.attributes["subtotalValue"]) for line in self._lines(number))
        self.sandbox.buying._change("buyOrders", number, {"totalValue": f"{total:.2f}"})

    def _one(self) -> int | None:
        free = [number for number, one in self.orders.items() if one.counts and not one.ended]
        return self.dice.choice(free) if free else None

    def wrong(self, status: str) -> str | None:
        """What is not as it must be."""
        optiply = self.sandbox.optiply.tables
        for number, placed in self.orders.items():
            found = self.there(number)
            told = f"order {number} {'closed ' * placed.ended}{'edited ' * placed.edited}"
            if not placed.counts and found:
                return f"{told}is not for Picqer and was sent"
            if len(found) > 1 or (placed.counts and not placed.ended and not found):
                return f"{told}is in Picqer {len(found)} times"
            for row in found:
                there = Counter((line.idproduct, line.amount) for line in row.products)
                if there not in placed.lines:
                    return f"{told}has other lines: {there} instead of {placed.lines}"
                if row.status != ("cancelled" if row.idpurchaseorder in self.cancelled else status) and not (
                    placed.ended and row.status == "concept"
                ):
                    return f"{told}is {row.status} in Picqer"
                if not placed.deleted and (wrong := self._unlinked(number, row, placed)):
                    return f"{told}{wrong}"
        for row in list(self.sandbox.picqer.purchaseorders.rows.values()):
            linked = [own for own, one in optiply["buyOrders"].objects.items()
                      if str(row.idpurchaseorder) in one.remote_ids.values()]  # fmt: skip
            if len(linked) > 1:
                return f"purchase order {row.idpurchaseorder} is {len(linked)} orders in Optiply: {linked}"
        return None

    def _unlinked(self, number: int, row: Any, placed: Placed) -> str | None:
        optiply = self.sandbox.optiply.tables
        if str(row.idpurchaseorder) not in optiply["buyOrders"].objects[number].remote_ids.values():
            return f"does not bear the id of purchase order {row.idpurchaseorder}"
        own = {line.id: set(line.remote_ids.values()) for line in self._lines(number)}
        ids = {str(line.idpurchaseorder_product) for line in row.products}
        borne = Counter(one for each in own.values() for one in each)
        if borne != Counter(ids):
            return f"its lines bear {borne} instead of {ids}"
        if not placed.edited and self.now(number) != placed.lines[-1]:
            return f"its lines in Optiply are {self.now(number)} instead of {placed.lines[-1]}"
        if not placed.grown and len(own) != sum(placed.lines[-1].values()):
            return f"has {len(own)} lines in Optiply instead of {sum(placed.lines[-1].values())}"
        return None


class PurchaseCampaign(ShopCampaign):
    """Runs scenarios and says what was wrong with them."""

    def __init__(self) -> None:
        """Load the programs of both ways."""
        super().__init__()
        self.context.set_forkserver_preload(list(PRELOADED))

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what is wrong."""
        from sandbox.picqer.account import Size
        from sandbox.systems import Sandbox

        dice = random.Random(seed)
        account = Size(products=10, compositions=1, suppliers=3, purchase_orders=1, orders=1)
        with tempfile.TemporaryDirectory(prefix="campaign-") as name, Sandbox(
            seed, magento=False, picqer=account
        ) as sandbox:  # fmt: skip
            root = Path(name, "acme")
            concept = dice.random() < 0.2
            field_of_mark = dice.choice(("supplier_orderid", "supplier_orderid", "remarks"))
            write_folder(root, sandbox, {"export_as_concept": concept, "export_marker_field": field_of_mark})
            self.peace(root, sandbox)  # the catalogue
            desk = Desk(dice, sandbox)
            for _ in range(dice.randint(0, 2)):
                desk.order(counts=False)  # from before the start
            sandbox.clock.advance(seconds=90)
            begin(root, sandbox)
            sandbox.clock.advance(seconds=90)
            for _ in range(dice.randint(1, 3)):
                self._hours(root, desk)
            wrong = self._end(root, sandbox) or desk.wrong("concept" if concept else "purchased")
            return f"{wrong}\n{_reasons(root)}" if wrong else None

    def _end(self, root: Path, sandbox: Sandbox) -> str | None:
        """Runs in peace, until one has nothing to do."""
        for _ in range(MOST_RUNS):
            before = sandbox.requests.attempted_writes()
            sandbox.clock.advance(seconds=300)
            self.peace(root, sandbox)
            if sandbox.requests.attempted_writes() == before:
                return None
        written = [one for one in sandbox.requests.select() if one.is_write][-5:]
        return f"one run more has always work: {written}"

    def _hours(self, root: Path, desk: Desk) -> None:
        dice, sandbox = desk.dice, desk.sandbox
        acts: list[Callable[[], Any]] = [
            desk.order, desk.order, desk.order, desk.draft, desk.place, desk.elsewhere, desk.edit, desk.close,
            desk.delete, desk.cancel,
        ]  # fmt: skip
        for _ in range(dice.randint(1, 5)):
            dice.choice(acts)()
            sandbox.clock.advance(seconds=dice.randint(0, 90))
        for rule in dice.sample(TROUBLE, dice.choice((0, 1, 1, 2))):
            faults = sandbox.account.faults if rule["api"] == "picqer" else sandbox.faults_optiply
            faults.add(rule)
            self.events["trouble"] += 1
        self._disturbed(root, sandbox, dice)
        sandbox.account.faults.clear()
        sandbox.faults_optiply.clear()
        _forget(root / "snapshots", dice, self.events)
        sandbox.clock.advance(seconds=dice.choice((0, 0, 30, 3_600)))

    def _disturbed(self, root: Path, sandbox: Sandbox, dice: random.Random) -> None:
        """A run that may be killed: at some request, or when Picqer was asked to write so often."""
        inward = dice.random() < 0.7
        process = self.context.Process(target=both_ways, args=(str(root),), kwargs={"inward": inward})
        chance, first = dice.random(), len(sandbox.requests.entries)
        requests, writes = dice.randint(1, 40 if inward else 15), dice.randint(1, 5)
        process.start()

        def due() -> bool:
            new = sandbox.requests.entries[first:]
            if chance < 0.25:
                return len(new) >= requests
            return chance < 0.55 and sum(one.is_write and one.api == "picqer" for one in new) >= writes

        until = time.monotonic() + LONGEST
        while process.is_alive() and not due():
            process.join(0.002)
            if time.monotonic() > until:
                raise SystemExit(f"a run in {root} hung")
        if process.is_alive():
            time.sleep(dice.choice((0, 0, 0.01, 0.1)))
            self._end_of(root, process)
        self.events["run"] += 1

    def _end_of(self, root: Path, process: Any) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        self.events["kill"] += 1
        _wait_for_the_dead(root)

    def peace(self, root: Path, sandbox: Sandbox, *, inward: bool = True) -> None:
        """One run with nothing in its way."""
        process = self.context.Process(target=both_ways, args=(str(root),), kwargs={"inward": inward})
        process.start()
        process.join(LONGEST)
        if process.exitcode != 0:
            raise SystemExit(f"an undisturbed run in {root} ended with {process.exitcode}: {_words(root)}")
        self.events["run"] += 1


def write_folder(root: Path, sandbox: Sandbox, export: dict[str, Any]) -> None:
    """A folder for both ways, with these settings of the way back."""
    root.mkdir(parents=True)
    config = {
        "system": "picqer", "picqer_url": sandbox.picqer_url, "api_key": KEY, "main_warehouse": MAIN,
        "warehouses": [MAIN], "request_timeout": 5, "retry_seconds": 1, "unanswered_wait": 0.3, "retry_wait": 0.005,
    }  # fmt: skip
    target = {**TARGET, "api_url": sandbox.optiply_url, "auth_url": sandbox.auth_url}
    for name, value in (("config.json", config | export), ("target-config.json", target)):
        (root / name).write_text(json.dumps(value), encoding="utf-8")


def begin(root: Path, sandbox: Sandbox) -> None:
    """From now on orders are sent, and a folder that lost its stores knows it still."""
    path = root / "config.json"
    since = sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(json.dumps({**json.loads(path.read_text()), "export_since": since}), encoding="utf-8")


def _forget(snapshots: Path, dice: random.Random, events: Counter[str]) -> None:
    """Sometimes loses the stores, or that of Picqer alone, or brings older ones back; keeps a copy for later."""
    older, chance = snapshots.with_name("older"), dice.random()
    if chance < 0.08:
        events["stores lost"] += 1
        shutil.rmtree(snapshots, ignore_errors=True)
    elif chance < 0.16:
        events["store of Picqer lost"] += 1
        for path in snapshots.glob("*picqer*"):
            path.unlink()
    elif chance < 0.3 and older.exists():
        events["older stores"] += 1
        shutil.rmtree(snapshots, ignore_errors=True)
        shutil.copytree(older, snapshots)
    elif chance < 0.7 and snapshots.exists():
        shutil.rmtree(older, ignore_errors=True)
        shutil.copytree(snapshots, older)


def _reasons(root: Path) -> str:
    report = json.loads((root / "report.json").read_text(encoding="utf-8"))
    return "\n".join(
        f"  {one['stream']} {one['outcome']}: {one['reason']} {one['examples']}"
        for one in report["reasons"]
        if one["stream"] in ("purchaseorders", "placed", "buyOrders", "buyOrderLines")
    )


def _words(root: Path) -> str:
    last = max((root / "runs").iterdir())
    return " | ".join(path.read_text(encoding="utf-8", errors="replace")[-300:] for path in last.glob("*.log"))


def main() -> None:
    """Runs the campaign."""
    campaign = PurchaseCampaign()
    run_seeds(__doc__, campaign.scenario, campaign.events)


if __name__ == "__main__":
    main()
