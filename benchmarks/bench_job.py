"""Measures whole jobs: a shop's first run and the next one, in which nothing changed, program by program, size by size.

One table: for each size and each latency what the tap, the ETL, the target and the whole job cost, and how often they
asked. After each latency stands how processor time grows from one size to the next, as the exponent of the size: 1 is
in proportion, below 1 is better. The servers are processes of their own. Figures are printed; nothing is asserted but
that every run goes well. `python benchmarks/bench_job.py --sizes 200 2000 --latencies 0` is a quick run. With latency,
writing the largest shop takes an hour: that is measured only where it is the only size that is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.bench_target import LOGIN  # noqa: E402 - found through the line above

TOKEN = "sandbox-integration-token"
LARGEST_WITH_LATENCY = 20_000
RUNS = ("first", "unchanged")
PARTS = {"tap_magento": "tap", "etl.etl": "ETL", "target_optiply": "target"}
JOB = "whole job"
AS_A_JOB = (
    "import runpy, sys; sys.executable = sys.argv.pop(1); runpy.run_module('job', run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True)
class Cost:
    """What a program, or a whole job, cost in one run: wall and processor seconds, peak memory in MB, requests."""

    seconds: float
    cpu: float
    peak_mb: float
    requests: int

    def cells(self) -> str:
        """The figures as cells of the table."""
        return f"{self.seconds:.2f} | {self.cpu:.2f} | {self.peak_mb:.0f} | {self.requests:,}"


NOT_STARTED = Cost(0.0, 0.0, 0.0, 0)
Costs = dict[str, Cost]
"""The costs of a run by part; a program that the job did not start costs nothing."""


@contextmanager
def servers(folder: Path, size: int, latency: float = 0.0) -> Iterator[dict[str, str]]:
    """The sandbox in a process of its own; yields its addresses."""
    announce = folder / "sandbox.json"
    options = ["--products", size, "--orders", size, "--latency", latency, "--magento-port", 0, "--optiply-port", 0]
    command = [sys.executable, "-m", "sandbox", "serve", "--announce", str(announce), *map(str, options)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while not announce.exists() or not announce.read_text().strip():
            if server.poll() is not None:
                raise SystemExit("The sandbox ended before it listened.")
            time.sleep(0.05)
        yield json.loads(announce.read_text())
    finally:
        server.terminate()
        server.wait()


def write_folder(folder: Path, addresses: dict[str, str]) -> None:
    """A job folder of the shop, with the settings that most have."""
    folder.mkdir()
    shop = {"store_url": addresses["magento_url"], "access_token": TOKEN, "max_concurrency": 8}
    account = {**LOGIN, "account_id": 1380, "coupling_id": 77, "max_concurrency": 10}
    urls = {"api_url": addresses["optiply_url"], "auth_url": addresses["auth_url"]}
    (folder / "config.json").write_text(json.dumps(shop))
    (folder / "target-config.json").write_text(json.dumps({**account, **urls}))


def job(folder: Path, base: Path) -> Costs:
    """One run of the job; what it and its programs cost."""
    costs, interpreter = base / "costs.jsonl", base / "python"
    costs.write_text("")
    stands_between = [sys.executable, "-S", str(ROOT / "benchmarks" / "measured.py"), sys.executable, str(costs)]
    interpreter.write_text(f'#!/bin/sh\nexec {shlex.join(stands_between)} "$@"\n')
    interpreter.chmod(0o755)
    began = time.monotonic()
    command = [sys.executable, "-c", AS_A_JOB, str(interpreter), "run", str(folder)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert child.stdout is not None
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"The job ended with {child.returncode}:\n{said}")
    seconds, cpu = time.monotonic() - began, used.ru_utime + used.ru_stime
    return {**parts(costs, newest(folder)), JOB: Cost(seconds, cpu, used.ru_maxrss / 1024, asked(newest(folder)))}


def parts(costs: Path, run: Path) -> Costs:
    """The costs of the programs, by what they are called here; one that was not started cost nothing."""
    found = dict.fromkeys(PARTS.values(), NOT_STARTED)
    for line in map(json.loads, costs.read_text().splitlines()):
        name = PARTS[line.pop("module")]
        found[name] = Cost(**line, requests=requests_of(run / f"{name.lower()}.json"))
    return found


def newest(folder: Path) -> Path:
    """The folder of the last run."""
    return max(path.parent for path in folder.glob("runs/*/report.json"))


def asked(run: Path) -> int:
    """All requests of a run."""
    return sum(requests_of(run / f"{name.lower()}.json") for name in PARTS.values())


def requests_of(report: Path) -> int:
    """The requests that a program's report names; the ETL asks for nothing."""
    found: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
    return int(found.get("requests", 0))


def measured(size: int, latency: float) -> dict[str, Costs]:
    """The costs of a shop's first run and the next one."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        base = Path(name)
        with servers(base, size, latency) as addresses:
            write_folder(base / "acme", addresses)
            return {run: job(base / "acme", base) for run in RUNS}


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[2_000, 20_000, 200_000], help="products, as many orders"
    )
    parser.add_argument("--latencies", type=float, nargs="+", default=[0.0, 0.05], help="seconds added to an answer")
    given = parser.parse_args()
    # Installed programs are compiled; where Python may not keep what it compiled, each start would compile anew.
    packages = sorted({str(path.parent) for path in ROOT.glob("*/__init__.py")})
    subprocess.run([sys.executable, "-m", "compileall", "-q", *packages], check=True)
    print("| products, orders | latency | run | part | seconds | CPU s | MB at most | requests |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for latency in given.latencies:
        seen: dict[int, dict[str, Costs]] = {}
        for size in sorted(given.sizes):
            if latency and size > LARGEST_WITH_LATENCY and len(given.sizes) > 1:
                continue
            seen[size] = measured(size, latency)
            for run, costs in seen[size].items():
                for part, cost in costs.items():
                    print(f"| {size:,} | {latency * 1000:.0f} ms | {run} | {part} | {cost.cells()} |", flush=True)
        for small, large in pairwise(seen):
            for run in RUNS:
                grown = growth(small, seen[small][run], large, seen[large][run])
                print(f"from {small:,} to {large:,}, {latency * 1000:.0f} ms, {run}: {grown}", flush=True)


def growth(small: int, before: Costs, large: int, after: Costs) -> str:
    """How processor time grows from a size to a larger one, by part: the exponent of the size."""
    return ", ".join(
        f"{part} {log(cost.cpu / before[part].cpu) / log(large / small):.2f}"
        for part, cost in after.items()
        if cost.cpu and before[part].cpu
    )


if __name__ == "__main__":
    main()
