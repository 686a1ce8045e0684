"""Brings each job to its outcome: one request in flight per key, creates announced first, unanswered ones looked up.

Everything here runs in the main thread but `perform`. Where a job may go from where it stands is in phases.py, what
becomes of it in judge.py, what an outcome means for files and figures in ledger.py.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from connector.errors import Stopped
from connector.http.pace import Pace
from delivery.judge import Judge
from delivery.ledger import Ledger
from delivery.perform import Result
from delivery.phases import Board, Phase
from delivery.record import Job, Problem
from delivery.recover import Account
from vocabulary.entity import Entity

MOST_ATTEMPTS = 3  # a create whose answer never comes is given up after so many in one run
FIRST_LOOK_UP = 0.5  # seconds after an answer was lost; each later look-up waits twice as long as the one before


class Dispatcher:
    """Takes jobs in the order of the input."""

    def __init__(
        self,
        perform: Callable[[list[Job]], list[Result]],
        *,
        judge: Judge,
        account: Account,
        ledger: Ledger,
        pace: Pace,
        stop: threading.Event,
        unanswered_wait: float,
        list_before_create: Callable[[Entity], None],
        order: Sequence[str],
    ) -> None:
        """`perform` runs in the workers; `list_before_create` lists an entity once; `order` is that of loading."""
        self._perform = perform
        self._judge = judge
        self._account = account
        self._ledger = ledger
        self._pace = pace
        self._stop = stop
        self._wait = unanswered_wait
        self._list_before_create = list_before_create
        self._order = {resource: place for place, resource in enumerate(order)}
        self._pool = ThreadPoolExecutor(pace.ceiling, thread_name_prefix="delivery")
        self._answered: queue.SimpleQueue[tuple[list[Job], Future[list[Result]]]] = queue.SimpleQueue()
        self._in_flight = 0  # requests
        self._board = Board()
        self._error: BaseException | None = None

    # From outside

    def add(self, jobs: Iterable[Job]) -> None:
        """Takes a group in: its creates are announced together, then all are sent; the last ones stay in flight."""
        for job in jobs:
            self._board.enter(job)
        self._decide_open()
        self._pump(leave=self._pace.limit)
        if self._due():
            self.drain()

    def park_from_snapshot(self, job: Job, announced_at: datetime) -> None:
        """Takes in a create that an earlier run announced and saw no answer to.

        That run may have sent it long after the announcement, just before it died: the wait begins now.
        """
        job.lost.at = announced_at
        self._begin_wait(job)
        self._board.enter(job, Phase.PARKED)

    def drain(self) -> None:
        """Brings everything sent so far to an end, then looks up this run's unanswered creates whose time has come.

        Those of earlier runs wait for `finish`, as a newer record may still come in their place.
        """
        self._pump(leave=0)
        self._look_up(self._due())

    def finish(self) -> None:
        """Settles all that is left: waits for the look-up of unanswered creates, then retries waiting records."""
        self._pump(leave=0)
        while not self._stop.is_set():
            waiting = self._retry_waiting()
            self._pump(leave=0)
            if parked := self._board.at(Phase.PARKED):
                due = min(job.lost.due for job in parked)
                self._stop.wait(max(0.0, due - time.monotonic()))
                self._look_up([job for job in self._board.at(Phase.PARKED) if job.lost.due <= due])
            elif set(self._board.at(Phase.WAITING)) != waiting:
                continue  # what was sent now may be what others wait for
            elif waiting:
                self._end_waiting()
            elif self._judge.ask_for_children():
                continue
            elif not self._board.count(Phase.OPEN) and not self._board.count(Phase.READY):
                return

    def halt(self) -> None:
        """Sends nothing more, takes in what is in flight and notes the creates whose fate is unknown."""
        self._stop.set()
        while self._in_flight:
            self._take_in(*self._answered.get())
        for job in self._board.at(Phase.PARKED):
            self._ledger.unanswered(job)
            self._board.move(job, Phase.DONE)
        unsent = self._board.at(Phase.READY)
        self._ledger.unsent([job for job in unsent if job.action == "create"])

    def close(self) -> None:
        """Ends the worker threads."""
        self._pool.shutdown(wait=True)

    # OPEN and DECIDED

    def _decide_open(self) -> None:
        """Decides what each open job becomes; those that are to be sent are announced together."""
        while not self._stop.is_set():
            for question in self._judge.questions():
                self._board.enter(question)
            if (job := self._board.first(Phase.OPEN)) is None:
                break
            self._board.move(job, self._judge.opened(job))
        if decided := self._board.at(Phase.DECIDED):
            self._ledger.announce(decided)
            for job in decided:
                self._board.move(job, Phase.READY)

    # READY and SENT

    def _pump(self, leave: int) -> None:
        """Sends what is ready and takes in answers until at most `leave` requests are in flight."""
        while True:
            self._decide_open()
            while self._in_flight <= self._pace.limit and not self._stop.is_set():
                if not self._send():
                    break
            enough = not self._board.count(Phase.READY) and self._in_flight <= leave and not self._stop.is_set()
            if not self._in_flight or enough:
                break
            self._take_in(*self._answered.get())
        if self._error is not None and not self._in_flight:
            raise self._error

    def _send(self) -> bool:
        """Whether there was a job to send; as many of its entity go with it as one write takes."""
        group = self._board.group(Phase.READY)
        for job in group:
            self._board.move(job, Phase.SENT)
        if group:
            self._in_flight += 1
            future = self._pool.submit(self._perform, group)
            future.add_done_callback(lambda done: self._answered.put((group, done)))
        return bool(group)

    def _take_in(self, group: list[Job], future: Future[list[Result]]) -> None:
        self._in_flight -= 1
        error = future.exception()
        if error is None:
            for result in future.result():
                self._board.move(result.job, self._answer(result))
            return
        if not isinstance(error, Stopped):
            self._error = self._error or error
            self._stop.set()
        for job in group:
            self._board.move(job, Phase.READY if isinstance(error, Stopped) else Phase.DONE)

    def _answer(self, result: Result) -> Phase:
        """Where a job goes whose request has come to an end."""
        job = result.job
        if result.status == "unanswered":
            job.note = result.reason
            job.lost.attempts += 1
            self._begin_wait(job)
            return Phase.PARKED
        return self._judge.answered(result)

    # WAITING

    def _retry_waiting(self) -> set[Job]:
        """Decides anew what waits for others, in load order; the jobs that were waiting."""
        waiting = self._board.at(Phase.WAITING)
        for job in sorted(waiting, key=lambda job: self._order[job.resource]):
            self._board.move(job, Phase.OPEN)
        self._decide_open()
        return set(waiting)

    def _end_waiting(self) -> None:
        """What waited in vain has its outcome."""
        for job in self._board.at(Phase.WAITING):
            self._board.move(job, self._judge.in_vain(job))
        self._decide_open()

    # PARKED

    def _begin_wait(self, job: Job) -> None:
        """A create of unknown fate is looked up soon and again, and taken for not created only after the wait."""
        now, lost = time.monotonic(), job.lost
        lost.given_up_at, lost.pause = now + self._wait, FIRST_LOOK_UP
        lost.due = min(now + lost.pause, lost.given_up_at)

    def _due(self) -> list[Job]:
        now = time.monotonic()
        return [job for job in self._board.at(Phase.PARKED) if job.sequence and job.lost.due <= now]

    def _look_up(self, due: list[Job]) -> None:
        """Asks which of the unanswered creates are there; those of the entity that are not due yet as well.

        Nothing is in flight meanwhile, so what is found and unknown is nobody else's that was created just now.
        """
        resources = {job.resource for job in due}
        for resource in sorted(resources, key=self._order.__getitem__):
            if self._stop.is_set():
                return
            parked = [job for job in self._board.at(Phase.PARKED) if job.resource == resource]
            those = [job for job in parked if job.sequence or job in due]
            now = time.monotonic()
            since = min((job.lost.at for job in those if job.lost.at is not None), default=None)
            self._list_before_create(those[0].entity)
            self._account.list_gained(those[0].entity, since, early=all(now < job.lost.given_up_at for job in those))
            for job in those:
                self._after_look_up(job, now)
            self._decide_open()
        self._pump(leave=0)

    def _after_look_up(self, job: Job, looked_at: float) -> None:
        lost = job.lost
        lost.looked_up += 1
        job.adopted = False
        found = self._account.find(job) or self._account.differing(job)
        if not found and looked_at < lost.given_up_at:
            lost.pause *= 2
            lost.due = min(time.monotonic() + lost.pause, lost.given_up_at)
        elif not found and job.sequence == 0 and self._board.has_newer(job):
            self._board.move(job, Phase.DONE)  # a newer record of this run stands in its place
        elif not found and (lost.attempts >= MOST_ATTEMPTS or not job.attributes):
            times = "1 look-up" if lost.looked_up == 1 else f"{lost.looked_up} look-ups"
            reason = f"{job.note or 'no answer'}; after {times} {job.entity.system} does not have it"
            self._board.move(job, self._judge.refused(job, Problem("failed", reason)))
        else:
            self._board.move(job, Phase.OPEN)
