"""Private folders for runs, removed at their end; what a killed worker left is removed by the next one that starts."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "optiply-run-"
_LOCK = ".lock"
_NEW = 60.0  # seconds in which a room that is being made is left alone


@dataclass(frozen=True)
class Room:
    """One run's folder. lock: an open file, locked while the run or a child that inherits it lives."""

    root: Path
    lock: int

    @property
    def folder(self) -> Path:
        """The job folder."""
        return self.root / "job"

    @property
    def temporary(self) -> Path:
        """Where the run's programs put what they need for a moment."""
        return self.root / "tmp"

    @property
    def output(self) -> Path:
        """What the job printed: its report."""
        return self.root / "output"

    @property
    def errors(self) -> Path:
        """What the job said on standard error."""
        return self.root / "job.log"


@contextmanager
def room() -> Iterator[Room]:
    """A room for one run, which nobody but this user can enter; it holds secrets, so it goes with the block."""
    root = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(root / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = Room(root, lock)
        made.folder.mkdir()
        made.temporary.mkdir()
        yield made
    finally:
        os.close(lock)
        shutil.rmtree(root, ignore_errors=True)


def sweep() -> int:
    """Removes the rooms in which nobody is at work any more; returns how many there were."""
    count = 0
    for root in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            found = root.lstat()
        except FileNotFoundError:  # another program that starts has removed it meanwhile
            continue
        if found.st_uid == os.getuid() and time.time() - found.st_mtime > _NEW and _deserted(root / _LOCK):
            shutil.rmtree(root, ignore_errors=True)
            count += 1
    return count


def _deserted(path: Path) -> bool:
    try:
        lock = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # it is being made, or removed
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
