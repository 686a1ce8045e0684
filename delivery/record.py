"""One record on its way: what it asks for. Pure: sends nothing; its request is made in decide.py."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from connector.collation import folded
from connector.values import Unfit, id_text, moment, number, text
from vocabulary.entity import Entity
from vocabulary.values import decoded

Action = Literal["create", "update", "disable", "delete", "adopt"]
Status = Literal["accepted", "refused", "failed", "waiting", "unanswered"]

STEERING = frozenset({"remoteId", "externalId", "id", "_changed", "deleted_at"})
_CANONICAL = msgspec.json.Encoder(order="sorted", decimal_format="number")


@dataclass(frozen=True)
class Problem:
    """Why a record makes no request: refused for good, or waiting for a reference."""

    status: Status
    reason: str
    field: str | None = None
    in_general: str | None = None  # the reason without this record's own values, for counting
    holds_state: bool = False  # nothing tells which record it is: it must be read again


@dataclass
class Lost:
    """What is known of a create whose answer was not seen."""

    at: datetime | None = None  # of the last announcement, in the destination's time
    attempts: int = 0  # that this run saw no answer to
    looked_up: int = 0
    pause: float = 0.0  # seconds between the last look-up and the next
    due: float = 0.0  # monotonic second of the next look-up
    given_up_at: float = 0.0  # monotonic second from which on what is not found counts as not created


@dataclass(eq=False)
class Job:
    """One record: what it asks for, and what was decided on its way."""

    entity: Entity
    stream: str  # as the input names it
    remote_id: str
    attributes: dict[str, Any]
    explicit_id: str | None = None
    changed: tuple[str, ...] | None = None
    deleted: bool = False
    sequence: int = 0  # of the input; 0: of an earlier run
    hash: str = ""
    old_hash: str | None = None
    problem: Problem | None = None  # why the record as it came is of no use

    action: Action = "create"
    object_id: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    is_new: bool = True  # not looked at yet
    adopted: bool = False
    vanished: bool = False  # its object was found to be gone
    asks: bool = False  # says nothing new: its answer tells whether its object is there
    note: str | None = None
    lost: Lost = field(default_factory=Lost)

    @property
    def resource(self) -> str:
        """The entity's name."""
        return self.entity.name

    @property
    def key(self) -> tuple[str, str]:
        """What at most one request may be in flight for."""
        return self.entity.name, self.remote_id


def read_record(entity: Entity, stream: str, record: dict[str, Any], keys: tuple[str, ...] = ()) -> Job:
    """The job a record stands for; `remoteId`, else `externalId`, else the stream's key names it.

    Where nothing names the record, or a value in it is of no use, the job has a problem and no attributes.
    """
    attributes = {name: value for name, value in record.items() if name not in STEERING and name[:5] != "_sdc_"}
    remote_id = ""
    try:
        remote_id = name_of(entity, record, keys)
        object_id = _id(record, "id")
        deleted = _is_deleted(record.get("deleted_at"))
        for name in attributes:
            _check_size(name, attributes[name])
    except Unfit as unfit:
        field = str(unfit).split(" ", 1)[0]
        return Job(entity, stream, remote_id, {}, problem=Problem("refused", str(unfit), field))
    changed = record.get("_changed")
    return Job(
        entity,
        stream,
        remote_id,
        attributes,
        explicit_id=object_id,
        changed=tuple(name for name in changed if isinstance(name, str)) if isinstance(changed, list) else None,
        deleted=deleted,
        hash=record_hash(attributes, deleted=deleted),
    )


def name_of(entity: Entity, record: Mapping[str, Any], keys: tuple[str, ...] = ()) -> str:
    """What a record is called: `remoteId`, else `externalId`, else the values of the stream's `keys`, else `id:…`.

    What is set by its natural key is called by that, as a database compares it; what counts once by it as it stands.

    Raises Unfit, a sentence that begins with the field, when nothing names it or what should do so is not an id.
    """
    if entity.repeat != "never":
        named = [_key_part(record, name) for name in entity.natural_key]
        return ":".join(map(folded, named) if entity.repeat == "upsert" else named)
    remote_id = _id(record, "remoteId") or _id(record, "externalId")
    if remote_id is not None:
        return remote_id
    parts = [_id(record, key) for key in keys if key != "id"]
    if parts and all(parts):
        return "-".join(str(part) for part in parts)
    object_id = _id(record, "id")
    if object_id is None:
        raise Unfit("remoteId is missing, and nothing else names the record; give each record the source's own id")
    return f"id:{object_id}"


def _key_part(record: Mapping[str, Any], name: str) -> str:
    try:
        found = "" if record.get(name) is None else text(record[name]).rstrip(" ")
    except Unfit as unfit:
        raise Unfit(f"{name} {unfit}; correct it at the source") from None
    if not found:
        raise Unfit(f"{name} is missing, and a record is called by it; correct it at the source")
    return found


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
    """Attributes that the entity does not have; they are reported and not sent."""
    inside = (
        f"{name}.{inner}"
        for name in job.entity.lines
        for inner in dict.fromkeys(inner for line in lines_of(job.attributes.get(name)) or () for inner in line)
    )
    return [name for name in (*job.attributes, *inside) if name not in job.entity.known_names]


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
