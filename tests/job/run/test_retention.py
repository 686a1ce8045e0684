"""Old runs are let go, and no command opens the reports of all of them: counted by the files opened, not timed."""

import json
import os
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from job.folder import JobFolder
from job.pages.command import write_pages
from job.run.history import (
    INDEX_NAME,
    KEPT_DAYS,
    KEPT_RUNS,
    STAMP,
    last_works,
    note_run,
    note_works,
    past_runs,
    prune,
    run_folders,
)
from job.schedule.agenda import agenda, due, next_times
from job.status import folder_status
from job.systems import DEFAULT
from store.snapshot import Snapshot, lock
from tests.job.folders import START, report, write_runs

MANY = 1_000  # ten times as many as are kept
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)
OPENED: list[str] = []
HOOKED: list[bool] = []


@pytest.fixture
def opened() -> list[str]:
    """The names of the reports that are opened while the test runs."""
    if not HOOKED:
        # A hook for audits stays until the process ends.
        sys.addaudithook(lambda event, args: OPENED.append(str(args[0])) if event == "open" else None)
        HOOKED.append(True)
    OPENED.clear()
    return OPENED


def reports(opened: list[str]) -> int:
    return sum(1 for name in opened if name.endswith("/report.json"))


def folder_with_runs(root: Path, number: int) -> JobFolder:
    root.mkdir()
    job = JobFolder(root)
    job.config.write_text(json.dumps({"store_url": "https://shop.example.com"}), encoding="utf-8")
    job.target_config.write_text("{}", encoding="utf-8")
    write_runs(job.runs, [report("x")] * number)
    return job


def test_a_thousand_runs_are_not_opened_again_and_again(tmp_path: Path, opened: list[str]) -> None:
    job = folder_with_runs(tmp_path / "acme", MANY)
    with lock(job.snapshots):
        note_works(job, DEFAULT, DEFAULT.works, NOW)
    write_pages(job)
    assert reports(opened) >= MANY, "the first page over a folder of before reads each report, once"

    opened.clear()
    plan = agenda(job)
    assert due(plan.system, NOW, plan.rules, plan.last).parts == ()
    assert not [name for name in opened if "/runs/" in name], "what is due stands in the store"
    folder_status(job, NOW)
    assert reports(opened) <= 5, "the status shows five runs"

    new = job.runs / (START + timedelta(days=200)).strftime(STAMP)
    new.mkdir()
    content = report("x", updated=7)
    (new / "report.json").write_text(json.dumps(content), encoding="utf-8")
    opened.clear()
    note_run(job.runs, new, content)
    assert reports(opened) == 0
    write_pages(job)
    assert reports(opened) == 2, "the new run's page, and the one before it that now has a neighbour"
    opened.clear()
    write_pages(job)
    assert reports(opened) == 0
    assert len(re.findall('<td><a href="', (job.runs / "index.html").read_text(encoding="utf-8"))) == MANY + 1


def test_what_is_young_or_among_the_last_hundred_stays(tmp_path: Path) -> None:
    def at(days: float) -> Path:
        path = tmp_path / (NOW - timedelta(days=days)).strftime(STAMP)
        path.mkdir()
        (path / "tap.log").write_text("a line", encoding="utf-8")
        return path

    old = [at(KEPT_DAYS + 1 + number) for number in range(KEPT_RUNS + 20)]
    (tmp_path / "notes of mine").mkdir()
    assert prune(tmp_path, NOW) == []
    assert run_folders(tmp_path) == sorted(old)[-KEPT_RUNS:]
    young = [at(number / 10) for number in range(KEPT_RUNS + 50)]
    assert prune(tmp_path, NOW) == []
    assert run_folders(tmp_path) == sorted(young), "more than a hundred of the last days"
    assert (tmp_path / "notes of mine").is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove everything")
def test_a_run_that_cannot_be_removed_is_named(tmp_path: Path) -> None:
    write_runs(tmp_path, [report("x")] * (KEPT_RUNS + 1))
    first = run_folders(tmp_path)[0]
    first.chmod(0o500)
    (note,) = prune(tmp_path, NOW)
    first.chmod(0o700)
    assert str(first) in note
    assert "remove it by hand" in note


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format":0,"runs":{}}', '{"format":1,"runs":{"x":1}}', "\xff"])
def test_an_index_that_is_damaged_is_made_anew(tmp_path: Path, damage: str) -> None:
    write_runs(tmp_path, [report("x", created=3), None])
    (tmp_path / INDEX_NAME).write_text(damage, encoding="latin-1")
    first, second = past_runs(tmp_path)
    assert first.ended_well
    assert first.report is not None
    assert first.report["entities"]["products"]["created"] == 3
    assert second.report is None


def test_a_report_that_changed_is_read_again(tmp_path: Path) -> None:
    job = folder_with_runs(tmp_path / "acme", 2)
    write_pages(job)
    path = run_folders(job.runs)[0]
    (path / "report.json").write_text(json.dumps({**report("x"), "headline": "Another end."}), encoding="utf-8")
    write_pages(job)
    assert "Another end." in (path / "report.html").read_text(encoding="utf-8")
    assert "Another end." in (job.runs / "index.html").read_text(encoding="utf-8")


def test_the_last_works_outlive_the_reports_and_those_of_before_are_taken_over(tmp_path: Path) -> None:
    job = folder_with_runs(tmp_path / "acme", 1)
    with Snapshot.open(job.snapshots):
        pass
    assert last_works(job, DEFAULT) == dict.fromkeys(("update", "deletions", "receipts"), START)
    with lock(job.snapshots):
        note_works(job, DEFAULT, ["update"], NOW)
    for path in run_folders(job.runs):
        (path / "report.json").unlink()
    assert last_works(job, DEFAULT) == {"update": NOW, "deletions": START, "receipts": START}


def test_a_last_run_in_the_future_does_not_put_off_the_next_one(tmp_path: Path) -> None:
    job = folder_with_runs(tmp_path / "acme", 0)
    with lock(job.snapshots):
        note_works(job, DEFAULT, DEFAULT.works, NOW + timedelta(days=400))
    plan = agenda(job)
    found = due(DEFAULT, NOW, plan.rules, plan.last)
    assert found.parts == tuple(DEFAULT.parts)
    assert "a clock was wrong" in found.why[0]
    assert set(next_times(NOW, plan.rules, plan.last).values()) == {NOW}
