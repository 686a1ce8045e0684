"""Records that could not be read are told until they are read: in the report, the status, the page and the state."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from job.pages.command import write_pages
from job.run.bookmarks import isolated, only_unread, read_again, safe_start
from job.run.programs import StepResult
from job.run.report import merge, show, unread_lines
from job.run.unread import Unread, unread_after
from job.status import folder_status
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, report_of, sync

EARLIER, NOW = "2026-01-15T08:00:00+00:00", "2026-01-16T08:00:00+00:00"
NEWER, OLDER = "2026-01-16 08:00:00", "2026-01-15 08:00:00"


def mark(value: str, *ids: object) -> dict[str, Any]:
    return {"replication_key": "updated_at", "replication_key_value": value, **({"isolated": list(ids)} if ids else {})}


def state(**marks: Any) -> dict[str, Any]:
    return {"bookmarks": marks}


def stream(*bad: object, error: str | None = None) -> dict[str, Any]:
    return {"error": error, "isolated": [{"id": one, "status": 500, "reason": "Internal Error"} for one in bad]}


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_rewound_bookmark_keeps_the_ids_that_are_asked_for_again(wrapped: bool) -> None:
    saved, built = state(orders=mark(NEWER, 7, 8)), state(orders=mark(OLDER, 5))
    start, _ = safe_start({"singer_state": saved} if wrapped else saved, built)
    assert start["bookmarks"]["orders"]["replication_key_value"] == OLDER
    assert sorted(start["bookmarks"]["orders"]["isolated"]) == [5, 7, 8]


def test_a_bookmark_that_is_dropped_leaves_the_ids() -> None:
    start, _ = safe_start(state(orders=mark(NEWER, 7), stock={"isolated": ["A B"]}), None)
    assert start["bookmarks"] == {"orders": {"isolated": [7]}, "stock": {"isolated": ["A B"]}}


@pytest.mark.parametrize("days", [None, 3])
def test_a_full_read_keeps_the_ids_too(days: int | None) -> None:
    again = read_again(state(orders=mark(NEWER, 7), products=mark(NEWER, 3)), {"orders", "products"}, "orders", days)
    assert isolated(again) == {"orders": [7], "products": [3]}
    assert "replication_key_value" not in again["bookmarks"]["products"]


def test_a_read_of_everything_begins_with_the_ids_alone() -> None:
    assert only_unread(state(orders=mark(NEWER, 7), products=mark(NEWER))) == state(orders={"isolated": [7]})
    assert only_unread(state(products=mark(NEWER))) is None
    assert only_unread(None) is None


@pytest.mark.parametrize(
    "odd", [{}, {"bookmarks": None}, {"bookmarks": []}, state(orders=7), state(orders={"isolated": 7})]
)
def test_an_odd_state_has_no_such_ids(odd: dict[str, Any]) -> None:
    assert isolated(odd) == {}


@pytest.mark.parametrize(
    ("streams", "kept", "whole", "left"),
    [
        ({"orders": stream(7)}, state(), True, [("orders", "7", EARLIER)]),
        ({"orders": stream()}, state(orders=mark(NEWER, 7)), True, [("orders", "7", EARLIER)]),
        ({"orders": stream()}, state(orders=mark(NEWER)), True, []),
        ({"orders": stream(9, 10)}, state(), True, [("orders", "9", NOW), ("orders", "10", NOW)]),
        ({"orders": stream(error="503")}, state(), True, [("orders", "7", EARLIER)]),
        ({"products": stream()}, state(), False, [("orders", "7", EARLIER)]),
        ({"products": stream()}, state(), True, []),
        ({}, None, False, [("orders", "7", EARLIER)]),
        ({"orders": stream(), "product_checks": stream(4)}, state(), True, []),
    ],
    ids=["still bad", "kept by the state", "read", "others", "failed stream", "not asked", "read no more", "replay",
         "second question"],
)  # fmt: skip
def test_what_is_unread_after_a_reading(
    streams: dict[str, Any], kept: dict[str, Any] | None, whole: bool, left: list[tuple[str, str, str]]
) -> None:
    before = [Unread("orders", "7", "500: x", EARLIER)]
    found = unread_after(before, streams, kept, NOW, whole=whole, answers="product_checks")
    assert [(record.stream, record.id, record.since) for record in found] == left


def test_the_last_line_is_not_clean_while_records_are_unread() -> None:
    steps = [StepResult("tap", 0, 1.0), StepResult("target", 0, 1.0)]
    unread = [Unread("orders", str(number), "500: Internal Error", EARLIER) for number in range(7)]
    report = merge("r", steps, [], unread)
    assert report["headline"].endswith("0 lost, 7 unread (asked for again in every run).")
    console = Console(record=True, width=400)
    with console.capture() as captured:
        show(report, console)
    said = "7 records of orders cannot be read since 2026-01-15 08:00 UTC: 0, 1, 2, 3, 4 … (500: Internal Error)."
    assert said in captured.get()
    assert unread_lines(merge("r", steps, [], unread[:1])["unread"])[0].startswith("1 record of orders cannot be read")


def test_an_order_that_cannot_be_read_stands_everywhere_until_it_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    assert sandbox.shop is not None
    job = make_folder(tmp_path / "acme", sandbox, retry_seconds=0.2)
    bad = sorted(sandbox.shop.orders)[4]
    sandbox.shop.poison("orders", bad)
    ran = report_of("run", job.root)
    assert [(row["stream"], row["id"]) for row in ran["unread"]] == [("orders", str(bad))]
    since = ran["unread"][0]["since"]
    assert datetime.fromisoformat(since) <= datetime.now(timezone.utc)
    assert "1 unread" in ran["headline"]

    def told() -> list[dict[str, Any]]:
        found = folder_status(job, datetime.now(timezone.utc))
        return [row for row in found["reasons"] if row["status"] == "unread"]

    assert [(row["examples"], row["since"]) for row in told()] == [([str(bad)], since)]
    text = sync("status", job.root).output
    assert "1 unread" in text.split("Not settled:")[1].splitlines()[0]
    write_pages(job)
    page = (job.runs / ran["run"] / "report.html").read_text(encoding="utf-8")
    assert f"<td>{bad}</td>" in page
    assert '<b class="unread">1</b><span>unread</span>' in page

    for options in ((), ("--only", "stock"), ("--full",)):
        again = report_of("run", job.root, *options)
        assert [(row["id"], row["since"]) for row in again["unread"]] == [(str(bad), since)], options
    assert report_of("plan", job.root)["counts"]["unread"] == 1

    sandbox.shop.heal("orders", bad)
    healed = report_of("run", job.root)
    assert healed["unread"] == []
    assert "unread" not in healed["headline"]
    assert told() == []
    assert str(bad) not in json.dumps(isolated(json.loads(job.state.read_text(encoding="utf-8"))))
    remote_ids = {row["remoteIdMap"].get("77") for row in sandbox.optiply.dump()["sellOrders"]}
    counted = sandbox.shop.orders[bad]["status"] == "complete"
    assert (str(bad) in remote_ids) == counted
