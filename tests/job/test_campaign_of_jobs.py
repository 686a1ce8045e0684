"""A short campaign of whole jobs; `python benchmarks/campaign_shop.py --seed 1 --runs 500` is the long one."""

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[2] / "benchmarks" / "campaign_shop.py"


def test_records_that_were_unreadable_for_some_runs_end_in_the_state_of_a_clean_run() -> None:
    command = [sys.executable, str(CAMPAIGN), "--seed", "1", "--runs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 runs" in done.stdout
    assert ", 0 wrong" in done.stdout
    assert "unreadable orders" in done.stdout
