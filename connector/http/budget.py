"""The budget of requests that a server tells in its answers: so many in a window of time, so many of them left.

When few are left, nothing starts before the window is over, so that nobody has to refuse anything. A window begins at
the latest with the first answer that is seen of it; where that is later than the truth, the wait is longer, never too
short. A server that tells nothing has no budget.
"""

import threading
from collections.abc import Mapping

from connector.http.pace import Pace

SHARE_LEFT = 50
"""One request in so many is left to other programs of the same account."""
STEPS_OF_A_WINDOW = 10


class Budget:
    """Hears every answer; used from several threads at once."""

    def __init__(self, pace: Pace, limit: str, remaining: str, window: float) -> None:
        """`limit` and `remaining` are names of headers, `window` its length in seconds."""
        self.limit: int | None = None
        self._pace = pace
        self._names = (limit, remaining)
        self._window = window
        self._began = 0.0
        self._left: int | None = None
        self._lock = threading.Lock()

    def observe(self, headers: Mapping[str, str]) -> None:
        """Takes in what an answer tells, and lets everybody wait where little is left."""
        limit, left = (_whole(headers.get(name)) for name in self._names)
        if left is None:
            return
        with self._lock:
            now = self._pace.now()
            # Answers overtake one another: a rise by less than what may be under way is no new window.
            is_new = self._left is None or left > self._left + self._pace.ceiling
            if is_new or now - self._began >= self._window:
                self._began = now
            self._left = left
            self.limit = limit if limit is not None else self.limit
            if left <= self._kept_free():
                rest = self._began + self._window - now
                self._pace.hold(max(rest, self._window / STEPS_OF_A_WINDOW))

    def _kept_free(self) -> int:
        """What is not used: as many as may be under way, and a small share; never more than half."""
        limit = self.limit if self.limit is not None else 0
        return min(max(self._pace.ceiling, limit // SHARE_LEFT), limit // 2)


def _whole(text: str | None) -> int | None:
    """The number in a header; None where there is none."""
    cleaned = (text or "").strip()
    return int(cleaned) if cleaned.isascii() and cleaned.isdigit() and len(cleaned) < 10 else None
