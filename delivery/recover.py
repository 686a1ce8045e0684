"""Finds out which objects Optiply has that we do not know: for unanswered creates and lost snapshots.

Optiply has neither an idempotency key nor a search by remote id, so what the account gained is listed and matched:
an entry of `remoteIdMap` under our coupling decides; without one, a sole entry equal to our remote id counts if the
natural key agrees (after an unanswered create also when neither has one: a product without SKU); without any entry
the natural key decides, when exactly one object fits.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from connector.errors import RunError
from connector.http.clock import ISO
from connector.values import Unfit
from delivery.decide import natural_key
from delivery.ids import IdMap
from delivery.record import Job, text_of
from vocabulary.entity import Entity

logger = logging.getLogger("target-optiply")
MARGIN = timedelta(minutes=5)  # clocks and slow commits
EARLY_MARGIN = timedelta(seconds=15)  # enough for most; a look-up that misses is followed by one with the whole margin


class Lister(Protocol):
    """The part of the client that is needed here."""

    def objects(self, resource: str, filters: dict[str, str], *, of_account: bool) -> Iterable[dict[str, Any]]:
        """All objects that fit the filters."""
        ...


@dataclass
class _Listed:
    """Objects of one resource by what may tell them apart; values are Optiply ids."""

    ours: dict[str, set[str]] = field(default_factory=dict)
    sole: dict[str, dict[str, tuple[Any, ...] | None]] = field(default_factory=dict)
    unmarked: dict[tuple[Any, ...], set[str]] = field(default_factory=dict)
    created: dict[str, str] = field(default_factory=dict)  # id -> time of creation
    claimable: set[str] = field(default_factory=set)  # ids of what may be ours


class Account:
    """What the account holds beyond the known ids, as far as it was listed."""

    def __init__(self, client: Lister, ids: IdMap, coupling_id: str | None) -> None:
        """Lists nothing yet."""
        self._client = client
        self._ids = ids
        self._coupling = coupling_id
        self._listed: dict[str, _Listed] = {}
        self._vanished: set[tuple[str, str]] = set()

    def list_gained(self, entity: Entity, since: datetime | None, *, early: bool = False) -> None:
        """Lists what was created at or after `since` less a margin; everything when `since` is None.

        An `early` list is short, and may lack something.

        Raises RunError when the list cannot be had.
        """
        listed = self._listed.setdefault(entity.name, _Listed())
        margin = EARLY_MARGIN if early else MARGIN
        filters = {} if since is None else {"createdAt][GE": (since - margin).strftime(ISO)}
        count = 0
        for row in self._client.objects(entity.name, filters, of_account=entity.of_account):
            if not self._ids.knows(entity.name, str(row["id"])):
                self._take_in(entity, listed, row)
                count += 1
        what = "everything" if since is None else "what the account gained"
        unknown = "1 object is" if count == 1 else f"{count} objects are"
        logger.info("%s: listed %s; %s not in the snapshot.", entity.name, what, unknown)

    def find(self, job: Job) -> list[str]:
        """The Optiply ids that fit the record: none, the one, or several that cannot be told apart."""
        listed = self._listed.get(job.resource)
        if listed is None:
            return []
        key = natural_key(job.entity, {**job.attributes, **job.body})
        sole = listed.sole.get(job.remote_id, {})
        stages: tuple[Iterable[str], ...] = (
            listed.ours.get(job.remote_id, ()),
            [found for found, natural in sole.items() if natural == key and (key is not None or job.looked_up)],
            listed.unmarked.get(key, ()) if key is not None else (),
        )
        for stage in stages:
            unknown = {found for found in stage if self._is_free(job.resource, found)}
            if len(unknown) > 1:
                listed.claimable |= unknown
            if unknown:
                return sorted(unknown, key=lambda found: (len(found), found))
        return []

    def unclaimed_since(self, entity: Entity) -> str | None:
        """When the oldest listed object was created that may be ours and has no record yet; None when there is none.

        Pairs need no such memory: Optiply refuses a second one.
        """
        listed = self._listed.get(entity.name, _Listed())
        free = (found for found in listed.claimable if self._is_free(entity.name, found))
        return None if entity.is_pair else min((listed.created[found] for found in free), default=None)

    def claim_marked(self, entity: Entity) -> dict[str, str]:
        """Remote id -> id of the listed objects that bear our mark and have no record; they are known from now on."""
        claimed = {}
        for remote_id, found in self._listed.get(entity.name, _Listed()).ours.items():
            free = [one for one in found if self._is_free(entity.name, one)]
            if len(free) == 1 and self._ids.get(entity.name, remote_id) is None:
                claimed[remote_id] = free[0]
                self._ids.learn(entity.name, remote_id, free[0])
        return claimed

    def vanished(self, resource: str, object_id: str) -> None:
        """The object is gone since it was listed; it is not found again."""
        self._vanished.add((resource, object_id))

    def _is_free(self, resource: str, object_id: str) -> bool:
        return (resource, object_id) not in self._vanished and not self._ids.knows(resource, object_id)

    def pair(self, job: Job) -> list[str]:
        """The ids Optiply gives for exactly the record's pair, asked with the full filter; none of another record."""
        filters = {name: str(job.body[name]) for name in job.entity.natural_key}
        wanted = natural_key(job.entity, job.body)
        rows = self._client.objects(job.resource, filters, of_account=job.entity.of_account)
        found = [str(row["id"]) for row in rows if natural_key(job.entity, _attributes(job.resource, row)) == wanted]
        return [one for one in found if self._ids.owner(job.resource, one) in (None, job.remote_id)]

    def _take_in(self, entity: Entity, listed: _Listed, row: dict[str, Any]) -> None:
        object_id = str(row["id"])
        attributes = _attributes(entity.name, row)
        natural = natural_key(entity, attributes)
        entries = {coupling: _comparable(entry) for coupling, entry in (attributes.get("remoteIdMap") or {}).items()}
        listed.created[object_id] = str(attributes.get("createdAt") or "")
        if self._coupling is None or self._coupling in entries or "remoteIdMap" not in attributes:
            listed.claimable.add(object_id)
        if self._coupling is not None and self._coupling in entries:
            listed.ours.setdefault(entries[self._coupling], set()).add(object_id)
        elif len(entries) == 1:
            (remote_id,) = entries.values()
            listed.sole.setdefault(remote_id, {})[object_id] = natural
        elif not entries and natural is not None:
            listed.unmarked.setdefault(natural, set()).add(object_id)


def _attributes(resource: str, row: dict[str, Any]) -> dict[str, Any]:
    """The attributes of a listed object. Raises RunError where it cannot be told whose it is."""
    attributes = row.get("attributes")
    if isinstance(attributes, dict) and isinstance(attributes.get("remoteIdMap") or {}, dict):
        return attributes
    what = "attributes" if not isinstance(attributes, dict) else "remoteIdMap"
    raise RunError(
        f"Optiply lists {resource} {row['id']} with {what} of another shape than its API promises, so it is not known "
        "which records exist already and nothing more was created; run again later, or ask Optiply."
    )


def _comparable(entry: object) -> str:
    """A remote id that Optiply holds, in the form that records have here: an older program may have written 1.0."""
    try:
        return text_of(entry) or ""
    except Unfit:
        return str(entry)
