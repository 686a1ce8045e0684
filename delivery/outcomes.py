"""Puts announcements and answers on disk, for the snapshot store to absorb. Reads none; see store/snapshot.py."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timezone
from io import BufferedWriter
from pathlib import Path

from connector.names import DESTINATION
from store.outcomes import Outcome, outcome_prefix
from store.snapshot import Snapshot

GROUP = 100  # answers that may wait in memory before they are flushed


class OutcomeLog(ABC):
    """Lines in their order; what is flushed outlives this process and this machine's power."""

    def __init__(self) -> None:
        """Nothing is opened before the first line."""
        self._unflushed = 0
        self._lock = threading.Lock()

    def announce(self, outcomes: Iterable[Outcome]) -> None:
        """Returns only when the announcements are on disk, so that their requests may leave."""
        with self._lock:
            if self._add(outcomes):
                self._flush()

    def answered(self, outcome: Outcome) -> None:
        """Notes an answer; flushed in groups, as a lost one only costs a look-up."""
        with self._lock:
            self._unflushed += self._add([outcome])
            if self._unflushed >= GROUP:
                self._flush()

    def flush(self) -> None:
        """Brings everything written so far to disk."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Flushes and closes; a later line opens it again."""
        with self._lock:
            try:
                self._flush()
            finally:
                self._end()

    def _flush(self) -> None:
        self._unflushed = 0
        self._bring_to_disk()

    def _add(self, outcomes: Iterable[Outcome]) -> int:
        lines = [outcome.to_json() for outcome in outcomes]
        if lines:
            self._append(lines)
        return len(lines)

    @abstractmethod
    def _append(self, lines: list[str]) -> None:
        """Takes lines, perhaps in memory only."""

    @abstractmethod
    def _bring_to_disk(self) -> None:
        """Makes what was taken durable."""

    @abstractmethod
    def _end(self) -> None:
        """Closes what is open."""


class OutcomeFile(OutcomeLog):
    """A file named after destination, UTC time and process, which is made when the first line is written."""

    def __init__(self, directory: Path, destination: str = DESTINATION) -> None:
        """The file lies in the snapshot's directory."""
        super().__init__()
        now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%f")
        self.path = directory / f"{outcome_prefix(destination)}{now}-{os.getpid()}.jsonl"
        self._file: BufferedWriter | None = None

    def _append(self, lines: list[str]) -> None:
        if self._file is None:
            self._file = self.path.open("ab")
        self._file.write("".join(f"{line}\n" for line in lines).encode())

    def _bring_to_disk(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def _end(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()


def outcome_log(snapshot: Snapshot) -> OutcomeLog:
    """Where the outcomes of a store go: a file beside its file, or a table in its database."""
    if snapshot.place.url is None:
        return OutcomeFile(snapshot.directory, snapshot.name)
    from delivery.outcome_table import OutcomeTable

    return OutcomeTable(snapshot.place, snapshot.name)
