"""The fleet's figures for Prometheus, read from the database whenever they are asked for; no tenant is named.

Counters count what ended since this program began, so they can only rise, however many old runs are removed.
"""

from datetime import datetime, timedelta
from threading import Lock

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from psycopg.rows import tuple_row

from fleet.database import Connection
from fleet.engine import workers_alive
from fleet.runs import VERDICTS
from fleet.web import look

CONTENT_TYPE = CONTENT_TYPE_LATEST
RECORDS = ("waiting", "refused", "failed", "unread")
DOING = ("at work", "paused", "late", "queued", "due", "at rest")
_OVERLAP = timedelta(minutes=10)
"""A run may be committed so long after its end, and is still counted."""
_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_OVERHEAD = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Metrics:
    """What one program tells of a fleet."""

    def __init__(self) -> None:
        """It counts from now on."""
        self.registry = CollectorRegistry()
        self._lock = Lock()
        self._last: datetime | None = None
        self._counted: set[int] = set()
        self._tenants = self._gauge("tenants", "Tenants, by how their last run ended", "verdict")
        self._doing = self._gauge("tenants_now", "Tenants, by what they do now", "doing")
        self._records = self._gauge("records", "Records that are not settled, by the last good runs", "state")
        self._growth = Gauge("optiply_fleet_backlog_growth", "Records that wait, more than a day ago",
                             registry=self.registry)  # fmt: skip
        self._late = Gauge("optiply_fleet_lateness_seconds", "Since the tenant was due that is due for the longest "
                           "and not at work", registry=self.registry)  # fmt: skip
        self._workers = Gauge("optiply_fleet_workers", "Workers that gave a sign of life", registry=self.registry)
        self._runs = Counter("optiply_fleet_runs", "Runs that ended, by how", ["ended"], registry=self.registry)
        self._seconds = Histogram("optiply_fleet_run_seconds", "Seconds that a run took", buckets=_SECONDS,
                                  registry=self.registry)  # fmt: skip
        self._overhead = Histogram("optiply_fleet_overhead_seconds", "Seconds that the fleet added to a run",
                                   buckets=_OVERHEAD, registry=self.registry)  # fmt: skip
        for word in VERDICTS:
            self._runs.labels(word)

    def page(self, db: Connection) -> bytes:
        """All of it, as of now, in Prometheus' text."""
        with self._lock:
            self._count(db)
            self._look(db)
            return generate_latest(self.registry)

    def _gauge(self, name: str, told: str, label: str) -> Gauge:
        return Gauge(f"optiply_fleet_{name}", told, [label], registry=self.registry)

    def _count(self, db: Connection) -> None:
        now = look.moment(db)
        query = "SELECT id, ended, seconds, overhead FROM fleet.run WHERE ended_at > %s"
        with db.cursor(row_factory=tuple_row) as cursor:
            ended = cursor.execute(query, ((self._last or now) - _OVERLAP,)).fetchall()
        for number, word, seconds, overhead in ended if self._last else ():
            if number in self._counted:
                continue
            self._runs.labels(word).inc()
            if seconds is not None:
                self._seconds.observe(seconds)
            if overhead is not None:
                self._overhead.observe(overhead)
        self._last, self._counted = now, {row[0] for row in ended}

    def _look(self, db: Connection) -> None:
        found = look.tenants(db)
        for verdict in (*VERDICTS, look.NEVER):
            self._tenants.labels(verdict).set(sum(tenant.verdict == verdict for tenant in found))
        for doing in DOING:
            self._doing.labels(doing).set(sum(tenant.doing == doing for tenant in found))
        for state in RECORDS:
            self._records.labels(state).set(sum(getattr(tenant, state) or 0 for tenant in found))
        self._growth.set(sum(tenant.growth or 0 for tenant in found))
        waiting = [tenant.overdue for tenant in found if tenant.doing in {"late", "queued", "due"}]
        self._late.set(max([0.0, *waiting]))
        self._workers.set(workers_alive(db))
