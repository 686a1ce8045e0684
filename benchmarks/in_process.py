"""Whole jobs without a new process: the job's programs run in this one, and a job that is to die in a fork of it.

Files, environment, exit codes and locks are those of real programs; only the start of an interpreter is saved. A fork
dies by the system (SIGKILL) at one of its own boundaries: before a file takes the place of another, before a
transaction is committed, before something is made durable, before or after a program.
"""

import contextlib
import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

REFUSED = 3  # exit code of a job that could not start


class Boundaries:
    """What this process has passed that a death can lie between; it dies at the chosen one."""

    def __init__(self) -> None:
        """Die nowhere yet."""
        self.passed = 0
        self.last: int | None = None

    def reached(self, *_: object) -> None:
        """Count one, and die if it is the last."""
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count from now on, for as long as this process lives."""
        replace, fsync = os.replace, os.fsync

        def replacing(*given: Any, **named: Any) -> None:
            self.reached()
            replace(*given, **named)

        def syncing(number: int) -> None:
            self.reached()
            fsync(number)

        os.replace, os.fsync = replacing, syncing  # type: ignore[assignment]
        event.listen(Engine, "commit", self.reached)


BOUNDARIES = Boundaries()


class Ended:
    """A program that has run, as far as the job uses a `Popen`."""

    def __init__(self, code: int) -> None:
        """With this exit code."""
        self.returncode = code
        self.pid = os.getpid()

    def poll(self) -> int:
        """The exit code."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code."""
        return self.returncode

    def terminate(self) -> None:
        """It has ended."""


def run_here(command: Sequence[str], *, cwd: Path, env: dict[str, str], stdout: Any, stderr: Any, **_: Any) -> Ended:
    """What `subprocess.Popen` is to the job: `python -m MODULE ARGUMENTS`, run to its end in this process."""
    BOUNDARIES.reached()
    before, directory, arguments = dict(os.environ), os.getcwd(), sys.argv
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with _output(stdout.fileno(), stderr.fileno()):
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        sys.argv = list(command[2:])
        try:
            code = run_module(command[2])
        finally:
            sys.argv = arguments
            os.environ.clear()
            os.environ.update(before)
            os.chdir(directory)
            for number, handler in handlers.items():
                signal.signal(number, handler)
    BOUNDARIES.reached()
    return Ended(code)


@contextlib.contextmanager
def _output(*numbers: int) -> Iterator[None]:
    """Standard output and error go to these files until the end of the block."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        for place, number in enumerate(numbers, start=1):
            os.dup2(number, place)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for place, number in enumerate(kept, start=1):
            os.dup2(number, place)
            os.close(number)


def run_module(name: str) -> int:
    """The exit code of `python -m NAME`."""
    try:
        runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except Exception:  # noqa: BLE001 - as the interpreter ends with a traceback
        traceback.print_exc()
        return 1
    return 0


def job(root: Path, options: dict[str, Any], *, in_this_process: bool = True) -> int:
    """One run of the job over a folder; its exit code. The report lies in report.json.

    Its programs run in this process, or else as `subprocess.Popen` has them run.
    """
    from rich.console import Console

    from job.folder import FolderError, JobFolder
    from job.run.progress import PlainLines
    from job.run.steps import RunOptions, run_job
    from store.snapshot import SnapshotError

    popen = subprocess.Popen
    if in_this_process:
        subprocess.Popen = run_here  # type: ignore[assignment, misc]
    try:
        report = run_job(JobFolder(root), RunOptions(**options), PlainLines(Console(quiet=True)))
    except (FolderError, SnapshotError) as error:
        (root / "refused.txt").write_text(str(error), encoding="utf-8")
        return REFUSED
    finally:
        subprocess.Popen = popen  # type: ignore[misc]
    (root / "report.json").write_text(json.dumps(report), encoding="utf-8")
    return int(report["exit_code"])


def forked_job(root: Path, options: dict[str, Any], last: int | None = None) -> int:
    """Begins a job in a process of its own, which dies at its boundary number `last`; the process id."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        logging.disable()
        BOUNDARIES.passed, BOUNDARIES.last = 0, last
        code = job(root, options)
    finally:
        os._exit(code)
    raise AssertionError


def ended(pid: int) -> int:
    """Waits for the end of such a job; its exit code, below 0 the number of the signal that killed it."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)
