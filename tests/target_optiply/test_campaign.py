"""A short fault campaign; `python benchmarks/campaign.py --seed 1 --runs 500` is the long one."""

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "benchmarks" / "campaign.py"


def test_disturbed_runs_end_with_the_state_of_a_clean_run() -> None:
    _run("--seed", "1", "--runs", "4")


def test_so_they_do_over_a_database_that_closes_connections(database: str) -> None:
    assert database, "PostgreSQL is there, or its absence was said"
    assert "connections closed" in _run("--database", "--seed", "1", "--runs", "4")


def _run(*options: str) -> str:
    command = [sys.executable, str(CAMPAIGN), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 runs" in done.stdout
    assert ", 0 wrong" in done.stdout
    return done.stdout
