"""kill -9 at ten points of a run, then a rerun: the same final state, nothing doubled, nothing lost."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import jobs
from tests.oracle.flow import Flow
from tests.oracle.shop_records import ShopDays, small_sandbox

Condition = Callable[[Any, Path], bool]
POLL = 0.002


def magento_requests(count: int) -> Condition:
    return lambda sandbox, folder: len(sandbox.requests.select(api="magento")) >= count


def optiply_writes(count: int, path: str = "") -> Condition:
    return lambda sandbox, folder: (
        sum(entry.is_write for entry in sandbox.requests.select(api="optiply", path=path)) >= count
    )


def file_appears(pattern: str) -> Condition:
    return lambda sandbox, folder: any(folder.glob(pattern))


def last_log_of(step: str) -> Condition:
    return file_appears(f"runs/*/{step}.log")


TEN_POINTS: dict[str, Condition] = {
    "as the tap starts": last_log_of("tap"),
    "after the tap's first request": magento_requests(1),
    "in the middle of the tap": magento_requests(12),
    "as the ETL starts": last_log_of("etl"),
    "as soon as the ETL's output lies there": file_appears("etl-output/data.singer"),
    "after the first write to Optiply": optiply_writes(1),
    "in the middle of the products": optiply_writes(20, "/products"),
    "at the first composition": optiply_writes(1, "/productCompositions"),
    "in the middle of the orders": optiply_writes(10, "/sellOrders"),
    "as the target's results are written": file_appears("target-state.json"),
}


def start_job(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "killed.log").open("wb") as log:
        return subprocess.Popen(
            jobs.job_command(folder),
            cwd=folder,
            env=jobs.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_until(reached: Condition, sandbox: Any, folder: Path, job: subprocess.Popen[bytes]) -> bool:
    """Watch until the point is reached; False when the job ended before it was seen."""
    deadline = time.monotonic() + jobs.PATIENCE
    while not reached(sandbox, folder):
        if job.poll() is not None:
            return reached(sandbox, folder)
        assert time.monotonic() < deadline, "the point was never reached"
        time.sleep(POLL)
    return True


def kill_group(job: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(job.pid, signal.SIGKILL)
    job.wait(jobs.PATIENCE)


def children_of(pid: int) -> list[int]:
    """Ids of a process's direct children (Linux)."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in listed]


def must_hold(sandbox: Any) -> dict[str, Any]:
    days = ShopDays(Flow(), bulk=False)
    days.read(sandbox)
    return days.ledger.optiply


@pytest.mark.parametrize("point", TEN_POINTS)
def test_a_job_killed_at_any_point_and_run_again_ends_in_the_same_optiply(tmp_path: Path, point: str) -> None:
    with small_sandbox() as sandbox:
        folder = jobs.write_folder(tmp_path / "job", sandbox, jobs.PER_SKU)
        wanted = must_hold(sandbox)
        job = start_job(folder)
        try:
            assert wait_until(TEN_POINTS[point], sandbox, folder, job), (folder / "killed.log").read_text()
        finally:
            kill_group(job)
        jobs.run_job(folder)
        assert jobs.differences(jobs.picture_of(sandbox), wanted) == []


@pytest.mark.parametrize("point", ["in the middle of the tap", "in the middle of the products"])
def test_a_single_child_killed_fails_the_run_and_the_next_one_makes_it_good(tmp_path: Path, point: str) -> None:
    with small_sandbox() as sandbox:
        folder = jobs.write_folder(tmp_path / "job", sandbox, jobs.PER_SKU)
        wanted = must_hold(sandbox)
        job = start_job(folder)
        try:
            assert wait_until(TEN_POINTS[point], sandbox, folder, job), (folder / "killed.log").read_text()
            for child in children_of(job.pid):
                os.kill(child, signal.SIGKILL)
            assert job.wait(jobs.PATIENCE) == 1
        finally:
            kill_group(job)
        jobs.run_job(folder)
        assert jobs.differences(jobs.picture_of(sandbox), wanted) == []


@pytest.mark.parametrize("file", ["ask.log", "ask.json"], ids=["as it asks", "as soon as it has its answer"])
def test_a_job_killed_while_it_asks_for_a_missing_product_is_made_good(tmp_path: Path, file: str) -> None:
    with small_sandbox() as sandbox:
        folder = jobs.write_folder(tmp_path / "job", sandbox, jobs.PER_SKU)
        days = ShopDays(Flow(), bulk=False, asks=True)
        days.read(sandbox)
        jobs.run_job(folder)
        jobs.next_day(sandbox)
        days.read(sandbox)
        job = start_job(folder)
        try:
            assert wait_until(file_appears(f"runs/*/{file}"), sandbox, folder, job), (folder / "killed.log").read_text()
        finally:
            kill_group(job)
        jobs.run_job(folder)
        assert jobs.differences(jobs.picture_of(sandbox), days.ledger.optiply) == []
        assert not any(folder.glob("sync-output/ask*"))
