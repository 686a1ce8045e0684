"""One record on its way to Optiply: what it asks for. Pure: sends nothing.

`Kind` is what a sink of sinks.py declares about its resource; `Job` is one record. Its request is made in decide.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Literal

import msgspec

from target_optiply.errors import InputError
from target_optiply.models import Entity

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
    optiply_id = text_of(record.get("id"))
    given = record.get("remoteId"), record.get("externalId")
    if any(isinstance(value, (list, dict)) for value in given):
        raise InputError("its remoteId is neither text nor a number; give the source's own id")
    remote_id = text_of(given[0]) or text_of(given[1])
    if remote_id is None:
        parts = [text_of(record.get(key)) for key in keys if key != "id"]
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
        in_lines = dict.fromkeys(name for line in lines_of(job.attributes["orderLines"]) for name in line)
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


def lines_of(value: object) -> list[dict[str, Any]]:
    """The lines of an order, also from JSON text; what is no list of objects is left for the model to refuse."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return []
    return [line if isinstance(line, dict) else {} for line in value] if isinstance(value, list) else []


def text_of(value: object) -> str | None:
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
