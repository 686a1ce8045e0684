"""Carries one record's request out, with the recoveries that errors.py names. Runs in the workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from connector.http.table import Fate
from delivery.record import Job, Status
from delivery.recover import Account
from target_optiply.answers import Reply
from target_optiply.errors import in_words


class Writer(Protocol):
    """What can be asked of Optiply, or of the file of a dry run."""

    def create(self, resource: str, attributes: dict[str, Any]) -> Reply:
        """POST."""
        ...

    def update(self, resource: str, object_id: str, attributes: dict[str, Any]) -> Reply:
        """PATCH."""
        ...

    def delete(self, resource: str, object_id: str) -> Reply:
        """DELETE."""
        ...


@dataclass(frozen=True)
class Result:
    """What came of a job; `vanished` asks for a new decision, as the object is gone in Optiply."""

    job: Job
    status: Status
    id: str | None = None
    reason: str | None = None
    vanished: bool = False


def perform(job: Job, writer: Writer, account: Account) -> Result:
    """Sends the job's request and returns what came of it.

    Raises Stopped when nothing was sent, RunError when the run cannot go on.
    """
    if job.action == "create":
        return _create(job, writer, account)
    object_id = str(job.object_id)
    if job.action == "delete":
        return _result(job, writer.delete(job.resource, object_id), object_id)
    return _update(job, writer, object_id)


def _create(job: Job, writer: Writer, account: Account) -> Result:
    reply = writer.create(job.resource, job.body)
    if reply.fate is Fate.WITHOUT and job.body.get("emails"):
        _drop_emails(job)
        reply = writer.create(job.resource, job.body)
    if reply.fate is Fate.EXISTS and job.entity.is_pair:
        return _adopt_pair(job, writer, account, reply)
    return _result(job, reply, reply.id)


def _update(job: Job, writer: Writer, object_id: str) -> Result:
    reply = writer.update(job.resource, object_id, job.body)
    if reply.fate is Fate.WITHOUT and job.body.get("emails"):
        _drop_emails(job)
        if not job.body:
            return _result(job, reply, object_id)
        reply = writer.update(job.resource, object_id, job.body)
    if reply.fate is Fate.CREATE_AGAIN:
        if job.deleted:
            job.note = "it was gone in Optiply already"
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
    names = job.entity.written_once
    job.body = {name: value for name, value in job.body.items() if name not in names and name != "remoteId"}
    if not job.body:
        return Result(job, "accepted", found[0])
    return _update(job, writer, found[0])


def _drop_emails(job: Job) -> None:
    job.body = {name: value for name, value in job.body.items() if name != "emails"}
    job.sent = {name: value for name, value in job.sent.items() if name != "emails"}
    job.hash = ""  # what was accepted is not the whole record
    job.note = "emails: not a valid address; sent without e-mail addresses"


def _result(job: Job, reply: Reply, object_id: str | None) -> Result:
    if reply.fate in (Fate.DONE, Fate.GONE):
        return Result(job, "accepted", object_id)
    if reply.fate is Fate.PARK:
        return Result(job, "unanswered", None, _why(reply))
    gave_up = reply.fate is Fate.AGAIN
    return Result(job, "failed" if gave_up else "refused", object_id, _why(reply))


def _why(reply: Reply) -> str:
    told = in_words(reply.status)
    return f"{told}: {reply.message}" if reply.message and isinstance(reply.status, int) else told
