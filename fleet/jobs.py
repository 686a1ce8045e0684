"""The engine's book of jobs: by the database's clock, and only whoever has a job in hand says what becomes of it.

A worker that was taken for dead may be at work all the same. Another has its job in hand by then, or had, and goes by
what it says itself.
"""

import asyncio
import logging
from datetime import datetime
from typing import NoReturn

from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.utils import utcnow
from typing_extensions import override

log = logging.getLogger("optiply-fleet")
_OURS = """
    WITH ours AS MATERIALIZED (
        SELECT id FROM procrastinate_jobs
        WHERE id = %(job_id)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker_id)s FOR UPDATE)
"""
_FINISH = f"{_OURS} SELECT procrastinate_finish_job_v1(id, %(status)s, %(delete_job)s) AS done FROM ours"  # nosec B608
_RETRY = f"""{_OURS}
    SELECT procrastinate_retry_job_v2(id, clock_timestamp() + %(wait)s, %(priority)s, %(queue)s, %(lock)s) AS done
    FROM ours
"""  # nosec B608


class Jobs(JobManager):
    """Of a process that may be several workers to the engine, one for each queue."""

    def __init__(self, connector: BaseConnector) -> None:
        """`connector`: the engine's."""
        super().__init__(connector)
        self._workers: set[int] = set()

    @override
    async def register_worker(self) -> int:
        number = await super().register_worker()
        self._workers.add(number)
        return number

    @override
    async def unregister_worker(self, worker_id: int) -> None:
        self._workers.discard(worker_id)
        await super().unregister_worker(worker_id)

    async def keep_alive(self, seconds: float) -> NoReturn:
        """Gives a sign of life so often, until it is cancelled: the engine's own end before its last job does."""
        while True:
            try:
                for number in tuple(self._workers):
                    await self.update_heartbeat(number)
            except ConnectorException as error:
                log.warning("no sign of life could be given (%s)", error)
            await asyncio.sleep(seconds)

    @override
    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        values = {"job_id": job.id, "worker_id": job.worker_id, "status": status.value, "delete_job": delete_job}
        self._tell(job, await self.connector.execute_query_all_async(_FINISH, **values))

    @override
    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        now = utcnow()
        values = {"job_id": job.id, "worker_id": job.worker_id, "wait": (retry_at or now) - now, "priority": priority,
                  "queue": queue, "lock": lock}  # fmt: skip
        self._tell(job, await self.connector.execute_query_all_async(_RETRY, **values))

    @override
    async def retry_job_by_id_async(
        self,
        job_id: int,
        retry_at: datetime,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        wait = retry_at - utcnow()
        found = await self.connector.execute_query_one_async("SELECT clock_timestamp() AS now")
        await super().retry_job_by_id_async(job_id, found["now"] + wait, priority, queue, lock)

    def _tell(self, job: Job, done: list[dict[str, object]]) -> None:
        if not done:
            log.warning("job %s (%s) is in other hands by now; it is left to them", job.id, job.lock or job.task_name)
