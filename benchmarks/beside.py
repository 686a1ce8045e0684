"""Two versions side by side: the programs of another checkout and of this one, by turns, on one server and one shop.

`git worktree add ../before COMMIT`, then `python benchmarks/beside.py ../before`. Compared are the least CPU time, wall
time and memory of several rounds, as ratios, and after that the median of the rounds' ratios: below 1 this checkout is
the cheaper one. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import TypeAlias

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

from benchmarks.bench_etl import ACCEPT, Figures, job_folder  # noqa: E402 - found through the line above
from benchmarks.bench_job import servers  # noqa: E402
from benchmarks.bench_target import LOGIN, write_input  # noqa: E402

TOKEN = "sandbox-integration-token"
Run: TypeAlias = Callable[[Path, Path], Figures]
"""Runs something of a checkout in a fresh folder."""


def packages(checkout: Path) -> list[Path]:
    """The folders of a checkout that hold its programs."""
    return sorted(path.parent for path in checkout.glob("*/__init__.py"))


def run(checkout: Path, folder: Path, *arguments: str) -> Figures:
    """One program of a checkout, run in a folder, with the libraries of the Python that runs this."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "SYNC_REPORT": str(folder / "report.json")}
    began = time.monotonic()
    with (folder / "output").open("wb") as output, (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=folder, env=environment, stdout=output, stderr=log
        )
        _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{checkout}: {arguments[0]} ended with {child.returncode}: {(folder / 'log').read_text()}")
    return Figures(time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def tap(url: str, reading: str) -> Run:
    """The tap with its default streams; stock read in one of the two ways."""

    def go(checkout: Path, folder: Path) -> Figures:
        settings = {"store_url": url, "access_token": TOKEN, "stock_reading": reading, "max_concurrency": 8}
        (folder / "config.json").write_text(json.dumps(settings))
        return run(checkout, folder, "tap_magento", "--config", "config.json")

    return go


def etl(shop: Path, *, unchanged: bool) -> Run:
    """The ETL on a shop; or a second time, when all of it has been accepted."""

    def go(checkout: Path, folder: Path) -> Figures:
        shutil.copytree(shop, folder, dirs_exist_ok=True)
        first = run(checkout, folder, "etl.etl")
        if not unchanged:
            return first
        with sqlite3.connect(folder / "snapshots" / "optiply.sqlite") as store:
            store.execute(ACCEPT)
        store.close()
        return run(checkout, folder, "etl.etl")

    return go


def target(folder: Path, size: int) -> Run:
    """The target with new products, on a server of its own each time."""
    data = folder / "data.singer"
    write_input(data, size, 0)

    def go(checkout: Path, work: Path) -> Figures:
        with servers(work, 1) as addresses:
            urls = {"api_url": addresses["optiply_url"], "auth_url": addresses["auth_url"]}
            account = {**LOGIN, "account_id": 1380, "coupling_id": 77, "max_concurrency": 5}
            (work / "config.json").write_text(json.dumps({**account, **urls}))
            return run(checkout, work, "target_optiply", "--config", "config.json", "--input", str(data))

    return go


def job(addresses: dict[str, str]) -> Run:
    """A run of the whole job over a small shop where nothing has changed, its four programs together."""

    def go(checkout: Path, folder: Path) -> Figures:
        shop = {"store_url": addresses["magento_url"], "access_token": TOKEN}
        account = {**LOGIN, "account_id": 1380, "coupling_id": 77}
        urls = {"api_url": addresses["optiply_url"], "auth_url": addresses["auth_url"]}
        (folder / "config.json").write_text(json.dumps(shop))
        (folder / "target-config.json").write_text(json.dumps({**account, **urls}))
        run(checkout, folder, "job", "run", ".")
        return run(checkout, folder, "job", "run", ".")

    return go


def compare(name: str, before: Path, rounds: int, go: Run) -> None:
    """Prints one row: the least of each figure, before, now, and as a ratio."""
    seen: dict[Path, list[Figures]] = {before: [], HERE: []}
    for _ in range(rounds):
        for checkout, figures in seen.items():
            with tempfile.TemporaryDirectory(prefix="beside-") as folder:
                figures.append(go(checkout, Path(folder)))
    cells = []
    for figure in ("cpu", "seconds", "peak_mb"):
        read: Callable[[Figures], float] = attrgetter(figure)
        old, new = (min(map(read, seen[checkout])) for checkout in (before, HERE))
        middle = median(read(after) / read(earlier) for earlier, after in zip(seen[before], seen[HERE], strict=True))
        cells.append(f"{old:8.2f} {new:8.2f} {new / old:6.2f} {middle:6.2f}")
    print(f"{name:32} {'   '.join(cells)}", flush=True)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("before", type=Path, help="the other checkout")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=5_000, help="products and orders of the tap's shop; target: 3 of 5")
    parser.add_argument("--etl-size", type=int, default=100_000, help="products and order rows of the ETL's")
    parser.add_argument("--only", choices=("tap", "etl", "target", "job"), help="one of the programs")
    given = parser.parse_args()
    before, chosen = given.before.resolve(), given.only or "tap etl target job"
    for checkout in (before, HERE):
        # Installed programs are compiled; where Python may not keep what it compiled, each start would compile anew.
        subprocess.run([sys.executable, "-m", "compileall", "-q", *map(str, packages(checkout))], check=True)
    print(f"{'':32} {'CPU s before, now, ratio, median':31}   {'wall s':31}   peak MB")
    with tempfile.TemporaryDirectory(prefix="beside-") as name:
        base = Path(name)
        if "tap" in chosen:
            with servers(base, given.size) as addresses:
                compare("tap, stock in bulk", before, given.rounds, tap(addresses["magento_url"], "bulk"))
            with servers(base, given.size // 5) as addresses:
                compare("tap, stock SKU by SKU", before, given.rounds, tap(addresses["magento_url"], "per_sku"))
        if "etl" in chosen:
            shop, _ = job_folder(base, "shop", given.etl_size)
            compare("ETL, first run", before, given.rounds, etl(shop, unchanged=False))
            compare("ETL, nothing changed", before, given.rounds, etl(shop, unchanged=True))
        if "target" in chosen:
            compare("target, new products", before, given.rounds, target(base, given.size * 3 // 5))
        if "job" in chosen:
            with servers(base, 60) as addresses:
                compare("whole job, nothing changed", before, given.rounds, job(addresses))


if __name__ == "__main__":
    main()
