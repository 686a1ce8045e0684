"""One run of a tenant: `optiply-sync run` as a child process, in a private folder, with limits; and what it said."""

import asyncio
import contextlib
import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.names import COMMAND, LEASH_VARIABLE
from fleet.database import PASSWORD_VARIABLE, without_password
from fleet.folders import lay_out
from fleet.rooms import Room
from fleet.runs import FAILED, KILLED, LOCKED, STOPPED, TIMED_OUT, WELL, Ended
from fleet.vault import Files
from job.folder import JobFolder
from store.place import VARIABLE, Place

LOG_BYTES = 32_000
"""Of the end of each of a run's logs, kept in the database."""
OWN = "OPTIPLY_FLEET_"
"""How the fleet's own variables begin: no child is given them."""
_NICE = 10
_NO_MEMORY = re.compile(
    "MemoryError|bad_alloc|[Cc]annot allocate memory|[Oo]ut of memory|failed to map segment|can't start new thread|"
    "thread creation failed"
)
"""What Python, the libraries in C and the loader say where no more may be had."""
_LOOK_SECONDS = 0.1  # between two looks whether programs of a run are still there


@dataclass(frozen=True)
class Limits:
    """What a run may use. minutes: until it is told to end; grace: seconds to do so; megabytes: address space of each
    of its programs, where the system knows such limits (Linux).
    """

    minutes: float = 240
    grace: float = 120
    megabytes: int = 4096


async def run_child(files: Files, arguments: Sequence[str], place: Place, room: Room, limits: Limits) -> Ended:
    """Runs the tenant's job to its end; a cancelled task tells the program to end, waits for it and returns, too."""
    folder = lay_out(files, room.folder)
    started = time.monotonic()
    with room.output.open("wb") as output, room.errors.open("wb") as errors:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "job", "run", str(folder.root), "--json", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=errors, cwd=room.root,
            env=environment(place, room), start_new_session=True, pass_fds=[room.lock],
        )  # fmt: skip
    _hold_back(child.pid, limits.megabytes)
    word = None
    try:
        await asyncio.wait_for(child.wait(), limits.minutes * 60)
    except asyncio.TimeoutError:
        word = TIMED_OUT
    except asyncio.CancelledError:
        word = STOPPED
    await _stopped(child, limits.grace)
    seconds = time.monotonic() - started
    return _ended(folder, room, child.returncode, seconds, word, limits)


def environment(place: Place, room: Room) -> dict[str, str]:
    """What the child's environment holds: ours without the fleet's secrets, and where the tenant's stores are."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(OWN)}
    url, password = without_password(str(place.environment[VARIABLE]))
    if password is not None:
        others[PASSWORD_VARIABLE] = password
    ours = {VARIABLE: url, LEASH_VARIABLE: str(os.getpid()), "TMPDIR": str(room.temporary)}
    return {**others, **ours}


def _hold_back(pid: int, megabytes: int) -> None:
    """Limits memory, and lets the worker go first, whose signs of life must not wait; its programs inherit both.

    Each for itself: the program may have ended already, be nicer than that (and then only root makes it less so), or
    run where there is no such limit.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
        with contextlib.suppress(OSError):
            # Where each session is a group that the kernel gives a share, the group's share counts.
            Path(f"/proc/{pid}/autogroup").write_text(str(_NICE), encoding="ascii")
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _NICE)


async def _stopped(child: asyncio.subprocess.Process, grace: float) -> None:
    """Sees to it that nothing of a run lives on: the program is asked to end, then its group, then they are killed."""
    deadline = time.monotonic() + grace
    with contextlib.suppress(ProcessLookupError):
        if child.returncode is None:
            child.terminate()
        elif child.returncode < 0:  # it could not end its own programs any more
            os.killpg(child.pid, signal.SIGTERM)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(child.wait(), grace)
    while child.returncode is not None and _has_members(child.pid) and time.monotonic() < deadline:
        await asyncio.sleep(_LOOK_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    await child.wait()


def _has_members(group: int) -> bool:
    """Whether a program of the group lives; a dead one that was left to this process (as the first one) is buried."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _ended(folder: JobFolder, room: Room, code: int | None, seconds: float, word: str | None, limits: Limits) -> Ended:
    report = _report(room.output)
    log = "".join(_ends(folder, room))
    if word == TIMED_OUT:
        told = f"It was ended after {limits.minutes:g} minutes, the most that a run may take."
        return Ended(word, code, seconds, told, log, report)
    if word == STOPPED:
        return Ended(word, code, seconds, "Its worker was told to stop; it goes on elsewhere.", log, report)
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        return Ended(KILLED, code, seconds, f"It was ended by the signal {name}.", log, report)
    words = str(report.get("headline") or _last_line(room.errors) or f"It ended with exit code {code} and no word.")
    words = words.replace(f"{folder.root}/", "").removeprefix(f"{COMMAND}: ")
    ended = LOCKED if report.get("locked") else FAILED if code or not report else WELL
    if ended == FAILED and _NO_MEMORY.search(log):
        words += f" One of its programs found no more memory; each may use {limits.megabytes} MB (worker --memory)."
    return Ended(ended, code, seconds, words, log, report)


def _report(path: Path) -> dict[str, Any]:
    """The report that the program printed; empty where it did not come to that."""
    try:
        report = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return report if isinstance(report, dict) else {}


def _ends(folder: JobFolder, room: Room) -> Iterator[str]:
    """The ends of what the run's programs logged, each under its name."""
    for path in [*sorted(folder.runs.glob("*/*.log")), room.errors]:
        if text := _end(path).strip():
            yield f"== {path.stem} ==\n{text}\n"


def _end(path: Path) -> str:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LOG_BYTES))
        return file.read().decode("utf-8", errors="replace")


def _last_line(path: Path) -> str:
    lines = [line for line in _end(path).splitlines() if line.strip()]
    return lines[-1].strip() if lines else ""


def arguments_of(options: Mapping[str, Any]) -> list[str]:
    """What a run's options are on the command line; without any, the schedule decides."""
    words = ["--full"] if options.get("full") else []
    if options.get("only"):
        words += ["--only", str(options["only"])]
    if not words:
        words = ["--due"]
    if options.get("allow_disable"):
        words += ["--allow-disable", str(int(options["allow_disable"]))]
    return words
