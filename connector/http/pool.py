"""Worker threads for requests, and the hand-over of their results in order. The work is waiting, so threads do."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from typing import Any, Generic, TypeAlias, TypeVar

from connector.errors import Stopped
from connector.http.pace import LOOK_FOR_A_STOP_SECONDS, Pace

Task = TypeVar("Task")
Result = TypeVar("Result")
Row = dict[str, Any]
Json: TypeAlias = Any
"""Any JSON value."""


class Pool:
    """Daemon threads that run requests, and the orderly hand-over of their results to the main thread."""

    def __init__(self, pace: Pace, stopping: threading.Event | None = None) -> None:
        """`stopping` is set when the run is to stop."""
        self.pace = pace
        self.stopping = stopping or threading.Event()
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
            ahead = spread * (pool.pace.limit + 1)
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
