"""The report of a step: requests, retries, notes and, of a reading, what came of each stream."""

import logging
import os
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from connector.files import replace_file


class Report:
    """Counts and notes of one run of a step; safe to use from worker threads."""

    step: ClassVar[str]

    def __init__(self, logger: logging.Logger) -> None:
        self.started = time.monotonic()
        self.requests = 0
        self.retries: Counter[str] = Counter()
        self.notes: list[str] = []
        self.logger = logger
        self._lock = threading.Lock()

    def count_request(self) -> None:
        """Counts one request."""
        with self._lock:
            self.requests += 1

    def count_retry(self, cause: int | str) -> None:
        """Counts one more attempt of a request, by the cause of the last one's failure."""
        with self._lock:
            self.retries[str(cause)] += 1

    def note(self, text: str) -> None:
        """Keeps and logs a sentence worth a person's attention, once."""
        if text not in self.notes:
            self.notes.append(text)
            self.logger.warning(text)

    def to_dict(self) -> dict[str, Any]:
        """The report as the job reads it."""
        return {
            "step": self.step,
            "seconds": round(time.monotonic() - self.started, 3),
            "requests": self.requests,
            "retries": dict(sorted(self.retries.items())),
            "notes": self.notes,
        }

    def save(self) -> None:
        """Writes the report to the file that the environment variable SYNC_REPORT names, atomically."""
        if target := os.environ.get("SYNC_REPORT"):
            try:
                replace_file(Path(target), msgspec.json.format(msgspec.json.encode(self.to_dict())) + b"\n")
            except OSError as error:
                self.logger.error(
                    "The report cannot be written to %s (%s); correct SYNC_REPORT.", target, error.strerror
                )


@dataclass
class StreamReport:
    """One stream: records put out, requests sent, seconds, whether read to its end, its error, the bad records.

    `how`: which of several ways of reading was taken, and why.
    """

    records: int = 0
    requests: int = 0
    seconds: float = 0.0
    complete: bool = False
    error: str | None = None
    how: str | None = None
    isolated: list[dict[str, Any]] = field(default_factory=list)


class ReadReport(Report):
    """What a tap read, stream by stream."""

    step = "tap"

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logger)
        self.streams: dict[str, StreamReport] = {}
        self._current = StreamReport()

    def begin(self, stream: str) -> StreamReport:
        """Starts a stream's entry; requests are counted there from now on."""
        self._current = self.streams.setdefault(stream, StreamReport())
        return self._current

    def count_request(self) -> None:
        """Counts one request, in total and for the stream being read."""
        super().count_request()
        with self._lock:
            self._current.requests += 1

    def isolate(self, record_id: str | int, status: int, reason: str) -> None:
        """Reports a record that the other side cannot put out."""
        self._current.isolated.append({"id": record_id, "status": status, "reason": reason})

    def say_how(self, text: str) -> None:
        """Keeps which way the stream was read, and why."""
        self._current.how = text

    def to_dict(self) -> dict[str, Any]:
        """The report as the job reads it, the notes last."""
        report = super().to_dict()
        notes = report.pop("notes")
        return {**report, "streams": {name: asdict(entry) for name, entry in self.streams.items()}, "notes": notes}
