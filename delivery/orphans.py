"""Which records are asked for where one cannot be made anew, or names what is not there: those it refers to. Pure."""

import re
from collections.abc import Iterator

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


def question(entity: Entity, remote_id: str) -> Job:
    """A change that brings the remote id alone: its answer tells whether the object of a record is there."""
    return Job(entity, entity.name, remote_id, {}, changed=("remoteId",), asks=True)
