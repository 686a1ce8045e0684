"""How many requests may be in flight, and when the next may leave. Knows no HTTP; see client.py and batch.py.

One more while the last step, to n in flight, brought at least half of the ideal gain (a rise of 1/(2n)); one less
when the median latency passes twice the lowest seen; halved on 429, 503 and timeouts, with a pause for everybody.
"""

from __future__ import annotations

import random
import threading
import time
from statistics import median

LONGEST_PAUSE = 30.0  # seconds
PROBE_AGAIN_AFTER = 20  # windows without a step


class Pace:
    """Shared by all workers of a run; `limit` is the number allowed in flight just now."""

    def __init__(self, ceiling: int, first_pause: float = 1.0) -> None:
        """`ceiling` is never passed; `first_pause` (seconds) doubles with each trouble in a row."""
        self.ceiling = max(1, ceiling)
        self.limit = min(2, self.ceiling)
        self.first_pause = first_pause
        self._lock = threading.Lock()
        self._troubles = 0
        self._trouble_since: float | None = None
        self._resume_at = 0.0
        self.restart()

    def restart(self) -> None:
        """Forgets what was measured, as another kind of request follows; the limit stays."""
        self._window: list[float] = []
        self._throughput: float | None = None
        self._lowest: float | None = None
        self._rested = 0
        self._raised = True

    def begin(self) -> None:
        """Requests follow after an idle time; a half-filled window would mix two loads."""
        self._window = []

    def answered(self, latency: float) -> None:
        """Takes in the latency (seconds) of a request that was answered; called by one thread."""
        with self._lock:
            self._troubles = 0
            self._trouble_since = None
        self._window.append(latency)
        if len(self._window) >= max(6, 3 * self.limit):
            self._judge(median(self._window))
            self._window = []

    def _judge(self, latency: float) -> None:
        latency = max(latency, 1e-6)
        throughput = self.limit / latency  # Little's law
        self._lowest = min(latency, self._lowest or latency)
        gained = self._throughput is None or throughput >= self._throughput * (1 + 1 / (2 * self.limit))
        self._rested += 1
        if latency > 2 * self._lowest and self.limit > 1:
            self._step(-1, throughput=None)
        elif self.limit < self.ceiling and ((self._raised and gained) or self._rested > PROBE_AGAIN_AFTER):
            self._step(1, throughput)
        else:
            self._raised = False

    def _step(self, by: int, throughput: float | None) -> None:
        self.limit += by
        self._throughput = throughput
        self._raised = by > 0
        self._rested = 0

    def troubled(self, wait: float | None = None) -> None:
        """The server asked for less (429, 503) or did not answer: halve, and let nobody send for a while.

        `wait` is what Retry-After says, in seconds. Requests that fail together count once.
        """
        now = time.monotonic()
        with self._lock:
            self._trouble_since = self._trouble_since or now
            if now >= self._resume_at:
                self.limit = max(1, self.limit // 2)
                pause = min(LONGEST_PAUSE, self.first_pause * 2**self._troubles)
                self._troubles += 1
                self._resume_at = now + pause * random.uniform(0.5, 1.0)
            if wait is not None:
                self._resume_at = max(self._resume_at, now + wait)
            self._raised = True
            self._throughput = None

    def troubled_for(self) -> float:
        """Seconds since the first trouble after the last good answer; 0 when all is well."""
        with self._lock:
            return 0.0 if self._trouble_since is None else time.monotonic() - self._trouble_since

    def hold(self, stop: threading.Event) -> bool:
        """Waits until the next request may leave; False when the run is to stop instead."""
        while (wait := self._resume_at - time.monotonic()) > 0:
            if stop.wait(wait):
                return False
        return not stop.is_set()
