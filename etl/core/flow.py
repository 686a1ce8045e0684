"""What a flow declares, and its run: read the input, keep the facts, work out what there should be, offer what differs.

Pure but for the store and the writer it is given: the time, the configuration and the input are arguments.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import MetaData

from connector.canonical import canonical
from connector.names import DESTINATION
from etl.core.flags import Flags, load_flags
from etl.core.input import Input
from etl.core.mapping import FieldMap, MapTable
from etl.core.offers import read_offers, record_lines
from etl.core.report import Tally
from etl.core.schemas import schema_message
from etl.core.streams import Streams
from store.bulk import collector_at_rest
from store.care import Known, TakenOver
from store.snapshot import Snapshot
from vocabulary.entity import Entity

Write = Callable[[Iterable[bytes]], None]
C = TypeVar("C", bound=Flags)
W = TypeVar("W", bound="Work")


class Work(Protocol):
    """What the steps of one run hand on to each other; it takes the input in first."""

    def take(self, stream: str, records: list[Any]) -> None:
        """Takes one batch in; its records have the shape that the stream declares."""


@dataclass(frozen=True)
class Run(Generic[C]):
    """What every step of a run is given; `at` (UTC) is used for waiting times alone."""

    config: C
    field_map: FieldMap
    snapshot: Snapshot
    report: Tally
    source: Input
    at: datetime


@dataclass(frozen=True)
class Offered:
    """Records that are offered: of which entity, which attributes are left to others once created, whether all are
    offered again, and whether they are written once and never again (by default as the vocabulary says)."""

    entity: Entity
    never_compared: tuple[str, ...] = ()
    force: bool = False
    once: bool | None = None


@dataclass(frozen=True, eq=False)
class Flow(Generic[C, W]):
    """One system's way into a destination.

    Attributes:
        name: as in a configuration's `system`; its mapping table is configs/field_maps/<name>.csv.
        streams: what it reads.
        fields: what its mapping table may name.
        flags: its configuration.
        facts: the tables in which the store keeps what was read.
        begin: makes the work of one run.
        steps: what is done with it once the input is read to its end, in this order.
        offers: what is offered with these flags, in load order.
        take_over: notes ids that the destination has of records, inside a transaction.
        destination: whose store it is.
    """

    name: str
    streams: Streams
    fields: MapTable
    flags: type[C]
    facts: MetaData
    begin: Callable[[Run[C]], W]
    steps: tuple[Callable[[Run[C], W], None], ...]
    offers: Callable[[C], list[Offered]]
    take_over: Callable[[Snapshot, str, Iterable[Known]], TakenOver]
    destination: str = DESTINATION

    def load_config(self, values: Mapping[str, Any]) -> tuple[C, list[str]]:
        """Config mapping → flags and notes for the log. Raises ConfigError."""
        return load_flags(self.flags, values)


@dataclass(frozen=True)
class FlowResult:
    """What a run came to: the report without step and seconds, and how many records were offered."""

    report: dict[str, Any]
    offered: int


def run(
    flow: Flow[C, W], source: Input, config: C, field_map: FieldMap, snapshot: Snapshot, now: datetime, write: Write
) -> FlowResult:
    """Reads `source` to its end and writes what is to be offered, as Singer lines in load order.

    Facts and wanted pictures are in one transaction, committed when this returns: only then may what was written be
    published. `now` is aware. Raises what `source` raises, and ConfigError; nothing is kept then.
    """
    this = Run(config, field_map, snapshot, Tally(flow.flags.entities), source, now.astimezone(timezone.utc))
    snapshot.keep(flow.facts)
    with snapshot.transaction(), collector_at_rest():
        work = flow.begin(this)
        for batch in source.batches():
            work.take(batch.stream, batch.records)
        for step in flow.steps:
            step(this, work)
        if source.state is not None:
            snapshot.set_state(source.state)
        offered = sum(_offer(this, each, write) for each in flow.offers(config))
        if source.state is not None:
            write([canonical({"type": "STATE", "value": source.state}).encode() + b"\n"])
    return FlowResult(this.report.as_dict(), offered)


def _offer(this: Run[C], offered: Offered, write: Write) -> int:
    entity, total = offered.entity, 0
    lines = {name: this.field_map[name] for name in entity.lines}
    write([schema_message(entity.name, this.field_map[entity.name], lines)])
    once = not entity.patched_when_adopted if offered.once is None else offered.once
    for offers in read_offers(this.snapshot, entity.name, offered.never_compared, offered.force, once=once):
        write(record_lines(entity.name, offers))
        total += len(offers)
        this.report.count(entity.name, "offered", len(offers))
    return total
