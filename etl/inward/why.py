"""What `snapshot why` explains of an account: the records that stand for a product or a document, and what was read."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from connector.errors import ProgramError
from store.snapshot import Snapshot

Grid = tuple[tuple[str, ...], list[list[Any]]]
"""A table: its titles and its rows."""
Read = Callable[[Collection[str], bytes], Iterator[tuple[str, dict[str, Any]]]]
_COLUMNS = ("stream", "remote_id", "wanted", "acknowledged", "id", "held", "held_since", "status", "reason", "sent_at")
_BELONGS = ("productRemoteId", "composedProductRemoteId", "partProductRemoteId", "buyOrderRemoteId", "supplierRemoteId")


@dataclass(frozen=True)
class Origins:
    """Where the records of a system come from.

    streams: stream of Optiply → the source's stream and the id of its records. numbers: stream of the source → what
    people call its documents by.
    """

    system: str
    streams: Mapping[str, tuple[str, str]]
    numbers: Mapping[str, str]


@dataclass(frozen=True)
class RecordStory:
    """One record of the store, attribute by attribute, with what was read for it and what belongs to it."""

    system: str
    stream: str
    remote_id: str
    id: str | None
    says: list[str]
    attributes: list[list[Any]]
    read: list[dict[str, Any]] = field(default_factory=list)
    beside: dict[str, int] = field(default_factory=dict)


def stories(
    origins: Origins,
    snapshot: Snapshot,
    read: Read,
    unread: Callable[[str, str], str | None],
    asked: str,
    *,
    order_only: bool,
) -> Iterator[RecordStory]:
    """The records with this id, code or number, products first; orders and documents alone with `order_only`.

    Raises ProgramError where nobody knows one.
    """
    numbers = _numbers(origins, read, asked)
    batches = snapshot.rows(_query(len(numbers)), (asked, asked, *numbers))
    rows = [dict(zip(_COLUMNS, row, strict=True)) for batch in batches for row in batch]
    wanted = [stream for stream in origins.streams if not (order_only and stream in ("products", "suppliers"))]
    rows = [row for row in rows if row["stream"] in wanted]
    rows.sort(key=lambda row: (list(origins.streams).index(row["stream"]), row["remote_id"]))
    if not rows:
        raise ProgramError(
            f"{snapshot.title}: nothing there has the id, code or number {asked!r}. Ids are {origins.system}'s own; "
            "the code of a product and the number of an order are taken, too."
        )
    for row in rows:
        yield _story(origins, snapshot, read, unread, row)


def _query(numbers: int) -> str:
    marks = ", ".join("?" * numbers)
    return (
        f"SELECT {', '.join(_COLUMNS)} FROM records WHERE remote_id = ? OR json_extract(wanted, '$.skuCode') = ? "
        f"OR (stream IN ('sellOrders', 'buyOrders') AND remote_id IN ({marks}))"  # nosec B608
    )


def _numbers(origins: Origins, read: Read, asked: str) -> list[str]:
    """The ids of documents with this number, of those that the last run read."""
    ids = dict(origins.streams.values())
    return [
        str(record[ids[stream]])
        for stream, record in read(tuple(origins.numbers), asked.encode())
        if str(record.get(origins.numbers[stream])) == asked and ids[stream] in record
    ]


def _story(
    origins: Origins, snapshot: Snapshot, read: Read, unread: Callable[[str, str], str | None], row: dict[str, Any]
) -> RecordStory:
    stream, remote_id = row["stream"], row["remote_id"]
    wanted, accepted = (msgspec.json.decode(row[name]) if row[name] else {} for name in ("wanted", "acknowledged"))
    names = dict.fromkeys([*wanted, *accepted])
    attributes = [
        [name, _shown(wanted.get(name)), _shown(accepted.get(name)), _differs(wanted.get(name), accepted.get(name))]
        for name in names
    ]
    source, key = origins.streams[stream]
    found = [record for _, record in read((source,), remote_id.encode()) if str(record.get(key)) == remote_id]
    says = list(_says(row))
    if lost := unread(source, remote_id):
        says.append(lost)
    return RecordStory(
        origins.system, stream, remote_id, row["id"], says, attributes, found[-1:], _beside(snapshot, remote_id)
    )


def _says(row: dict[str, Any]) -> Iterator[str]:
    if row["held"]:
        yield f"It is held since {row['held_since'] or 'the import'}: {row['held']}."
    if row["id"]:
        yield f"Optiply has it as {row['id']}; last accepted {row['sent_at'] or 'before it was taken over'}."
    else:
        yield "Optiply is not known to have it."
    if row["status"]:
        reason = f" ({row['reason']})" if row["reason"] else ""
        yield f"Last answer: {row['status']}{reason}."


def _beside(snapshot: Snapshot, remote_id: str) -> dict[str, int]:
    """How many records of which stream name this one."""
    named = " OR ".join(f"json_extract(wanted, '$.{name}') = ?" for name in _BELONGS)
    query = f"SELECT stream, count(*) FROM records WHERE {named} GROUP BY stream ORDER BY stream"  # nosec B608
    return {stream: count for rows in snapshot.rows(query, (remote_id,) * len(_BELONGS)) for stream, count in rows}


def _differs(wanted: object, accepted: object) -> str:
    return "" if wanted == accepted else "differs"


def _shown(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def told(story: RecordStory) -> Iterator[str | Grid]:
    """One story for a person: sentences and a table."""
    yield f"{story.stream} {story.remote_id} (the id in {story.system})."
    yield from story.says
    if story.attributes:
        yield ("attribute", "wanted", "accepted by Optiply", ""), story.attributes
    for stream, count in story.beside.items():
        yield f"{count} {stream} name it."
    for record in story.read:
        yield f"Last read: {json.dumps(record, ensure_ascii=False)}"
