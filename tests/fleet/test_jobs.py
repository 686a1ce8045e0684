"""Jobs: who has one in hand says what becomes of it, and gives signs of life until its last one has ended."""

import asyncio
from pathlib import Path

import pytest
from procrastinate.jobs import Job, Status

from fleet.database import Connection, one
from fleet.engine import Options, engine, enqueue, open_runs_lost, start_again, workers_alive
from fleet.tenants import add
from fleet.vault import Vault
from fleet.worker import Worker, _until
from tests.fleet.folders import quiet_folder


@pytest.fixture(autouse=True)
def acme(db: Connection, vault: Vault, tmp_path: Path) -> str:
    add(db, vault, "acme", quiet_folder(tmp_path))
    enqueue(db, "acme")
    return "acme"


def status(db: Connection) -> str:
    """Of the tenant's run: house-keeping may stand in the queue beside it."""
    return str(one(db, "SELECT status::text FROM procrastinate_jobs WHERE lock = 'acme'")["status"])


def test_whoever_was_taken_for_dead_leaves_its_job_to_the_other(fleet: str, vault: Vault, db: Connection):
    async def two_workers() -> None:
        async with engine(fleet, Worker(fleet, vault), 2).open_async() as app:
            jobs = app.job_manager

            async def fetched() -> Job:
                db.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")
                job = await jobs.fetch_job(None, await jobs.register_worker())
                assert job is not None
                return job

            first = await fetched()
            await start_again(app, first)
            second = await fetched()
            await jobs.finish_job(first, Status.SUCCEEDED, delete_job=True)
            await jobs.retry_job(first)
            await start_again(app, first)
            assert status(db) == "doing"
            await jobs.retry_job(second)
            assert status(db) == "todo"
            await jobs.finish_job(await fetched(), Status.SUCCEEDED, delete_job=True)

    asyncio.run(two_workers())
    assert db.execute("SELECT * FROM procrastinate_jobs").fetchall() == []


def test_a_run_whose_job_starts_again_is_lost(fleet: str, vault: Vault, db: Connection):
    async def taken() -> None:
        async with engine(fleet, Worker(fleet, vault), 2).open_async() as app:
            job = await app.job_manager.fetch_job(None, await app.job_manager.register_worker())
            assert job is not None
            db.execute("INSERT INTO fleet.run (tenant, asked_by, worker) VALUES ('acme', 'person', 'here:1')")
            assert open_runs_lost(db) == 0
            await start_again(app, job)

    asyncio.run(taken())
    assert open_runs_lost(db) == 1


class Slow(Worker):
    """Its run goes on until it is let go."""

    began: asyncio.Event
    let_go: asyncio.Event

    async def run(self, name: str, asked_by: str, options: Options, job: int | None = None) -> None:
        self.began.set()
        await self.let_go.wait()


def workers(db: Connection) -> int:
    return int(one(db, "SELECT count(*) AS n FROM procrastinate_workers")["n"])


def test_a_worker_that_drains_is_alive_until_its_last_run_has_ended(
    fleet: str, vault: Vault, db: Connection, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fleet.worker.STALE_SECONDS", 0.4)

    async def drained() -> None:
        worker, stop = Slow(fleet, vault), asyncio.Event()
        worker.began, worker.let_go = asyncio.Event(), asyncio.Event()
        with worker.pool:
            work = asyncio.create_task(_until(stop, engine(fleet, worker, 8), worker))
            await asyncio.wait_for(worker.began.wait(), 60)
            while workers(db) < 2:  # house-keeping that began later would find a worker that seems dead
                await asyncio.sleep(0.02)
            stop.set()
            while workers(db) > 1:  # house-keeping ends at once
                await asyncio.sleep(0.02)
            # In a thread: a sign of life on its way holds the row, and needs this loop to let it go.
            longer_ago = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'"
            await asyncio.to_thread(db.execute, longer_ago)
            for _ in range(500):
                if one(db, "SELECT bool_and(last_heartbeat > now() - interval '10 seconds') AS ok "
                           "FROM procrastinate_workers")["ok"]:  # fmt: skip
                    break
                await asyncio.sleep(0.02)
            else:
                pytest.fail("a worker that drains gave no sign of life")
            assert status(db) == "doing"
            worker.let_go.set()
            await asyncio.wait_for(work, 60)

    asyncio.run(drained())
    assert workers_alive(db) == 0
    assert one(db, "SELECT count(*) AS n FROM procrastinate_jobs WHERE task_name = 'fleet:run'")["n"] == 0
