"""The fleet's figures as Prometheus reads them."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet.database import Connection
from fleet.metrics import Metrics
from tests.fleet.web.invented import add_run, add_tenant, small_fleet


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def read(metrics: Metrics, db: Connection) -> dict[tuple[str, str], float]:
    """Each sample by its name and its label's value."""
    families = text_string_to_metric_families(metrics.page(db).decode())
    samples: list[Any] = [sample for family in families for sample in family.samples]
    return {
        (sample.name.removeprefix("optiply_fleet_"), ",".join(sample.labels.values())): sample.value
        for sample in samples
        if not sample.name.endswith("_created")
    }


def test_what_is_so_now_is_told_without_a_name(db: Connection, metrics: Metrics) -> None:
    small_fleet(db)
    found = read(metrics, db)
    assert [found["tenants", verdict] for verdict in ("well", "timed out", "failed", "no run yet")] == [5, 1, 0, 1]
    assert [found["tenants_now", doing] for doing in ("at work", "paused", "late", "at rest")] == [1, 1, 1, 4]
    assert [found["records", state] for state in ("waiting", "refused", "failed", "unread")] == [135, 2, 0, 0]
    assert found["backlog_growth", ""] == 40
    assert found["workers", ""] == 1
    assert 44 * 60 < found["lateness_seconds", ""] < 50 * 60
    assert "acme" not in metrics.page(db).decode()


def test_runs_are_counted_once_from_the_first_question_on(db: Connection, metrics: Metrics) -> None:
    add_tenant(db, "acme")
    add_run(db, "acme", 5)
    assert read(metrics, db)["runs_total", "well"] == 0
    add_run(db, "acme", 4, seconds=3)
    add_run(db, "acme", 3, seconds=40)
    add_run(db, "acme", 2, "failed", seconds=1)
    add_run(db, "acme", 1, None)
    for _ in range(2):
        found = read(metrics, db)
        assert [found["runs_total", ended] for ended in ("well", "failed")] == [2, 1]
        assert (found["run_seconds_count", ""], found["run_seconds_sum", ""]) == (3, 44)
        assert (found["run_seconds_bucket", "5.0"], found["run_seconds_bucket", "60.0"]) == (2, 3)
        assert found["overhead_seconds_count", ""] == 3
    db.execute("DELETE FROM fleet.run")
    assert read(metrics, db)["runs_total", "well"] == 2


def test_a_run_that_ended_without_figures_is_counted_alone(db: Connection, metrics: Metrics) -> None:
    add_tenant(db, "acme")
    read(metrics, db)
    number = add_run(db, "acme", 1, None)
    db.execute("UPDATE fleet.run SET ended = 'lost', ended_at = now(), seconds = NULL, overhead = NULL WHERE id = %s",
               (number,))  # fmt: skip
    found = read(metrics, db)
    assert (found["runs_total", "lost"], found["run_seconds_count", ""]) == (1, 0)
