"""Questions of the page, the metrics and the alerts to the fleet's tables; nothing here changes them.

A figure that no run has told is None, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, cast

from psycopg.rows import class_row, tuple_row

from fleet.database import Connection
from fleet.runs import BAD, VERDICTS

LATE_SECONDS = 300
"""A tenant is late when it is not at work so long after it was due."""
NEVER = "no run yet"

_TENANTS = """
    SELECT t.name, t.system, t.added_at, t.paused_at, t.due_at, t.agenda,
           last.id AS run, last.began_at, coalesce(last.ended, %(never)s) AS verdict, last.headline, last.seconds,
           (told.totals ->> 'waiting')::bigint AS waiting, (told.totals ->> 'refused')::bigint AS refused,
           (told.totals ->> 'failed')::bigint AS failed, (told.totals ->> 'unread')::bigint AS unread,
           (told.totals ->> 'waiting')::bigint - (before.totals ->> 'waiting')::bigint AS growth,
           now.began_at AS at_work_since, extract(epoch FROM now() - t.due_at)::float8 AS overdue,
           CASE WHEN now.id IS NOT NULL THEN 'at work'
                WHEN t.paused_at IS NOT NULL THEN 'paused'
                WHEN t.due_at < now() - make_interval(secs => %(late)s) THEN 'late'
                WHEN queue.lock IS NOT NULL THEN 'queued'
                WHEN t.due_at <= now() THEN 'due' ELSE 'at rest' END AS doing
    FROM fleet.tenant t
    LEFT JOIN LATERAL (SELECT * FROM fleet.run r WHERE r.tenant = t.name AND r.ended = ANY(%(verdicts)s)
                       ORDER BY r.began_at DESC LIMIT 1) last ON true
    LEFT JOIN LATERAL (SELECT r.totals FROM fleet.run r
                       WHERE r.tenant = t.name AND r.ended = 'well' AND r.totals ? 'waiting'
                       ORDER BY r.began_at DESC LIMIT 1) told ON true
    LEFT JOIN LATERAL (SELECT r.totals FROM fleet.run r
                       WHERE r.tenant = t.name AND r.ended = 'well' AND r.totals ? 'waiting'
                       AND r.began_at <= now() - interval '1 day' ORDER BY r.began_at DESC LIMIT 1) before ON true
    LEFT JOIN LATERAL (SELECT r.id, r.began_at FROM fleet.run r WHERE r.tenant = t.name AND r.ended_at IS NULL
                       ORDER BY r.began_at DESC LIMIT 1) now ON true
    LEFT JOIN (SELECT DISTINCT lock FROM procrastinate_jobs WHERE status IN ('todo', 'doing')) queue
           ON queue.lock = t.name
