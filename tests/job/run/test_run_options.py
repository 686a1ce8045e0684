"""`optiply-sync run` with its options, against the sandbox."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from job.folder import JobFolder
from job.run.history import note_works, past_runs, whole_run
from job.systems import DEFAULT
from sandbox.systems import Sandbox
from store.outcomes import Outcome
from store.snapshot import Snapshot, lock
from tests.job.shop_folder import make_folder, report_of, sync, writes


def last_report(job: JobFolder) -> dict[str, Any]:
    report = whole_run(past_runs(job.runs)[-1].path).report
    assert report is not None
    return report


def test_a_second_run_sends_nothing_and_a_quiet_one_prints_its_last_sentence_only(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    first = report_of("run", job.root)
    assert first["entities"]["products"]["created"] > 30
    assert first["totals"]["products"] > 30
    assert first["totals"]["orders"] == first["entities"]["sellOrders"]["created"]
    assert first["full"], "without bookmarks everything was read"
    before = writes(sandbox)
    quiet = sync("run", job.root, "--quiet")
    assert writes(sandbox) == before
    assert quiet.output.splitlines() == [last_report(job)["headline"]]
    assert last_report(job)["totals"] == first["totals"]
    assert not last_report(job)["full"]


def test_the_target_is_started_only_where_it_has_work(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    report_of("run", job.root)
    assert (past_runs(job.runs)[-1].path / "target.log").exists()
    steps = report_of("run", job.root)["steps"]
    assert [(step["name"], step["exit_code"], step["requests"]) for step in steps if step["name"] == "target"] == [
        ("target", 0, 0)
    ]
    assert not (past_runs(job.runs)[-1].path / "target.log").exists(), "nothing is offered and nothing unanswered"
    assert json.loads(job.results.read_text(encoding="utf-8")) == {"bookmarks": {}, "summary": {}}
    # A create whose answer was lost is looked for, though nothing is offered.
    with Snapshot.open(job.snapshots) as snapshot, snapshot.transaction():
        [[(remote_id,)]] = snapshot.rows("SELECT min(remote_id) FROM records WHERE stream = 'sellOrders' AND id > ''")
        lost = Outcome("sellOrders", remote_id, "announced", "create", sent={}, at="2026-01-01T00:00:00+00:00")
        snapshot.change(
            "UPDATE records SET announced = ? WHERE remote_id = ? AND stream = ?",
            lost.to_json(),
            remote_id,
            "sellOrders",
        )
    sync("run", job.root)
    assert (past_runs(job.runs)[-1].path / "target.log").exists()


def test_json_logs_are_one_object_per_line_and_only_some_parts_are_read_when_asked(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    job = make_folder(tmp_path / "acme", sandbox)
    logged = sync("run", job.root, "--log-format", "json")
    events = [json.loads(line) for line in logged.stderr.splitlines()]
    assert [event["step"] for event in events if event["event"] == "step ended"] == ["tap", "etl", "target", "absorb"]
    assert events[-1]["event"] == "run ended"
    assert logged.stdout == ""

    bookmarks = json.loads(job.state.read_text(encoding="utf-8"))["bookmarks"]
    sandbox.next_day()
    report = report_of("run", job.root, "--only", "stock")
    assert report["parts"] == ["stock"]
    assert "orders" not in report["streams"]
    assert "products" not in report["streams"]
    assert report["streams"]["product_stock_statuses"]["records"] > 0
    kept = json.loads(job.state.read_text(encoding="utf-8"))["bookmarks"]
    assert kept["orders"]["replication_key_value"] == bookmarks["orders"]["replication_key_value"]
    rest = report_of("run", job.root)
    assert rest["entities"]["sellOrders"]["created"] > 0, "the orders of the day were still to come"


def test_what_is_due_is_done_once_and_a_missed_night_is_made_up(tmp_path: Path, sandbox: Sandbox) -> None:
    job = make_folder(tmp_path / "acme", sandbox, rescan_days=3)
    first = report_of("run", job.root, "--due")
    assert len(first["due"]) == 3
    assert report_of("run", job.root, "--due")["headline"].startswith("Nothing is due before")
    with lock(job.snapshots):
        note_works(job, DEFAULT, DEFAULT.works, datetime(2026, 1, 1, tzinfo=timezone.utc))
    with lock(job.snapshots):
        assert "Nothing was started" in sync("run", job.root, "--due").output, "beside another run it is no failure"
        assert "is locked by the run" in sync("run", job.root, expected=1).output
    missed = report_of("run", job.root, "--due")
    assert missed["full"]
    state = json.loads((job.runs / missed["run"] / "state-in.json").read_text(encoding="utf-8"))
    assert "products" not in state["bookmarks"]
    assert "orders" in state["bookmarks"], "orders go back some days only"


def test_a_wrong_command_line_ends_with_2_and_names_the_nearest_part(tmp_path: Path) -> None:
    assert "did you mean orders?" in sync("run", tmp_path, "--only", "order", expected=2).output
    assert "--due decides itself" in sync("run", tmp_path, "--due", "--full", expected=2).output


def test_every_command_shows_an_example() -> None:
    from job.cli import main

    for name in main.commands:
        assert f"Example: optiply-sync {name}" in sync(name, "--help").output.replace("\n  ", " ")
