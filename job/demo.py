"""The demo: both sandbox servers as one child process, a job folder made from configs/demo/, and a run over it.

Speaks to loopback addresses only and leaves no process behind; the sandbox keeps its state in the demo folder, so that
a second demo has nothing to do.
"""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from connector.errors import ProgramError
from job.demo_receipt import DemoReceipt
from job.folder import JobFolder, read_json_object, write_json
from job.run.progress import Display
from job.run.rehearsal import rehearse
from job.run.report import Report
from job.run.steps import RunOptions, run_job
from job.settings.check import check_settings
from job.systems import DEFAULT, system_of
from job.systems.system import System

_PACKAGE = Path(__file__).resolve().parent
# A wheel holds its own copy; in a checkout the files lie where people look for them.
CONFIGS = packed if (packed := _PACKAGE / "demo_configs").is_dir() else _PACKAGE.parent / "configs" / "demo"
START_SECONDS = 30
CLOCK_NOTE = "Optiply's clock is "
# The existing targets read these; in the demo they could point at a real account.
ADDRESS_VARIABLES = ("optiply_base_url", "optiply_dashboard_url")


class DemoError(ProgramError):
    """The demo cannot run; the message says why and what to do."""


@dataclass(frozen=True)
class DemoOptions:
    """What a person may ask of one demo: which system, a day that passes first, faults (rules as JSON), a plan instead
    of a run, goods that somebody receives in Optiply first.
    """

    system: System = DEFAULT
    next_day: bool = False
    faults: Sequence[str] = ()
    plan: bool = False
    receive: bool = False


def run_demo(folder: Path, options: RunOptions, display: Display, demo: DemoOptions) -> Report:
    """Start the sandbox, run the job against it (or rehearse it) and stop the sandbox.

    Raises DemoError when the sandbox does not start, refuses a fault rule, or an address is not loopback.
    """
    if find_spec("aiohttp") is None:
        raise DemoError(
            "the sandbox servers are not installed; in the project's folder run `make demo`, or install them: "
            "pipx install --force '.[sandbox]'"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with sandbox_servers(folder, demo.system) as addresses:
        job = demo_folder(folder / "job", demo.system, addresses)
        control = f"{addresses[demo.system.sandbox.control]}/_sandbox"
        if demo.next_day:
            _post(f"{control}/next-day")
        if demo.faults:
            _post(f"{control}/faults", f"[{','.join(demo.faults)}]")
        receipt = DemoReceipt(job, demo.system, addresses) if demo.receive else None
        if receipt is not None:
            receipt.book()
        report = rehearse(job, options, display) if demo.plan else run_job(job, options, display)
        if receipt is not None and not demo.plan:
            report["notes"].append(receipt.told())
    # The sandbox lives by a clock of its own: that it differs from this machine's is no news here.
    return {**report, "notes": [note for note in report["notes"] if not note.startswith(CLOCK_NOTE)]}


def what_next(folder: Path) -> tuple[str, str]:
    """Two lines for after the demo: where its job folder is, and the commands to look further, ready to be typed."""
    place = folder / "job"
    with contextlib.suppress(ValueError):  # outside the current folder the path stays absolute
        place = place.relative_to(Path.cwd())
    program, typed = _as_typed(sys.argv[0]), shlex.quote(str(place))
    return (
        f"The job folder is {place}: settings, what was read and sent, the store, reports and logs.",
        f"Try next: {program} status {typed} and {program} report {typed}",
    )


def _as_typed(called: str) -> str:
    """How this program is called by hand: as it was, or by its bare name where the shell finds that."""
    name = "optiply-sync"
    if Path(called).name != name or (Path(called).is_absolute() and shutil.which(name) == called):
        return name
    return shlex.quote(called)


@contextlib.contextmanager
def sandbox_servers(folder: Path, system: System = DEFAULT) -> Iterator[dict[str, str]]:
    """The addresses of running sandbox servers; they end with the block, and also if this process dies."""
    announce = folder / "sandbox.json"
    announce.unlink(missing_ok=True)
    log_path = folder / "sandbox.log"
    with log_path.open("wb") as log:
        child = subprocess.Popen(
            [
                sys.executable, "-m", "sandbox", "serve", "--until-stdin-closes",
                *system.sandbox.words,
                "--state-dir", str(folder / "sandbox"), "--announce", str(announce),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )  # fmt: skip
    try:
        _wait_for(announce, child, log_path)
        yield json.loads(announce.read_text(encoding="utf-8"))
    finally:
        child.terminate()
        child.wait()
        if child.stdin:
            child.stdin.close()


def _wait_for(announce: Path, child: subprocess.Popen[bytes], log_path: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not announce.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            last = log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise DemoError(f"the sandbox servers did not start: {last[-1] if last else 'no message'} (see {log_path})")
        time.sleep(0.05)


def demo_folder(root: Path, system: System, addresses: dict[str, str]) -> JobFolder:
    """The demo's job folder, with today's ports filled in; everything else in its configs is kept as found."""
    root.mkdir(parents=True, exist_ok=True)
    job = JobFolder(root)
    if system_of(job) is not system and job.config.is_file():
        raise DemoError(f"{root} is a demo of {system_of(job).title}; name another folder with --folder")
    ours: dict[Path, tuple[str, dict[str, Any]]] = {
        job.config: (system.sandbox.config, {name: addresses[key] for name, key in system.sandbox.addresses.items()}),
        job.target_config: (job.target_config.name, target_addresses(addresses, system)),
    }
    for path, (model, urls) in ours.items():
        if not path.exists():
            path.write_text((CONFIGS / model).read_text(encoding="utf-8"), encoding="utf-8")
            os.chmod(path, 0o600)
        config = read_json_object(path)
        for key in urls:
            if config.get(key):
                require_loopback(key, str(config[key]))
        write_json(path, {**config, **urls})
        os.chmod(path, 0o600)
    for variable in ADDRESS_VARIABLES:
        if os.environ.get(variable):
            require_loopback(f"the environment variable {variable}", os.environ[variable])
    check_settings(job)
    return job


def target_addresses(addresses: Mapping[str, str], system: System = DEFAULT) -> dict[str, str]:
    """The settings of the target that name the sandbox's addresses."""
    return {name: addresses[key] for name, key in system.target.sandbox.items()}


def require_loopback(name: str, url: str) -> None:
    """Raise DemoError unless the address is on this machine: the demo never speaks to a real shop or account."""
    host = urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        if ip_address(host).is_loopback:
            return
    if host == "localhost":
        return
    raise DemoError(
        f"{name} is {url!r}, which is not on this machine; the demo only speaks to its own sandbox. "
        "Remove it, or use `optiply-sync run FOLDER` for a real shop."
    )


def _post(url: str, body: str = "") -> None:
    answer = requests.post(url, body.encode(), timeout=START_SECONDS)
    if not answer.ok:
        raise DemoError(f"the sandbox refused: {answer.text}")
