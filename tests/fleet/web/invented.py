"""Tenants and runs of a fleet as the tables would hold them, invented: no worker has ever been there."""

from datetime import datetime, timedelta, timezone
from typing import Any, cast

from psycopg.types.json import Jsonb

from fleet.database import Connection
from fleet.runs import totals
from tests.job.folders import report

DAY = 24 * 60


def add_tenant(db: Connection, name: str, system: str = "magento", *, due: float = 12, paused: bool = False) -> None:
    """A tenant that is due in so many minutes; nobody could decrypt its files."""
    at = _in(due)
    db.execute(
        "INSERT INTO fleet.tenant (name, system, files, due_at, paused_at, agenda) VALUES (%s, %s, '', %s, %s, %s)",
        (name, system, at, _in(-120) if paused else None, Jsonb({"update": at.isoformat()})),
    )


def add_run(
    db: Connection, tenant: str, ago: float, ended: str | None = "well", *, seconds: float = 10.9,
    headline: str | None = None, log: str = "tap: 41 requests\n", **counts: int,
) -> int:  # fmt: skip
    """A run that began so many minutes ago; counts are those of its products. Returns its number."""
    told = {**report("x", **counts), "seconds": seconds} if ended == "well" else None
    row: dict[str, Any] = {
        "tenant": tenant,
        "asked_by": "schedule",
        "began_at": _in(-ago),
        "ended_at": _in(-ago) + timedelta(seconds=seconds) if ended else None,
        "ended": ended,
        "exit_code": {"well": 0, "failed": 1}.get(ended or ""),
        "worker": "host:1",
        "headline": headline or (told and told["headline"]),
        "totals": Jsonb(totals(told) if told else {}),
        "seconds": seconds if ended else None,
        "overhead": 0.021 if ended else None,
        "report": Jsonb(told) if told else None,
        "log": log,
    }
    columns, marks = ", ".join(row), ", ".join(f"%({name})s" for name in row)
    query = f"INSERT INTO fleet.run ({columns}) VALUES ({marks}) RETURNING id"
    found = db.execute(cast(Any, query), row).fetchone()
    assert found is not None
    return int(found["id"])


def _in(minutes: float) -> datetime:
    return datetime.now(timezone.utc) + timedelta(minutes=minutes)


def add_worker(db: Connection) -> None:
    """A worker that gives signs of life for as long as any test takes, as both queues see it."""
    for _ in range(2):
        db.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour')")


def small_fleet(db: Connection) -> None:
    """Seven tenants of three systems: well, failing, late, paused, at work, and one that never ran."""
    add_worker(db)
    for place, (name, system) in enumerate(
        [("acme", "magento"), ("bolt", "picqer"), ("corner_shop", "easyecom"), ("dune", "magento"), ("elm", "picqer")]
    ):
        add_tenant(db, name, system, due=5 + 7 * place, paused=name == "elm")
        for day in range(3):
            add_run(db, name, DAY * day + 20 + place, waiting=3 + 4 * place * (3 - day), refused=place % 2, failed=day,
                    seconds=4 + 11.3 * place, created=40 * day, updated=12 * place + 3)  # fmt: skip
    add_run(
        db, "bolt", 9, "failed", headline="The run did not finish: tap failed.", log="tap: Picqer refused the key\n"
    )
    add_run(db, "bolt", 4, "timed out", headline="It was ended after 240 minutes, the most that a run may take.")
    add_run(db, "dune", 0, None)
    add_tenant(db, "fern", due=-45)
    add_run(db, "fern", 75)
    add_tenant(db, "a_shop_with_quite_a_long_name_indeed")
