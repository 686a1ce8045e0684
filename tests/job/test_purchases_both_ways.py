"""What must hold of orders on their way to Picqer or EasyEcom and back, item by item, and short campaigns of it.

`python benchmarks/campaign_purchases.py --seed 1 --runs 500` is the long campaign for Picqer, `campaign_easyecom.py`
that for EasyEcom.
"""

import functools
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.campaign_easyecom import EasyEcom
from benchmarks.campaign_purchases import Picqer
from benchmarks.campaign_shop import LONGEST, wait_for_the_dead
from benchmarks.purchases import EXPORT, Desk, Side, begin, run_as_a_group, write_folder

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SENT = {Picqer: "purchased", EasyEcom: "approved"}
SIDES = (Picqer, EasyEcom)
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([
    "job.run.steps", "job.systems.picqer", "job.systems.easyecom", "tap_optiply.tap", "etl.etl",
    "target_optiply.target", "etl.outward.picqer", "etl.outward.easyecom",
    *(f"{part}_{system}.{part}" for system in ("picqer", "easyecom") for part in ("tap", "target")),
])  # fmt: skip


class Office:
    """A folder whose orders are sent from now on, and what people do."""

    def __init__(self, side: Side, root: Path) -> None:
        self.sandbox, self.root, self.side = side.sandbox, root, side
        self.sent = SENT[type(side)]
        root.mkdir(parents=True)
        write_folder(root, side, {})
        self.run()
        self.desk = Desk(random.Random(1), side)
        self.old = self.desk.order(counts=False)
        self.pause()
        begin(root, self.sandbox)
        self.pause()

    def pause(self) -> None:
        self.sandbox.clock.advance(seconds=120)

    def run(self) -> None:
        """Both ways."""
        self._end_well(self.start(*self.side.reading))

    def send(self) -> None:
        """The way back alone."""
        self._end_well(self.start())

    def start(self, *reading: str) -> Any:
        """A run that goes on by itself: the way back, after these parts of the way in."""
        self.pause()
        process = PROCESSES.Process(target=run_as_a_group, args=(self.root, (*reading, EXPORT)))
        process.start()
        return process

    def _end_well(self, process: Any) -> None:
        process.join(LONGEST)
        assert process.exitcode == 0, (self.root / "report.json").read_text(encoding="utf-8")

    def entity(self, name: str) -> dict[str, int]:
        """The last run's figures."""
        figures: dict[str, int] = json.loads((self.root / "report.json").read_text(encoding="utf-8"))["entities"][name]
        return figures

    def settled(self) -> None:
        """All that counts is there once, linked, and a run more writes nothing."""
        for _ in range(2):
            self.run()
        assert self.desk.wrong(self.sent) is None
        before = self.sandbox.requests.attempted_writes()
        self.run()
        assert self.sandbox.requests.attempted_writes() == before


@pytest.fixture(scope="module", params=SIDES, ids=lambda side: side.name)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("both")
    with request.param.started(1, folder / "sandbox") as sandbox:
        yield Office(request.param(sandbox), folder / "acme")


def test_what_was_placed_before_the_start_is_not_sent_and_what_comes_back_is_linked(office: Office) -> None:
    """The baseline, an order dated 30 days back, the echo: one object on each side, with its id written back.

    Seed 1 of the campaign: Optiply's order and its lines did not learn the other system's ids.
    """
    number = office.desk.order()
    back = office.desk.order(counts=False)
    office.sandbox.call(lambda: office.sandbox.buying._change("buyOrders", back, {"placed": "2025-12-16T08:00:00Z"}))
    office.settled()
    assert office.desk.there(office.old) == office.desk.there(back) == []
    (there,) = office.desk.there(number)
    linked = office.sandbox.optiply.tables["buyOrders"].objects[number]
    assert there.id in linked.remote_ids.values()


READ = ("optiply", "GET", "/buyOrders$", True)
STEPS = {
    Picqer: {
        "while Optiply is read": READ,
        "before the order is made": ("picqer", "GET", "/purchaseorders$", True),
        "while it is made": ("picqer", "POST", "/purchaseorders$", False),
        "once it is made": ("picqer", "POST", "/purchaseorders$", True),
        "while it is placed": ("picqer", "POST", "/mark-as-purchased$", False),
        "once it is placed": ("picqer", "POST", "/mark-as-purchased$", True),
    },
    EasyEcom: {
        "while Optiply is read": READ,
        "before the order is made": ("easyecom", "GET", "/getPurchaseOrderDetails$", True),
        "while it is made": ("easyecom", "POST", "/CreatePurchaseOrder$", False),
        "once it is made": ("easyecom", "POST", "/CreatePurchaseOrder$", True),
        "while Optiply is told": ("optiply", "PATCH", "/buyOrders/", False),
        "once Optiply is told": ("optiply", "PATCH", "/buyOrders/", True),
    },
}


