"""Short campaigns of stock; `python benchmarks/campaign_stock.py --seed 1 --runs 500` is a long one."""

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


def test_receipts_that_are_booked_edited_and_deleted_amid_trouble_count_once() -> None:
    """Seed 2 once lost a deletion: receipts were looked for by the machine's clock instead of Optiply's."""
    command = [sys.executable, str(CAMPAIGN.with_name("campaign_receipts.py")), "--seed", "2", "--runs", "3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 runs" in done.stdout
    assert ", 0 wrong" in done.stdout
