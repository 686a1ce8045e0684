"""The sandbox's state directory: which shop it holds, its clock and how many days it was moved on."""

import fcntl
import os
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from sandbox.server.clock import FIRST_DAY, Clock


class SandboxError(Exception):
    """The sandbox cannot start; the text says why and what to do."""


class State(msgspec.Struct, kw_only=True):
    """What must outlive the process besides the objects: the shop's seed and size, the clock (`elapsed` in seconds)."""

    seed: int
    products: int
    orders: int
    start: datetime
    elapsed: float = 0.0
    days: int = 0

    def clock(self) -> Clock:
        """Return the clock as it stood when the state was saved."""
        return Clock(self.start, elapsed=timedelta(seconds=self.elapsed), moved=timedelta(days=self.days))


class StateDir:
    """A directory with `sandbox.json` and the journals of the servers; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        """Name the directory; it is created when it is opened."""
        self.path = path
        self._lock: int | None = None

    def file(self, name: str) -> Path | None:
        """Return the path of a file in the directory, None when nothing is kept."""
        return None if self.path is None else self.path / name

    def open(self, seed: int | None, products: int | None, orders: int | None, defaults: tuple[int, int, int]) -> State:
        """Return the stored state, or a new one; values that are None come from there or from the defaults.

        The directory belongs to this process until `close`.

        Raises SandboxError if the directory is in use, or holds another shop than the one asked for, or no readable
        state.
        """
        self._take()
        try:
            return self._open(seed, products, orders, defaults)
        except SandboxError:
            self.close()
            raise

    def _take(self) -> None:
        """Lock the directory; the lock ends with the process, however that ends."""
        path = self.file(".lock")
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise SandboxError(f"{path} cannot be written ({error.strerror}): name another --state-dir.") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise SandboxError(
                f"{self.path} is in use by another running sandbox: stop that one, or name another --state-dir."
            ) from error

    def close(self) -> None:
        """Let go of the directory."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _open(
        self, seed: int | None, products: int | None, orders: int | None, defaults: tuple[int, int, int]
    ) -> State:
        asked = (seed, products, orders)
        stored = self._load()
        if stored is None:
            chosen = [default if value is None else value for value, default in zip(asked, defaults, strict=True)]
            state = State(seed=chosen[0], products=chosen[1], orders=chosen[2], start=FIRST_DAY)
            self.save(state)
            return state
        held = (stored.seed, stored.products, stored.orders)
        if any(value not in (None, other) for value, other in zip(asked, held, strict=True)):
            raise SandboxError(
                f"{self.path} holds a shop with seed {held[0]}, {held[1]} products and {held[2]} orders: "
                "ask for the same, or name another --state-dir."
            )
        return stored

    def _load(self) -> State | None:
        path = self.file("sandbox.json")
        if path is None or not path.exists():
            return None
        try:
            return msgspec.json.decode(path.read_bytes(), type=State)
        except msgspec.DecodeError as error:
            raise SandboxError(
                f"{path} is no state of the sandbox ({error}): delete the directory, or name another --state-dir."
            ) from error

    def save(self, state: State) -> None:
        """Write the state so that a killed process leaves either the old or the new one."""
        path = self.file("sandbox.json")
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(state))
            os.replace(fresh, path)
        except OSError as error:
            raise SandboxError(f"{path} cannot be written ({error.strerror}): name another --state-dir.") from error
