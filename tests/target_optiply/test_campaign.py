"""A short fault campaign; `python benchmarks/campaign.py --seed 1 --runs 500` is the long one."""

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "benchmarks" / "campaign.py"


def test_disturbed_runs_end_with_the_state_of_a_clean_run() -> None:
    command = [sys.executable, str(CAMPAIGN), "--seed", "1", "--runs", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 runs" in done.stdout
    assert ", 0 wrong" in done.stdout
