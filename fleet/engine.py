"""The queue on Procrastinate: what is put into it, and the tasks that workers take out of it.

Jobs carry the tenant's name and options, nothing else. The lock of a job is its tenant: no two of them are at work at
once. A job that was started again after its worker's death finds the store locked while a program of the first lives.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision, SyncPsycopgConnector
from procrastinate.jobs import Job, Status
from procrastinate.utils import utcnow
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb
from typing_extensions import override

from fleet.database import Connection, noticed_async, one
from fleet.errors import FleetError
from fleet.house import Engine
from fleet.jobs import Jobs
from fleet.runs import GONE, LOST
from fleet.tenants import tenant

RUN, TICK, RESCUE, ALERT, TIDY = "fleet:run", "fleet:tick", "fleet:rescue", "fleet:alert", "fleet:tidy"
RUNS, HOUSE = "runs", "house"
"""The queues: house-keeping never waits for a run to end."""
STALE_SECONDS = 30.0
"""After so long without a sign of life a worker counts as dead."""
STUCK_MINUTES = 2
TICK_MINUTES = 5
"""After so long without a tick something is wrong, however many workers are alive."""
LONGEST_WAIT = timedelta(minutes=10)
SCHEDULE, PERSON = "schedule", "person"
FIRST, USUAL, BEHIND = 10, 0, -1
"""Priorities: what a person asks for, what the schedule does, and what a person asked for that has failed."""
Options = Mapping[str, Any]
log = logging.getLogger("optiply-fleet")


class Again(Exception):
    """This job is to be done again: the reason is no fault of the tenant's."""


class Later(Exception):
    """What a person asked for has failed: it is tried again after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        """`wait`: from now."""
        super().__init__(f"it is tried again in {wait}")
        self.wait = wait


class Retry(BaseRetryStrategy):
    """Once more after 15, 30, 60 … seconds, ten minutes at the most, for as long as it takes.

    What failed comes when it says, and behind the schedule's jobs: of those with one lock the engine takes the first
    by priority, and none while that one waits.
    """

    @override
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        if isinstance(exception, Later):
            return RetryDecision(retry_at=utcnow() + exception.wait, priority=BEHIND)
        return RetryDecision(retry_at=utcnow() + wait_of(job.attempts))


def wait_of(attempts: int) -> timedelta:
    """How long a job waits that was tried so often before."""
    return min(timedelta(seconds=15 * 2 ** min(attempts, 10)), LONGEST_WAIT)


class Crew(Protocol):
    """What the tasks do: the worker's side of the queue."""

    async def run(self, name: str, asked_by: str, options: Options, job: int | None = None) -> None:
        """Runs a tenant, for the engine's job of that number.

        Raises Again where it could not come to that, or had to stop; Later where what a person asked for has failed.
        """

    def tick(self) -> int:
        """Queues what is due; returns how many runs."""

    def stuck(self) -> list[int]:
        """Notes runs that were lost with their jobs; jobs that nobody is at work on although their worker lives."""

    def alert(self) -> None:
        """Tells people of tenants that keep failing, or are well again."""

    def tidy(self) -> None:
        """Removes what is old."""


def enqueue(connection: Connection, name: str, options: Options | None = None) -> int:
    """Queues a run of a tenant as part of the connection's transaction; returns the job's number.

    options: full, only, allow_disable, as the command line of `optiply-sync run` takes them; none: what is due.
    Whoever asks for what is queued already asks for no second run: the new one takes the place of the one that waits,
    maybe for another attempt. Raises FleetError for an unknown tenant, and for one that is paused.
    """
    if tenant(connection, name)["paused_at"] is not None:
        raise FleetError(f"{name} is paused; `optiply-fleet resume {name}` first.")
    query = """
        DELETE FROM procrastinate_jobs
        WHERE lock = %s AND status = 'todo' AND args ->> 'asked_by' = %s AND args -> 'options' = %s
    """
    connection.execute(query, (name, PERSON, Jsonb(dict(options or {}))))
    return _defer(connection, name, options or {}, PERSON)


def enqueue_due(connection: Connection) -> int:
    """Queues every tenant that is due before the next tick, for that moment; returns how many.

    Not those that are paused, queued or at work; what a person asked for and failed, and waits to be tried again,
    keeps no schedule waiting. So the runs of a minute do not all begin at its first second.
    Nothing while another tick is at work: one is enough, and one that hangs must not keep its worker's house-keeping.
    """
    if not one(connection, "SELECT pg_try_advisory_xact_lock(hashtext('optiply-fleet tick')) AS ours")["ours"]:
        return 0
    connection.execute("UPDATE fleet.tick SET at = now()")
    query = """
        SELECT name, due_at FROM fleet.tenant t
        WHERE due_at < now() + interval '1 minute' AND paused_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM procrastinate_jobs j
            WHERE j.lock = t.name AND (j.status = 'doing' OR j.status = 'todo' AND j.priority > %s))
        ORDER BY due_at
    """
    due = connection.execute(query, (BEHIND,)).fetchall()
    for row in due:
        _defer(connection, row["name"], {}, SCHEDULE, row["due_at"])
    return len(due)


