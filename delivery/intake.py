"""Turns what was read into jobs: which stream stands for which entity, what a record asks for, when STATE is ready."""

import hashlib
import json
from collections import Counter
from typing import Any

from connector.values import fit
from delivery.destination import Destination
from delivery.gate import StateGate
from delivery.record import Job, Problem, name_of, read_record, unknown_names
from delivery.report import WriteReport
from vocabulary.entity import Entity, entity_named

ANNOUNCED_TOGETHER = 100


class Intake:
    """The reading half of a run."""

    def __init__(self, destination: Destination, report: WriteReport, *, is_resumed: bool) -> None:
        """`is_resumed`: a record's hash as the old SDK made it is needed too."""
        self.destination = destination
        self.report = report
        self._is_resumed = is_resumed
        self._gate = StateGate()
        self._ignored: Counter[str] = Counter()
        self._spelled: dict[str, str] = {}  # an entity as the input names it

    # What stands for an entity

    def takes(self, stream: str) -> bool:
        """Whether the destination has such an entity, however the stream spells it."""
        return entity_named(stream, self.destination.entities) is not None

    def together(self, stream: str) -> int:
        """A hundred creates are announced, and outcomes flushed, at a time; more where one write takes more."""
        return max(ANNOUNCED_TOGETHER, self._entity(stream).batch)

    def needs(self, stream: str, other: str) -> bool:
        """Whether the entity refers to that of another stream."""
        found = entity_named(other, self.destination.entities)
        return found is not None and found.name in self._entity(stream).needs

    def ignore(self, stream: str, records: int) -> None:
        """So many more records of a stream that stands for no entity; the first time this is said."""
        if stream not in self._ignored:
            name = self.destination.name
            self.report.logger.warning("Stream %s is not a resource of %s; its records are ignored.", stream, name)
        self._ignored[stream] += records

    def _entity(self, stream: str) -> Entity:
        entity = entity_named(stream, self.destination.entities)
        assert entity is not None, "other streams are ignored"
        return entity

    # Records

    def state(self, value: dict[str, Any]) -> None:
        """Takes in a STATE at this place of the input."""
        self._gate.state(value)

    def read(self, stream: str, record: dict[str, Any], keys: tuple[str, ...]) -> Job:
        """The job of a record just read."""
        job = self._taken_in(read_record(self._entity(stream), stream, record, keys))
        if self._is_resumed:
            job.old_hash = hashlib.sha256(json.dumps(record, default=float).encode()).hexdigest()
        for name in unknown_names(job):
            reason = f"{name} is not an attribute of {self.destination.name}'s {job.resource}; it was left out"
            self.report.reason(job.resource, "left_out", reason, name, job.remote_id)
        return job

    def refused(self, stream: str, record: dict[str, Any], keys: tuple[str, ...], reason: str, in_general: str) -> Job:
        """The job of a record whose line cannot be used; its remote id is empty where that cannot be told either."""
        remote_id = fit(lambda given: name_of(self._entity(stream), given, keys), record) or ""
        problem = Problem("refused", reason, None, in_general, holds_state=not remote_id)
        return self._taken_in(Job(self._entity(stream), stream, remote_id, {}, problem=problem))

    def note(self, text: str) -> None:
        """Something worth a line of the report."""
        self.report.note(text)

    def _taken_in(self, job: Job) -> Job:
        job.sequence = self._gate.record()
        self._spelled[job.resource] = job.stream
        return job
