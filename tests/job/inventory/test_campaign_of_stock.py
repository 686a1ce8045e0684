"""A short campaign of stock; `python benchmarks/campaign_stock.py --seed 1 --runs 500` is the long one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CAMPAIGN = Path(__file__).parents[3] / "benchmarks" / "campaign_stock.py"


def test_whatever_happens_to_messages_and_programs_the_stock_is_that_of_the_warehouse() -> None:
    command = [sys.executable, str(CAMPAIGN), "--seed", "1", "--runs", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 runs" in done.stdout
    assert ", 0 wrong" in done.stdout
    assert "kill" in done.stdout
