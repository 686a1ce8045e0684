"""What a person can have done on the page."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import requests

from fleet.database import Connection, one
from fleet.engine import RUN, enqueue_due
from fleet.web.server import ACTIONS_AT_ONCE
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


@contextmanager
def in_other_hands(fleet: str) -> Iterator[None]:
    """As `set`, `remove` and `rotate` have a tenant in hand."""
    with psycopg.connect(fleet) as other:
        other.execute("SELECT 1 FROM fleet.tenant WHERE name = 'acme' FOR UPDATE")
        yield


def test_what_another_command_has_in_hand_is_said_and_nothing_done(
    site: Site, fleet: str, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.web.server.ACTION_SECONDS", 0.1)
    with in_other_hands(fleet):
        refused = site.post("/tenants/acme/pause")
    assert refused.status_code == 409
    assert "Another command has acme in hand" in refused.text
    assert one(db, "SELECT paused_at FROM fleet.tenant WHERE name = 'acme'")["paused_at"] is None
    assert site.post("/tenants/acme/pause").status_code == 303


def test_actions_that_wait_keep_no_page_waiting(
    site: Site, fleet: str, db: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet.web.server.ACTION_SECONDS", 60.0)
    held_up = """
        SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    with ThreadPoolExecutor(40) as people:
        with in_other_hands(fleet):
            clicks = [people.submit(requests.post, f"{site.address}/tenants/acme/pause", timeout=60,
                                    headers={"Origin": site.address}) for _ in range(40)]  # fmt: skip
            while one(db, held_up)["n"] < ACTIONS_AT_ONCE:
                time.sleep(0.02)
            for path in ("/healthz", "/", "/static/live.js"):
                assert site.get(path).status_code == 200
        assert {click.result().status_code for click in clicks} == {200}
