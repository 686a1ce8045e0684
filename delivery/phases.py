"""Where each job stands, in order of arrival, and the one table of the steps it can take from there."""

from collections import deque
from collections.abc import Mapping
from enum import Enum
from itertools import islice, takewhile

from delivery.record import Job


class Phase(Enum):
    """Where a job stands."""

    BEHIND = "another job of its key is at work"
    OPEN = "to be decided, for the first time or anew"
    DECIDED = "to be announced with its group"
    READY = "announced, to be sent"
    SENT = "in flight"
    PARKED = "a create whose answer was not seen: to be looked up"
    WAITING = "refers to what is not known yet"
    DONE = "has its outcome, or what else there is to know is on disk"


MOVES: Mapping[Phase | None, frozenset[Phase]] = {
    None: frozenset({Phase.BEHIND, Phase.OPEN, Phase.PARKED}),
    Phase.BEHIND: frozenset({Phase.OPEN}),
    Phase.OPEN: frozenset({Phase.DECIDED, Phase.WAITING, Phase.DONE}),
    Phase.DECIDED: frozenset({Phase.READY}),
    Phase.READY: frozenset({Phase.SENT}),
    # READY: the run was stopped before it left. OPEN: the object is gone, so there is something else to be sent.
    Phase.SENT: frozenset({Phase.DONE, Phase.PARKED, Phase.OPEN, Phase.READY}),
    Phase.PARKED: frozenset({Phase.OPEN, Phase.DONE}),
    Phase.WAITING: frozenset({Phase.OPEN, Phase.DONE}),
}


class Board:
    """All jobs that have no outcome yet; of one key at most one is at work."""

    def __init__(self) -> None:
        """Starts empty."""
        self._phase: dict[Job, Phase] = {}
        self._at: dict[Phase, dict[Job, None]] = {phase: {} for phase in Phase}
        self._behind: dict[tuple[str, str], deque[Job]] = {}  # a key at work, and the jobs behind it

    def enter(self, job: Job, phase: Phase = Phase.OPEN) -> None:
        """Takes a job in, behind the one of its key that is at work where there is one."""
        behind = self._behind.get(job.key)
        if behind is None:
            self._behind[job.key] = deque()
            self.move(job, phase)
        else:
            behind.append(job)
            self.move(job, Phase.BEHIND)

    def move(self, job: Job, to: Phase) -> None:
        """The step of a job to another phase, last in the row there; one that is done lets the next of its key go."""
        before = self._phase.get(job)
        if to not in MOVES[before]:
            raise AssertionError(f"{job.key} cannot go from {before} to {to}")
        if before is not None:
            del self._at[before][job]
        if to is not Phase.DONE:
            self._phase[job] = to
            self._at[to][job] = None
            return
        self._phase.pop(job, None)
        behind = self._behind[job.key]
        if behind:
            self.move(behind.popleft(), Phase.OPEN)
        else:
            del self._behind[job.key]

    def at(self, phase: Phase) -> list[Job]:
        """The jobs of a phase, in order."""
        return list(self._at[phase])

    def count(self, phase: Phase) -> int:
        """How many jobs stand there."""
        return len(self._at[phase])

    def first(self, phase: Phase) -> Job | None:
        """The job that came there first."""
        return next(iter(self._at[phase]), None)

    def group(self, phase: Phase) -> list[Job]:
        """The first job of a phase with those right behind it that one write takes."""
        head = self.first(phase)
        if head is None:
            return []
        same = takewhile(lambda job: job.entity is head.entity, self._at[phase])
        return list(islice(same, head.entity.batch))

    def has_newer(self, job: Job) -> bool:
        """Whether another record of its key came after the job."""
        return bool(self._behind[job.key])
