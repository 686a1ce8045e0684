"""Keeps the workers busy: one request in flight per remote id, creates announced first, unanswered ones parked.

Everything here runs in the main thread but `write.perform`. What an outcome means for files and figures is in
ledger.py.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from connector.errors import Stopped
from connector.http.pace import Pace
from delivery.decide import decide
from delivery.ids import IdMap
from delivery.ledger import Ledger
from delivery.perform import Result
from delivery.record import Job, Problem
from delivery.recover import Account
from store.snapshot import claim_refused
from vocabulary.entity import Entity

MOST_ATTEMPTS = 3  # a create whose answer never comes is given up after so many in one run
FIRST_LOOK_UP = 0.5  # seconds after an answer was lost; each later look-up waits twice as long as the one before


class Dispatcher:
    """Takes jobs in the order of the input and brings each to an outcome."""

    def __init__(
        self,
        perform: Callable[[Job], Result],
        *,
        ids: IdMap,
        account: Account,
        ledger: Ledger,
        pace: Pace,
        stop: threading.Event,
        unanswered_wait: float,
        list_before_create: Callable[[Entity], None],
        order: Sequence[str],
    ) -> None:
        """`perform` runs in the workers; `list_before_create` lists a resource once; `order` is that of loading."""
        self._perform = perform
        self._ids = ids
        self._account = account
        self._ledger = ledger
        self._pace = pace
        self._stop = stop
        self._wait = unanswered_wait
        self._list_before_create = list_before_create
        self._order = {resource: place for place, resource in enumerate(order)}
        self._pool = ThreadPoolExecutor(pace.ceiling, thread_name_prefix="optiply")
        self._done: queue.SimpleQueue[Future[Result]] = queue.SimpleQueue()
        self._in_flight: dict[Future[Result], Job] = {}
        self._open: dict[tuple[str, str], deque[Job]] = {}  # a key in work, and the jobs behind it
        self._freed: deque[Job] = deque()
        self._ready: deque[Job] = deque()
        self._parked: list[Job] = []
        self._deferred: list[Job] = []
        self._unsent: list[Job] = []
        self._error: BaseException | None = None

    def add(self, jobs: Iterable[Job]) -> None:
        """Takes a group in: its creates are announced together, then all are sent; the last ones stay in flight."""
        for job in jobs:
            behind = self._open.get(job.key)
            if behind is not None:
                behind.append(job)
            else:
                self._open[job.key] = deque()
                self._freed.append(job)
        self._prepare_freed()
        self._pump(leave=self._pace.limit)
        if self._due():
            self.drain()

    def park_from_snapshot(self, job: Job, announced_at: datetime) -> None:
        """Takes in a create that an earlier run announced and saw no answer to.

        That run may have sent it long after the announcement, just before it died: the wait begins now.
        """
        job.lost_at = announced_at
        self._open[job.key] = deque()
        self._wait_for(job)

    def drain(self) -> None:
        """Brings everything sent so far to an end, then looks up this run's unanswered creates whose time has come.

        Those of earlier runs wait for `finish`, as a newer record may still come in their place.
        """
        self._pump(leave=0)
        self._look_up(self._due())

    def _due(self) -> list[Job]:
        now = time.monotonic()
        return [job for job in self._parked if job.sequence and job.due <= now]

    def finish(self) -> None:
        """Settles all that is left: waits for the look-up of unanswered creates, then retries waiting records."""
        self._pump(leave=0)
        while not self._stop.is_set():
            waiting = set(self._deferred)
            self._retry_deferred()
            self._pump(leave=0)
            if self._parked:
                due = min(job.due for job in self._parked)
                self._stop.wait(max(0.0, due - time.monotonic()))
                self._look_up([job for job in self._parked if job.due <= due])
            elif set(self._deferred) != waiting:
                continue  # what was sent now may be what others wait for
            elif waiting:
                in_vain, self._deferred = self._deferred, []
                for job in in_vain:
                    self._end_waiting(job)
                self._prepare_freed()
            elif not self._freed and not self._ready:
                return

    def halt(self) -> None:
        """Sends nothing more, takes in what is in flight and notes the creates whose fate is unknown."""
        self._stop.set()
        while self._in_flight:
            self._take_in(self._done.get())
        parked, self._parked = self._parked, []
        for job in parked:
            self._ledger.unanswered(job)
        self._ledger.unsent([job for job in (*self._ready, *self._unsent) if job.action == "create"])

    def close(self) -> None:
        """Ends the worker threads."""
        self._pool.shutdown(wait=True)

    def _pump(self, leave: int) -> None:
        """Sends what is ready and takes in answers until at most `leave` requests are in flight."""
        while True:
            self._prepare_freed()
            while self._ready and len(self._in_flight) <= self._pace.limit and not self._stop.is_set():
                self._send(self._ready.popleft())
            enough = not self._ready and len(self._in_flight) <= leave and not self._stop.is_set()
            if not self._in_flight or enough:
                break
            self._take_in(self._done.get())
        if self._error is not None and not self._in_flight:
            raise self._error

    def _send(self, job: Job) -> None:
        future = self._pool.submit(self._perform, job)
        self._in_flight[future] = job
        future.add_done_callback(self._done.put)

    def _take_in(self, future: Future[Result]) -> None:
        job = self._in_flight.pop(future)
        error = future.exception()
        if isinstance(error, Stopped):
            self._unsent.append(job)
            return
        if error is not None:
            self._error = self._error or error
            self._stop.set()
            return
        result = future.result()
        if result.status == "unanswered":
            self._park(job, result)
            return
        if result.vanished:
            if self._ids.get(job.resource, job.remote_id) == job.object_id:
                self._ids.forget(job.resource, job.remote_id)  # otherwise the record's own id was an old one
            self._account.vanished(job.resource, str(job.object_id))
            job.explicit_id = job.changed = None
            job.adopted = False
            self._freed.append(job)
            return
        self._settle(result)

    def _settle(self, result: Result) -> None:
        """The job has its outcome: learn or forget its id, note it, and let the next one of its key go."""
        job = result.job
        contested = self._claimed_by_another(job, result.id) if result.status == "accepted" else None
        if contested is not None:
            self._ledger.settle(result, contested)  # the answer is noted as it came; the store refuses it likewise
        else:
            if result.status == "accepted" and (job.action == "delete" or result.id is None):
                self._ids.forget(job.resource, job.remote_id)
            elif result.status == "accepted":
                self._ids.learn(job.resource, job.remote_id, str(result.id))
            self._ledger.settle(result)
        self._release(job)

    def _claimed_by_another(self, job: Job, object_id: str | None) -> str | None:
        """Why the record cannot have the id, where another record has it already."""
        owner = self._ids.owner(job.resource, object_id) if object_id is not None else None
        if owner is None or owner == job.remote_id:
            return None
        return claim_refused(job.entity.system, job.resource, str(object_id), owner)

    def _release(self, job: Job) -> None:
        behind = self._open[job.key]
        if behind:
            self._freed.append(behind.popleft())
        else:
            del self._open[job.key]

    def _prepare_freed(self) -> None:
        """Decides what each freed job becomes; those that are to be sent are announced together."""
        to_send: list[Job] = []
        while self._freed and not self._stop.is_set():
            job = self._freed.popleft()
            if self._prepare(job):
                to_send.append(job)
        if to_send:
            self._ledger.announce(to_send)
            self._ready.extend(to_send)

    def _prepare(self, job: Job) -> bool:
        """Whether the job is to be sent now; otherwise it was settled or put aside."""
        if job.problem is not None:
            return self._refuse(job, job.problem)
        if job.is_new and (self._ledger.is_settled_already(job) or self._was_brought(job)):
            return self._skip(job)
        job.is_new = False
        contested = self._claimed_by_another(job, job.explicit_id)
        if contested is not None:
            return self._refuse(job, Problem("refused", contested, "id", "its id belongs to another record"))
        problem = decide(job, self._ids.get)
        if problem is not None and problem.status == "waiting":
            self._deferred.append(job)
            return False
        if problem is not None:
            return self._refuse(job, problem)
        if job.object_id is None and not job.adopted:
            self._list_before_create(job.entity)
            if not self._adopt(job):
                return False
        if job.object_id is None and job.action != "create":
            return self._never_there(job)
        if job.action == "update" and not job.body:
            return self._skip(job)
        return True

    def _was_brought(self, job: Job) -> bool:
        """Whether the old SDK brought the record in an interrupted run; others may refer to it by the id noted then."""
        brought = self._ledger.was_brought(job)
        known = job.object_id if brought and not job.deleted else None
        if known is not None and self._claimed_by_another(job, known) is None:
            self._ids.learn(job.resource, job.remote_id, known)
        return brought

    def _adopt(self, job: Job) -> bool:
        """Looks for an object that is the record already; False when that settled the job."""
        found = self._account.find(job)
        if len(found) > 1:
            reason = f"several objects in Optiply fit (ids {', '.join(found[:5])}); delete the surplus ones there"
            return self._refuse(job, Problem("refused", reason, None, "several objects in Optiply fit"))
        if not found:
            return True
        job.adopted = True
        self._ids.learn(job.resource, job.remote_id, found[0])
        if not job.entity.patched_when_adopted and not job.deleted:
            job.action = "adopt"
            self._settle(Result(job, "accepted", found[0]))
            return False
        self._ledger.adopted(job, found[0])
        problem = decide(job, self._ids.get)
        return problem is None or self._refuse(job, problem)

    def _refuse(self, job: Job, problem: Problem) -> bool:
        self._ledger.problem(job, problem)
        self._release(job)
        return False

    def _never_there(self, job: Job) -> bool:
        job.note = "it was never in Optiply"
        self._settle(Result(job, "accepted"))
        return False

    def _skip(self, job: Job) -> bool:
        job.object_id = job.explicit_id or self._ids.get(job.resource, job.remote_id)
        job.action = "update"
        self._ledger.existing(job)
        self._release(job)
        return False

    def _end_waiting(self, job: Job) -> None:
        problem = decide(job, self._ids.get)
        if problem is None:
            self._freed.append(job)
        else:  # a removal too: after a lost store Optiply may have what it refers to, though nothing here knows it
            self._refuse(job, problem)

    def _retry_deferred(self) -> None:
        deferred, self._deferred = self._deferred, []
        self._freed.extend(sorted(deferred, key=lambda job: self._order[job.resource]))
        self._prepare_freed()

    def _park(self, job: Job, result: Result) -> None:
        job.note = result.reason
        job.attempts += 1
        self._wait_for(job)

    def _wait_for(self, job: Job) -> None:
        """Parks a create of unknown fate: looked up soon and again, and taken for not created only after the wait."""
        now = time.monotonic()
        job.given_up_at, job.pause = now + self._wait, FIRST_LOOK_UP
        job.due = min(now + job.pause, job.given_up_at)
        self._parked.append(job)

    def _look_up(self, due: list[Job]) -> None:
        """Asks Optiply which of the unanswered creates it has; those of the resource that are not due yet as well.

        Nothing is in flight meanwhile, so what is found and unknown is nobody else's that was created just now.
        """
        resources = {job.resource for job in due}
        for resource in sorted(resources, key=self._order.__getitem__):
            if self._stop.is_set():
                return
            those = [job for job in self._parked if job.resource == resource and (job.sequence or job in due)]
            now = time.monotonic()
            since = min((job.lost_at for job in those if job.lost_at is not None), default=None)
            self._list_before_create(those[0].entity)
            self._account.list_gained(those[0].entity, since, early=all(now < job.given_up_at for job in those))
            looked_up = set(those)
            self._parked = [job for job in self._parked if job not in looked_up]
            for job in those:
                self._after_look_up(job, now)
            self._prepare_freed()
        self._pump(leave=0)

    def _after_look_up(self, job: Job, looked_at: float) -> None:
        job.looked_up += 1
        job.adopted = False
        found = self._account.find(job)
        if not found and looked_at < job.given_up_at:
            job.pause *= 2
            job.due = min(time.monotonic() + job.pause, job.given_up_at)
            self._parked.append(job)
        elif not found and job.sequence == 0 and self._open[job.key]:
            self._release(job)  # a newer record of this run stands in its place
        elif not found and (job.attempts >= MOST_ATTEMPTS or not job.attributes):
            times = "1 look-up" if job.looked_up == 1 else f"{job.looked_up} look-ups"
            reason = f"{job.note or 'no answer'}; after {times} Optiply does not have it"
            self._refuse(job, Problem("failed", reason))
        else:
            self._freed.append(job)