"""


@dataclass(frozen=True)
class Tenant:
    """A tenant as the page shows it.

    `verdict`: how its last run ended, or "no run yet"; `run`, `began_at`, `headline`, `seconds` are that run's.
    `doing`: at work, paused, late, queued, due, at rest. `waiting` to `unread`: records, by the last run that
    ended well, since one that broke off has zeros where it knows nothing; `growth`: how many more wait than a day ago.
    `overdue`: seconds since it was due, negative before.
    """

    name: str
    system: str
    added_at: datetime
    paused_at: datetime | None
    due_at: datetime
    agenda: dict[str, str]
    run: int | None
    began_at: datetime | None
    verdict: str
    headline: str | None
    seconds: float | None
    waiting: int | None
    refused: int | None
    failed: int | None
    unread: int | None
    growth: int | None
    at_work_since: datetime | None
    overdue: float
    doing: str

    @property
    def is_bad(self) -> bool:
        """Whether its last run did not end well."""
        return self.verdict in BAD

    @property
    def states(self) -> set[str]:
        """The words by which a person filters."""
        return {self.verdict, self.doing, *(["failing"] if self.is_bad else [])}


@dataclass(frozen=True)
class Run:
    """A run; `ended` is None while it is at work. `totals` holds what its report counted, so maybe nothing."""

    id: int
    tenant: str
    asked_by: str
    options: dict[str, Any]
    began_at: datetime
    ended_at: datetime | None
    ended: str | None
    exit_code: int | None
    worker: str
    headline: str | None
    totals: dict[str, int]
    seconds: float | None
    overhead: float | None

    @property
    def verdict(self) -> str:
        """How it ended, or that it is at work."""
        return self.ended or "at work"


@dataclass(frozen=True)
class Hour:
    """How many runs ended within an hour, well and otherwise."""

    start: datetime
    well: int
    bad: int


_RUN = ", ".join(field.name for field in fields(Run))


def moment(db: Connection) -> datetime:
    """The time by the database's clock, which is the fleet's."""
    return cast("datetime", _ask(db, "SELECT now()")[0][0])


def tenants(db: Connection, name: str | None = None) -> list[Tenant]:
    """All tenants by name, or the one with this name."""
    asked = {"late": LATE_SECONDS, "verdicts": list(VERDICTS), "never": NEVER, "name": name}
    where = "" if name is None else "WHERE t.name = %(name)s"
    with db.cursor(row_factory=class_row(Tenant)) as cursor:
        return cursor.execute(cast(Any, f"{_TENANTS} {where} ORDER BY t.name"), asked).fetchall()


def runs(db: Connection, tenant: str, most: int, before: int | None = None) -> list[Run]:
    """A tenant's runs, newest first, those older than the run `before` where one is named."""
    older = "AND id < %(before)s" if before is not None else ""
    query = f"SELECT {_RUN} FROM fleet.run WHERE tenant = %(tenant)s {older}"  # nosec B608
    query += " ORDER BY began_at DESC, id DESC LIMIT %(most)s"
    with db.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(cast(Any, query), {"tenant": tenant, "before": before, "most": most}).fetchall()


def run(db: Connection, tenant: str, number: int) -> Run | None:
    """One run of a tenant."""
    query = f"SELECT {_RUN} FROM fleet.run WHERE tenant = %s AND id = %s"  # nosec B608
    with db.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(cast(Any, query), (tenant, number)).fetchone()


def report_and_log(db: Connection, number: int) -> tuple[dict[str, Any] | None, str]:
    """A run's report, None without one, and the end of what its programs said."""
    found = _ask(db, "SELECT report, log FROM fleet.run WHERE id = %s", number)
    return found[0] if found else (None, "")


def report_before(db: Connection, tenant: str, number: int) -> dict[str, Any] | None:
    """The last report of a tenant that is older than a run."""
    query = "SELECT report FROM fleet.run WHERE tenant = %s AND id < %s AND report IS NOT NULL ORDER BY id DESC LIMIT 1"
    found = _ask(db, query, tenant, number)
    return found[0][0] if found else None


def neighbours(db: Connection, tenant: str, number: int) -> tuple[int | None, int | None]:
    """The numbers of the tenant's run before and of the run after this one."""
    query = """
        SELECT max(id) FILTER (WHERE id < %(run)s), min(id) FILTER (WHERE id > %(run)s) FROM fleet.run
        WHERE tenant = %(tenant)s
    """
    with db.cursor(row_factory=tuple_row) as cursor:
        return cast(
            "tuple[int | None, int | None]", cursor.execute(query, {"run": number, "tenant": tenant}).fetchone()
        )


def hours(db: Connection) -> list[Hour]:
    """The runs that ended in each of the last 24 hours, also where there was none."""
    query = """
        SELECT start, count(r.id) FILTER (WHERE r.ended = 'well') AS well,
               count(r.id) FILTER (WHERE r.ended = ANY(%s)) AS bad
        FROM generate_series(date_trunc('hour', now()) - interval '23 hours', now(), interval '1 hour') AS hour (start)
        LEFT JOIN fleet.run r ON r.ended_at >= start AND r.ended_at < start + interval '1 hour'
        GROUP BY start ORDER BY start
    """
    with db.cursor(row_factory=class_row(Hour)) as cursor:
        return cursor.execute(query, (list(BAD),)).fetchall()


def _ask(db: Connection, query: str, *parameters: object) -> list[tuple[Any, ...]]:
    with db.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(cast(Any, query), parameters).fetchall()
