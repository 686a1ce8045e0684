"""A seeded campaign of whole jobs: records that Magento cannot put out for some runs, on several days of a shop.

Each run lets two job folders live through the same days: a calm one, and one whose jobs meet unreadable records, errors
and kills, with options of all kinds. At the end of each day everything is readable again and one job more is run: both
Optiply accounts must then hold the same, nothing lost and nothing doubled, and nothing may be left unread. A run is
told by its seed alone: `python benchmarks/campaign_shop.py --seed 7 --runs 1` repeats run 7.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import runpy
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.seeds import LOGIN, difference, picture, run_seeds

MOST_DAYS = 2
PRELOADED = ["tap_magento.tap", "etl.etl", "etl.magento.flow", "target_optiply.target", "job.run.steps"]
REFUSED = 3  # exit code of a job that could not start
LONGEST = 120  # seconds of one job before the campaign says that it hangs
SHOP = {
    "access_token": "sandbox-integration-token",
    "request_timeout": 5,
    "pullAllOrders": True,  # which orders count is then the same whenever one is read
}
TARGET = {
    **LOGIN,
    "coupling_id": 77,
    "unanswered_wait": 0.3,
    "retry_wait": 0.005,
    "retry_time": 20,
}
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"full": True},
    {"parts": ("products",)},
    {"parts": ("stock",)},
    {"parts": ("orders",)},
    {"parts": ("products", "orders")},
    {"full": True, "rescan_days": 1},
)
TROUBLE = (
    {"api": "magento", "every": 9, "status": 503},
    {"api": "magento", "every": 11, "cut": "during"},
    {"api": "optiply", "every": 7, "status": 429, "headers": {"Retry-After": "0"}},
    {"api": "optiply", "every": 13, "status": 502},
)
# Of an order, the moment it was read as complete: it may be updated between an unreadable and a readable day.
MOMENTS = {"sellOrders": ("completed",)}


# In a process of its own: the job, whose three programs are forked from it instead of started anew


def forked(command: list[str], *, cwd: Path, env: dict[str, str], stdout: Any, stderr: Any, **_: Any) -> Child:
    """What `subprocess.Popen` is to the job: `python -m MODULE ARGUMENTS`, with the libraries loaded already."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return Child(pid)
    code = 1
    try:
        os.dup2(stdout.fileno(), 1)
        os.dup2(stderr.fileno(), 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        sys.argv = command[2:]
        code = _run_module(command[2])
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _run_module(name: str) -> int:
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter ends with a traceback
        traceback.print_exc()
        return 1
    return 0


class Child:
    """A forked program, as far as the job uses a `Popen`."""

    def __init__(self, pid: int) -> None:
        """The process with this id."""
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end. Raises TimeoutExpired."""
        until = time.monotonic() + (LONGEST if timeout is None else timeout)
        while self.poll() is None:
            if time.monotonic() > until:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.003)
        return self.returncode or 0

    def terminate(self) -> None:
        """Ask it to stop."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def job(root: str, options: dict[str, Any], said: str | None = None) -> None:
    """One run of the job over a folder, in this process, which was made for it; ends with the job's exit code.

    Its report, or why it could not start, is put down in the folder, or in another one.
    """
    os.setpgid(0, 0)  # a kill takes the programs with it
    from rich.console import Console

    from connector.errors import ProgramError
    from job.folder import JobFolder
    from job.run.progress import PlainLines
    from job.run.steps import RunOptions, run_job
    from store.snapshot import SnapshotError

    subprocess.Popen = forked  # type: ignore[assignment, misc]
    try:
        report = run_job(JobFolder(Path(root)), RunOptions(**options), PlainLines(Console(quiet=True)))
    except (ProgramError, SnapshotError) as error:
        Path(said or root, "refused.txt").write_text(str(error), encoding="utf-8")
        os._exit(REFUSED)
    Path(said or root, "report.json").write_text(json.dumps(report), encoding="utf-8")
    os._exit(report["exit_code"])


# The campaign


class ShopCampaign:
    """Runs scenarios and says what was wrong with them."""

    def __init__(self) -> None:
        """Starts a process that has the three programs loaded and forks quickly."""
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOADED)
        self.events: Counter[str] = Counter()

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what differs."""
        from sandbox.systems import Sandbox  # not above: each forked child would import it

        dice = random.Random(seed)
        products, orders = dice.randint(5, 25), dice.randint(5, 25)
        with (
            tempfile.TemporaryDirectory(prefix="campaign-") as name,
            Sandbox(seed, products, orders) as shop,
            Sandbox(magento=False) as calm,
        ):
            flags = _flags(dice)
            for folder, optiply in (("calm", calm), ("disturbed", shop)):
                _write_folder(Path(name, folder), shop, optiply, flags)
            for day in range(1, dice.randint(1, MOST_DAYS) + 1):
                # Without a row in two complete readings of the sources a product's stock is 0: both get that far.
                wrong = self._day(Path(name), shop, calm, dice, jobs=1 + flags["use_inventory_source_items"])
                if wrong is not None:
                    return f"day {day} ({flags}): {wrong}"
                shop.next_day()
        return None

    def _day(self, folder: Path, shop: Sandbox, calm: Sandbox, dice: random.Random, *, jobs: int) -> str | None:
        for _ in range(dice.choice((1, 1, 2, 3))):
            self._spoil(shop, dice)
            kill_after = dice.uniform(0.05, 1.5) if dice.random() < 0.25 else None
            with self._trouble(shop, dice):
                self._job(folder / "disturbed", dice.choice(OPTIONS), kill_after)
        assert shop.shop is not None
        shop.shop.heal()
        again = dice.random() < 0.3
        wrong = self._all_well(folder / "disturbed", jobs, again=again) or self._all_well(folder / "calm", jobs)
        return wrong or difference(picture(calm, MOMENTS), picture(shop, MOMENTS))

    def _spoil(self, sandbox: Sandbox, dice: random.Random) -> None:
        """Makes some records readable again and others unreadable."""
        shop = sandbox.shop
        assert shop is not None
        for entity, keys in list(shop.poisoned.items()):
            for key in list(keys):
                if dice.random() < 0.5:
                    shop.heal(entity, key)
        products = sorted(shop.products)
        for entity, ids in (("products", products), ("orders", sorted(shop.orders)), ("stock", products)):
            for key in dice.sample(ids, min(len(ids), dice.choice((0, 0, 1, 1, 2, 3)))):
                shop.poison(entity, key, dice.choice((500, 500, 404, 200)))
                self.events[f"unreadable {entity}"] += 1

    @contextlib.contextmanager
    def _trouble(self, sandbox: Sandbox, dice: random.Random) -> Iterator[None]:
        rules = [rule for rule in TROUBLE if dice.random() < 0.1]
        sandbox.faults_magento.add(*(rule for rule in rules if rule["api"] == "magento"))
        sandbox.faults_optiply.add(*(rule for rule in rules if rule["api"] == "optiply"))
        self.events["trouble"] += len(rules)
        yield
        sandbox.faults_magento.clear()
        sandbox.faults_optiply.clear()

    def _job(self, root: Path, options: dict[str, Any], kill_after: float | None = None) -> int:
        process = self.context.Process(target=job, args=(str(root), options))
        process.start()
        assert process.pid is not None
        process.join(LONGEST if kill_after is None else kill_after)
        if process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.join()
            if kill_after is None:
                raise SystemExit(f"a job in {root} hung")
            self.events["kill"] += 1
            wait_for_the_dead(root)
        self.events["job"] += 1
        return process.exitcode or 0

    def _all_well(self, root: Path, jobs: int, *, again: bool = False) -> str | None:
        """Runs so many jobs with nothing in their way, and one without work if asked to; what is wrong with them."""
        for idle in [*[False] * jobs, *[True] * again]:
            code = self._job(root, {})
            if code == REFUSED:
                return f"{root.name}: {Path(root, 'refused.txt').read_text(encoding='utf-8')}"
            report = json.loads(Path(root, "report.json").read_text(encoding="utf-8"))
            if code or report["unread"] or sum(row["lost"] + row["failed"] for row in report["entities"].values()):
                return f"{root.name}: {report['headline']} {report['steps']} unread {report['unread']}"
            if idle and not report["headline"].startswith("Nothing to do"):
                return f"{root.name}: one job more had work: {report['headline']}"
        return None


def _flags(dice: random.Random) -> dict[str, Any]:
    return {
        "page_size": dice.choice((3, 7, 20, 300)),
        "source_items_page_size": dice.choice((5, 50)),
        "max_concurrency": dice.choice((1, 2, 4)),
        # Without patience a stream that meets trouble fails in that run, which is worth trying as well.
        "retry_seconds": dice.choice((0, 0, 0, 0.2)),
        "stock_reading": dice.choice(("auto", "per_sku", "bulk")),
        "use_inventory_source_items": dice.random() < 0.3,
        "lookback_seconds": 0,
    }


def _write_folder(root: Path, shop: Sandbox, optiply: Sandbox, flags: dict[str, Any]) -> None:
    root.mkdir()
    addresses = {"api_url": optiply.optiply_url, "auth_url": optiply.auth_url}
    config = {**SHOP, **flags, "store_url": shop.magento_url}
    content = {"config.json": config, "target-config.json": TARGET | addresses}
    for name, value in content.items():
        (root / name).write_text(json.dumps(value), encoding="utf-8")


def wait_for_the_dead(root: Path) -> None:
    """Programs of a killed job hold its lock until the system has buried them, which takes a while under load."""
    from store.snapshot import SnapshotLocked, lock

    until = time.monotonic() + LONGEST
    while True:
        try:
            with lock(root / "snapshots"):
                return
        except SnapshotLocked as error:
            if time.monotonic() > until:
                raise SystemExit(f"a program of a killed job lives on: {error}") from error
            time.sleep(0.01)


def main() -> None:
    """Runs the campaign."""
    campaign = ShopCampaign()
    run_seeds(__doc__, campaign.scenario, campaign.events)


if __name__ == "__main__":
    main()
