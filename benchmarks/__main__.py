"""Runs every benchmark one after the other, each in a process of its own; `make bench`."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The table of whole jobs, and then what each part costs beside others that do the same.
PROGRAMS = (
    "bench_job.py",
    "bench_requests.py",
    "bench_tap.py",
    "bench_picqer.py",
    "bench_etl.py",
    "bench_target.py",
    "bench_stock.py",
)


def main() -> int:
    """Run them all; 1 when one of them could not finish."""
    codes = []
    for program in PROGRAMS:
        print(f"== {program}", flush=True)
        codes.append(subprocess.run([sys.executable, str(HERE / program)], check=False).returncode)
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
