"""What a worker does around a run, without one: what cannot begin is noted, and what is stopped is queued again."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest

from fleet import runs
from fleet.database import Connection
from fleet.engine import Again, Options, enqueue, wait_of
from fleet.tenants import add, pause, remove, resume, tenant
from fleet.vault import Vault, new_key
from fleet.worker import Worker
from tests.fleet.folders import quiet_folder

T = TypeVar("T")


@pytest.fixture(autouse=True)
def acme(db: Connection, vault: Vault, tmp_path: Path) -> str:
    add(db, vault, "acme", quiet_folder(tmp_path))
    db.execute("UPDATE fleet.tenant SET due_at = now()")
    return "acme"


@pytest.fixture
def keyless(fleet: str) -> Iterator[Worker]:
    """A worker whose key opens nothing, so that its runs end before they begin."""
    worker = Worker(fleet, Vault(new_key()))
    with worker.pool:
        yield worker


def test_a_configuration_that_cannot_be_opened_is_a_failed_run_that_waits(db: Connection, keyless: Worker):
    asyncio.run(keyless.run("acme", "schedule", {}))
    [run] = runs.recent(db, "acme")
    assert run["ended"] == "failed"
    assert "acme was encrypted with another key" in run["headline"]
    assert tenant(db, "acme")["due_at"] > run["ended_at"]


def test_a_run_that_has_no_place_for_its_stores_is_a_failed_run(db: Connection, fleet: str, vault: Vault):
    worker = Worker(f"{fleet}&password=a#b", vault)  # no command takes this address; a run must not be lost by it
    with worker.pool:
        asyncio.run(worker.run("acme", "schedule", {}))
    [run] = runs.recent(db, "acme")
    assert run["ended"] == "failed"
    assert "snapshot_url cannot be read" in run["headline"]


def test_whatever_fails_while_a_worker_stops_is_queued_again(db: Connection, keyless: Worker):
    keyless.stopping = True
    with pytest.raises(Again):
        asyncio.run(keyless.run("acme", "person", {"full": True}))
    [run] = runs.recent(db, "acme")
    assert run["ended"] == "stopped"
    assert tenant(db, "acme")["due_at"] < run["began_at"]


def test_a_tenant_that_was_paused_or_removed_meanwhile_is_left_alone(db: Connection, keyless: Worker):
    pause(db, "acme")
    asyncio.run(keyless.run("acme", "schedule", {}))
    assert runs.recent(db, "acme") == []
    remove(db, "acme")
    asyncio.run(keyless.run("acme", "schedule", {}))
    assert runs.recent(db, "acme") == []


def test_what_a_person_asked_for_waits_for_a_paused_tenant_and_comes_when_it_is_resumed(
    db: Connection, keyless: Worker
):
    enqueue(db, "acme", {"full": True})
    pause(db, "acme")
    with pytest.raises(Again, match="paused"):
        asyncio.run(keyless.run("acme", "person", {"full": True}))
    assert runs.recent(db, "acme") == []
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '10 minutes'")
    resume(db, "acme")
    assert db.execute("SELECT scheduled_at FROM procrastinate_jobs").fetchall() == [{"scheduled_at": None}]
    remove(db, "acme")
    asyncio.run(keyless.run("acme", "person", {"full": True}))  # nobody is left to run


def test_the_end_of_a_run_is_noted_when_the_database_is_back(db: Connection, keyless: Worker):
    number = runs.begin(db, "acme", "schedule", {}, "here:1")
    ended = runs.Ended(runs.WELL, 0, 1.0, "Nothing to do.", "")
    tried = []

    def end(connection: Connection) -> None:
        tried.append(time.monotonic())
        if len(tried) == 1:
            raise psycopg.OperationalError("the connection is lost")
        runs.end(connection, number, ended, 0.01)

    asyncio.run(keyless._persist(end))
    assert len(tried) == 2
    assert [run["ended"] for run in runs.recent(db, "acme")] == ["well"]


class Away(Worker):
    """Its runs end as `ended` says, and then the database is away until `back` is set."""

    ended: runs.Ended
    back: asyncio.Event
    tried: asyncio.Event

    async def _child(self, name: str, sealed: bytes, options: Options) -> runs.Ended:
        return self.ended

    async def _persist(self, work: Callable[[Connection], T]) -> T:
        self.tried.set()
        await self.back.wait()
        return await super()._persist(work)


def cancelled_while_away(fleet: str, vault: Vault, ended: str) -> None:
    """A run that ends so; the engine that began it ends before the database is back."""

    async def whole() -> None:
        worker = Away(fleet, vault)
        worker.ended, worker.back, worker.tried = runs.Ended(ended, 0, 1.0, ended, ""), asyncio.Event(), asyncio.Event()
        with worker.pool:
            run = asyncio.create_task(worker.run("acme", "schedule", {}))
            await worker.tried.wait()
            run.cancel()
            await asyncio.sleep(0)
            worker.back.set()
            await run

    asyncio.run(whole())


def test_a_run_that_ended_well_is_noted_so_although_its_engine_ends_first(fleet: str, vault: Vault, db: Connection):
    cancelled_while_away(fleet, vault, runs.WELL)
    assert [run["ended"] for run in runs.recent(db, "acme")] == ["well"]


def test_a_run_that_its_engine_ended_without_a_database_says_so(fleet: str, vault: Vault, db: Connection):
    with pytest.raises(Again):
        cancelled_while_away(fleet, vault, runs.STOPPED)
    [run] = runs.recent(db, "acme")
    assert (run["ended"], "lost the database" in run["headline"]) == ("stopped", True)


def test_a_worker_that_is_to_stop_waits_for_no_database(keyless: Worker):
    def away(_connection: Connection) -> None:
        raise psycopg.OperationalError("the connection is lost")

    keyless.stopping = True
    with pytest.raises(Again, match="the database was away"):
        asyncio.run(keyless._persist(away))


def test_a_worker_knows_that_it_is_to_stop_while_it_waits_for_its_last_runs(keyless: Worker):
    async def told() -> None:
        stop = asyncio.Event()
        heeding = asyncio.create_task(keyless.heed(stop))
        assert not keyless.stopping
        stop.set()
        await heeding

    asyncio.run(told())
    assert keyless.stopping


def test_a_job_waits_longer_each_time_and_never_for_long():
    waits = [wait_of(attempts).total_seconds() for attempts in (0, 1, 2, 3, 50)]
    assert waits == [15, 30, 60, 120, 600]
