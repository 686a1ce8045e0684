"""Chaos: whole jobs of every source over several days, with everything that goes wrong in such places drawn by lot.

Each run lets two job folders live through the same days of a sandbox: a calm one, and one whose jobs meet faults of
both servers, kills of single programs or of all, a full disk, a second job at the same time, a clock that jumps, a shop
that goes into maintenance half-way, an empty catalogue and a token that was replaced. A disturbed job may fail, but
then it says why in a sentence and leaves no traceback. At the end of each day nothing is in the way: both Optiply
accounts must then hold the same, nothing lost and nothing doubled. A run is told by its seed: `python
benchmarks/chaos.py --seed 7 --runs 1` repeats run 7, as far as kills at a moment can be repeated. A full disk needs the
right to mount one.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.systems import Sandbox

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.campaign_easyecom import EasyEcom
from benchmarks.campaign_purchases import Picqer
from benchmarks.campaign_shop import LONGEST, MOMENTS, OPTIONS, REFUSED, SHOP, TARGET, job, wait_for_the_dead
from benchmarks.seeds import difference, picture, run_seeds

DISK_MB = 48
MOST_DAYS = 3
CALM_JOBS = 4  # until one has nothing to do
Flags = dict[str, Any]


@dataclass(frozen=True)
class World:
    """A source in the chaos: its sandbox, its settings, the setting with its token and what an empty catalogue is."""

    programs: tuple[str, ...]
    start: Callable[[int, random.Random, Path], Sandbox]
    settings: Callable[[Sandbox, random.Random], Flags]
    token: str
    catalogue: str
    empty: str


def _magento(seed: int, dice: random.Random, _folder: Path) -> Sandbox:
    from sandbox.systems import Sandbox

    return Sandbox(seed, dice.randint(5, 25), dice.randint(5, 25))


def _magento_settings(sandbox: Sandbox, dice: random.Random) -> Flags:
    reading = {"page_size": dice.choice((3, 7, 300)), "stock_reading": dice.choice(("auto", "per_sku", "bulk"))}
    return {**SHOP, **reading, "store_url": sandbox.magento_url, "lookback_seconds": 0}


WORLDS = {
    "magento": World(
        ("tap_magento.tap", "etl.magento.flow"), _magento, _magento_settings,
        "access_token", "/V1/products$", '{"items":[],"search_criteria":{},"total_count":0}',
    ),
    "picqer": World(
        ("tap_picqer.tap", "etl.picqer.flow"), lambda seed, _, folder: Picqer.started(seed, folder),
        lambda sandbox, _: Picqer(sandbox).config(), "api_key", "/products$", "[]",
    ),
    "easyecom": World(
        ("tap_easyecom.tap", "etl.easyecom.flow"), lambda seed, _, folder: EasyEcom.started(seed, folder),
        lambda sandbox, _: EasyEcom(sandbox).config(), "password", "GetProductMaster", '{"code":200,"data":[]}',
    ),
}  # fmt: skip


@dataclass
class Scene:
    """One run: where it happens, its two accounts, its lot, and what is to be undone before the calm end of a day."""

    name: str
    world: World
    disk: Path
    shop: Sandbox
    calm: Sandbox
    dice: random.Random
    # What happens on a later day is dated four hours after the last one's beginning, whatever the clock shows.
    jumps_left: int = 3 * 3600  # seconds

    @property
    def root(self) -> Path:
        """The folder whose jobs are disturbed."""
        return self.disk / "disturbed"


class Chaos:
    """Runs scenarios and says what was wrong with them."""

    def __init__(self) -> None:
        """Starts a process that has the programs loaded and forks quickly."""
        programs = {name for world in WORLDS.values() for name in world.programs}
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(
            [*sorted(programs), "etl.etl", "target_optiply.target", "job.run.steps", "job.systems.picqer",
             "job.systems.easyecom", "job.systems.magento"]
        )  # fmt: skip
        self.events: Counter[str] = Counter()

    def scenario(self, seed: int) -> str | None:
        """None when all is well, else what differs."""
        from sandbox.systems import Sandbox  # not above: each forked child would import it

        dice = random.Random(seed)
        name = dice.choice(("magento", "magento", "picqer", "easyecom"))
        world = WORLDS[name]
        self.events[name] += 1
        with (
            _disk() as disk,
            tempfile.TemporaryDirectory(prefix="chaos-account-") as kept,
            world.start(seed, dice, Path(kept)) as shop,
            Sandbox(magento=False) as calm,
        ):
            settings = {**world.settings(shop, dice), "max_concurrency": dice.choice((1, 2, 4))}
            scene = Scene(name, world, disk, shop, calm, dice)
            for folder, optiply in (("calm", calm), ("disturbed", shop)):
                _write_folder(disk / folder, name, settings, optiply)
            for day in range(1, dice.randint(1, MOST_DAYS) + 1):
                wrong = self._day(scene)
                if wrong is not None:
                    return f"{name}, day {day}: {wrong}"
                shop.next_day()
        return None

    def _day(self, scene: Scene) -> str | None:
        for _ in range(scene.dice.choice((1, 2, 3, 4))):
            disturb = scene.dice.choice(DISTURBANCES)
            self.events[disturb.__name__.strip("_")] += 1
            with disturb(scene) as victims:
                code = self._job(scene, victims)
            for api in scene.shop.apis.values():
                api.faults.clear()
            wrong = _unexplained(scene.root, code)
            if wrong is not None:
                return f"{disturb.__name__}: {wrong}"
        return (
            self._in_peace(scene.root) or self._in_peace(scene.disk / "calm")
            or difference(picture(scene.calm, MOMENTS), picture(scene.shop, MOMENTS))
        )  # fmt: skip

    def _in_peace(self, root: Path) -> str | None:
        """Runs jobs until one has nothing to do; what is wrong with them."""
        for _ in range(CALM_JOBS):
            (_said_in(root) / "refused.txt").unlink(missing_ok=True)
            code = self._ended(self._begun(root, {}))
            wrong = _unexplained(root, code)
            if code or wrong:
                return f"{root.name}, undisturbed: exit code {code}, {wrong or _said(root)}"
            report = json.loads((_said_in(root) / "report.json").read_text(encoding="utf-8"))
            if report["unread"] or sum(row["lost"] + row["failed"] for row in report["entities"].values()):
                return f"{root.name}, undisturbed: {report['headline']} unread {report['unread']}"
            if report["headline"].startswith("Nothing to do"):
                return None
        return f"{root.name}: {CALM_JOBS} undisturbed jobs still had work: {report['headline']}"

    def _job(self, scene: Scene, victims: str) -> int:
        """One disturbed job, or two at once; its exit code, 0 for one that was killed."""
        for name in ("refused.txt", "report.json"):
            (_said_in(scene.root) / name).unlink(missing_ok=True)
        jobs = [self._begun(scene.root, scene.dice.choice(OPTIONS[:3] + OPTIONS[3:4] * 2))]
        if victims == "two":
            jobs.append(self._begun(scene.root, {}))
        if victims in ("one", "all"):
            time.sleep(scene.dice.uniform(0.02, 1.2))
            _kill(jobs[0], scene.dice if victims == "one" else None)
            jobs[0].join()
            wait_for_the_dead(scene.root)
            return 0
        return max(self._ended(process) for process in jobs)

    def _begun(self, root: Path, options: dict[str, Any]) -> BaseProcess:
        self.events["job"] += 1
        process = self.context.Process(target=job, args=(str(root), options, str(_said_in(root))))
        process.start()
        return process

    def _ended(self, process: BaseProcess) -> int:
        process.join(LONGEST)
        if process.is_alive():
            raise SystemExit("a job hung")
        return process.exitcode or 0


# What goes wrong: each is a context around one job and says which processes are to die


@contextlib.contextmanager
def _faults(scene: Scene) -> Iterator[str]:
    for name, api in scene.shop.apis.items():
        for _ in range(scene.dice.choice((0, 1, 1, 2))):
            fault = scene.dice.choice(
                ({"status": 503}, {"status": 502, "body": "html"}, {"status": 429, "headers": {"Retry-After": "0"}},
                 {"cut": "during"}, {"cut": "after"}, {"cut": "before"}, {"status": 500, "acts": True})
            )  # fmt: skip
            api.faults.add({"api": name, "every": scene.dice.randint(3, 13), **fault})
    yield ""


@contextlib.contextmanager
def _kill_one(_scene: Scene) -> Iterator[str]:
    yield "one"


@contextlib.contextmanager
def _kill_all(_scene: Scene) -> Iterator[str]:
    yield "all"


@contextlib.contextmanager
def _two_jobs(_scene: Scene) -> Iterator[str]:
    yield "two"


@contextlib.contextmanager
def _full_disk(scene: Scene) -> Iterator[str]:
    filler = scene.disk / "filler"
    if os.path.ismount(scene.disk):
        free = os.statvfs(scene.disk)
        room = scene.dice.choice((0, 20_000, 100_000, 400_000, 1_500_000))
        filler.write_bytes(bytes(max(0, free.f_bavail * free.f_frsize - room)))
    yield ""
    filler.unlink(missing_ok=True)


@contextlib.contextmanager
def _clock_jump(scene: Scene) -> Iterator[str]:
    jump = scene.dice.randint(60, max(60, scene.jumps_left // 2))
    scene.jumps_left -= jump
    with _later(scene, lambda: scene.shop.clock.advance(seconds=jump)):
        yield ""


@contextlib.contextmanager
def _maintenance(scene: Scene) -> Iterator[str]:
    rule = {"api": scene.name, "status": 503, "body": "html"}
    with _later(scene, lambda: scene.shop.apis[scene.name].faults.add(rule)):
        yield ""


@contextlib.contextmanager
def _empty_catalogue(scene: Scene) -> Iterator[str]:
    path, body = scene.world.catalogue, scene.world.empty
    scene.shop.apis[scene.name].faults.add(
        {"api": scene.name, "method": "GET", "path": path, "status": 200, "body": body}
    )
    yield ""


@contextlib.contextmanager
def _token(scene: Scene) -> Iterator[str]:
    config = scene.root / "config.json"
    right = config.read_text(encoding="utf-8")
    config.write_text(json.dumps({**json.loads(right), scene.world.token: "replaced"}), encoding="utf-8")
    yield ""
    config.write_text(right, encoding="utf-8")


DISTURBANCES = (
    _faults, _faults, _faults, _kill_one, _kill_one, _kill_all, _two_jobs, _full_disk, _clock_jump, _maintenance,
    _empty_catalogue, _token,
)  # fmt: skip


@contextlib.contextmanager
def _later(scene: Scene, act: Callable[[], object]) -> Iterator[None]:
    """Does something in the servers' thread while the job is under way."""
    timer = threading.Timer(scene.dice.uniform(0.05, 0.8), lambda: scene.shop.call(act))
    timer.start()
    try:
        yield
    finally:
        timer.join()


