"""The sinks: one turns an entity's records into jobs, a hundred at a time; the other counts what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import BatchSink, RecordSink
from typing_extensions import override

from connector.values import Unfit
from delivery.record import Problem, name_of
from vocabulary.entity import entity_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.sinks.core import BaseJSONSchemaValidator
    from singer_sdk.target_base import Target

    from delivery.session import Session


class EntitySink(BatchSink):
    """A sink that sends; pydantic checks the records, so no JSON Schema does."""

    MAX_SIZE_DEFAULT = 100  # creates announced, and outcomes flushed, at a time

    def __init__(
        self, target: Target, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        """As the SDK makes sinks."""
        super().__init__(target, stream_name, schema, key_properties)
        self._target = target
        self._session: Session = target.session  # type: ignore[attr-defined]  # our own target
        entity = entity_named(stream_name, self._session.entities.values())
        assert entity is not None, "the target chose this sink for the entity"
        self.entity = entity

    @override
    def get_validator(self) -> BaseJSONSchemaValidator | None:
        return None

    @override
    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    @override
    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """A record without its key is refused by itself; it does not end the run."""

    @override
    def _after_process_record(self, context: dict[str, Any]) -> None:
        """The SDK would log the records."""

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        job = self._session.read(self.entity, self.stream_name, record, tuple(self.key_properties))
        context.setdefault("jobs", []).append(job)

    def refuse(self, record: dict[str, Any], reason: str, in_general: str) -> None:
        """Takes in a record that cannot be used, in its place among the others; `record` is what could be read."""
        try:
            remote_id = name_of(record, tuple(self.key_properties))
        except Unfit:
            remote_id = ""
        problem = Problem("refused", reason, None, in_general, holds_state=not remote_id)
        job = self._session.refused(self.entity, self.stream_name, remote_id, problem)
        self._get_context(record).setdefault("jobs", []).append(job)

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        for sink in list(self._target._sinks_active.values()):
            if isinstance(sink, EntitySink) and sink.entity.name in self.entity.needs:
                self._target.drain_one(sink)
        self._session.send(context.get("jobs", []))


class IgnoredSink(RecordSink):
    """Counts the records of a stream that stands for no entity."""

    def __init__(
        self, target: Target, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        """As the SDK makes sinks."""
        super().__init__(target, stream_name, schema, key_properties)
        self._session: Session = target.session  # type: ignore[attr-defined]  # our own target

    @override
    def setup(self) -> None:
        if self.stream_name not in self._session.ignored:
            self._session.ignored[self.stream_name] = 0
            self.logger.warning("Stream %s is not a resource of Optiply; its records are ignored.", self.stream_name)

    @override
    def get_validator(self) -> BaseJSONSchemaValidator | None:
        return None

    @override
    def _after_process_record(self, context: dict[str, Any]) -> None:
        """Nothing worth a line per record."""

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self._session.ignored[self.stream_name] += 1
