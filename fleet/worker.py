"""A worker takes runs out of the queue, several at a time, and does the house-keeping; any number may be at work.

It keeps nothing on disk, and lives through an absence of the database: a run under way goes on, its end is noted later.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from typing import TypeVar

import psycopg
import psycopg_pool
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from psycopg.rows import dict_row

from fleet import runs
from fleet.alerts import Alerts
from fleet.child import Limits, arguments_of, run_child
from fleet.database import CONNECT_SECONDS, Connection, connected, noticed, title
from fleet.engine import (
    HOUSE,
    PERSON,
    RUNS,
    STALE_SECONDS,
    Again,
    Later,
    Options,
    engine,
    enqueue_due,
    open_runs_lost,
    stuck_jobs,
)
from fleet.errors import FleetError
from fleet.jobs import Jobs
from fleet.rooms import room, sweep
from fleet.runs import Ended
from fleet.tenants import check_keys, files_to_run, names, store_url
from fleet.vault import Vault
from store.errors import SnapshotError
from store.place import Place

T = TypeVar("T")
log = logging.getLogger("optiply-fleet")
LONGEST_WAIT = 60.0  # seconds between two attempts to reach the database
NOTING_WAIT = 5.0  # the same where the end of a run is to be noted: nobody else knows it
CUT_OFF = "Its worker lost the database; it goes on when that is back."
"""What is said of a run that was told to stop although its worker was not."""
GONE = (psycopg.OperationalError, psycopg_pool.PoolTimeout, ConnectorException)
"""What is raised while the database cannot be reached."""


@dataclass
class Worker:
    """The crew of one process. slots: runs at a time; grace: seconds that runs are given to end when it is to stop.
    alerts: how people are told that a tenant fails; None: not at all.
    """

    url: str
    vault: Vault
    slots: int = 4
    limits: Limits = field(default_factory=Limits)
    grace: float = 30
    alerts: Alerts | None = None

    def __post_init__(self) -> None:
        """The pool opens its connections when they are needed."""
        self.stopping = False
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.pool: psycopg_pool.ConnectionPool[Connection] = psycopg_pool.ConnectionPool(
            self.url, kwargs={"row_factory": dict_row, "connect_timeout": CONNECT_SECONDS}, min_size=0,
            max_size=self.slots + 2, timeout=CONNECT_SECONDS, open=False, configure=noticed,
            check=psycopg_pool.ConnectionPool.check_connection,
        )  # fmt: skip

    async def run(self, name: str, asked_by: str, options: Options, job: int | None = None) -> None:
        """See Crew."""
        started = time.monotonic()
        begun = await self._db(lambda db: self._begin(db, name, asked_by, options, job))
        if begun is None:
            if asked_by == PERSON and await self._db(lambda db: name in names(db)):
                raise Again("the tenant is paused; what a person asked for waits until it is resumed")
            log.info("%s: it was removed or paused meanwhile", name)
            return
        number, sealed = begun
        try:
            ended = await self._child(name, sealed, options)
        except (FleetError, SnapshotError, OSError) as error:  # another key, no place for its stores, a full disk
            ended = Ended(runs.FAILED, None, 0.0, str(error), "")
        if self.stopping and ended.ended in {runs.FAILED, runs.KILLED}:  # whoever stops us may have stopped it as well
            ended = replace(ended, ended=runs.STOPPED)
        elif ended.ended == runs.STOPPED and not self.stopping:  # by the engine, which ended without its database
            ended = replace(ended, headline=CUT_OFF)
        overhead = time.monotonic() - started - ended.seconds
        noted = await self._noted(lambda db: runs.end(db, number, ended, overhead))
        log.info("%s: %s in %.1f s. %s", name, noted.ended, noted.seconds, noted.headline)
        if noted.ended == runs.STOPPED or (noted.ended == runs.LOCKED and asked_by == PERSON):
            raise Again(noted.headline)
        if noted.again is not None:
            raise Later(noted.again)

    def _begin(
        self, db: Connection, name: str, asked_by: str, options: Options, job: int | None
    ) -> tuple[int, bytes] | None:
        sealed = files_to_run(db, name)
        return None if sealed is None else (runs.begin(db, name, asked_by, options, self.name, job), sealed)

    async def _child(self, name: str, sealed: bytes, options: Options) -> Ended:
        files = self.vault.open(sealed, name)
        with room() as ours:
            place = Place.of(ours.folder / "snapshots", store_url(self.url, name))
            return await run_child(files, arguments_of(options), place, ours, self.limits)

    def tick(self) -> int:
        """See Crew."""
        with self.pool.connection() as db:
            return enqueue_due(db)

    def stuck(self) -> list[int]:
        """See Crew."""
        with self.pool.connection() as db:
            open_runs_lost(db)
            return stuck_jobs(db)

    def alert(self) -> None:
        """See Crew."""
        if self.alerts is not None:
            self.alerts.look(self.pool.connection)

    def tidy(self) -> None:
        """See Crew."""
        with self.pool.connection() as db:
            runs.prune(db)

    async def _db(self, work: Callable[[Connection], T]) -> T:
        """Does something in a transaction, beside the loop."""

        def done() -> T:
            with self.pool.connection() as db:
                return work(db)

        return await asyncio.to_thread(done)

    async def _noted(self, work: Callable[[Connection], T]) -> T:
        """Does something as _persist does, to its end: the engine that ends with its connection cancels this task."""
        noting = asyncio.create_task(self._persist(work))
        try:
            return await asyncio.shield(noting)
        except asyncio.CancelledError:
            return await noting

    async def _persist(self, work: Callable[[Connection], T]) -> T:
        """Does something in a transaction as soon as the database can be reached.

        Raises Again where this worker is to stop and it cannot: nobody keeps what happened until then.
        """
        waits = chain((1.0, 2.0, 4.0), repeat(NOTING_WAIT))
        while True:
            try:
                return await self._db(work)
            except GONE as error:
                if self.stopping:
                    raise Again("the database was away when the worker was told to stop") from error
                log.warning("%s cannot be reached (%s); trying again", title(self.url), error)
                await asyncio.sleep(next(waits))

    async def heed(self, stop: asyncio.Event) -> None:
        """Knows that it is to stop as soon as that is so, also while it waits for its last runs."""
        await stop.wait()
        self.stopping = True


async def work(worker: Worker, stop: asyncio.Event) -> None:
    """Works until `stop` is set; when the database goes away, it waits and goes on.

    Raises FleetError where it cannot begin: no database, or not the key of the tenants that are there.
    """
    with connected(worker.url) as connection:
        check_keys(connection, worker.vault)
    sweep()
    with worker.pool:
        wait = 1.0
        while not stop.is_set():
            began = time.monotonic()
            try:
                await _until(stop, engine(worker.url, worker, worker.slots + 4), worker)
            except GONE as error:
                log.warning("%s cannot be reached (%s)", title(worker.url), error)
            wait = 1.0 if time.monotonic() - began > LONGEST_WAIT else min(2 * wait, LONGEST_WAIT)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)


async def _until(stop: asyncio.Event, app: App, worker: Worker) -> None:
    """Both queues, until one of them ends or all is to stop; then runs under way are given time to end."""
    async with app.open_async():
        assert isinstance(app.job_manager, Jobs)
        alive = asyncio.create_task(app.job_manager.keep_alive(STALE_SECONDS / 4))
        queues = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=[queue], concurrency=slots, name=worker.name, install_signal_handlers=False,
                    delete_jobs="successful", shutdown_graceful_timeout=worker.grace,
                    update_heartbeat_interval=STALE_SECONDS / 4, stalled_worker_timeout=4 * STALE_SECONDS,
                )
            )
            for queue, slots in ((RUNS, worker.slots), (HOUSE, 2))  # an alert may take its time
        ]  # fmt: skip
        stopped = asyncio.create_task(worker.heed(stop))
        await asyncio.wait([stopped, *queues], return_when=asyncio.FIRST_COMPLETED)
        for queue in queues:
            queue.cancel()
        ends = await asyncio.gather(*queues, return_exceptions=True)
        for task in (alive, stopped):
            task.cancel()
        for ended in ends:
            if isinstance(ended, Exception):
                raise ended


def start(worker: Worker) -> None:
    """Works until SIGTERM or SIGINT; then runs under way are given `grace` seconds."""

    async def until_told() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await work(worker, stop)

    asyncio.run(until_told())
