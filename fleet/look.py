"""What people look at: every tenant with its last run and what is queued, in one question to the database."""

from typing import Any

from fleet.database import Connection
from fleet.engine import queued

_OVERVIEW = """
    SELECT t.name, t.system, t.paused_at, t.due_at, t.due_at <= now() AS is_due, r.id AS run, r.began_at, r.ended_at,
        r.ended, r.headline, r.totals, r.seconds
    FROM fleet.tenant t LEFT JOIN LATERAL (
        SELECT * FROM fleet.run WHERE tenant = t.name ORDER BY began_at DESC, id DESC LIMIT 1) r ON true
    ORDER BY t.name
"""


def overview(connection: Connection) -> list[dict[str, Any]]:
    """Each tenant by name: its state (at work, queued, paused, due, waiting) and its last run; times in ISO."""
    waiting = {row["tenant"]: row["status"] for row in queued(connection)}
    return [_told(row, waiting.get(row["name"])) for row in connection.execute(_OVERVIEW)]


def _told(row: dict[str, Any], queue: str | None) -> dict[str, Any]:
    state = {"doing": "at work", "todo": "queued"}.get(queue or "")
    state = state or ("paused" if row["paused_at"] else "due" if row.pop("is_due") else "waiting")
    row.pop("is_due", None)
    return {**{name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()},
            "state": state}  # fmt: skip
