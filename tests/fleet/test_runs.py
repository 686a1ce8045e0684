"""Runs: noted at both ends, counted, and removed when they are old; what they say decides when the next is due."""

from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

import pytest

from fleet import runs
from fleet.database import Connection
from fleet.runs import Ended
from fleet.tenants import add, tenant
from fleet.vault import Vault
from tests.fleet.folders import quiet_folder
from tests.job.folders import report as report_of_a_run


@pytest.fixture(autouse=True)
def acme(db: Connection, vault: Vault, tmp_path: Path) -> str:
    add(db, vault, "acme", quiet_folder(tmp_path))
    return "acme"


def run(db: Connection, ended: str, code: int | None = 0, **report: object) -> int:
    number = runs.begin(db, "acme", "schedule", {}, "here:1")
    runs.end(db, number, Ended(ended, code, 2.5, "It ended.", "a log", report), 0.02)
    return number


def due_in(db: Connection) -> timedelta:
    return tenant(db, "acme")["due_at"] - datetime.now(timezone.utc)


def test_a_run_keeps_what_its_report_says(db: Connection):
    report = report_of_a_run("2026-01-15T08-00-00Z", created=12, waiting=3, refused=2)
    number = run(db, runs.WELL, **report, unread=[{"id": "7"}])
    found = runs.run_of(db, "acme", number)
    assert found is not None
    assert found["totals"] == {"created": 16, "updated": 0, "disabled": 0, "deleted": 0, "waiting": 3, "refused": 2,
                               "failed": 0, "unread": 1}  # fmt: skip
    assert found["report"]["headline"] == report["headline"]
    assert (found["ended"], found["exit_code"], found["seconds"], found["log"]) == ("well", 0, 2.5, "a log")
    assert runs.run_of(db, "acme") == found
    assert runs.run_of(db, "acme", number + 1) is None


def test_what_a_database_cannot_keep_of_a_text_is_replaced(db: Connection):
    number = runs.begin(db, "acme", "schedule", {}, "here:1")
    runs.end(db, number, Ended(runs.WELL, 0, 1.0, "a\x00b", "c\x00d", {"headline": "e\x00f"}), 0.0)
    found = runs.run_of(db, "acme", number)
    assert found is not None
    assert (found["headline"], found["log"], found["report"]) == ("a\ufffdb", "c\ufffdd", {"headline": "e\ufffdf"})


def test_after_a_good_run_the_schedule_of_its_report_says_when_the_next_is_due(db: Connection):
    following = {"update": (datetime.now(timezone.utc) + timedelta(hours=2)).isoformat()}
    run(db, runs.WELL, schedule={"minutes": 30, "next": following})
    assert timedelta(hours=1.9) < due_in(db) < timedelta(hours=2.5)
    assert tenant(db, "acme")["agenda"] == following


def test_failures_in_a_row_make_the_waits_grow_and_a_good_run_ends_that(db: Connection):
    waits = []
    for ended in (runs.FAILED, runs.KILLED, runs.TIMED_OUT, runs.FAILED):
        run(db, ended, 1)
        waits.append(due_in(db))
    assert waits == sorted(waits)
    assert waits[0] < timedelta(minutes=1.3)
    assert timedelta(minutes=7) < waits[3] < timedelta(minutes=10.1)
    soon = {"update": (datetime.now(timezone.utc) - timedelta(minutes=1)).isoformat()}
    run(db, runs.WELL, schedule={"minutes": 30, "next": soon})
    assert runs.failures(db, "acme") == 0
    assert due_in(db) <= timedelta()


def test_a_locked_tenant_is_asked_again_in_a_minute_and_counts_as_no_failure(db: Connection):
    run(db, runs.LOCKED)
    assert timedelta(seconds=50) < due_in(db) <= timedelta(minutes=1)
    assert runs.failures(db, "acme") == 0


def test_a_tenant_that_stays_locked_has_failed_at_last_and_a_good_run_ends_that(db: Connection):
    for _ in range(runs.MOST_LOCKED + 2):
        run(db, runs.LOCKED)
    assert [row["ended"] for row in runs.recent(db, "acme", 3)] == ["failed", "failed", "locked"]
    assert runs.failures(db, "acme") == 2
    run(db, runs.WELL)
    run(db, runs.LOCKED)
    assert runs.recent(db, "acme", 1)[0]["ended"] == "locked"