def _defer(connection: Connection, name: str, options: Options, asked_by: str, at: datetime | None = None) -> int:
    queue = App(connector=SyncPsycopgConnector())  # never opened: the job is part of our own transaction
    priority = FIRST if asked_by == PERSON else USUAL
    job = queue.configure_task(RUN, queue=RUNS, lock=name, priority=priority, schedule_at=at, connection=connection)
    return job.defer(tenant=name, asked_by=asked_by, options=dict(options))


def queued(connection: Connection) -> list[DictRow]:
    """What waits and what is at work: tenant, status (todo, doing), since when, for when."""
    query = """
        SELECT j.lock AS tenant, j.status::text AS status, j.scheduled_at, max(e.at) AS since
        FROM procrastinate_jobs j LEFT JOIN procrastinate_events e ON e.job_id = j.id
        WHERE j.task_name = %s AND j.status IN ('todo', 'doing') GROUP BY j.id ORDER BY j.id
    """
    return connection.execute(query, (RUN,)).fetchall()


def stuck_jobs(connection: Connection) -> list[int]:
    """Jobs at work for some minutes without a run that has no end: their worker could not say that they ended."""
    query = """
        SELECT j.id FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.task_name = %s
        AND NOT EXISTS (SELECT 1 FROM fleet.run r WHERE r.tenant = j.lock
                        AND (r.ended_at IS NULL OR r.ended_at > now() - make_interval(mins => %s)))
        AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started'
                        AND e.at > now() - make_interval(mins => %s))
    """
    return [row["id"] for row in connection.execute(query, (RUN, STUCK_MINUTES, STUCK_MINUTES))]


def open_runs_lost(connection: Connection) -> int:
    """Ends the runs that no job stands for any more; returns how many there were."""
    query = """
        UPDATE fleet.run r SET ended_at = clock_timestamp(), ended = %s, headline = %s
        WHERE r.ended_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM procrastinate_jobs j WHERE j.lock = r.tenant AND j.status = 'doing')
    """
    return connection.execute(query, (LOST, GONE)).rowcount


def workers_alive(connection: Connection) -> int:
    """How many workers have given a sign of life lately; each of them is one to Procrastinate for either queue."""
    query = """
        SELECT count(*) AS n FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)
    """
    return int(one(connection, query, STALE_SECONDS)["n"]) // len((RUNS, HOUSE))


def is_ticking(connection: Connection) -> bool:
    """Whether what is due was looked for lately: else nothing is queued by a schedule."""
    query = "SELECT at > now() - make_interval(mins => %s) AS lately FROM fleet.tick"
    return one(connection, query, TICK_MINUTES)["lately"] is True


def engine(url: str, crew: Crew, connections: int) -> App:
    """Procrastinate with the fleet's tasks, done by `crew`, over so many connections to the database."""
    connector = PsycopgConnector(conninfo=url, min_size=1, max_size=connections, timeout=30, configure=noticed_async)
    app = Engine(connector=connector)
    app.job_manager = Jobs(connector)

    @app.task(name=RUN, queue=RUNS, retry=Retry(), pass_context=True)
    async def run(context: JobContext, tenant: str, asked_by: str, options: dict[str, Any]) -> None:
        await crew.run(tenant, asked_by, options, context.job.id)

    @app.periodic(cron="* * * * *")
    @app.task(name=TICK, queue=HOUSE)
    async def tick(timestamp: int) -> None:
        if count := await asyncio.to_thread(crew.tick):
            log.info("%d due at %s", count, time.strftime("%H:%M", time.gmtime(timestamp)))

    @app.periodic(cron="* * * * * */15")
    @app.task(name=RESCUE, queue=HOUSE)
    async def rescue(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALE_SECONDS):
            await start_again(app, job)
        for number in await asyncio.to_thread(crew.stuck):
            log.warning("job %d was stuck; it starts again", number)
            await app.job_manager.retry_job_by_id_async(job_id=number, retry_at=utcnow())

    @app.periodic(cron="* * * * * 30")
    @app.task(name=ALERT, queue=HOUSE)
    async def alert(timestamp: int) -> None:
        await asyncio.to_thread(crew.alert)

    @app.periodic(cron="17 * * * *")
    @app.task(name=TIDY, queue=HOUSE)
    async def tidy(timestamp: int) -> None:
        await asyncio.to_thread(crew.tidy)
        await app.job_manager.delete_old_jobs(nb_hours=24 * 7, include_failed=True, include_aborted=True)

    return app


async def start_again(app: App, job: Job) -> None:
    """What a dead worker had in hand is queued again; house-keeping comes again by itself.

    The run that it had in hand has no job at work from now on, by which it is known as lost.
    """
    if job.task_name != RUN:
        await app.job_manager.finish_job(job, Status.ABORTED, delete_job=True)
        return
    log.warning("%s: its worker is gone; it starts again", job.lock)
    await app.job_manager.retry_job(job, retry_at=utcnow() + wait_of(job.attempts) - wait_of(0))
