"""The queue: what is due is queued once, the paused are left out, and what nobody is at work on is found."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from fleet import runs
from fleet.database import Connection, connected
from fleet.engine import (
    RUNS,
    STALE_SECONDS,
    TICK,
    Options,
    engine,
    enqueue,
    enqueue_due,
    open_runs_lost,
    queued,
    start_again,
    stuck_jobs,
)
from fleet.errors import FleetError
from fleet.runs import Ended
from fleet.tenants import add, pause
from fleet.vault import Vault
from fleet.worker import Worker
from tests.fleet.folders import quiet_folder

Make = Callable[..., list[str]]


@pytest.fixture
def tenants(db: Connection, vault: Vault, tmp_path: Path) -> list[str]:
    """Three tenants, all of them due."""
    job = quiet_folder(tmp_path)
    for name in ("acme", "beta", "gamma"):
        add(db, vault, name, job)
    db.execute("UPDATE fleet.tenant SET due_at = now() - interval '1 minute'")
    return ["acme", "beta", "gamma"]


def enqueue_both(db: Connection, *names: str) -> None:
    for name in names:
        enqueue(db, name)


def waiting(db: Connection) -> list[str]:
    return sorted(row["tenant"] for row in queued(db))


def test_what_is_due_is_queued_once_and_what_is_paused_or_not_due_is_not(db: Connection, tenants: list[str]):
    pause(db, "beta")
    db.execute("UPDATE fleet.tenant SET due_at = now() + interval '2 minutes' WHERE name = 'gamma'")
    assert enqueue_due(db) == 1
    assert waiting(db) == ["acme"]
    assert enqueue_due(db) == 0
    db.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    assert enqueue_due(db) == 0
    db.execute("UPDATE procrastinate_jobs SET status = 'succeeded'")
    assert enqueue_due(db) == 1  # nobody has said that it is due later


def test_what_is_due_before_the_next_tick_is_queued_for_its_moment(db: Connection, tenants: list[str]):
    db.execute("UPDATE fleet.tenant SET due_at = now() + interval '50 seconds' WHERE name <> 'beta'")
    assert enqueue_due(db) == 3
    assert waiting(db) == tenants
    fetch = "SELECT lock FROM procrastinate_fetch_job_v2(NULL, NULL)"
    assert [row["lock"] for _ in range(2) for row in db.execute(fetch)] == ["beta", None]
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE lock = 'gamma'")
    assert [row["lock"] for row in db.execute(fetch)] == ["gamma"]


def test_ticks_at_the_same_time_queue_each_tenant_once(fleet: str, db: Connection, tenants: list[str]):
    def tick(_number: int) -> int:
        with connected(fleet) as connection:
            return enqueue_due(connection)

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(tick, range(8)))
    assert sorted(counts) == [0] * 7 + [3]
    assert waiting(db) == tenants


def test_a_tick_that_hangs_keeps_no_other_from_ending(fleet: str, db: Connection, tenants: list[str]):
    db.execute("SET statement_timeout = '5s'")
    with connected(fleet) as hanging:
        assert enqueue_due(hanging) == 3
        assert enqueue_due(db) == 0
    assert waiting(db) == tenants


def test_a_run_that_is_asked_for_goes_first_and_a_paused_tenant_s_is_refused(db: Connection, tenants: list[str]):
    enqueue_due(db)
    enqueue(db, "gamma", {"full": True})
    [first] = db.execute("SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL)").fetchall()
    assert (first["lock"], first["args"]["asked_by"]) == ("gamma", "person")
    pause(db, "beta")
    with pytest.raises(FleetError, match="beta is paused"):
        enqueue(db, "beta")


def test_what_is_asked_for_again_is_queued_once_and_for_now(db: Connection, tenants: list[str]):
    enqueue(db, "acme", {"full": True})
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '10 minutes', priority = -1")
    number = enqueue(db, "acme", {"full": True})
    assert db.execute("SELECT id, scheduled_at, priority FROM procrastinate_jobs").fetchall() == [
        {"id": number, "scheduled_at": None, "priority": 10}
    ]
    enqueue(db, "acme", {"only": "products"})
    enqueue(db, "beta", {"full": True})
    assert waiting(db) == ["acme", "acme", "beta"]
    db.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE lock = 'beta'")
    enqueue(db, "beta", {"full": True})
    assert waiting(db) == ["acme", "acme", "beta", "beta"]


class Failing(Worker):
    """None of its runs ends well."""

    async def _child(self, name: str, sealed: bytes, options: Options) -> Ended:
        return Ended(runs.FAILED, 1, 1.0, "It failed.", "")


def fail_what_is_queued(fleet: str, vault: Vault) -> None:
    async def work() -> None:
        worker = Failing(fleet, vault)
        with worker.pool:
            async with engine(fleet, worker, 4).open_async() as app:
                await app.run_worker_async(queues=[RUNS], wait=False, install_signal_handlers=False)

    asyncio.run(work())


def test_what_a_person_asked_for_and_failed_comes_back_as_it_was_until_it_is_given_up(
    fleet: str, vault: Vault, db: Connection, tenants: list[str]
):
    number = enqueue(db, "acme", {"full": True})
    same = {"tenant": "acme", "asked_by": "person", "options": {"full": True}}
    for _ in range(runs.MOST_TRIES - 1):
        fail_what_is_queued(fleet, vault)
        query = "SELECT id, args, scheduled_at > now() AS later FROM procrastinate_jobs WHERE lock = 'acme'"
        assert db.execute(query).fetchall() == [{"id": number, "args": same, "later": True}]
        db.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    fail_what_is_queued(fleet, vault)
    assert waiting(db) == []
    assert [row["options"] for row in runs.recent(db, "acme")] == [{"full": True}] * runs.MOST_TRIES
    assert "given up" in runs.recent(db, "acme")[0]["headline"]


def test_what_failed_keeps_no_schedule_waiting_and_no_two_are_at_work_at_once(
    fleet: str, vault: Vault, db: Connection, tenants: list[str]
):
    number = enqueue(db, "acme", {"full": True})
    fail_what_is_queued(fleet, vault)
    assert enqueue_due(db) == 3
    db.execute("DELETE FROM procrastinate_jobs WHERE lock IS DISTINCT FROM 'acme'")
    fetch = "SELECT * FROM procrastinate_fetch_job_v2(NULL, NULL) WHERE id IS NOT NULL"
    [first] = db.execute(fetch).fetchall()
    assert first["args"]["asked_by"] == "schedule"
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now()")
    assert db.execute(fetch).fetchall() == []
    db.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", (first["id"],))
    assert [row["id"] for row in db.execute(fetch)] == [number]


def test_what_a_person_asks_for_does_not_wait_for_the_schedule_s_job(db: Connection, tenants: list[str]):
    enqueue_due(db)
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '10 minutes', attempts = 6")
    number = enqueue(db, "acme")
    [first] = db.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)").fetchall()
    assert first["id"] == number


def test_a_tenant_s_second_job_waits_for_the_first(db: Connection, tenants: list[str]):
    enqueue(db, "acme")
    enqueue(db, "acme", {"full": True})
    fetch = "SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)"
    [first] = db.execute(fetch).fetchall()
    assert first["id"] is not None
    assert db.execute(fetch).fetchall() == [{"id": None}]
    db.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", (first["id"],))
    assert db.execute(fetch).fetchall() != [{"id": None}]


def test_an_enqueued_run_is_part_of_the_caller_s_transaction(fleet: str, db: Connection, tenants: list[str]):
    with pytest.raises(FleetError, match="no tenant 'acmee'"), connected(fleet) as connection:
        enqueue_both(connection, "acme", "acmee")
    assert waiting(db) == []


def test_a_job_at_work_that_no_run_stands_for_is_stuck_after_some_minutes(db: Connection, tenants: list[str]):
    enqueue_due(db)
    db.execute("SELECT procrastinate_fetch_job_v2(NULL, NULL)")
    assert stuck_jobs(db) == []  # it has only just begun
    db.execute("UPDATE procrastinate_events SET at = at - interval '5 minutes'")
    [job] = stuck_jobs(db)
    number = runs.begin(db, "acme", "schedule", {}, "here:1")
    assert stuck_jobs(db) == []
    runs.end(db, number, runs.Ended(runs.WELL, 0, 1.0, "Nothing to do.", ""), 0.01)
    assert stuck_jobs(db) == []  # its end may still be on its way to the queue
    db.execute("UPDATE fleet.run SET ended_at = ended_at - interval '5 minutes'")
    assert stuck_jobs(db) == [job]


def test_an_open_run_without_a_job_was_lost(db: Connection, tenants: list[str]):
    runs.begin(db, "beta", "schedule", {}, "here:1")
    assert open_runs_lost(db) == 1
    assert [row["ended"] for row in runs.recent(db, "beta")] == ["lost"]
    enqueue(db, "acme")
    db.execute("SELECT procrastinate_fetch_job_v2(NULL, NULL)")
    runs.begin(db, "acme", "schedule", {}, "here:1")
    assert open_runs_lost(db) == 0


def test_the_house_keeping_of_a_dead_worker_goes(fleet: str, vault: Vault, db: Connection):
    async def rescued() -> None:
        async with engine(fleet, Worker(fleet, vault), 2).open_async() as app:
            await app.configure_task(TICK).defer_async(timestamp=0)
            dead = await app.job_manager.register_worker()
            await app.job_manager.fetch_job(None, dead)
            db.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
            [job] = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALE_SECONDS)
            await start_again(app, job)

    asyncio.run(rescued())
    assert db.execute("SELECT status FROM procrastinate_jobs").fetchall() == []


def test_a_worker_whose_clock_is_wrong_puts_no_job_off_for_longer(
    fleet: str, vault: Vault, db: Connection, tenants: list[str], monkeypatch: pytest.MonkeyPatch
):
    for module in ("engine", "jobs"):
        monkeypatch.setattr(
            f"fleet.{module}.utcnow", lambda: datetime.now(timezone.utc) + timedelta(days=1), raising=False
        )
    enqueue(db, "acme")

    async def rescued() -> None:
        async with engine(fleet, Worker(fleet, vault), 2).open_async() as app:
            job = await app.job_manager.fetch_job(None, await app.job_manager.register_worker())
            assert job is not None
            await start_again(app, job)

    asyncio.run(rescued())
    [row] = db.execute("SELECT status::text, scheduled_at < now() + interval '1 hour' AS soon FROM procrastinate_jobs")
    assert row == {"status": "todo", "soon": True}
