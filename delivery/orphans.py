"""Which records are asked for: those that one which cannot be made refers to, and those that refer to what is gone."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from connector.values import fit
from delivery.decide import Lookup
from delivery.record import Job, lines_of, text_of
from vocabulary.entity import Entity, remote_name


def parents_of(job: Job, lookup: Lookup, said: str = "") -> list[tuple[str, str]]:
    """(entity, remote id) of the known records that a job refers to, also in its lines.

    They are those whose id stands in what was `said`, or all of them where none does. `lookup` as in `decide`.
    """
    known = {one: found for one in _named(job) if (found := lookup(*one)) is not None}
    told = [one for one, found in known.items() if re.search(rf"(?<![\w-]){re.escape(found)}(?![\w-])", said)]
    return told or list(known)


def _named(job: Job) -> Iterator[tuple[str, str]]:
    """(entity, remote id) of what a record refers to."""
    places = [(job.attributes, job.entity.references)]
    for name, references in job.entity.line_references.items():
        places += [(line, references) for line in lines_of(job.attributes.get(name)) or ()]
    for values, references in places:
        for name, resource in references.items():
            remote_id = fit(text_of, values.get(remote_name(name)))
            if remote_id is not None:
                yield resource, remote_id


Accepted = Callable[[str], Iterable[tuple[str, Mapping[str, Any]]]]


def children_of(
    gone: Collection[tuple[str, str]], entities: Iterable[Entity], accepted: Accepted
) -> Iterator[tuple[Entity, str]]:
    """(entity, remote id) of the records that refer to one of what is `gone`; a system removes them with it.

    `accepted` gives remote id and attributes of the records of an entity that the destination has.
    """
    resources = {resource for resource, _ in gone}
    for entity in entities:
        names = [(remote_name(name), resource) for name, resource in entity.references.items() if resource in resources]
        for remote_id, attributes in accepted(entity.name) if names else ():
            if any((resource, fit(text_of, attributes.get(name))) in gone for name, resource in names):
                yield entity, remote_id


def question(entity: Entity, remote_id: str) -> Job:
    """A change that brings the remote id alone: its answer tells whether the object of a record is there."""
    return Job(entity, entity.name, remote_id, {}, changed=("remoteId",), asks=True)
