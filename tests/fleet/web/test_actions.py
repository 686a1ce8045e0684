"""What a person can have done on the page."""

from typing import Any

import pytest

from fleet.database import Connection, one
from fleet.engine import RUN, enqueue_due
from tests.fleet.web.conftest import Site


def queued(db: Connection, tenant: str) -> list[dict[str, Any]]:
    query = "SELECT args, task_name FROM procrastinate_jobs WHERE lock = %s AND status = 'todo' ORDER BY id"
    rows = db.execute(query, (tenant,)).fetchall()
    assert all(row["task_name"] == RUN for row in rows)
    return [row["args"] for row in rows]


@pytest.mark.parametrize(("action", "options"), [("run", {}), ("full", {"full": True})])
def test_a_run_is_queued_once_however_often_it_is_asked_for(
    site: Site, db: Connection, action: str, options: dict[str, Any]
) -> None:
    for _ in range(3):
        answer = site.post(f"/tenants/acme/{action}")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/tenants/acme?done={action}")
    assert queued(db, "acme") == [{"tenant": "acme", "asked_by": "person", "options": options}]
    assert "is queued." in site.get(f"/tenants/acme?done={action}").text
    assert "acme" in site.get("/?state=queued").text


def test_a_run_now_does_not_wait_for_the_schedule_s_job(site: Site, db: Connection) -> None:
    db.execute("UPDATE fleet.tenant SET due_at = now() WHERE name = 'acme'")
    enqueue_due(db)
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '10 minutes'")
    site.post("/tenants/acme/run")
    assert [args["asked_by"] for args in queued(db, "acme")] == ["schedule", "person"]


def test_a_paused_tenant_s_run_is_refused_also_where_one_waits(site: Site, db: Connection) -> None:
    site.post("/tenants/acme/run")
    site.post("/tenants/acme/pause")
    assert site.post("/tenants/acme/run").status_code == 409


def test_a_full_read_is_queued_beside_a_run(site: Site, db: Connection) -> None:
    site.post("/tenants/acme/run")
    site.post("/tenants/acme/full")
    assert [args["options"] for args in queued(db, "acme")] == [{}, {"full": True}]


def test_a_tenant_is_paused_and_resumed(site: Site, db: Connection) -> None:
    def paused() -> bool:
        return one(db, "SELECT paused_at IS NOT NULL AS yes FROM fleet.tenant WHERE name = 'acme'")["yes"] is True

    site.post("/tenants/acme/pause")
    assert paused()
    refused = site.post("/tenants/acme/run")
    assert refused.status_code == 409
    assert "acme is paused" in refused.text
    assert queued(db, "acme") == []
    site.post("/tenants/acme/resume")
    assert not paused()


@pytest.mark.parametrize(("path", "status"), [("/tenants/nobody/run", 404), ("/tenants/acme/remove", 404)])
def test_what_is_not_there_cannot_be_asked_for(site: Site, path: str, status: int) -> None:
    assert site.post(path).status_code == status


def test_to_look_at_an_action_does_nothing(site: Site, db: Connection) -> None:
    assert site.get("/tenants/acme/run").status_code == 405
    assert queued(db, "acme") == []
