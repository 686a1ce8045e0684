"""Products missing from a complete listing are asked for by id in the same run: gone, there after all, or no answer."""

import json
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from etl.etl import run_folder
from job.folder import JobFolder
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of, sync

PRODUCTS = "/V1/products$"
# Found in the query of the listing, and of the question by id, alone.
OF_THE_LISTING, OF_THE_QUESTION = "type_id],total_count", "[condition_type]=in&"


def products(sandbox: Sandbox) -> dict[int, dict[str, Any]]:
    assert sandbox.shop is not None
    return sandbox.shop.products


def an_enabled_product(sandbox: Sandbox) -> int:
    return next(key for key, row in products(sandbox).items() if row["sku"] == "VIRTUAL-1" and row["status"] == 1)


def disabled(report: dict[str, Any]) -> int:
    return int(report["entities"]["products"]["disabled"])


def steps(report: dict[str, Any]) -> list[tuple[str, int]]:
    return [(step["name"], step["exit_code"]) for step in report["steps"]]


def reasons(report: dict[str, Any], outcome: str) -> list[str]:
    return [key for row in report["reasons"] if row["outcome"] == outcome for key in row["examples"]]


def first_run(root: Path, sandbox: Sandbox, **flags: Any) -> JobFolder:
    job = make_folder(root, sandbox, retry_seconds=0.2, **flags)
    sync("run", job.root, "--quiet")
    return job


def test_a_vanished_product_is_disabled_in_the_same_run_and_enabled_when_it_returns(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    job = first_run(tmp_path / "acme", sandbox, store_code="nl")
    assert sandbox.shop is not None
    vanished = an_enabled_product(sandbox)
    row = products(sandbox)[vanished]
    # Disabled in this scope alone: it is listed there all the same, and nobody asks for it.
    other = next(key for key, one in products(sandbox).items() if key != vanished and one["status"] == 1)
    sandbox.shop.scope_values.setdefault(other, {})["nl"] = {"status": 2}
    sandbox.shop.delete_product(vanished)
    sandbox.requests.clear()
    replay = tmp_path / "replay"
    shutil.copytree(job.snapshots, replay / "snapshots")
    report = report_of("run", job.root, "--only", "deletions")
    assert steps(report) == [("tap", 0), ("ask", 0), ("etl", 0), ("target", 0)]
    assert disabled(report) == 1
    assert reasons(report, "gone") == [str(vanished)]
    assert report["streams"]["product_checks"]["records"] == 1
    assert "asked for by id: 1; not there: 1, there after all: 0." in report["notes"][0]
    assert all("/rest/nl/" in entry.path for entry in sandbox.requests.entries if entry.api == "magento")
    recorded = [json.loads(line) for line in job.tap_output.read_text(encoding="utf-8").splitlines()]
    assert {"id": vanished, "found": False} in [message.get("record") for message in recorded]
    assert json.loads(job.state.read_text(encoding="utf-8")) == recorded[-1]["value"]
    shutil.copy(job.config, replay)
    shutil.copytree(job.sync_output, replay / "sync-output")
    run_folder(replay, {}, datetime.now(timezone.utc))
    assert JobFolder(replay).etl_output.read_bytes() == job.etl_output.read_bytes(), "one recording holds all of it"

    sandbox.shop.products = dict(sorted({**products(sandbox), vanished: row}.items()))
    sandbox.shop.touch("products")
    back = report_of("run", job.root, "--only", "deletions")
    assert steps(back) == [("tap", 0), ("etl", 0), ("target", 0)]
    assert (back["entities"]["products"]["updated"], reasons(back, "returned")) == (1, [str(vanished)])


def test_a_product_that_the_listings_lack_and_the_answer_holds_is_there(tmp_path: Path, sandbox: Sandbox) -> None:
    job = first_run(tmp_path / "acme", sandbox)
    overlooked = an_enabled_product(sandbox)
    rows = [{name: row[name] for name in ("id", "sku", "status", "type_id")} for row in products(sandbox).values()]
    rows = sorted((row for row in rows if row["id"] != overlooked), key=lambda row: row["id"])
    listing = json.dumps({"items": rows, "total_count": len(rows)})
    fault = {"path": PRODUCTS, "record": OF_THE_LISTING, "status": 200, "body": listing}
    sandbox.faults_magento.add(fault)
    for _ in ("one listing", "two listings"):
        report = report_of("run", job.root, "--only", "deletions")
        assert report["streams"]["product_ids"]["complete"]
        assert disabled(report) == 0
        assert reasons(report, "found") == [str(overlooked)]
        assert not reasons(report, "suspected")


@pytest.mark.parametrize(
    ("fault", "exit_code"),
    [({"status": 200, "body": '{"items":[],"total_count":0}'}, 0), ({"status": 503}, 1)],
    ids=["the known product vanished meanwhile", "the question fails"],
)
def test_without_an_answer_that_proves_something_the_next_listing_decides(
    tmp_path: Path, sandbox: Sandbox, fault: dict[str, Any], exit_code: int
) -> None:
    job = first_run(tmp_path / "acme", sandbox)
    assert sandbox.shop is not None
    vanished = an_enabled_product(sandbox)
    sandbox.next_day()
    if vanished in products(sandbox):
        sandbox.shop.delete_product(vanished)
    sandbox.faults_magento.add({"path": PRODUCTS, "record": OF_THE_QUESTION, **fault})
    report = report_of("run", job.root, expected=exit_code)
    assert ("ask", exit_code) in steps(report)
    assert str(vanished) in reasons(report, "suspected")
    assert any("the next" in note for note in report["notes"])
    assert report["entities"]["sellOrders"]["created"] > 0, "the run goes on"
    assert json.loads(job.state.read_text(encoding="utf-8"))["bookmarks"]["orders"]
    second = report_of("run", job.root, "--only", "deletions", expected=exit_code)
    assert str(vanished) in reasons(second, "gone")
    assert disabled(second) == len(reasons(second, "gone"))
