"""The pace of requests: how many may be under way at once, and when the next may leave.

It starts at 2 and takes one more only while the last step, to n, brought at least half of the ideal gain (a rise of
1/(2n)); one less when the median latency passes twice the lowest seen; half of it, and a rest for everybody, after 429,
503 and timeouts. On a server with two cores more than two at a time only make its other users wait.
"""

import statistics
import threading
import time

from connector.errors import Stopped
from connector.http.waits import waits

FIRST = 2
LONGEST_REST_SECONDS = 30.0
FEWEST_MEASURED = 6
ROUNDS_OF_REST = 4
ROUNDS_AFTER_SLOWNESS = 20
LOOK_FOR_A_STOP_SECONDS = 0.5


class Pace:
    """Shared by all workers: at most `limit` under way, `throttle` seconds apart, none before a Retry-After is over."""

    def __init__(
        self,
        ceiling: int,
        throttle: float = 0.0,
        first_wait: float | None = None,
        longest: float = LONGEST_REST_SECONDS,
    ) -> None:
        """`ceiling` is never passed; `first_wait` (seconds) is doubled with each trouble in a row, up to `longest`."""
        self.ceiling = max(1, ceiling)
        self.limit = min(FIRST, self.ceiling)
        self.throttle = throttle
        self._first_wait, self._longest = first_wait, min(longest, LONGEST_REST_SECONDS)
        self._under_way = 0
        self._not_before = 0.0
        self._halvings = 0
        self._change = threading.Condition()
        self._trouble_since: float | None = None
        self._last_good = 0.0
        self._waits = waits(first_wait, self._longest)
        self.fresh()

    def fresh(self) -> None:
        """Forgets what was measured, as another kind of request follows, with other latencies; the limit stays."""
        with self._change:
            self._latencies: list[float] = []
            self._lowest = float("inf")
            self._last_rate: float | None = None
            self._resting = 0

    def now(self) -> float:
        """Seconds on a clock that never goes back."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Lets at most so many seconds pass, while others may change what is waited for."""
        self._change.wait(min(seconds, LOOK_FOR_A_STOP_SECONDS))

    def hold(self, seconds: float) -> None:
        """Lets nothing start for a while, without taking it for trouble."""
        with self._change:
            self._not_before = max(self._not_before, self.now() + seconds)

    def enter(self, stop: threading.Event | None = None) -> int:
        """Waits until one more request may start; the number it gives belongs to `slow_down`.

        Raises Stopped: the run is to stop instead; nothing was counted as started.
        """
        with self._change:
            while True:
                if stop is not None and stop.is_set():
                    raise Stopped
                early = self._not_before - self.now()
                if self._under_way < self.limit and early <= 0:
                    break
                if early > 0:
                    self.pause(early)
                else:
                    self._change.wait(LOOK_FOR_A_STOP_SECONDS)
            self._under_way += 1
            if self.throttle:
                self._not_before = max(self._not_before, self.now() + self.throttle)
            return self._halvings

    def leave(self, seconds: float | None) -> None:
        """Counts one request as ended; `seconds` it took, or None when it failed and measures nothing."""
        with self._change:
            # Only what was measured under the full load tells whether that load pays.
            if seconds is not None and self._under_way >= self.limit:
                self._latencies.append(seconds)
                if len(self._latencies) >= max(FEWEST_MEASURED, 2 * self.limit):
                    self._judge()
            self._under_way -= 1
            self._change.notify(max(0, self.limit - self._under_way))  # waking who cannot leave costs CPU

    def slow_down(self, entered: int, rest: float | None = None) -> None:
        """The server asks for less or did not answer: halves the number in flight, and lets nothing start for a while.

        `rest` is what Retry-After says, in seconds. Requests that were under way together count once: one that
        `entered` before the last halving says nothing new.
        """
        with self._change:
            now = self.now()
            self._not_before = max(self._not_before, now + (rest or 0.0))
            if entered < self._halvings:
                return
            self._halvings += 1
            if not rest:
                self._not_before = max(self._not_before, now + next(self._waits))
            self.limit = max(1, self.limit // 2)
            self._rest(ROUNDS_OF_REST)

    def troubled(self, since: float) -> None:
        """Nothing good came since then, as far as one request can tell."""
        with self._change:
            if self._trouble_since is None:
                self._trouble_since = max(since, self._last_good)

    def recovered(self) -> None:
        """A good answer came: the next trouble is the first in a row."""
        self._last_good = self.now()
        if self._trouble_since is not None:
            with self._change:
                self._trouble_since = None
                self._waits = waits(self._first_wait, self._longest)

    def troubled_for(self) -> float:
        """Seconds since the trouble began, after the last good answer; 0 when all is well."""
        since = self._trouble_since
        return 0.0 if since is None else self.now() - since

    def _judge(self) -> None:
        median = max(statistics.median(self._latencies), 1e-6)
        self._latencies = []
        self._lowest = min(self._lowest, median)
        if median > 2 * self._lowest and self.limit > 1:
            self.limit -= 1
            self._rest(ROUNDS_AFTER_SLOWNESS)
        elif self._resting:
            self._resting -= 1
        else:
            self._go_on(self.limit / median)  # Little's law

    def _go_on(self, rate: float) -> None:
        if self._last_rate is not None and rate < self._last_rate * (1 + 1 / (2 * self.limit)):
            self._rest(ROUNDS_OF_REST)
        elif self.limit < self.ceiling:
            self._last_rate = rate
            self.limit += 1

    def _rest(self, rounds: int) -> None:
        self._latencies = []
        self._last_rate, self._resting = None, rounds
