"""Puts announcements and answers on disk, for the snapshot store to absorb. Reads none; see store/snapshot.py."""

import os
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path

from connector.names import DESTINATION
from delivery.outcome_log import OutcomeLog
from store.outcomes import outcome_prefix
from store.snapshot import Snapshot


class OutcomeFile(OutcomeLog):
    """A file named after destination, UTC time and process, which is made when the first line is written."""

    def __init__(self, directory: Path, destination: str = DESTINATION) -> None:
        """The file lies in the snapshot's directory."""
        super().__init__()
        now = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S%f")
        self.path = directory / f"{outcome_prefix(destination)}{now}-{os.getpid()}.jsonl"
        self._file: FileIO | None = None
        self._unwritten = bytearray()

    def _append(self, lines: list[str]) -> None:
        self._unwritten += "".join(f"{line}\n" for line in lines).encode()

    def _bring_to_disk(self) -> None:
        # What a full disk does not take stays here: the next attempt goes on where this one stopped, so that a line
        # is cut at the end of the file only.
        if self._file is None and self._unwritten:
            self._file = self.path.open("ab", buffering=0)
        while self._file is not None and self._unwritten:
            del self._unwritten[: self._file.write(self._unwritten)]
        if self._file is not None:
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
