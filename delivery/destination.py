"""What a system's writer must know so that each record becomes exactly one object there."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from connector.http.clock import ServerClock
from connector.http.pace import Pace
from connector.http.table import Fate
from vocabulary.entity import Entity


@dataclass(frozen=True)
class Reply:
    """What came of one request after all its repeats.

    Attributes:
        fate: what is done about it; of those that mean trouble only what the repeats left.
        id: the object's.
        message: the system's own words.
        rows: what a list holds.
        says: how it ended, for people, with the system's own words.
    """

    fate: Fate
    id: str | None = None
    message: str = ""
    rows: tuple[dict[str, Any], ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Found:
    """An object that the system lists.

    Attributes:
        id: the system's.
        attributes: as listed; the natural key is compared.
        created_at: ISO UTC; empty where the system does not say.
        mark: the remote id that it bears under our own name.
        foreign: the remote ids that it bears under names of which none is known to be ours.
        may_be_ours: nothing says that somebody else made it.
    """

    id: str
    attributes: Mapping[str, Any]
    created_at: str = ""
    mark: object = None
    foreign: tuple[object, ...] = ()
    may_be_ours: bool = True


class Writer(Protocol):
    """What can be asked of the system, or of the file of a dry run; safe to use from several threads.

    Each raises Stopped where nothing was sent, RunError where the run cannot go on. A reply whose fate is PARK says
    that the system may have acted, EXISTS that it has such an object, WITHOUT that it takes the rest of the record,
    CREATE_AGAIN and GONE that the object is not there, ORPHAN that something the record refers to is not.
    """

    def create(self, entity: str, attributes: dict[str, Any]) -> Reply:
        """A new object; never repeated once it may have reached the system."""

    def update(self, entity: str, object_id: str, attributes: dict[str, Any]) -> Reply:
        """Changes the given attributes alone."""

    def delete(self, entity: str, object_id: str) -> Reply:
        """Removes an object."""


@dataclass(frozen=True)
class Standing:
    """What there is to know of a record before it is set.

    Attributes:
        wanted: the record as the system is to have it, in full.
        held: what stands under its key; None: nothing.
        refusal: why it must not be set, as a sentence without a full stop.
        note: what was changed in it, and why.
    """

    wanted: dict[str, Any]
    held: Mapping[str, Any] | None = None
    refusal: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Applied:
    """What became of a change that counts once: accepted, refused, failed, or waiting, with the reason."""

    status: Literal["accepted", "refused", "failed", "waiting"]
    reason: str | None = None


class Setter(Protocol):
    """What the writer of a destination must do besides, where the `repeat` of an entity is `upsert`.

    Groups of records are set one after another.
    """

    def look(self, entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Standing]:
        """What there is to know of each record before it is set."""

    def upsert(self, entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Reply]:
        """Sets records by their natural key; a bad one costs no other."""

    def held(self, entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Mapping[str, Any] | None]:
        """What is held under the natural key of each record, to compare with it; None where there is nothing."""


class Applier(Protocol):
    """What the writer of a destination must do besides, where the `repeat` of an entity is `once`."""

    def apply(self, entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Applied]:
        """Applies changes, each once and for ever; called again with one that was applied, it does nothing."""


class Destination(Protocol):
    """A system that records are written to."""

    name: str  # of the system, for messages
    program: str  # its target, for the log
    clock: ServerClock  # the system's
    pace: Pace
    stop: threading.Event  # set: nothing more is sent

    @property
    def entities(self) -> Sequence[Entity]:
        """In load order."""

    @property
    def writer(self) -> Writer:
        """Who sends."""

    def listed(
        self, entity: Entity, *, since: datetime | None = None, key: Mapping[str, Any] | None = None
    ) -> Iterable[Found]:
        """The objects created at or after `since`, or those with a natural key; all of them where neither is given.

        Raises RunError when the whole list cannot be had.
        """

    def learn_time(self, entity: Entity) -> None:
        """Asks for something small, so that the clock is the system's."""
