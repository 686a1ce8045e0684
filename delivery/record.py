"""One record on its way to Optiply: what it asks for. Pure: sends nothing.

`Kind` is what a sink of sinks.py declares about its resource; `Job` is one record. Its request is made in decide.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Literal

import msgspec

from connector.values import Unfit, id_text, moment, number
from vocabulary.optiply import Entity
from vocabulary.values import decoded

Action = Literal["create", "update", "disable", "delete", "adopt"]
Status = Literal["accepted", "refused", "failed", "waiting", "unanswered"]

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


@dataclass(frozen=True)
class Problem:
    """Why a record makes no request: refused for good, or waiting for a reference."""

    status: Status
    reason: str
    field: str | None = None
    in_general: str | None = None  # the reason without this record's own values, for counting
    holds_state: bool = False  # nothing tells which record it is: it must be read again


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
    problem: Problem | None = None  # why the record as it came is of no use

    action: Action = "create"
    optiply_id: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    is_new: bool = True  # not looked at yet
    adopted: bool = False
    note: str | None = None
    attempts: int = 0  # creates that this run saw no answer to
    looked_up: int = 0
    lost_at: datetime | None = None  # Optiply's time
    pause: float = 0.0  # seconds between the last look-up and the next
    due: float = 0.0  # monotonic second of the next look-up
    given_up_at: float = 0.0  # monotonic second from which on what is not found counts as not created

    @property
    def resource(self) -> str:
        """Optiply's name of the resource."""
        return self.kind.resource

    @property
    def key(self) -> tuple[str, str]:
        """What at most one request may be in flight for."""
        return self.kind.resource, self.remote_id


def read_record(kind: type[Kind], stream: str, record: dict[str, Any], keys: tuple[str, ...] = ()) -> Job:
    """The job a record stands for; `remoteId`, else `externalId`, else the stream's key names it.

    Where nothing names the record, or a value in it is of no use, the job has a problem and no attributes.
    """
    attributes = {name: value for name, value in record.items() if name not in STEERING and name[:5] != "_sdc_"}
    remote_id = ""
    try:
        remote_id = name_of(record, keys)
        optiply_id = _id(record, "id")
        deleted = _is_deleted(record.get("deleted_at"))
        for name in attributes:
            _check_size(name, attributes[name])
    except Unfit as unfit:
        field = str(unfit).split(" ", 1)[0]
        return Job(kind, stream, remote_id, {}, problem=Problem("refused", str(unfit), field))
    changed = record.get("_changed")
    return Job(
        kind,
        stream,
        remote_id,
        attributes,
        explicit_id=optiply_id,
        changed=tuple(name for name in changed if isinstance(name, str)) if isinstance(changed, list) else None,
        deleted=deleted,
        hash=record_hash(attributes, deleted=deleted),
    )


def name_of(record: Mapping[str, Any], keys: tuple[str, ...] = ()) -> str:
    """What a record is called: `remoteId`, else `externalId`, else the values of the stream's `keys`, else `id:…`.

    Raises Unfit, a sentence that begins with the field, when nothing names it or what should do so is not an id.
    """
    remote_id = _id(record, "remoteId") or _id(record, "externalId")
    if remote_id is not None:
        return remote_id
    parts = [_id(record, key) for key in keys if key != "id"]
    if parts and all(parts):
        return "-".join(str(part) for part in parts)
    optiply_id = _id(record, "id")
    if optiply_id is None:
        raise Unfit("remoteId is missing, and nothing else names the record; give each record the source's own id")
    return f"id:{optiply_id}"


def _id(record: Mapping[str, Any], name: str) -> str | None:
    try:
        return text_of(record.get(name))
    except Unfit as unfit:
        raise Unfit(f"{name} {unfit}; give the source's own id") from None


def record_hash(attributes: dict[str, Any], *, deleted: bool) -> str:
    """Hex SHA-256 of what a record asks for; equal numbers hash equally however they are written."""
    asked = attributes | {"deleted_at": True} if deleted else attributes
    return hashlib.sha256(_CANONICAL.encode(_plain_numbers(asked))).hexdigest()


def unknown_names(job: Job) -> list[str]:
    """Attributes that Optiply's resource does not have; they are reported and not sent."""
    known, known_in_lines = _known_names(job.kind)  # type: ignore[arg-type]  # mypy misses that classes hash
    unknown = [name for name in job.attributes if name not in known]
    if known_in_lines and job.attributes.get("orderLines"):
        in_lines = dict.fromkeys(name for line in lines_of(job.attributes["orderLines"]) or () for name in line)
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


def lines_of(value: object) -> list[dict[str, Any]] | None:
    """The lines of an order, also from JSON text, each as an object; None for what the model is to refuse."""
    try:
        value = decoded(value)
    except ValueError:
        return None
    return [line if isinstance(line, dict) else {} for line in value] if isinstance(value, list) else None


def text_of(value: object) -> str | None:
    """An id as text: 7.0 is "7" (frames turn whole numbers into floats), empty is None. Raises Unfit."""
    return None if value is None or value == "" else id_text(value)


def _is_deleted(value: object) -> bool:
    """Whether `deleted_at` says so: a moment or true. Raises Unfit for what is neither that nor empty nor false."""
    if value is None or value == "" or isinstance(value, bool):
        return bool(value)
    try:
        return bool(moment(value))
    except Unfit as unfit:
        raise Unfit(f"deleted_at {unfit}; give the time of the removal, or leave it empty") from None


def _check_size(name: str, value: object) -> None:
    """Raises Unfit for a number, at any depth, that no code should calculate with: 1e999999999."""
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            _check_size(name, item)
    elif isinstance(value, Decimal) or (isinstance(value, int) and value.bit_length() > 64):
        try:
            number(value)
        except Unfit as unfit:
            raise Unfit(f"{name} {unfit}; correct it at the source") from None


def _plain_numbers(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with whole decimals as integers and other decimals in their shortest form."""
    if isinstance(value, dict):
        return {name: _plain_numbers(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    if isinstance(value, bool) or not hasattr(value, "as_integer_ratio"):
        return value
    return int(value) if value == int(value) else value.normalize() if hasattr(value, "normalize") else value
