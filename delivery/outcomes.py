"""Puts announcements and answers on disk, in a file the snapshot store absorbs. Reads none; see store/snapshot.py."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from datetime import datetime, timezone
from io import BufferedWriter
from pathlib import Path

from connector.names import DESTINATION
from store.outcomes import Outcome, outcome_prefix

GROUP = 100  # answers that may wait in memory before they are flushed


class OutcomeFile:
    """Appends to a file named after destination, UTC time and process, which is made when the first line is written."""

    def __init__(self, directory: Path, destination: str = DESTINATION) -> None:
        """The file lies in the snapshot's directory."""
        now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%f")
        self.path = directory / f"{outcome_prefix(destination)}{now}-{os.getpid()}.jsonl"
        self._file: BufferedWriter | None = None
        self._unflushed = 0
        self._lock = threading.Lock()

    def announce(self, outcomes: Iterable[Outcome]) -> None:
        """Returns only when the announcements are on disk, so that their requests may leave."""
        with self._lock:
            if self._append(outcomes):
                self._flush()

    def answered(self, outcome: Outcome) -> None:
        """Notes an answer; flushed in groups, as a lost one only costs a look-up."""
        with self._lock:
            self._unflushed += self._append([outcome])
            if self._unflushed >= GROUP:
                self._flush()

    def flush(self) -> None:
        """Brings everything written so far to disk."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Flushes and closes; a later line would go to a new file of the same name."""
        with self._lock:
            try:
                self._flush()
            finally:
                file, self._file = self._file, None
                if file is not None:
                    file.close()

    def _append(self, outcomes: Iterable[Outcome]) -> int:
        lines = [outcome.to_json().encode() + b"\n" for outcome in outcomes]
        if lines:
            if self._file is None:
                self._file = self.path.open("ab")
            self._file.write(b"".join(lines))
        return len(lines)

    def _flush(self) -> None:
        self._unflushed = 0
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
