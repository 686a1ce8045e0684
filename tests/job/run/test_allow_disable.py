"""More products vanish than one run may disable: the run says so, and `--allow-disable` lets one run do it."""

import json
from pathlib import Path

import pytest

from etl.core.absence import within_limit
from etl.magento.flags import FlowConfig
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of, sync

VANISHED = 8


@pytest.mark.parametrize(("allowed", "believed"), [(0, False), (11, False), (12, True)])
def test_the_limit_is_what_was_allowed_for_the_run(allowed: int, believed: bool) -> None:
    assert within_limit(12, 100, 0.05, FlowConfig().allowing(allowed).allowed_disables) is believed


def test_a_run_disables_what_is_gone_only_when_it_is_allowed_to(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    sync("run", job.root, "--quiet")
    vanish(sandbox)
    missing = report_of("run", job.root)
    plan = report_of("plan", job.root, "--allow-disable", VANISHED)
    assert [change["action"] for change in plan["changes"]].count("disable") == VANISHED
    assert plan["streams"]["product_checks"]["records"] == VANISHED, "what is allowed is asked for by id, and at once"
    proven = report_of("run", job.root)
    for held in (missing, proven):
        assert held["entities"]["products"]["disabled"] == 0
        assert held["exit_code"] == 0
        assert f"--allow-disable {VANISHED}" in held["notes"][0], "the limit heads the notes"
        assert "product_checks" not in held["streams"], "more than the limit are not asked for"
    run = report_of("run", job.root, "--allow-disable", VANISHED)
    assert run["entities"]["products"]["disabled"] == VANISHED


def test_what_changed_while_the_catalogue_answered_empty_comes_with_the_next_run(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    sync("run", job.root, "--quiet")
    sandbox.next_day()
    empty = {"items": [], "search_criteria": {}, "total_count": 0}
    sandbox.faults_magento.add({"path": "/V1/products$", "status": 200, "body": json.dumps(empty)})
    doubtful = report_of("run", job.root)
    assert "more than one run may disable" in doubtful["notes"][0]
    assert doubtful["entities"]["products"]["updated"] == doubtful["entities"]["products"]["disabled"] == 0
    sandbox.faults_magento.clear()
    assert report_of("run", job.root)["entities"]["products"]["updated"] > 0
    assert report_of("run", job.root, "--full")["headline"].startswith("Nothing to do"), "nothing was missed"


def vanish(sandbox: Sandbox) -> None:
    """Enabled products leave the shop."""
    assert sandbox.shop is not None
    enabled = [product["id"] for product in sandbox.shop.dump()["products"] if product["status"] == 1]
    for product_id in enabled[-VANISHED:]:
        sandbox.shop.delete_product(product_id)
