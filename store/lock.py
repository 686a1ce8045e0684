"""Keeps two runs from using one snapshot at once, by an OS lock that ends with the last process of a run."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from connector.names import LOCK_FD_VARIABLE
from store.errors import SnapshotLocked, explained
from store.place import Place, Where, place_of

LOCK_FILE = ".lock"


@contextmanager
def lock(where: Where) -> Iterator[int]:
    """Holds the lock of a snapshot folder or place; yields the open file descriptor, to be passed on to children.

    The lock is `flock` on `<directory>/.lock`, with the holder's pid written in it. A child that was given the
    descriptor (subprocess `pass_fds`) and its number in `LOCK_FD_VARIABLE` uses its parent's lock and leaves it
    as it is; the operating system frees the lock when the last process that has the descriptor is gone.
    Of a place in a database the run is locked there as well, so that another machine sees it (advisory.py).
    Raises SnapshotLocked, naming the file and the holder, when another run has it.
    """
    place = place_of(where)
    path = place.directory / LOCK_FILE
    inherited = _inherited(path)
    if inherited is not None:
        yield inherited
        return
    with explained(path):
        place.directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _take(descriptor, path)
        with _beyond(place):
            yield descriptor
    finally:
        # Closing is enough, and better than LOCK_UN: a child that still has the descriptor keeps the lock.
        os.close(descriptor)


def _beyond(place: Place) -> AbstractContextManager[None]:
    if place.url is None:
        return nullcontext()
    from store.advisory import run_alone

    return run_alone(place)


def children_environment(descriptor: int) -> dict[str, str]:
    """The environment variable that tells a child, started with `pass_fds=(descriptor,)`, of its parent's lock."""
    return {LOCK_FD_VARIABLE: str(descriptor)}


def _take(descriptor: int, path: Path) -> None:
    """Locks the open file and writes this process's pid into it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise SnapshotLocked(_held_by_other(descriptor, path)) from error
    with explained(path):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _held_by_other(descriptor: int, path: Path) -> str:
    """The sentence for a lock that another run holds."""
    holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
    if not holder.isdigit():
        return f"{path} is locked by another run; wait until it has ended."
    if _is_alive(int(holder)):
        return f"{path} is locked by the run with process id {holder}; wait until it has ended, or stop that process."
    return (
        f"{path} is locked by the run with process id {holder}: it has ended, but a program it started is still at "
        f"work; wait until that has ended ('fuser {path}' names it)."
    )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _inherited(path: Path) -> int | None:
    """The descriptor named by the environment, if it is open, is this very lock file, and is locked by our run."""
    text = os.environ.get(LOCK_FD_VARIABLE, "")
    if not text.isdigit():
        return None
    descriptor = int(text)
    try:
        ours = os.fstat(descriptor)
        wanted = path.stat()
        if not os.path.samestat(ours, wanted):
            return None
        # On a descriptor that shares the parent's lock this changes nothing.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    return descriptor
