"""Starts one of the three programs as a child process, watches it and collects its report.

Each child gets the run's store lock (so that an orphan keeps the folder closed) and a path for its report.
What it logs goes to a file of the run; only its last words are shown when it fails.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from job.folder import JobFolder
from store.snapshot import children_environment

POLL_SECONDS = 0.1
RECORD_MARK, ANSWER_MARK = b'"type":"RECORD"', b'"event":"answered"'
# As the SDK's programs write their lines ("2026-01-31 08:00:00,123 | ERROR | tap-name | …"), click, and the ETL.
_LOG_HEAD = re.compile(r"^(\S+ \S+ \| [A-Z]+ +\| \S+ +\| |Error: |(ERROR|CRITICAL) (optiply-etl )?)")

_CRASHED = (
    "a fault in Python or in a library that it uses; run it again, and if it happens again, install the program anew"
)
_SIGNALS: Mapping[int, str] = {
    signal.SIGKILL: "often out of memory; look for 'Out of memory' in the system's log (dmesg, or the container's "
    "events), give the job more memory or lower page_size and max_concurrency, and run it again: nothing is lost",
    signal.SIGTERM: "somebody stopped it, or the machine went down; run it again: nothing is lost",
    signal.SIGHUP: "its terminal was closed; run it again, by a scheduler or with nohup: nothing is lost",
    signal.SIGXCPU: "it used more processor time than it may; raise that limit (ulimit -t) and run it again",
    signal.SIGXFSZ: "it wrote a larger file than it may; raise that limit (ulimit -f) and run it again",
    signal.SIGSEGV: _CRASHED,
    signal.SIGBUS: _CRASHED,
    signal.SIGABRT: _CRASHED,
    signal.SIGILL: _CRASHED,
}
_ANY_SIGNAL = "something outside this program ended it; run it again: nothing is lost"


@dataclass(frozen=True)
class StepResult:
    """How one step ended: its exit code, its seconds, its own report and, after a failure, why in one sentence.

    An exit code below 0 is the number of the signal that ended it.
    """

    name: str
    exit_code: int
    seconds: float
    report: dict[str, Any] = field(default_factory=dict)
    last_words: str = ""


@dataclass(frozen=True)
class Program:
    """A child program of the job: module to run, its arguments and where its output goes."""

    name: str
    module: str
    arguments: Sequence[str]
    stdout: Path
    environment: Mapping[str, str] = field(default_factory=dict)


def run_program(
    program: Program, *, folder: Path, run_dir: Path, lock_fd: int, verbose: bool, tick: Callable[[], None]
) -> StepResult:
    """Run a program to its end; `tick` is called about ten times a second. A stop signal is passed on to the child."""
    report_path = run_dir / f"{program.name}.json"
    log_path = run_dir / f"{program.name}.log"
    environment = {
        **os.environ,
        "ROOT_DIR": str(folder),
        "SYNC_REPORT": str(report_path),
        **JobFolder(folder).store.environment,
        **children_environment(lock_fd),
        **program.environment,
    }
    started = time.monotonic()
    with contextlib.ExitStack() as files:
        stdout = files.enter_context(program.stdout.open("wb"))
        log = files.enter_context(log_path.open("wb"))
        child = subprocess.Popen(
            [sys.executable, "-m", program.module, *program.arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=None if verbose else log,
            pass_fds=[lock_fd],
        )
        try:
            while child.poll() is None:
                tick()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(POLL_SECONDS)
        finally:
            # Only a stop signal comes here with the child at work: it finishes what is in flight before we go.
            if child.poll() is None:
                child.terminate()
                child.wait()
        tick()
    return StepResult(
        name=program.name,
        exit_code=child.returncode,
        seconds=time.monotonic() - started,
        report=_read_report(report_path),
        last_words=why_it_ended(child.returncode, log_path.read_text(encoding="utf-8", errors="replace")),
    )


def _read_report(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    report = json.loads(path.read_text(encoding="utf-8"))
    return report if isinstance(report, dict) else {}


def why_it_ended(exit_code: int, log: str) -> str:
    """Why a program ended with this exit code: the signal that ended it, or else its last words; empty after 0."""
    if exit_code < 0:
        return _of_signal(-exit_code)
    return last_words(log) if exit_code else ""


def _of_signal(number: int) -> str:
    """What a signal means and what to do. The last line of the log says nothing about it: the program had no say."""
    name = signal.Signals(number).name if number in set(signal.Signals) else "unknown"
    return f"killed by signal {number} ({name}): {_SIGNALS.get(number, _ANY_SIGNAL)}"


def last_words(log: str) -> str:
    """The last sentence of a log, without the time, level and name that stand before it."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return _LOG_HEAD.sub("", lines[-1]) if lines else ""


class LineCounter:
    """Counts the lines holding a marker in a growing file, reading only what is new at each call."""

    def __init__(self, marker: bytes) -> None:
        """Count lines that contain `marker`."""
        self._marker = marker
        self._offsets: dict[Path, int] = {}
        self.count = 0

    def update(self, path: Path) -> int:
        """Read on from where the last call ended; a file that is not there yet counts nothing."""
        if path.exists():
            with path.open("rb") as file:
                file.seek(self._offsets.get(path, 0))
                chunk = file.read()
            whole = chunk.rfind(b"\n") + 1
            self._offsets[path] = self._offsets.get(path, 0) + whole
            self.count += chunk[:whole].count(self._marker)
        return self.count
