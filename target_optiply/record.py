"""One record on its way to Optiply: what it asks for and which request that makes. Pure: sends nothing.

`Kind` is what a sink of sinks.py declares about its resource; `Job` is one record; `decide` makes the request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal

import msgspec
from pydantic import ValidationError

from target_optiply.errors import InputError
from target_optiply.models import Entity, complaint

Action = Literal["create", "update", "disable", "delete", "adopt"]
Status = Literal["accepted", "refused", "failed", "waiting", "unanswered"]
Lookup = Callable[[str, str], "str | None"]

REMOTE = "RemoteId"
STEERING = frozenset({"remoteId", "externalId", "id", "_changed", "deleted_at"})
_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


class Kind:
    """What is special about one of Optiply's resources; a sink declares it in class attributes.

    `references` names the ids that a record may give as `…RemoteId` and the resource each points to; `lines` the same
    inside `orderLines`. `natural_key` tells two objects apart without a remote id. `removal` holds the attributes that
    take a record out of use; None means it is deleted.
    """

    resource: ClassVar[str]
    model: ClassVar[type[Entity]]
    references: ClassVar[Mapping[str, str]] = {}
    lines: ClassVar[Mapping[str, str]] = {}
    natural_key: ClassVar[tuple[str, ...]]
    removal: ClassVar[Mapping[str, Any] | None] = None
    is_pair: ClassVar[bool] = False  # Optiply allows one object per natural key and answers 409 to a second
    of_account: ClassVar[bool] = False  # whether lists can be filtered by account
    takes_remote_id: ClassVar[bool] = True
    patched_when_adopted: ClassVar[bool] = True


@dataclass(eq=False)
class Job:
    """One record; the second half is filled in as it goes its way."""

    kind: type[Kind]
    stream: str  # as the input names it
    remote_id: str
    attributes: dict[str, Any]
    explicit_id: str | None = None
    changed: tuple[str, ...] | None = None
    deleted: bool = False
    sequence: int = 0
    hash: str = ""
    old_hash: str | None = None

    action: Action = "create"
    optiply_id: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    is_new: bool = True  # not looked at yet
    adopted: bool = False
    note: str | None = None
    looked_up: int = 0
    lost_status: int | str = ""  # how the unanswered create ended
    lost_at: datetime | None = None  # Optiply's time
    due: float = 0.0  # monotonic second of the look-up

    @property
    def resource(self) -> str:
        """Optiply's name of the resource."""
        return self.kind.resource

    @property
    def key(self) -> tuple[str, str]:
        """What at most one request may be in flight for."""
        return self.kind.resource, self.remote_id


@dataclass(frozen=True)
class Problem:
    """Why a record makes no request: refused for good, or waiting for a reference."""

    status: Status
    reason: str
    field: str | None = None
    in_general: str | None = None  # the reason without this record's own values, for counting


def read_record(kind: type[Kind], stream: str, record: dict[str, Any], keys: tuple[str, ...] = ()) -> Job:
    """The job a record stands for; `remoteId`, else `externalId`, else the stream's key names it.

    Raises InputError when nothing names the record.
    """
    optiply_id = _text(record.get("id"))
    given = record.get("remoteId"), record.get("externalId")
    if any(isinstance(value, (list, dict)) for value in given):
        raise InputError("its remoteId is neither text nor a number; give the source's own id")
    remote_id = _text(given[0]) or _text(given[1])
    if remote_id is None:
        parts = [_text(record.get(key)) for key in keys if key != "id"]
        if parts and all(parts):
            remote_id = "-".join(str(part) for part in parts)
        elif optiply_id is not None:
            remote_id = f"id:{optiply_id}"
        else:
            raise InputError("it has no remoteId; give each record the source's own id as remoteId")
    attributes = {name: value for name, value in record.items() if name not in STEERING and name[:5] != "_sdc_"}
    changed = record.get("_changed")
    return Job(
        kind,
        stream,
        remote_id,
        attributes,
        explicit_id=optiply_id,
        changed=tuple(str(name) for name in changed) if isinstance(changed, list) else None,
        deleted=bool(record.get("deleted_at")),
        hash=record_hash(attributes, deleted=bool(record.get("deleted_at"))),
    )


def record_hash(attributes: dict[str, Any], *, deleted: bool) -> str:
    """Hex SHA-256 of what a record asks for; equal numbers hash equally however they are written."""
    asked = attributes | {"deleted_at": True} if deleted else attributes
    return hashlib.sha256(_CANONICAL.encode(_plain_numbers(asked))).hexdigest()


def unknown_names(job: Job) -> list[str]:
    """Attributes that Optiply's resource does not have; they are reported and not sent."""
    known, known_in_lines = _known_names(job.kind)  # type: ignore[arg-type]  # mypy misses that classes hash
    unknown = [name for name in job.attributes if name not in known]
    if known_in_lines and job.attributes.get("orderLines"):
        in_lines = dict.fromkeys(name for line in _lines(job.attributes["orderLines"]) for name in line)
        unknown += [f"orderLines.{name}" for name in in_lines if name not in known_in_lines]
    return unknown


@cache
def _known_names(kind: type[Kind]) -> tuple[frozenset[str], frozenset[str]]:
    """What a record may hold, and what each of its `orderLines`: Optiply's attributes, references by remote id."""
    line = kind.model.line
    in_lines = () if line is None else (*line.model_fields, *map(remote_name, kind.lines))
    return frozenset((*kind.model.model_fields, *map(remote_name, kind.references))), frozenset(in_lines)


