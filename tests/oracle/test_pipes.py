"""The three pipes and a replay end in the same Optiply as the job."""

import json
import shutil
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import jobs
from tests.oracle.flow import Flow
from tests.oracle.ledger import Ledger
from tests.oracle.shop_records import ShopDays, small_sandbox
from tests.oracle.singer_lines import reading_from

RECORDED = Path(__file__).resolve().parents[1] / "fixtures" / "recorded_shop.jsonl"
TAP = [sys.executable, "-m", "tap_magento"]
ETL = [sys.executable, "-m", "etl.mapper"]
TARGET = [sys.executable, "-m", "target_optiply"]


class Pipes:
    """A folder with the three configurations of the pipes, as the README shows them."""

    def __init__(self, folder: Path, sandbox: Any) -> None:
        jobs.write_folder(folder, sandbox, jobs.PER_SKU)
        self.folder = folder
        self.snapshots = folder / "snapshots"
        config = json.loads((folder / "config.json").read_text())
        target = json.loads((folder / "target-config.json").read_text())
        (folder / "tap.json").write_text(json.dumps(config))
        (folder / "etl.json").write_text(json.dumps({"snapshot_dir": str(self.snapshots)}))
        (folder / "target.json").write_text(json.dumps({**target, "snapshot_dir": str(self.snapshots)}))
        self.state = folder / "state.json"

    def tap(self) -> list[str]:
        state = ["--state", str(self.state)] if self.state.exists() else []
        return [*TAP, "--config", "tap.json", *state]

    def etl(self) -> list[str]:
        return [*ETL, "--config", "etl.json"]

    def target(self) -> list[str]:
        return [*TARGET, "--config", "target.json"]

    def pipe(self, *commands: list[str], source: Path | None = None) -> None:
        """Join programs by pipes; the last one's standard output becomes the next run's state."""
        partial = self.folder / "state.part"
        with open(source or "/dev/null", "rb") as first, partial.open("wb") as last:
            children: list[subprocess.Popen[bytes]] = []
            logs = []
            for number, command in enumerate(commands):
                stdin = children[-1].stdout if children else first
                stdout = last if number == len(commands) - 1 else subprocess.PIPE
                log = (self.folder / f"{number}.log").open("wb")
                logs.append(log)
                children.append(
                    subprocess.Popen(
                        command, cwd=self.folder, env=jobs.environment(), stdin=stdin, stdout=stdout, stderr=log
                    )
                )
                if number:
                    children[number - 1].stdout.close()  # type: ignore[union-attr]
            codes = [child.wait(jobs.PATIENCE) for child in children]
            for log in logs:
                log.close()
        text = "".join(path.read_text()[-3000:] for path in sorted(self.folder.glob("*.log")))
        assert codes == [0] * len(commands), text
        last_state = [line for line in partial.read_text().splitlines() if line.strip()]
        if last_state:
            self.state.write_text(last_state[-1])


def three_days(pipes: Pipes, sandbox: Any, days: ShopDays, *commands: str) -> None:
    """Run the pipe on the first day, after the next day, and once more for the second complete listing."""
    for move_on in (False, True, False):
        if move_on:
            jobs.next_day(sandbox)
        days.read(sandbox)
        pipes.pipe(*[getattr(pipes, name)() for name in commands])
        assert jobs.differences(jobs.picture_of(sandbox), days.ledger.optiply) == []


@pytest.mark.parametrize(
    "programs", [("tap", "etl", "target"), ("tap", "target")], ids=["three programs", "the ETL inside the target"]
)
def test_a_pipe_ends_in_the_same_optiply_as_the_rules_say(tmp_path: Path, programs: tuple[str, ...]) -> None:
    with small_sandbox() as sandbox:
        three_days(Pipes(tmp_path / "job", sandbox), sandbox, ShopDays(Flow(), bulk=False), *programs)


def test_a_recording_of_the_tap_replayed_into_the_target_gives_the_same_optiply_as_the_job(tmp_path: Path) -> None:
    with small_sandbox() as sandbox:
        job = jobs.write_folder(tmp_path / "job", sandbox, jobs.PER_SKU)
        jobs.run_job(job)
        recorded = tmp_path / "recorded.jsonl"
        shutil.copy(job / "sync-output" / "tap.singer", recorded)
        by_job = jobs.picture_of(sandbox)
    with small_sandbox() as sandbox:
        pipes = Pipes(tmp_path / "replay", sandbox)
        pipes.pipe(pipes.target(), source=recorded)
        replayed = jobs.picture_of(sandbox)
        assert jobs.differences(replayed, by_job) == []
        jobs.forget_requests(sandbox)
        pipes.pipe(pipes.target(), source=recorded)
        assert jobs.writes(sandbox) == 0
        assert jobs.picture_of(sandbox) == replayed


def test_the_recording_kept_with_the_tests_ends_in_the_optiply_the_rules_say(tmp_path: Path) -> None:
    ledger = Ledger(Flow())
    ledger.day(reading_from(RECORDED.read_text(encoding="utf-8"), datetime(2026, 1, 15, tzinfo=timezone.utc)))
    with small_sandbox(magento=False) as sandbox:
        pipes = Pipes(tmp_path / "replay", sandbox)
        pipes.pipe(pipes.target(), source=RECORDED)
        assert jobs.differences(jobs.picture_of(sandbox), ledger.optiply) == []
