"""A soak: one folder of a shop that lives on, run after run; does anything grow?

Every eighth run the shop lives a day. Each run is a process of its own, forked from one that has the programs loaded;
its programs run in it. Printed are, by blocks of fifty runs, processor time and peak memory of a run and what the
folder weighs: the store, the reports, the rest. A store may grow by what the shop sells and keeps, and by nothing else:
so its bytes are given for each record, too. `python benchmarks/soak.py --runs 500`.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import etl.magento.flow
import tap_magento.tap
import target_optiply.target
from benchmarks.campaign_shop import SHOP, TARGET
from benchmarks.in_process import job
from job.folder import JobFolder
from job.run import history
from sandbox.systems import Sandbox
from store.snapshot import Snapshot

LOADED = (tap_magento.tap, etl.magento.flow, target_optiply.target)
"""The programs: a forked run does not load them again."""
BLOCK, RUNS_A_DAY = 50, 8
MOST_GROWTH = 1.15
"""What the last block may be beside the first one after the reports have filled up, in each of these figures."""
JUDGED = ("seconds", "mb", "bytes a record", "reports kB", "rest kB")


def main() -> int:
    """Run and print; 1 where a run failed or something grew."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--products", type=int, default=200)
    parser.add_argument("--kept", type=int, default=100, help="runs whose reports are kept, however young they are")
    asked = parser.parse_args()
    # A day of the shop takes seconds here: what is kept for thirty days would be kept to the end.
    history.KEPT_DAYS, history.KEPT_RUNS = 0, asked.kept
    figures: list[dict[str, float]] = []
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as place,
        Sandbox(7, asked.products, asked.products // 2) as shop,
    ):
        root = Path(place, "acme")
        write_folder(root, shop)
        for number in range(asked.runs):
            shop.clock.advance(seconds=60)
            if number % RUNS_A_DAY == RUNS_A_DAY - 1:
                shop.next_day()
            code, used = one_run(root)
            if code:
                print(f"run {number + 1} ended with {code}; see {root}/runs")
                return 1
            figures.append({**used, **weights(root)})
            if not (number + 1) % BLOCK:
                print(line(number + 1, figures[-BLOCK:]), flush=True)
    return judged(figures, asked.kept)


def write_folder(root: Path, shop: Sandbox) -> None:
    """A job folder for the shop."""
    root.mkdir()
    addresses = {"api_url": shop.optiply_url, "auth_url": shop.auth_url}
    content: dict[str, dict[str, Any]] = {
        "config.json": {**SHOP, "store_url": shop.magento_url},
        "target-config.json": {**TARGET, **addresses},
    }
    for name, value in content.items():
        (root / name).write_text(json.dumps(value), encoding="utf-8")


def one_run(root: Path) -> tuple[int, dict[str, float]]:
    """Exit code of a run, its processor seconds and how many MB it took at most.

    The fork begins with what this process holds, the servers and what they have noted among it: that is not the run's.
    """
    sys.stdout.flush()
    own = int(Path("/proc/self/status").read_text().partition("RssAnon:")[2].split()[0]) / 1000
    pid = os.fork()
    if not pid:
        code = 1
        try:
            logging.disable()
            code = job(root, {})
        finally:
            os._exit(code)
    _, status, used = os.wait4(pid, 0)
    cpu = used.ru_utime + used.ru_stime
    return os.waitstatus_to_exitcode(status), {"seconds": cpu, "mb": used.ru_maxrss / 1000 - own}


def weights(root: Path) -> dict[str, float]:
    """What the folder weighs: kB of store, reports and the rest, bytes of the store for a record; and its records."""
    folder = JobFolder(root)
    sizes = {path: path.stat().st_size for path in root.rglob("*") if path.is_file()}
    store = sum(size for path, size in sizes.items() if path.is_relative_to(folder.snapshots))
    reports = sum(size for path, size in sizes.items() if path.is_relative_to(folder.runs))
    with Snapshot.open(folder.store) as snapshot:
        records = sum(count for rows in snapshot.rows("SELECT count(*) FROM records") for (count,) in rows)
    rest = sum(sizes.values()) - store - reports
    return {
        "records": records,
        "store kB": store / 1000,
        "bytes a record": store / records,
        "reports kB": reports / 1000,
        "rest kB": rest / 1000,
    }


def line(number: int, block: list[dict[str, float]]) -> str:
    """The medians of a block."""
    return f"{number:5} runs: " + ", ".join(f"{name} {figure:.2f}" for name, figure in medians(block).items())


def medians(block: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: median(one[name] for one in block) for name in block[0]}


def judged(figures: list[dict[str, float]], kept: int) -> int:
    """Prints how much each figure grew after the reports had filled up; 1 where one grew too much."""
    first, last = medians(figures[kept : kept + BLOCK]), medians(figures[-BLOCK:])
    grown = {name: last[name] / first[name] for name in JUDGED}
    print("grown: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in grown.items()) + f" (at most {MOST_GROWTH})")
    return int(max(grown.values()) > MOST_GROWTH)


if __name__ == "__main__":
    raise SystemExit(main())
