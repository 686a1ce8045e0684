"""What the campaigns of purchase orders share: placed in Optiply, made elsewhere, recognised when they come back.

In each run people place buy orders in Optiply, edit, close and delete some of them later, and cancel some in the other
system, while programs are killed, answers are lost, and stores are lost or older ones brought back. At the end a few
runs go in peace. Then each order that counts stands there once, with the lines it had in Optiply, and is one object on
both sides with its lines linked; nothing from before the start, no draft and nothing made elsewhere was sent; one run
more writes nothing. Which system it is, a `Side` says.

Servers, files, locks and kills are real; only the start of interpreters and the first reading of an account are saved:
a disturbed run is a process forked from this warm one, and its programs are forked from it.
"""

from __future__ import annotations

import contextlib
import gc
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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaign_shop import LONGEST, TARGET, forked, wait_for_the_dead
from benchmarks.in_process import REFUSED, job
from benchmarks.seeds import run_seeds

EXPORT = "export"
ACCOUNTS = 4
"""So many accounts are made and read once; each run begins with a copy of one."""
MOST_RUNS = 6  # in peace, until two in a row write nothing: what one run notes, the next can go by
OPTIPLY_TROUBLE: tuple[dict[str, Any], ...] = (
    {"api": "optiply", "method": "GET", "every": 5, "status": 502},
    {"api": "optiply", "method": "PATCH", "cut": "after", "times": 2},
    {"api": "optiply", "method": "POST", "every": 4, "status": 500, "acts": True},
)
NO_PURCHASES = ["sellOrders", "productCompositions", "supplierProducts", "receiptLines"]
Lines = Counter[tuple[Any, int]]


@dataclass(frozen=True)
class Seen:
    """A purchase order as its system has it: its lines by product, the ids of its lines, where it stands, the row."""

    id: str
    lines: Lines
    line_ids: tuple[str, ...]
    status: str
    row: Any


class Side:
    """A system of the sandbox that orders go to.

    name: as the sandbox calls it. reading: the parts of a run that read it.
    """

    name: ClassVar[str]
    reading: ClassVar[tuple[str, ...]]
    trouble: ClassVar[tuple[dict[str, Any], ...]]

    @classmethod
    def started(cls, number: int | None, folder: Path) -> Sandbox:
        """A small account, and Optiply, kept in a folder; without a number as they were kept there."""
        raise NotImplementedError

    def __init__(self, sandbox: Sandbox) -> None:
        """Look at a running account."""
        self.sandbox = sandbox

    @property
    def faults(self) -> Any:
        """Those of its server."""
        return self.sandbox.apis[self.name].faults

    def config(self) -> dict[str, Any]:
        """The settings of a folder for it."""
        raise NotImplementedError

    def options(self, dice: random.Random) -> tuple[dict[str, Any], str]:
        """Some settings of the way back, and where an order stands that was sent with them."""
        raise NotImplementedError

    def product_of(self, remote: str) -> Any:
        """The product of a remote id as lines name it; None where it cannot be ordered."""
        raise NotImplementedError

    def has_supplier(self, remote: str) -> bool:
        """Whether orders can be for the supplier of a remote id."""
        raise NotImplementedError

    def there(self, number: int) -> list[Seen]:
        """The purchase orders with the mark of an order."""
        raise NotImplementedError

    def ids(self) -> list[str]:
        """Those of all purchase orders."""
        raise NotImplementedError

    def cancel(self, order: Seen) -> bool:
        """Somebody cancels an order there, if that is still possible."""
        raise NotImplementedError


def run_as_a_group(root: Path, parts: tuple[str, ...]) -> NoReturn:
    """A run in this process, which was made for it, and its programs in forks; ends with the exit code."""
    code = 1
    try:
        os.setpgid(0, 0)  # a kill takes the programs with it
        subprocess.Popen = forked  # type: ignore[assignment, misc]
        code = job(root, {"parts": parts}, in_this_process=False)
    finally:
        os._exit(code)
    raise AssertionError


def forked_run(root: Path, parts: tuple[str, ...]) -> int:
    """Begins such a run in a fork of this process; the id of the process, and of its group."""
    sys.stdout.flush()
    sys.stderr.flush()
    return os.fork() or run_as_a_group(root, parts)


