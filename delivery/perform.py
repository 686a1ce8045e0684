"""Carries one job's request out, with the recoveries that the fate of an answer asks for. Runs in the workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from connector.http.table import Fate
from delivery.destination import Applier, Reply, Setter, Writer
from delivery.record import Job, Status
from delivery.recover import Account


@dataclass(frozen=True)
class Result:
    """What came of a job.

    `vanished` asks for a new decision, as the object is gone; `stood`: all was as it is asked for, nothing was sent.
    `orphan`: something that the record refers to is gone.
    """

    job: Job
    status: Status
    id: str | None = None
    reason: str | None = None
    vanished: bool = False
    stood: bool = False
    orphan: bool = False


def perform(group: list[Job], writer: Writer, account: Account) -> list[Result]:
    """Sends the group's request and returns what came of each job; what is looked up before a repeat comes alone.

    Raises Stopped when nothing was sent, RunError when the run cannot go on.
    """
    if group[0].entity.repeat == "upsert":
        return _upsert(group, cast(Setter, writer))
    if group[0].entity.repeat == "once":
        applied = cast(Applier, writer).apply(group[0].resource, [job.body for job in group])
        return [Result(job, one.status, job.object_id, one.reason) for job, one in zip(group, applied, strict=True)]
    (job,) = group
    if job.action == "create":
        return [_create(job, writer, account)]
    object_id = str(job.object_id)
    if job.action == "delete":
        return [_result(job, writer.delete(job.resource, object_id), object_id)]
    return [_update(job, writer, object_id)]


def _upsert(group: list[Job], writer: Setter) -> list[Result]:
    """Sets a batch where it differs from what stands, and reads it back: only what is held counts.

    As the values are absolute, what is not held is simply set again, by the next run.
    """
    name = group[0].resource
    results: dict[Job, Result] = {}
    for job, standing in zip(group, writer.look(name, [job.body for job in group]), strict=True):
        job.body, job.note = standing.wanted, standing.note
        if standing.refusal is not None:
            results[job] = Result(job, "refused", None, standing.refusal)
        elif _holds(standing.held, job):
            results[job] = Result(job, "accepted", job.object_id, stood=True)
    to_set = [job for job in group if job not in results]
    replies = writer.upsert(name, [job.body for job in to_set]) if to_set else ()
    taken = []
    for job, reply in zip(to_set, replies, strict=True):
        if reply.fate is Fate.REFUSE:
            results[job] = Result(job, "refused", None, reply.says)
        else:
            taken.append((job, reply.says if reply.fate is not Fate.DONE else _NOT_HELD))
    held = writer.held(name, [job.body for job, _ in taken]) if taken else ()
    for (job, why), one in zip(taken, held, strict=True):
        good = _holds(one, job)
        results[job] = Result(job, "accepted", job.object_id) if good else Result(job, "failed", None, why)
    return [results[job] for job in group]


def _holds(held: Mapping[str, Any] | None, job: Job) -> bool:
    return held is not None and all(held.get(field) == value for field, value in job.body.items())


def _create(job: Job, writer: Writer, account: Account) -> Result:
    reply = writer.create(job.resource, job.body)
    if reply.fate is Fate.WITHOUT and _left_out(job):
        reply = writer.create(job.resource, job.body)
    if reply.fate is Fate.EXISTS and job.entity.is_pair:
        return _adopt_pair(job, writer, account, reply)
    return _result(job, reply, reply.id)


def _update(job: Job, writer: Writer, object_id: str) -> Result:
    reply = writer.update(job.resource, object_id, job.body)
    if reply.fate is Fate.WITHOUT and _left_out(job):
        if not job.body:
            return _result(job, reply, object_id)
        reply = writer.update(job.resource, object_id, job.body)
    if reply.fate is Fate.CREATE_AGAIN:
        if job.deleted:
            job.note = f"it was gone in {job.entity.system} already"
            return Result(job, "accepted", None)
        return Result(job, "failed", object_id, reply.message, vanished=True)
    return _result(job, reply, object_id)


def _adopt_pair(job: Job, writer: Writer, account: Account, refusal: Reply) -> Result:
    """The pair exists: find it by its full key and bring it up to date."""
    found = account.pair(job)
    if len(found) != 1:
        why = "several such pairs were found" if found else "it was not found, or belongs to another record"
        return Result(job, "refused", None, f"the pair exists already ({refusal.message}); {why}")
    job.adopted, job.object_id = True, found[0]
    names = {*job.entity.written_once, "remoteId"}
    job.body = {name: value for name, value in job.body.items() if name not in names}
    if not job.body:
        return Result(job, "accepted", found[0])
    return _update(job, writer, found[0])


def _left_out(job: Job) -> bool:
    """Takes out of the request what can go; False when nothing of that was in it."""
    found = [name for name in job.entity.can_go if job.body.get(name)]
    for name in found:
        job.body = {kept: value for kept, value in job.body.items() if kept != name}
        job.sent = {kept: value for kept, value in job.sent.items() if kept != name}
        job.hash = ""  # what was accepted is not the whole record
        job.note = f"{name}: {job.entity.can_go[name]}"
    return bool(found)


def _result(job: Job, reply: Reply, object_id: str | None) -> Result:
    if reply.fate in (Fate.DONE, Fate.GONE):
        return Result(job, "accepted", object_id)
    status: Status = _ENDS.get(reply.fate, "refused")
    object_id = None if status == "unanswered" else object_id
    return Result(job, status, object_id, reply.says, orphan=reply.fate is Fate.ORPHAN)


_NOT_HELD = "it was taken, but what is read back is not what was sent"
_ENDS: dict[Fate, Status] = {Fate.PARK: "unanswered", Fate.AGAIN: "failed"}