def test_a_machine_whose_clock_is_wrong_makes_no_tenant_wait_longer(
    db: Connection, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class Fast(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Fast":
            return super().now(tz) + timedelta(days=1)

    for module in ("runs", "tenants"):
        monkeypatch.setattr(f"fleet.{module}.datetime", Fast)
    add(db, vault, "beta", quiet_folder(tmp_path / "beta"))
    assert tenant(db, "beta")["due_at"] < datetime.now(timezone.utc) + timedelta(hours=23)
    run(db, runs.FAILED, 1)
    assert due_in(db) < timedelta(minutes=2)
    following = {"update": (Fast.now(timezone.utc) + timedelta(hours=2)).isoformat()}
    run(db, runs.WELL, schedule={"minutes": 30, "next": following})
    assert timedelta(hours=1.9) < due_in(db) < timedelta(hours=2.6)


def asked(db: Connection, ended: str, job: int, options: dict[str, object] | None = None) -> Ended:
    number = runs.begin(db, "acme", "person", {"full": True} if options is None else options, "here:1", job)
    return runs.end(db, number, Ended(ended, 1, 2.5, "It ended.", ""), 0.02)


def test_what_a_person_asked_for_and_failed_is_tried_again_with_growing_waits_and_given_up_at_last(db: Connection):
    before = tenant(db, "acme")["due_at"]
    endings = (runs.FAILED, runs.KILLED, runs.TIMED_OUT, runs.FAILED)
    waits = [asked(db, ended, 7).again for ended in (*endings, runs.STOPPED)]
    assert waits.pop() is None
    assert [timedelta(minutes=2**n) <= wait <= timedelta(minutes=1.25 * 2**n) for n, wait in enumerate(waits)] == [
        True
    ] * 4
    last = asked(db, runs.FAILED, 7)
    assert last.again is None
    assert runs.recent(db, "acme", 1)[0]["headline"] == last.headline
    assert last.headline.startswith("It ended. What was asked for has failed 5 times and is given up; ask for it again")
    assert tenant(db, "acme")["due_at"] == before  # the schedule goes on
    assert asked(db, runs.FAILED, 8).again == waits[0]  # asked for anew
    assert asked(db, runs.WELL, 8).again is None


def test_what_is_due_anyway_is_left_to_the_schedule(db: Connection):
    assert asked(db, runs.FAILED, 7, {}).again is None
    assert due_in(db) < timedelta(minutes=1.3)
    number = runs.begin(db, "acme", "schedule", {"full": True}, "here:1", 8)
    assert runs.end(db, number, Ended(runs.FAILED, 1, 1.0, "", ""), 0.0).again is None


def test_what_a_person_asked_for_of_a_tenant_that_stays_locked_is_given_up_too(db: Connection):
    for _ in range(runs.MOST_LOCKED):
        asked(db, runs.LOCKED, 7)
    noted = [asked(db, runs.LOCKED, 7) for _ in range(runs.MOST_TRIES)]
    assert [one.ended for one in noted] == ["failed"] * runs.MOST_TRIES
    assert [one.again is None for one in noted] == [False] * (runs.MOST_TRIES - 1) + [True]


def test_a_stopped_run_leaves_the_tenant_due_as_it_was(db: Connection):
    before = tenant(db, "acme")["due_at"]
    run(db, runs.STOPPED)
    assert tenant(db, "acme")["due_at"] == before


def test_a_run_that_never_ended_was_lost_when_the_next_begins(db: Connection):
    first = runs.begin(db, "acme", "schedule", {}, "here:1")
    second = runs.begin(db, "acme", "schedule", {}, "there:2")
    before, after = (runs.run_of(db, "acme", number) for number in (first, second))
    assert before is not None
    assert after is not None
    assert (before["ended"], after["ended"]) == ("lost", None)
    assert before["ended_at"] <= after["began_at"]
    due = tenant(db, "acme")["due_at"]
    runs.end(db, first, Ended(runs.WELL, 0, 9.0, "It lived after all.", ""), 0.0)
    truth = runs.run_of(db, "acme", first)
    assert truth is not None
    assert truth["ended"] == "well"
    assert tenant(db, "acme")["due_at"] == due  # the other run will say


def test_the_end_of_a_run_whose_tenant_was_removed_is_no_error(db: Connection):
    number = runs.begin(db, "acme", "schedule", {}, "here:1")
    db.execute("DELETE FROM fleet.tenant")
    runs.end(db, number, Ended(runs.WELL, 0, 1.0, "", ""), 0.0)
    assert db.execute("SELECT * FROM fleet.run").fetchall() == []


def test_old_runs_go_but_the_last_hundred_of_each_tenant_stay(db: Connection, vault: Vault, tmp_path: Path):
    add(db, vault, "beta", quiet_folder(tmp_path))
    insert = """
        INSERT INTO fleet.run (tenant, asked_by, worker, began_at, ended_at, ended)
        SELECT %s, 'schedule', 'w', now() - make_interval(days => d), now() - make_interval(days => d), 'well'
        FROM generate_series(1, %s) d
    """
    db.execute(insert, ("acme", 130))
    db.execute(insert, ("beta", 60))
    assert runs.prune(db) == 30
    ages = db.execute("SELECT tenant, count(*) AS n, max(now() - began_at) AS age FROM fleet.run GROUP BY 1 ORDER BY 1")
    assert [(row["tenant"], row["n"], row["age"].days) for row in ages] == [("acme", 100, 100), ("beta", 60, 60)]
    assert runs.prune(db) == 0


def test_a_report_without_entities_counts_nothing_and_never_zero() -> None:
    assert runs.totals({"headline": "Nothing is due."}) == {}
    assert runs.totals({"entities": {}})["waiting"] == 0
