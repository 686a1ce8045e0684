"""Notes what becomes of each record: on disk for the snapshot, in the results, in the report, and for the STATE.

Decides nothing and sends nothing; see dispatch.py.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from connector.http.clock import ServerClock
from delivery.gate import StateGate
from delivery.outcome_log import OutcomeLog
from delivery.perform import Result
from delivery.record import Action, Job, Problem, Status
from delivery.report import WriteReport
from delivery.results import Bucket, Results
from store.snapshot import Outcome

_COUNTED = {"create": "created", "update": "updated", "disable": "disabled", "delete": "deleted", "adopt": "adopted"}


@dataclass(eq=False)
class Ledger:
    """One line per outcome, one bucket per record.

    `outcomes` is None in a dry run; `accepted_hashes` reads the snapshot's, `resumed` are a resume file's.
    """

    outcomes: OutcomeLog | None
    results: Results
    report: WriteReport
    gate: StateGate
    clock: ServerClock
    accepted_hashes: Callable[[str], dict[str, str]]
    resumed: dict[str, dict[str, str | None]]
    _hashes: dict[str, dict[str, str]] = field(default_factory=dict, init=False)

    def announce(self, jobs: Iterable[Job]) -> None:
        """Puts on disk what is about to be sent: what the destination has is unknown until it answers."""
        at = self.clock.now()
        announced = []
        for job in jobs:
            job.lost.at = at
            # A change touches what is in its body; of a record's attributes some can be said only once.
            touched = (
                job.sent if job.action == "create" else {name: job.sent[name] for name in job.sent if name in job.body}
            )
            announced.append(self._outcome(job, job.action, None, sent=touched, event_hash=job.hash))
        if self.outcomes is not None:
            self.outcomes.announce(announced)

    def adopted(self, job: Job, object_id: str) -> None:
        """An object at the destination is the record; its attributes follow."""
        self._write(self._outcome(job, "adopt", "accepted", object_id=object_id))

    def doubted(self, job: Job) -> None:
        """The object is not there as it was accepted: all that can change of the record is to be offered again."""
        touched = dict.fromkeys(sorted(job.entity.changeable))
        self._write(self._outcome(job, "update", None, sent=touched))
        self._accepted(job.resource)[job.remote_id] = ""

    def settle(self, result: Result, contested: str | None = None) -> None:
        """The record's final answer; `contested` says why the id in it is not the record's: then it has failed."""
        job = result.job
        accepted = result.status == "accepted"
        if job.adopted and job.action == "create":  # a pair that was refused a second time
            self.adopted(job, str(job.object_id))
            job.action = "update"
        self._write(
            self._outcome(
                job,
                job.action,
                result.status,
                object_id=result.id,
                reason=result.reason or job.note,
                # A change that brings the remote id alone says nothing of the attributes.
                sent=job.sent if accepted and (job.sent or job.changed is None) else None,
                event_hash=job.hash if accepted else None,
            )
        )
        if contested is not None:
            self._conclude(job, "failed", "failed", None, contested)
            self._accepted(job.resource)[job.remote_id] = ""
            return
        counted = "adopted" if job.adopted else "existing" if result.stood else _COUNTED[job.action]
        self._conclude(job, counted if accepted else result.status, result.status, result.id, result.reason)
        self._accepted(job.resource)[job.remote_id] = job.hash if accepted else ""  # the record may come again
        if accepted and job.note is not None:
            self.report.reason(job.resource, "accepted", job.note, None, job.remote_id)

    def problem(self, job: Job, problem: Problem) -> None:
        """The record makes no request: refused, waiting, or given up."""
        self._write(self._outcome(job, job.action, problem.status, reason=problem.reason))
        settled = not problem.holds_state
        self._conclude(job, problem.status, problem.status, job.object_id, problem.reason, problem, settled=settled)

    def existing(self, job: Job) -> None:
        """The record is there as it is asked for; nothing is sent."""
        self._conclude(job, "existing", "accepted", job.object_id, None)

    def unanswered(self, job: Job) -> None:
        """The run ends before the look-up of a create; its announcement stays on disk for the next run."""
        reason = f"{job.note or 'no answer'}; the next run looks it up"
        self._write(self._outcome(job, "create", "unanswered", reason=reason))
        if job.sequence:
            self._conclude(job, "failed", "unanswered", None, reason, settled=False)

    def unsent(self, jobs: Iterable[Job]) -> None:
        """Takes back announcements of creates that were not sent, so that the next run need not look them up."""
        for job in jobs:
            self._write(self._outcome(job, "create", "failed", reason="not sent: the run was stopped"))

    def is_settled_already(self, job: Job) -> bool:
        """Whether this very record was accepted before, and nobody says what changed."""
        if job.changed is not None:
            return not job.changed and not job.deleted
        if not job.sequence or job.entity.repeat == "upsert":
            return False  # what stands under a key may have been changed there since
        return bool(job.hash) and self._accepted(job.resource).get(job.remote_id) == job.hash

    def was_brought(self, job: Job) -> bool:
        """Whether an interrupted run of the old SDK brought this very record; fills in its id.

        From here on the record counts as accepted, as far as that run noted the id.
        """
        resumed = self.resumed.get(job.stream) or self.resumed.get(job.resource) or {}
        found = next((one for one in (job.hash, job.old_hash) if one in resumed), None)
        accepted = self._accepted(job.resource)
        if found is None or job.changed is not None or job.remote_id in accepted:
            return False
        accepted[job.remote_id] = job.hash
        job.object_id = resumed[found]
        if job.object_id is not None and not job.deleted:
            known = job.object_id
            self._write(
                self._outcome(job, "adopt", "accepted", object_id=known, sent=job.attributes, event_hash=job.hash)
            )
        return True

    def _accepted(self, resource: str) -> dict[str, str]:
        """Remote id -> hash of what was accepted last."""
        if resource not in self._hashes:
            self._hashes[resource] = self.accepted_hashes(resource)
        return self._hashes[resource]

    def flush(self) -> None:
        """Brings all outcomes to disk."""
        if self.outcomes is not None:
            self.outcomes.flush()

    def close(self) -> None:
        """Flushes and closes the outcomes file."""
        if self.outcomes is not None:
            self.outcomes.close()

    def _conclude(
        self,
        job: Job,
        counted: str,
        status: Status,
        object_id: str | None,
        reason: str | None,
        problem: Problem | None = None,
        *,
        settled: bool = True,
    ) -> None:
        self.report.count(job.resource, counted)
        if status != "accepted":
            general = (problem.in_general if problem is not None else None) or reason or status
            self.report.reason(job.resource, counted, general, problem.field if problem else None, job.remote_id)
        self.results.add(job.stream, _bucket(counted), _entry(job, status, object_id, reason))
        if settled:
            self.gate.settled(job.sequence)

    def _outcome(
        self,
        job: Job,
        action: Action,
        status: Status | None,
        *,
        object_id: str | None = None,
        reason: str | None = None,
        sent: dict[str, Any] | None = None,
        event_hash: str | None = None,
    ) -> Outcome:
        return Outcome(
            stream=job.resource,
            remoteId=job.remote_id,
            event="announced" if status is None else "answered",
            action=action,
            status=status,
            id=object_id,
            reason=reason,
            sent=sent,
            hash=event_hash or None,
            at=self.clock.iso(),
        )

    def _write(self, outcome: Outcome) -> None:
        if self.outcomes is not None:
            self.outcomes.answered(outcome)


def _bucket(counted: str) -> Bucket:
    if counted == "created":
        return "success"
    if counted in ("updated", "disabled", "deleted", "adopted"):
        return "updated"
    return "existing" if counted == "existing" else "fail"


def _entry(job: Job, status: Status, object_id: str | None, reason: str | None) -> dict[str, Any]:
    """One bookmark of the results; `action` and `status` are ours, the rest is HotGlue's."""
    entry: dict[str, Any] = {"hash": job.old_hash or job.hash, "success": status == "accepted"}
    if object_id is not None:
        entry["id"] = object_id
    entry["externalId"] = job.remote_id
    if reason is not None:
        entry["error"] = reason
    return entry | ({"deleted": True} if job.action == "delete" else {}) | {"action": job.action, "status": status}