# The campaign


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
    """What people do in Optiply and in the other system."""

    dice: random.Random
    side: Side
    orders: dict[int, Placed] = field(default_factory=dict)
    drafts: list[int] = field(default_factory=list)
    cancelled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Chooses among what both sides know."""
        self.sandbox = self.side.sandbox
        optiply = self.sandbox.optiply.tables
        known = {
            product: own
            for own, row in optiply["products"].objects.items()
            for remote in row.remote_ids.values()
            if (product := self.side.product_of(remote)) is not None
        }
        self.products = {own: product for product, own in sorted(known.items())[:12]}
        self.suppliers = [
            own
            for own, row in optiply["suppliers"].objects.items()
            for remote in row.remote_ids.values()
            if self.side.has_supplier(remote)
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
        """What is not for the other system: made by a program, or to be assembled."""
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
        """Somebody cancels an order in the other system."""
        ours = [order for number in self.orders for order in self.there(number) if order.status != "cancelled"]
        if ours and self.dice.random() < 0.5:
            order = self.dice.choice(ours)
            if self.side.cancel(order):
                self.cancelled.add(order.id)

    def there(self, number: int) -> list[Seen]:
        """The purchase orders with the mark of an order."""
        return self.side.there(number)

    def now(self, number: int) -> Lines:
        """The lines of an order, by the products as the other system names them."""
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
                return f"{told}is not for the other system and was sent"
            if len(found) > 1 or (placed.counts and not placed.ended and not found):
                return f"{told}is there {len(found)} times"
            for row in found:
                if row.lines not in placed.lines:
                    return f"{told}has other lines: {row.lines} instead of {placed.lines}"
                if row.status != ("cancelled" if row.id in self.cancelled else status) and not (
                    placed.ended and row.status == "concept"
                ):
                    return f"{told}is {row.status} there"
                if not placed.deleted and (wrong := self._unlinked(number, row, placed)):
                    return f"{told}{wrong}"
        for one in self.side.ids():
            linked = [own for own, each in optiply["buyOrders"].objects.items() if one in each.remote_ids.values()]
            if len(linked) > 1:
                return f"purchase order {one} is {len(linked)} orders in Optiply: {linked}"
        return None

    def _unlinked(self, number: int, row: Seen, placed: Placed) -> str | None:
        optiply = self.sandbox.optiply.tables
        if row.id not in optiply["buyOrders"].objects[number].remote_ids.values():
            return f"does not bear the id of purchase order {row.id}"
        own = {line.id: set(line.remote_ids.values()) for line in self._lines(number)}
        ids = set(row.line_ids)
        borne = Counter(one for each in own.values() for one in each)
        if borne != Counter(ids):
            return f"its lines bear {borne} instead of {ids}"
        if not placed.edited and self.now(number) != placed.lines[-1]:
            return f"its lines in Optiply are {self.now(number)} instead of {placed.lines[-1]}"
        if not placed.grown and len(own) != sum(placed.lines[-1].values()):
            return f"has {len(own)} lines in Optiply instead of {sum(placed.lines[-1].values())}"
        return None


class PurchaseCampaign:
    """Runs scenarios and says what was wrong with them."""

    def __init__(self, side: type[Side], folder: Path) -> None:
        """Keep what is prepared in `folder`."""
        self.kind, self.folder, self.events = side, folder, Counter[str]()

    def prepare(self) -> None:
        """Makes the accounts, and loads what a run needs once and for all."""
        for number in range(ACCOUNTS):
            with self._account(number):
                continue
        gc.collect()
        gc.freeze()  # so that nobody looks through it again, here or in a fork

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what is wrong."""
        dice = random.Random(seed)
        with self._account(seed % ACCOUNTS) as (root, sandbox):
            side = self.kind(sandbox)
            options, status = side.options(dice)
            write_folder(root, side, options)
            desk = Desk(dice, side)
            for _ in range(dice.randint(0, 2)):
                desk.order(counts=False)  # from before the start
            sandbox.clock.advance(seconds=90)
            begin(root, sandbox)
            sandbox.clock.advance(seconds=90)
            for _ in range(dice.randint(1, 3)):
                self._hours(root, desk)
            wrong = self._end(root, sandbox) or desk.wrong(status)
            return f"{wrong}\n{_reasons(root)}" if wrong else None

    @contextmanager
    def _account(self, number: int) -> Iterator[tuple[Path, Sandbox]]:
        """The folder and the servers of an account whose catalogue Optiply knows, each time as it was then."""
        kept = self.folder / f"account-{number}"
        if not kept.exists():
            (kept / "acme").mkdir(parents=True)
            with self.kind.started(number, kept / "sandbox") as sandbox:
                write_folder(kept / "acme", self.kind(sandbox), {})
                self.peace(kept / "acme")
        with tempfile.TemporaryDirectory(prefix="run-", dir=self.folder) as name:
            shutil.copytree(kept, name, dirs_exist_ok=True)
            with self.kind.started(None, Path(name, "sandbox")) as sandbox:
                yield Path(name, "acme"), sandbox

    def _end(self, root: Path, sandbox: Sandbox) -> str | None:
        """Runs in peace, until two in a row have nothing to do."""
        quiet = 0
        for _ in range(MOST_RUNS):
            before = sandbox.requests.attempted_writes()
            sandbox.clock.advance(seconds=300)
            self.peace(root)
            quiet = quiet + 1 if sandbox.requests.attempted_writes() == before else 0
            if quiet == 2:
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
        for rule in dice.sample((*desk.side.trouble, *OPTIPLY_TROUBLE), dice.choice((0, 1, 1, 2))):
            faults = sandbox.faults_optiply if rule.get("api") == "optiply" else desk.side.faults
            faults.add(rule)
            self.events["trouble"] += 1
        self._disturbed(root, sandbox, dice)
        desk.side.faults.clear()
        sandbox.faults_optiply.clear()
        _forget(root / "snapshots", self.kind.name, dice, self.events)
        sandbox.clock.advance(seconds=dice.choice((0, 0, 30, 3_600)))

    def _disturbed(self, root: Path, sandbox: Sandbox, dice: random.Random) -> None:
        """A run that may be killed: at some request, or when the other system was asked to write so often."""
        inward = dice.random() < 0.7
        chance, first = dice.random(), len(sandbox.requests.entries)
        requests, writes = dice.randint(1, 40 if inward else 15), dice.randint(1, 5)
        pid = forked_run(root, (*(self.kind.reading if inward else ()), EXPORT))

        def due() -> bool:
            new = sandbox.requests.entries[first:]
            if chance < 0.25:
                return len(new) >= requests
            return chance < 0.55 and sum(one.is_write and one.api == self.kind.name for one in new) >= writes

        until, alive = time.monotonic() + LONGEST, True
        while (alive := os.waitpid(pid, os.WNOHANG)[0] == 0) and not due():
            time.sleep(0.003)
            if time.monotonic() > until:
                raise SystemExit(f"a run in {root} hung")
        if alive:
            time.sleep(dice.choice((0, 0, 0.01, 0.1)))
            self._end_of(root, pid)
        self.events["run"] += 1

    def _end_of(self, root: Path, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        self.events["kill"] += 1
        wait_for_the_dead(root)

    def peace(self, root: Path, *, inward: bool = True) -> None:
        """One run with nothing in its way."""
        code = job(root, {"parts": (*(self.kind.reading if inward else ()), EXPORT)})
        if code:
            said = (root / "refused.txt").read_text(encoding="utf-8") if code == REFUSED else _words(root)
            raise SystemExit(f"an undisturbed run in {root} ended with {code}: {said}")
        self.events["run"] += 1


def run_campaign(description: str | None, side: type[Side]) -> None:
    """Runs what the command line asks for."""
    logging.disable()
    memory = Path("/dev/shm")  # what is made durable there costs nothing
    with tempfile.TemporaryDirectory(prefix="campaign-", dir=memory if memory.is_dir() else None) as name:
        campaign = PurchaseCampaign(side, Path(name))
        campaign.prepare()
        run_seeds(description, campaign.scenario, campaign.events)


def write_folder(root: Path, side: Side, export: dict[str, Any]) -> None:
    """A folder for both ways, with these settings of the way back."""
    waits = {"request_timeout": 5, "retry_seconds": 1, "unanswered_wait": 0.3, "retry_wait": 0.005}
    config = {"system": side.name, **side.config(), **waits, "not_sync_entities": NO_PURCHASES}
    target = {**TARGET, "api_url": side.sandbox.optiply_url, "auth_url": side.sandbox.auth_url}
    for name, value in (("config.json", config | export), ("target-config.json", target)):
        (root / name).write_text(json.dumps(value), encoding="utf-8")


def begin(root: Path, sandbox: Sandbox) -> None:
    """From now on orders are sent, and a folder that lost its stores knows it still."""
    path = root / "config.json"
    since = sandbox.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    path.write_text(json.dumps({**json.loads(path.read_text()), "export_since": since}), encoding="utf-8")


def _forget(snapshots: Path, name: str, dice: random.Random, events: Counter[str]) -> None:
    """Sometimes loses the stores, or one of them, or brings older ones back; keeps a copy for later."""
    older, chance = snapshots.with_name("older"), dice.random()
    if chance < 0.08:
        events["stores lost"] += 1
        shutil.rmtree(snapshots, ignore_errors=True)
    elif chance < 0.16:
        events["its store lost"] += 1
        for path in snapshots.glob(f"{name}.*"):
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
