"""Workers as processes: they run what is due, and whatever dies, nothing is lost and nothing doubled."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fleet import runs
from fleet.database import Connection
from fleet.engine import enqueue, queued, workers_alive
from fleet.tenants import add
from fleet.vault import Vault
from sandbox.systems import Sandbox
from tests.job.shop_folder import make_folder, writes

Start = Callable[..., "subprocess.Popen[bytes]"]
SLOW = 2.0  # seconds that a shop takes to answer, so that a run is under way for a while
PATIENCE = 240  # seconds until something is taken to never come; no test takes nearly as long


@pytest.fixture
def small() -> Iterator[Sandbox]:
    with Sandbox(products=8, orders=4) as running:
        yield running


@pytest.fixture
def acme(db: Connection, vault: Vault, small: Sandbox, tmp_path: Path) -> str:
    add(db, vault, "acme", make_folder(tmp_path / "acme", small))
    return "acme"


@pytest.fixture
def start(fleet: str, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker; all of them end with the test."""
    with ExitStack() as stack:

        def begin(*options: str) -> subprocess.Popen[bytes]:
            (tmp_path / "rooms").mkdir(exist_ok=True)
            log = stack.enter_context((tmp_path / "workers.log").open("ab"))
            command = [sys.executable, "-m", "fleet", "worker", "--slots", "2", *options]
            environment = {**os.environ, "TMPDIR": str(tmp_path / "rooms")}
            worker = subprocess.Popen(command, env=environment, stderr=log)
            stack.callback(lambda: (worker.kill(), worker.wait()))
            return worker

        yield begin


def eventually(wanted: Callable[[], object], log: Path | None = None) -> None:
    """Waits for something that is bound to come."""
    until = time.monotonic() + PATIENCE
    while not wanted():
        assert time.monotonic() < until, log.read_text() if log else "it never came"
        time.sleep(0.1)


def how_runs_ended(db: Connection) -> list[str | None]:
    return [row["ended"] for row in reversed(runs.recent(db, "acme"))]


def looks_dead(db: Connection) -> None:
    """A worker that was killed gives no sign of life: half a minute passes at once."""
    db.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")


def each_once(small: Sandbox) -> bool:
    """Whether Optiply has something, and nothing of it twice."""
    ids = Counter(row["articleCode"] for row in small.optiply.objects("products"))
    return bool(ids) and set(ids.values()) == {1}


def test_what_is_due_is_run_and_its_next_time_noted(db: Connection, acme: str, start: Start, small: Sandbox):
    db.execute("UPDATE fleet.tenant SET due_at = now()")
    start()
    eventually(lambda: how_runs_ended(db) == ["well"])
    assert each_once(small)
    assert db.execute("SELECT due_at > now() AS later FROM fleet.tenant").fetchall() == [{"later": True}]
    [run] = runs.recent(db, "acme")
    assert run["asked_by"] == "schedule"
    assert run["totals"]["created"] > 0
    eventually(lambda: not queued(db))


def test_a_killed_worker_s_run_is_done_by_another_and_nothing_is_doubled(
    db: Connection, acme: str, start: Start, small: Sandbox, tmp_path: Path
):
    small.faults_optiply.latency = SLOW
    enqueue(db, acme, {"full": True})
    first = start()
    eventually(lambda: writes(small))
    first.kill()
    first.wait()
    small.faults_optiply.latency = 0
    looks_dead(db)
    start()
    eventually(lambda: how_runs_ended(db)[-1:] == ["well"], tmp_path / "workers.log")
    assert how_runs_ended(db)[0] == "lost"
    assert set(how_runs_ended(db)[1:-1]) <= {"locked"}  # until the first one's programs have ended
    assert runs.recent(db, "acme")[0]["options"] == {"full": True}
    assert each_once(small)
    assert small.requests.attempted_writes("optiply") == writes(small)


def test_a_worker_that_is_told_to_stop_hands_its_run_over(
    db: Connection, acme: str, start: Start, small: Sandbox, tmp_path: Path
):
    small.faults_magento.latency = 60
    enqueue(db, acme, {"full": True})
    first = start("--grace", "0")
    eventually(lambda: how_runs_ended(db) == [None])
    first.send_signal(signal.SIGTERM)
    assert first.wait(PATIENCE) == 0
    assert how_runs_ended(db) == ["stopped"]
    assert [row["status"] for row in queued(db)] == ["todo"]
    assert list((tmp_path / "rooms").iterdir()) == []
    assert workers_alive(db) == 0
    small.faults_magento.latency = 0
    db.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")
    start()
    eventually(lambda: how_runs_ended(db) == ["stopped", "well"], tmp_path / "workers.log")
    assert each_once(small)


def test_a_worker_lives_through_the_loss_of_all_its_connections(
    db: Connection, acme: str, start: Start, small: Sandbox, tmp_path: Path
):
    small.faults_optiply.latency = SLOW
    enqueue(db, acme, {"full": True})
    worker = start()
    eventually(lambda: writes(small))
    db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
               "WHERE datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
    small.faults_optiply.latency = 0
    eventually(lambda: how_runs_ended(db)[0] is not None, tmp_path / "workers.log")
    db.execute("UPDATE fleet.tenant SET due_at = now()")
    eventually(lambda: how_runs_ended(db)[-1:] == ["well"], tmp_path / "workers.log")
    assert worker.poll() is None
    assert each_once(small)
    eventually(lambda: not queued(db))


def test_a_worker_without_a_database_ends_with_the_reason(fleet: str):
    environment = {**os.environ, "OPTIPLY_FLEET_URL": "postgresql://fleet@127.0.0.1:9/optiply"}
    command = [sys.executable, "-m", "fleet", "worker"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The fleet's database at 127.0.0.1/optiply cannot be used" in done.stderr
