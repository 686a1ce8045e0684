"""What notes announcements and answers: when lines must outlive this process. Where they go: outcomes.py."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable

from store.outcomes import Outcome

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
