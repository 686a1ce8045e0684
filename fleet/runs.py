"""The runs of the fleet's tenants: noted when they begin and end, looked up, and removed when they are old."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from fleet.database import Connection, moment, one
from fleet.due import LOCKED_WAIT, after_failure, after_well, wait_after
from fleet.tenants import set_due
from job.run.history import KEPT_DAYS, KEPT_RUNS

COUNTED = ("created", "updated", "disabled", "deleted", "waiting", "refused", "failed")
WELL, FAILED, KILLED, TIMED_OUT, LOST, LOCKED = "well", "failed", "killed", "timed out", "lost", "locked"
FAILURES = (FAILED, KILLED, TIMED_OUT)
BAD = (*FAILURES, LOST)
VERDICTS = (WELL, *BAD)
"""How a run can end that says something of its tenant: not one that was stopped, or that found the store locked."""
STOPPED = "stopped"
"""Its worker was told to end, so the run is queued again."""
GONE = "Its worker was gone."
"""What is said of a run that was lost."""
MOST_LOCKED = 10
MOST_TRIES = 5
"""So often what a person asked for is tried."""
GIVEN_UP = f"What was asked for has failed {MOST_TRIES} times and is given up; ask for it again when this is mended."
Report = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How a run's program ended. exit_code: below 0 a signal's number; seconds: its own time; log: the end of it.

    again: how long what a person asked for waits until it is tried again; None: it is not.
    """

    ended: str
    exit_code: int | None
    seconds: float
    headline: str
    log: str
    report: Report = field(default_factory=dict)
    again: timedelta | None = None


def begin(
    connection: Connection, tenant: str, asked_by: str, options: Mapping[str, Any], worker: str, job: int | None = None
) -> int:
    """Notes that a run begins; returns its number. A run of the tenant that has no end by now was lost.

    job: the engine's number for what was asked, by which its attempts are counted.
    """
    note_lost(connection, tenant)
    query = """
        INSERT INTO fleet.run (tenant, asked_by, options, worker, job, began_at)
        VALUES (%s, %s, %s, %s, %s, clock_timestamp()) RETURNING id
    """
    return int(one(connection, query, tenant, asked_by, Jsonb(dict(options)), worker, job)["id"])


def note_lost(connection: Connection, tenant: str) -> None:
    """Ends the tenant's runs that have no end: whoever had them in hand is gone."""
    query = """
        UPDATE fleet.run SET ended_at = clock_timestamp(), ended = %s, headline = %s
        WHERE tenant = %s AND ended_at IS NULL
    """
    connection.execute(query, (LOST, GONE, tenant))


def end(connection: Connection, run: int, ended: Ended, overhead: float) -> Ended:
    """Notes how a run ended, and when its tenant is due next. `overhead`: seconds that the fleet added to its own.

    Returns what is noted. A tenant that has been locked so often since it last ran well that nobody can still be at
    work has failed. What a person asked for, and failed, is to be tried again, or says that it is given up; the
    schedule goes on meanwhile. A run that was taken for lost, and has another after it, says only how it ended itself.
    """
    if ended.ended == LOCKED and _times_locked(connection, run) >= MOST_LOCKED:
        ended = replace(ended, ended=FAILED)
    tries = _tries(connection, run) if ended.ended in FAILURES else 0
    if tries >= MOST_TRIES:
        ended = replace(ended, headline=f"{ended.headline} {GIVEN_UP}".strip())
    query = """
        UPDATE fleet.run r SET ended_at = clock_timestamp(), ended = %s, exit_code = %s, headline = %s, totals = %s,
            seconds = %s, overhead = %s, report = %s, log = %s
        WHERE id = %s RETURNING tenant, NOT EXISTS (
            SELECT 1 FROM fleet.run n WHERE n.tenant = r.tenant AND n.id > r.id) AS is_last
    """
    report = _storable(ended.report)
    values = (
        ended.ended, ended.exit_code, _plain(ended.headline), Jsonb(totals(ended.report)), ended.seconds, overhead,
        Jsonb(report) if report else None, _plain(ended.log), run,
    )  # fmt: skip
    row = connection.execute(query, values).fetchone()
    if row is None:  # the tenant was removed meanwhile
        return ended
    if row["is_last"] and not tries:
        _note_due(connection, row["tenant"], ended)
    return replace(ended, again=wait_after(row["tenant"], tries)) if 0 < tries < MOST_TRIES else ended


