"""The engine's book of jobs, kept by the database's clock."""

from datetime import datetime

from procrastinate.manager import JobManager
from procrastinate.utils import utcnow
from typing_extensions import override


class Jobs(JobManager):
    """A worker's clock may be wrong: what it puts off counts from the database's."""

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
