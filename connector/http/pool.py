"""Worker threads for requests, and the pace: how many requests may be under way at once.

The work is waiting for the shop, so threads are enough. The pace starts at 2 and takes one more only while the last
step brought at least half of the ideal gain; one less when the median latency passes twice the lowest seen; half of it
after 429, 503 and timeouts. On a shop with two cores more than two at a time only makes its customers wait.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar

from connector.errors import Stopped

Task = TypeVar("Task")
Result = TypeVar("Result")
Row = dict[str, Any]
Json: TypeAlias = Any
"""Any JSON value."""

FIRST_PACE = 2
REST_ROUNDS = 4
LOOK_FOR_A_STOP_SECONDS = 0.5


class Pace:
    """Lets requests through: at most `allowed` at once, `throttle` seconds apart, none before a Retry-After is over."""

    def __init__(self, ceiling: int, throttle: float = 0.0) -> None:
        self.ceiling = max(1, ceiling)
        self.allowed = min(FIRST_PACE, self.ceiling)
        self.throttle = throttle
        self._under_way = 0
        self._not_before = 0.0
        self._halvings = 0
        self._change = threading.Condition()
        self.fresh()

    def fresh(self) -> None:
        """Forgets what was measured: the next stream asks another endpoint, with other latencies."""
        with self._change:
            self._latencies: list[float] = []
            self._lowest = float("inf")
            self._last_rate: float | None = None
            self._resting = 0

    def enter(self) -> int:
        """Waits until one more request may start; the number it gives belongs to `slow_down`."""
        with self._change:
            while True:
                early = self._not_before - time.monotonic()
                if self._under_way < self.allowed and early <= 0:
                    break
                self._change.wait(early if early > 0 else None)
            self._under_way += 1
            if self.throttle:
                self._not_before = max(self._not_before, time.monotonic() + self.throttle)
            return self._halvings

    def leave(self, seconds: float | None) -> None:
        """Counts one request as ended; `seconds` it took, or None when it failed and measures nothing."""
        with self._change:
            if seconds is not None and self._under_way >= self.allowed:
                self._latencies.append(seconds)
                if len(self._latencies) >= 2 * self.allowed:
                    self._judge()
            self._under_way -= 1
            self._change.notify_all()

    def slow_down(self, pause: float = 0.0, entered: int | None = None) -> None:
        """Halves the number in flight, and lets nothing start within `pause` seconds (a Retry-After).

        Requests that were under way together count once: one that `entered` before the last halving says nothing new.
        """
        with self._change:
            self._not_before = max(self._not_before, time.monotonic() + pause)
            if entered is not None and entered < self._halvings:
                return
            self._halvings += 1
            self.allowed = max(1, self.allowed // 2)
            self._latencies.clear()
            self._last_rate, self._resting = None, REST_ROUNDS

    def _judge(self) -> None:
        median = max(statistics.median(self._latencies), 1e-6)
        self._latencies.clear()
        self._lowest = min(self._lowest, median)
        if median > 2 * self._lowest and self.allowed > 1:
            self.allowed -= 1
            self._last_rate, self._resting = None, REST_ROUNDS
            return
        if self._resting:
            self._resting -= 1
            return
        rate = self.allowed / median
        worth_it = self._last_rate is None or rate >= self._last_rate * (1 + 1 / (2 * self.allowed))
        if worth_it and self.allowed < self.ceiling:
            self._last_rate = rate
            self.allowed += 1
        elif not worth_it:
            self._last_rate, self._resting = None, REST_ROUNDS


class Pool:
    """Daemon threads that run requests, and the orderly hand-over of their results to the main thread."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.stopping = threading.Event()
        self._work: SimpleQueue[tuple[Future[Any], Callable[[Any], Any], Any] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[[Task], Result], task: Task) -> Future[Result]:
        """Queues one call; a thread per possible request is started when first needed."""
        if len(self._threads) < self.pace.ceiling:
            thread = threading.Thread(target=self._run, name=f"request-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        future: Future[Result] = Future()
        self._work.put((future, call, task))
        return future

    def _run(self) -> None:
        while True:
            job = self._work.get()
            if job is None:
                return
            future, call, task = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call(task))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for the result
                future.set_exception(error)

    def wait(self, future: Future[Result]) -> Result:
        """The result of a queued call; Stopped as soon as the run is to stop."""
        while True:
            if self.stopping.is_set():
                raise Stopped
            try:
                return future.result(timeout=LOOK_FOR_A_STOP_SECONDS)
            except NotYet:
                if future.done():
                    raise

    def close(self) -> None:
        """Ends the threads as soon as they are idle."""
        for _ in self._threads:
            self._work.put(None)
        self._threads = []

    def one(self, call: Callable[[Task], Result], task: Task) -> Result:
        """Runs one call in a worker and waits for it."""
        return self.wait(self.submit(call, task))


@dataclass
class _Slot(Generic[Task, Result]):
    task: Task
    future: Future[Result] | None = None


def in_order(
    pool: Pool,
    tasks: Iterable[Task],
    fetch: Callable[[Task], Result],
    settle: Callable[[Task, Result], tuple[list[Row], list[Task]]],
    spread: int = 1,
) -> Iterator[list[Row]]:
    """Runs tasks side by side and yields their rows in the order of the tasks, whatever the number in flight.

    `settle` runs in this thread and gives a task's rows and the tasks that come right after it (the rest of a range,
    the halves of a page that cannot be read). At most `spread` times (allowed in flight + 1) results are held.
    """
    source = iter(tasks)
    line: deque[_Slot[Task, Result]] = deque()
    try:
        while True:
            ahead = spread * (pool.pace.allowed + 1)
            line.extend(_Slot(task) for task in islice(source, max(0, ahead - len(line))))
            if not line:
                return
            for slot in islice(line, ahead):
                if slot.future is None:
                    slot.future = pool.submit(fetch, slot.task)
            head = line.popleft()
            assert head.future is not None
            rows, following = settle(head.task, pool.wait(head.future))
            line.extendleft(_Slot(task) for task in reversed(following))
            if rows:
                yield rows
    finally:
        for slot in line:
            if slot.future is not None:
                slot.future.cancel()