@contextlib.contextmanager
def _disk() -> Iterator[Path]:
    """A folder, on a small disk of its own where this user may mount one."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        disk = Path(name, "disk")
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(disk)]
        mounted = os.getuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
        try:
            yield disk
        finally:
            if mounted:
                subprocess.run(["umount", "--lazy", str(disk)], check=True)


def _write_folder(root: Path, name: str, settings: Flags, optiply: Sandbox) -> None:
    root.mkdir()
    _said_in(root).mkdir()
    addresses = {"api_url": optiply.optiply_url, "auth_url": optiply.auth_url}
    # What is placed in Optiply would go to the one shop of both folders: the campaigns of purchase orders try that.
    config = {"system": name, "export_buy_orders": False, **settings, "request_timeout": 5, "retry_seconds": 0.2}
    if name == "magento":
        del config["export_buy_orders"]
    (root / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (root / "target-config.json").write_text(json.dumps(TARGET | addresses), encoding="utf-8")


def _kill(process: BaseProcess, dice: random.Random | None) -> None:
    """Kills the job with its programs; with `dice` one of these processes alone."""
    assert process.pid is not None
    group = [int(entry.name) for entry in Path("/proc").iterdir() if _group_of(entry) == process.pid]
    with contextlib.suppress(ProcessLookupError):
        if dice is None:
            os.killpg(process.pid, signal.SIGKILL)
        elif group:
            os.kill(dice.choice(sorted(group)), signal.SIGKILL)


def _group_of(entry: Path) -> int | None:
    """The process group of an entry in /proc; None for what is no process, or has ended."""
    if not entry.name.isdigit():
        return None
    try:
        return os.getpgid(int(entry.name))
    except ProcessLookupError:
        return None


def _said_in(root: Path) -> Path:
    """Where the jobs of a folder put down what they say: beside its disk, which may be full."""
    return root.parents[1] / root.name


def _said(root: Path) -> str:
    """What the last job said for itself."""
    for name in ("refused.txt", "report.json"):
        if (_said_in(root) / name).exists():
            return (_said_in(root) / name).read_text(encoding="utf-8")[:2000]
    return ""


def _unexplained(root: Path, code: int) -> str | None:
    """What a job that was not killed left unsaid: a failure without a sentence, or a traceback in a log."""
    if code and not _said(root):
        return f"exit code {code} without a sentence"
    if code not in (0, 1, REFUSED):
        return f"exit code {code}: {_said(root)}"
    for log in sorted((root / "runs").glob("*/*")):
        if log.suffix in {".log", ".err"} and "Traceback" in log.read_text(encoding="utf-8", errors="replace"):
            return f"a traceback in {log.parent.name}/{log.name}: {log.read_text(errors='replace')[-1500:]}"
    return None


def main() -> None:
    """Runs the chaos."""
    chaos = Chaos()
    run_seeds(__doc__, chaos.scenario, chaos.events)


if __name__ == "__main__":
    main()