def _tries(connection: Connection, run: int) -> int:
    """How often what a person asked for has failed, in this run too; 0 where its schedule brings it back anyway."""
    query = """
        SELECT count(*) AS n FROM fleet.run r JOIN fleet.run this ON this.id = %s
        WHERE this.asked_by = 'person' AND this.options <> '{}'
        AND (r.id = this.id OR (r.tenant = this.tenant AND r.job = this.job AND r.ended = ANY(%s)))
    """
    return int(one(connection, query, run, list(FAILURES))["n"])


def _times_locked(connection: Connection, run: int) -> int:
    """How often the tenant of a run was found locked since it last ran well."""
    query = """
        SELECT count(*) AS n FROM fleet.run r JOIN fleet.run this ON this.tenant = r.tenant AND this.id = %s
        WHERE r.ended = 'locked' AND r.id > coalesce(
            (SELECT max(id) FROM fleet.run w WHERE w.tenant = this.tenant AND w.ended = 'well'), 0)
    """
    return int(one(connection, query, run)["n"])


def _note_due(connection: Connection, tenant: str, ended: Ended) -> None:
    if ended.ended == STOPPED:
        return
    # By this machine's clock, as its schedule is; what is noted is by the database's, which decides what is due.
    now = datetime.now(timezone.utc)
    wrong = moment(connection) - now
    schedule = ended.report.get("schedule")
    following = schedule["next"] if schedule else None
    if ended.ended == LOCKED:
        due = now + LOCKED_WAIT
    elif ended.ended == WELL and schedule:
        due = after_well(tenant, schedule, now)
    else:
        due = after_failure(tenant, failures(connection, tenant), now)
    set_due(connection, tenant, due + wrong, following)


def failures(connection: Connection, tenant: str) -> int:
    """How many of the tenant's last runs in a row did not end well; those that found it locked do not count."""
    query = """
        SELECT count(*) AS n FROM fleet.run
        WHERE tenant = %s AND ended = ANY(%s) AND id > coalesce(
            (SELECT max(id) FROM fleet.run WHERE tenant = %s AND ended = %s), 0)
    """
    return int(one(connection, query, tenant, list(BAD), tenant, WELL)["n"])


def totals(report: Report) -> dict[str, int]:
    """What a report says in sum over its entities, and how many records could not be read; nothing without any."""
    if "entities" not in report:
        return {}
    rows = report["entities"].values()
    return {
        **{word: sum(int(row.get(word, 0)) for row in rows) for word in COUNTED},
        "unread": len(report.get("unread", [])),
    }


def recent(connection: Connection, tenant: str, most: int = 20) -> list[DictRow]:
    """The tenant's last runs, the latest first, without report and log."""
    query = """
        SELECT id, tenant, asked_by, options, began_at, ended_at, ended, exit_code, worker, headline, totals, seconds,
            overhead
        FROM fleet.run WHERE tenant = %s ORDER BY began_at DESC, id DESC LIMIT %s
    """
    return connection.execute(query, (tenant, most)).fetchall()


def run_of(connection: Connection, tenant: str, number: int | None = None) -> DictRow | None:
    """One run of the tenant with its report and log: that number, or the last one; None where there is none."""
    query = """
        SELECT * FROM fleet.run WHERE tenant = %s AND (%s::bigint IS NULL OR id = %s)
        ORDER BY began_at DESC, id DESC LIMIT 1
    """
    return connection.execute(query, (tenant, number, number)).fetchone()


def prune(connection: Connection) -> int:
    """Removes runs that are older than 30 days and not among their tenant's last 100; returns how many."""
    query = """
        DELETE FROM fleet.run WHERE ended_at < now() - make_interval(days => %s) AND id IN (
            SELECT id FROM (
                SELECT id, row_number() OVER (PARTITION BY tenant ORDER BY began_at DESC, id DESC) AS place
                FROM fleet.run) AS placed
            WHERE place > %s)
    """
    return connection.execute(query, (KEPT_DAYS, KEPT_RUNS)).rowcount


def _storable(report: Report) -> Report:
    """The report without the character that PostgreSQL cannot keep."""
    text = json.dumps(report)
    return report if "\\u0000" not in text else json.loads(text.replace("\\u0000", "\\ufffd"))


def _plain(text: str) -> str:
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
