"""Finds out which objects the destination has that we do not know: for unanswered creates and lost snapshots.

Where a system has neither an idempotency key nor a search by remote id, what it gained is listed and matched: a mark
of our own decides, together with the natural key where the entity says so; without one, a sole remote id under another
name that equals ours counts if the natural key agrees (after an unanswered create also when neither has one: a product
without SKU); without any mark the natural key decides, when exactly one object fits.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.values import Unfit, moment
from delivery.decide import agrees, natural_key
from delivery.destination import Destination, Found
from delivery.ids import IdMap
from delivery.record import Job, text_of
from vocabulary.entity import Entity

MARGIN = timedelta(minutes=5)  # clocks and slow commits
EARLY_MARGIN = timedelta(seconds=15)  # enough for most; a look-up that misses is followed by one with the whole margin


@dataclass
class Gained:
    """Listed objects of one entity by what may tell them apart; values are the system's ids."""

    ours: dict[str, dict[str, tuple[Any, ...] | None]] = field(default_factory=dict)
    sole: dict[str, dict[str, tuple[Any, ...] | None]] = field(default_factory=dict)
    unmarked: dict[tuple[Any, ...], set[str]] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)  # id -> time of creation
    claimable: set[str] = field(default_factory=set)  # ids of what may be ours
    differing: set[str] = field(default_factory=set)  # ids that bear the mark of a record and are not it

    def take_in(self, entity: Entity, found: Found) -> None:
        """Notes an object."""
        natural = natural_key(entity, found.attributes)
        self.created[found.id] = _moment_or_nothing(found.created_at)
        if found.may_be_ours:
            self.claimable.add(found.id)
        if found.mark is not None:
            self.ours.setdefault(_comparable(found.mark), {})[found.id] = natural
        elif len(found.foreign) == 1:
            self.sole.setdefault(_comparable(found.foreign[0]), {})[found.id] = natural
        elif not found.foreign and natural is not None:
            self.unmarked.setdefault(natural, set()).add(found.id)


def match(job: Job, gained: Gained, is_free: Callable[[str], bool]) -> list[str]:
    """The free ids that fit the record: none, the one, or several that cannot be told apart. Changes nothing."""
    key = natural_key(job.entity, {**job.attributes, **job.body})
    sole: Mapping[str, object] = gained.sole.get(job.remote_id, {})
    ours = gained.ours.get(job.remote_id, {})
    stages: tuple[Iterable[str], ...] = (
        [found for found, natural in ours.items() if agrees(key, natural) or not job.entity.mark_needs_key],
        [found for found, natural in sole.items() if natural == key and (key is not None or job.lost.looked_up)],
        gained.unmarked.get(key, ()) if key is not None else (),
    )
    for stage in stages:
        free = {found for found in stage if is_free(found)}
        if free:
            return sorted(free, key=lambda found: (len(found), found))
    return []


class Account:
    """What the destination holds beyond the known ids, as far as it was listed."""

    def __init__(self, destination: Destination, ids: IdMap) -> None:
        """Lists nothing yet."""
        self._destination = destination
        self._logger = logging.getLogger(destination.program)
        self._ids = ids
        self._gained: dict[str, Gained] = {}
        self._vanished: set[tuple[str, str]] = set()

    def list_gained(self, entity: Entity, since: datetime | None, *, early: bool = False) -> None:
        """Lists what was created at or after `since` less a margin; everything when `since` is None.

        An `early` list is short, and may lack something.

        Raises RunError when the list cannot be had.
        """
        gained = self._gained.setdefault(entity.name, Gained())
        margin = EARLY_MARGIN if early else MARGIN
        count = 0
        for found in self._destination.listed(entity, since=None if since is None else since - margin):
            if not self._ids.knows(entity.name, found.id):
                gained.take_in(entity, found)
                count += 1
        what = "everything" if since is None else "what the account gained"
        unknown = "1 object is" if count == 1 else f"{count} objects are"
        self._logger.info("%s: listed %s; %s not in the snapshot.", entity.name, what, unknown)

    def find(self, job: Job) -> list[str]:
        """The listed ids that fit the record, as `match` says."""
        gained = self._gained.get(job.resource, Gained())
        return match(job, gained, lambda found: self._is_free(job.resource, found))

    def differing(self, job: Job) -> list[str]:
        """The listed ids that bear the record's mark while `find` finds none, as they differ in what must agree."""
        gained = self._gained.get(job.resource, Gained())
        found = sorted(one for one in gained.ours.get(job.remote_id, ()) if self._is_free(job.resource, one))
        gained.differing.update(found)
        return found

    def claim(self, job: Job, found: list[str]) -> bool:
        """Whether one object alone fits: it is the record's from now on. Several are remembered as perhaps ours."""
        if len(found) == 1:
            self._ids.learn(job.resource, job.remote_id, found[0])
            return True
        self._gained[job.resource].claimable.update(found)
        return False

    def claim_marked(self, entity: Entity) -> dict[str, str]:
        """Remote id -> id of the listed objects that bear our mark and have no record; they are known from now on."""
        claimed = {}
        gained = self._gained.get(entity.name, Gained())
        for remote_id, found in gained.ours.items():
            free = [one for one in found if self._is_free(entity.name, one) and one not in gained.differing]
            if len(free) == 1 and self._ids.get(entity.name, remote_id) is None:
                claimed[remote_id] = free[0]
                self._ids.learn(entity.name, remote_id, free[0])
        return claimed

    def unclaimed_since(self, entity: Entity) -> str | None:
        """When the oldest listed object was created that may be ours and has no record yet; None when there is none.

        Pairs need no such memory: a second one is refused.
        """
        gained = self._gained.get(entity.name, Gained())
        free = (found for found in gained.claimable if self._is_free(entity.name, found))
        return None if entity.is_pair else min((gained.created[found] for found in free), default=None)

    def vanished(self, resource: str, object_id: str) -> None:
        """The object is gone since it was listed; it is not found again."""
        self._vanished.add((resource, object_id))

    def pair(self, job: Job) -> list[str]:
        """The ids of exactly the record's pair, asked for with its full key; none of another record."""
        return [found.id for found in self._same_pairs(job)]

    def pair_to_remove(self, job: Job) -> list[str]:
        """The ids of a pair that may be ours and is older than what was listed, since pairs are not remembered."""
        if not job.entity.is_pair or not job.deleted or job.resource not in self._gained:
            return []
        if natural_key(job.entity, job.body) is None:
            return []  # a removal need not say which pair it was
        return [found.id for found in self._same_pairs(job) if found.may_be_ours]

    def _same_pairs(self, job: Job) -> list[Found]:
        key = {name: job.body[name] for name in job.entity.natural_key}
        wanted = natural_key(job.entity, job.body)
        listed = self._destination.listed(job.entity, key=key)
        same = [found for found in listed if natural_key(job.entity, found.attributes) == wanted]
        return [one for one in same if self._ids.owner(job.resource, one.id) in (None, job.remote_id)]

    def _is_free(self, resource: str, object_id: str) -> bool:
        return (resource, object_id) not in self._vanished and not self._ids.knows(resource, object_id)


def _moment_or_nothing(text: str) -> str:
    """When an object was created, comparable as text; empty, which is before everything, where that cannot be told."""
    try:
        return moment(text)
    except Unfit:
        return ""


def _comparable(mark: object) -> str:
    """A remote id that the destination holds, in the form that records have here: one may have been written as 1.0."""
    try:
        return text_of(mark) or ""
    except Unfit:
        return str(mark)
