"""Crashes, two writers, lost stores: the same stock in the end, and each change applied once."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from store.snapshot import lock
from tests.target_magento.conftest import Bench, stream

ROOT = Path(__file__).parents[2]
SKU, OTHER = "ONLY-WAREHOUSE", "BACKORDER-1"
SOURCE_ITEMS, SHIPMENTS = "source-items", "shipments"


def started(bench: Bench, *rows: tuple[str, str, int]) -> subprocess.Popen[str]:
    """The program itself, over changes given as (reference, SKU, delta)."""
    names = ("reference", "sku", "delta")
    records = [{**dict(zip(names, row, strict=True)), "source_code": "ams"} for row in rows]
    lines = (json.dumps(message) + "\n" for message in stream("stock_changes", *records, keys=("reference",)))
    (bench.folder / "in.singer").write_text("".join(lines))
    (bench.folder / "config.json").write_text(json.dumps(bench.config))
    command = [sys.executable, "-m", "target_magento", "--config", "config.json", "--input", "in.singer"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=bench.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def killed(bench: Bench, method: str, path: str, nth: int, *, after: bool = False) -> Iterator[list[int]]:
    """Kills the process whose id is put into the list, at a request."""
    pids: list[int] = []

    def kill() -> None:
        # The request may come before the test has learnt the id.
        for _ in range(200):
            if pids:
                os.kill(pids[0], signal.SIGKILL)
                return
            time.sleep(0.01)

    moments = bench.shop.sandbox.apis["magento"].moments
    moments.on(kill, method=method, path=path, nth=nth, after=after)
    yield pids
    moments.clear()


@pytest.mark.parametrize(
    ("method", "path", "nth", "after"),
    [
        ("GET", SHIPMENTS, 1, False),  # nothing is on disk yet
        ("POST", SOURCE_ITEMS, 1, False),  # the intent is on disk
        ("POST", SOURCE_ITEMS, 1, True),  # the shop has written
        ("GET", SOURCE_ITEMS, 2, False),  # it is being read back
        ("GET", SHIPMENTS, 4, True),  # it was read back, and nothing noted
    ],
)
def test_a_kill_at_any_boundary_and_a_rerun_apply_each_change_once(
    bench: Bench, method: str, path: str, nth: int, after: bool
):
    rows = [("a", SKU, 5), ("b", OTHER, 3), ("c", SKU, -2)]
    before = bench.shop.standing(OTHER)
    assert before is not None
    with killed(bench, method, path, nth, after=after) as pids:
        process = started(bench, *rows)
        pids.append(process.pid)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
    run = bench.change(*rows)
    assert run.code == 0
    assert bench.shop.standing(SKU) == (103, True)
    standing = bench.shop.standing(OTHER)
    assert standing is not None
    assert standing[0] == before[0] + 3
    assert not bench.ledger("open", "held")
    assert bench.change(*rows).count("stock_changes") == {"existing": 3}


def test_a_kill_and_a_shipment_before_the_rerun(bench: Bench):
    order = bench.shop("place", {SKU: 10})
    with killed(bench, "POST", SOURCE_ITEMS, 1, after=True) as pids:
        process = started(bench, ("a", SKU, 5))
        pids.append(process.pid)
        process.communicate(timeout=60)
    bench.shop("ship", order)
    assert bench.change(("a", SKU, 5), ("b", SKU, 1)).count("stock_changes") == {"updated": 2}
    assert bench.shop.standing(SKU) == (96, True)


def test_after_a_kill_a_rerun_without_the_record_settles_it_all_the_same(bench: Bench):
    with killed(bench, "POST", SOURCE_ITEMS, 1, after=True) as pids:
        process = started(bench, ("a", SKU, 5))
        pids.append(process.pid)
        process.communicate(timeout=60)
    assert [one.state for one in bench.ledger()] == ["open"]
    bench.change(("b", "PART-B", 1))
    assert next(one.state for one in bench.ledger()) == "applied"
    assert bench.change(("a", SKU, 5)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (105, True)


def test_a_kill_after_which_another_writer_came_is_held(bench: Bench):
    with killed(bench, "POST", SOURCE_ITEMS, 1, after=True) as pids:
        process = started(bench, ("a", SKU, 5))
        pids.append(process.pid)
        process.communicate(timeout=60)
    bench.shop("write", SKU, "ams", 60)
    run = bench.change(("a", SKU, 5))
    assert run.count("stock_changes") == {"waiting": 1}
    assert bench.shop.standing(SKU) == (60, True)


def test_two_workers_on_one_shop_apply_each_change_once(bench: Bench):
    with lock(bench.folder / "snapshots"):
        run = bench.change(("a", SKU, 5))
        assert run.code == 1, "the second stops with a sentence"
        assert "is locked by the run with process id" in run.reasons()
    assert bench.shop.standing(SKU) == (100, True)
    assert bench.change(("a", SKU, 5)).code == 0
    assert bench.shop.standing(SKU) == (Decimal(105), True)


def test_a_stop_by_a_signal_keeps_what_was_applied(bench: Bench):
    rows = [(f"r{number}", SKU, 1) for number in range(6)]
    bench.config["batch_size"] = 1
    with killed(bench, "POST", SOURCE_ITEMS, 3) as pids:
        process = started(bench, *rows)
        pids.append(process.pid)
        process.communicate(timeout=60)
    assert bench.change(*rows).code == 0
    assert bench.shop.standing(SKU) == (106, True)


def test_the_command_writes_shows_no_secret_and_says_where(bench: Bench):
    process = started(bench, ("a", SKU, 5))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "Writing to the Magento shop at http://127.0.0.1" in err.splitlines()[0]
    assert bench.config["access_token"] not in out + err
    assert bench.shop.standing(SKU) == (105, True)