def remote_name(id_name: str) -> str:
    """`productId` -> `productRemoteId`."""
    return f"{id_name.removesuffix('Id')}{REMOTE}"


def decide(job: Job, lookup: Lookup) -> Problem | None:
    """Fills in action, Optiply id, body and what is sent; or says why there is no request.

    `lookup` gives Optiply's id for (resource, remote id). An unknown record without deletion is a create.
    """
    job.optiply_id = job.explicit_id or lookup(job.resource, job.remote_id)
    if job.deleted:
        return _decide_removal(job, lookup)
    creating = job.optiply_id is None
    asked = job.attributes if creating else _asked(job)
    body, problem = _body(job, asked, lookup)
    if problem is not None:
        return problem
    job.action = "create" if creating else _update_or_disable(job, body)
    job.sent = asked
    if creating:
        missing = job.kind.model.missing(body)
        if missing:
            return Problem("refused", f"{missing[0]} is missing; a new record of {job.resource} needs it", missing[0])
        if job.kind.takes_remote_id and not job.remote_id.startswith("id:"):
            body["remoteId"] = job.remote_id
        job.body = body
        return None
    job.body = {name: value for name, value in body.items() if name not in job.kind.model.create_only}
    fixed = next((name for name in body if name in job.kind.model.create_only), None)
    if fixed is not None and job.changed is not None and not job.adopted:
        sentence = f"{fixed} cannot change in Optiply; delete the record and send it anew"
        if not job.body:
            return Problem("refused", sentence, fixed)
        job.note = f"{sentence}; the other changes were sent"
    return None


def natural_key(kind: type[Kind], attributes: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The values that tell an object apart, in comparable form; None when one is missing or unreadable."""
    given = {name: attributes.get(name) for name in kind.natural_key}
    if any(value is None or value == "" for value in given.values()):
        return None
    try:
        checked = kind.model.checked(given)
    except ValidationError:
        return None
    return tuple(checked[name] for name in kind.natural_key)


def _decide_removal(job: Job, lookup: Lookup) -> Problem | None:
    if job.optiply_id is None:
        # The body is only for the natural key, by which the object may be found once its references are known.
        job.body, unknown = _resolved(job.kind, job.attributes, lookup)
        job.action, job.sent = "delete", {}
        if unknown is not None:
            return _waits_for(unknown)
    elif job.kind.removal is None:
        job.action, job.body, job.sent = "delete", {}, {}
    else:
        job.action = "disable"
        job.body = dict(job.kind.removal)
        job.sent = dict(job.kind.removal)
    return None


def _asked(job: Job) -> dict[str, Any]:
    if job.changed is None:
        return job.attributes
    return {name: job.attributes[name] for name in job.changed if name in job.attributes}


def _update_or_disable(job: Job, body: dict[str, Any]) -> Action:
    removal = job.kind.removal
    disables = removal is not None and all(body.get(name) == value for name, value in removal.items())
    return "disable" if disables and job.changed is not None else "update"


def _body(job: Job, asked: dict[str, Any], lookup: Lookup) -> tuple[dict[str, Any], Problem | None]:
    """The asked attributes with references resolved and values checked."""
    resolved, unknown = _resolved(job.kind, asked, lookup)
    if unknown is not None:
        return {}, _waits_for(unknown)
    try:
        return job.kind.model.checked(resolved), None
    except ValidationError as error:
        name, sentence = complaint(error)
        return {}, Problem("refused", sentence, name)


def _waits_for(reference: str) -> Problem:
    """`reference` is its name and remote id."""
    name, why = reference.split(" ")[0], "is not known to Optiply yet"
    return Problem("waiting", f"{reference} {why}", name, f"{name} {why}")


def _resolved(kind: type[Kind], asked: dict[str, Any], lookup: Lookup) -> tuple[dict[str, Any], str | None]:
    """(attributes with Optiply ids in place of remote ids, the first reference that is unknown)."""
    resolved, unknown = _with_ids(asked, kind.references, lookup)
    if kind.lines and resolved.get("orderLines") is not None:
        lines = []
        for line in _lines(resolved["orderLines"]):
            with_ids, unknown_in_line = _with_ids(line, kind.lines, lookup)
            unknown = unknown or unknown_in_line
            lines.append(with_ids)
        resolved["orderLines"] = lines
    return resolved, unknown


def _with_ids(
    values: dict[str, Any], references: Mapping[str, str], lookup: Lookup
) -> tuple[dict[str, Any], str | None]:
    resolved = dict(values)
    unknown = None
    for id_name, resource in references.items():
        remote_id = _text(resolved.pop(remote_name(id_name), None))
        if remote_id is None or resolved.get(id_name) is not None:
            continue
        found = lookup(resource, remote_id)
        if found is None:
            unknown = unknown or f"{remote_name(id_name)} {remote_id}"
        resolved[id_name] = found
    return resolved, unknown


def _lines(value: object) -> list[dict[str, Any]]:
    # HotGlue flows write nested lists as JSON text; what is no list of objects is left for the model to refuse.
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return []
    return [line if isinstance(line, dict) else {} for line in value] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """An id as text: 7.0 is "7" (frames turn whole numbers into floats), empty is None."""
    if value is None or value == "":
        return None
    number = _plain_numbers(value)
    return str(number)


def _plain_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with whole decimals as integers and other decimals in their shortest form."""
    if isinstance(value, dict):
        return {name: _plain_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    if isinstance(value, bool) or not hasattr(value, "as_integer_ratio"):
        return value
    return int(value) if value == int(value) else value.normalize() if hasattr(value, "normalize") else value