@pytest.mark.parametrize(
    ("office", "step"),
    [pytest.param(side, step, id=f"{side.name}, {step}") for side in SIDES for step in STEPS[side]],
    indirect=["office"],
)
def test_a_kill_at_a_step_makes_no_second_order(office: Office, step: str) -> None:
    api, method, path, after = STEPS[type(office.side)][step]
    number = office.desk.order()
    running: list[Any] = []

    def kill() -> None:
        os.killpg(running[0].pid, signal.SIGKILL)

    moments = office.sandbox.apis[api].moments
    moments.on(kill, method=method, path=path, after=after)
    running.append(office.start())
    running[0].join(60)
    assert moments.waiting == 0, "it came to that step"
    assert running[0].exitcode == -signal.SIGKILL
    wait_for_the_dead(office.root)
    office.send()
    (there,) = office.desk.there(number)
    assert there.status == office.sent


def test_two_exporters_at_once_make_one_order(office: Office) -> None:
    number = office.desk.order()
    both = [office.start(), office.start()]
    for process in both:
        process.join(60)
    assert {process.exitcode for process in both} >= {0}
    office.send()
    assert len(office.desk.there(number)) == 1


LOST = ("outward/state.json", "snapshots/{0}.sqlite", "snapshots/optiply.sqlite", "snapshots")


@pytest.mark.parametrize("lost", LOST)
def test_what_is_lost_of_the_folder_makes_no_second_order(office: Office, lost: str) -> None:
    """The bookmark without the stores, a store whose orders bear our mark: they are adopted.

    Seed 5 of the campaign: once the stores were lost, the lines of such an order waited for ever.
    """
    number = office.desk.order()
    office.send()
    path = office.root / lost.format(office.side.name)
    assert path.exists()
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    office.run()
    office.run()
    assert len(office.desk.there(number)) == 1
    assert office.desk.wrong(office.sent) is None


def test_an_order_that_is_edited_or_closed_after_it_was_sent_stays_as_it_was_sent(office: Office) -> None:
    edited, closed = office.desk.order(), office.desk.order()
    office.run()
    line = office.sandbox.optiply.tables["buyOrderLines"].where("buyOrderId", edited)
    first = office.desk.now(edited)
    office.sandbox.call(lambda: office.sandbox.buying.edit_line(next(iter(line)).id, quantity=77))
    office.sandbox.call(lambda: office.sandbox.buying.complete(closed))
    office.desk.orders[edited].edited = True
    office.settled()
    (there,) = office.desk.there(edited)
    assert there.lines == first
    assert [one.status for one in office.desk.there(closed)] == [office.sent]


def test_an_order_that_came_back_bears_its_id_although_nobody_knows_what_was_sent(office: Office) -> None:
    """Seed 20129 of the campaign: Optiply was not told its id before the stores were lost, and it was edited then."""
    number = office.desk.order()
    office.sandbox.faults_optiply.add({"method": "PATCH", "path": "/buyOrders/", "status": 500})
    office.start().join(LONGEST)
    office.sandbox.faults_optiply.clear()
    (there,) = office.desk.there(number)
    assert there.id not in office.sandbox.optiply.tables["buyOrders"].objects[number].remote_ids.values()
    shutil.rmtree(office.root / "snapshots")
    one_more = str(min(office.desk.products))
    office.sandbox.call(lambda: office.sandbox.buying.add_line(number, one_more, 78))
    office.sandbox.call(lambda: office.desk._total(number))
    office.desk.orders[number].edited = office.desk.orders[number].grown = True
    office.settled()


def test_an_order_that_is_deleted_while_its_lines_are_linked_is_made_anew_by_the_next_run(office: Office) -> None:
    """Its picture was accepted, so it had nothing to say: nobody learned that it is gone.

    Seed 75 of the campaign: its lines were sent to Optiply in every run, which knew no order for them.
    """
    number = office.desk.order()
    placed, sandbox = office.desk.orders[number], office.sandbox
    office.send()
    (there,) = office.desk.there(number)
    delete = functools.partial(sandbox.buying.delete, "buyOrders", number)
    sandbox.apis["optiply"].moments.on(delete, method="PATCH", path="/buyOrderLines/")
    office.run()
    placed.ended = placed.deleted = True
    assert sandbox.apis["optiply"].moments.waiting == 0, "it came to that step"
    assert office.entity("buyOrders")["refused"] == 1, "it was asked for, and is gone"
    office.run()
    tables = sandbox.optiply.tables
    (anew,) = [one for one in tables["buyOrders"].objects.values() if there.id in one.remote_ids.values()]
    made = list(tables["buyOrderLines"].where("buyOrderId", anew.id))
    assert sorted(own for line in made for own in line.remote_ids.values()) == sorted(there.line_ids)
    before = sandbox.requests.attempted_writes()
    office.run()
    assert sandbox.requests.attempted_writes() == before
    assert office.desk.wrong(office.sent) is None


@pytest.mark.parametrize("campaign", ["campaign_purchases.py", "campaign_easyecom.py"])
def test_a_short_campaign_ends_with_one_order_on_each_side(campaign: str) -> None:
    command = [sys.executable, str(BENCHMARKS / campaign), "--seed", "5", "--runs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 wrong" in done.stdout
