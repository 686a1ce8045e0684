"""House-keeping goes on whatever becomes of a machine's clock."""

import asyncio
from types import SimpleNamespace

import pytest
from procrastinate.periodic import PeriodicDeferrer

from fleet.database import Connection
from fleet.engine import HOUSE, RESCUE, TICK, engine
from fleet.vault import Vault
from fleet.worker import Worker

NOON = 1_800_000_000 - 1_800_000_000 % 3600  # a full hour
HOUR = 3600


@pytest.fixture
def worker(fleet: str, vault: Vault) -> Worker:
    return Worker(fleet, vault)


def keep_house(worker: Worker, monkeypatch: pytest.MonkeyPatch, *clock: float) -> None:
    """What the engine queues when it looks at the clock, and sees these times one after the other."""
    times = list(clock)

    async def no_wait(_self: PeriodicDeferrer, next_tick: float) -> None:
        if not times:
            raise asyncio.CancelledError

    async def until_the_last() -> None:
        async with engine(worker.url, worker, 2).open_async() as app:
            with pytest.raises(asyncio.CancelledError):
                await app._worker(queues=[HOUSE])._periodic_deferrer()

    monkeypatch.setattr(PeriodicDeferrer, "wait", no_wait)
    monkeypatch.setattr("procrastinate.periodic.time", SimpleNamespace(time=lambda: times.pop(0)))
    asyncio.run(until_the_last())


def queued(db: Connection, task: str) -> list[int]:
    """For which moments, as seconds from NOON."""
    query = "SELECT args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id"
    return [row["args"]["timestamp"] - NOON for row in db.execute(query, (task,))]


def test_a_tick_is_queued_once_for_each_minute(worker: Worker, db: Connection, monkeypatch: pytest.MonkeyPatch):
    keep_house(worker, monkeypatch, NOON + 0.5, NOON + 15.5, NOON + 30.5, NOON + 60.5, NOON + 120.5)
    assert queued(db, TICK) == [0, 60, 120]
    assert queued(db, RESCUE) == [0, 15, 30, 60, 120]


def test_a_clock_that_is_set_back_stops_nothing(worker: Worker, db: Connection, monkeypatch: pytest.MonkeyPatch):
    keep_house(worker, monkeypatch, NOON + 0.5, NOON + 60.5, NOON - HOUR + 90.5, NOON - HOUR + 120.5, NOON + 120.5)
    assert queued(db, TICK) == [0, 60, 60 - HOUR, 120 - HOUR, 120]


def test_what_a_sleeping_machine_has_missed_is_done_once(
    worker: Worker, db: Connection, monkeypatch: pytest.MonkeyPatch
):
    keep_house(worker, monkeypatch, NOON + 0.5, NOON + 8 * HOUR + 0.5)
    assert queued(db, TICK) == [0, 8 * HOUR]
    assert queued(db, RESCUE) == [0, 8 * HOUR]
