"""The sinks: one hands a stream's records on, many at a time; the other counts those that nobody takes."""

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from connector.singer.delivery import Delivery
from connector.singer.sdk import BaseJSONSchemaValidator, BatchSink, RecordSink, Target


class _Unchecked:
    """What both have in common: records are checked where they are written, not by a JSON Schema."""

    stream_name: str
    key_properties: Sequence[str]

    def __init__(self, target: Target, **declared: Any) -> None:  # noqa: ANN401 - the SDK's own
        """As the SDK makes sinks."""
        super().__init__(target, **declared)  # type: ignore[call-arg]  # the SDK's class comes next
        self._target = target
        self.delivery: Delivery = target.delivery  # type: ignore[attr-defined]  # our own target

    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """None: the SDK's would be most of a target's time."""
        return None

    def _after_process_record(self, context: dict[str, Any]) -> None:
        """The SDK would log the records."""


class DeliverySink(_Unchecked, BatchSink):
    """Hands on the records of a stream that the destination takes."""

    @property
    @override
    def max_size(self) -> int:
        return self.delivery.together(self.stream_name)

    @override
    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    @override
    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """A record without its key is refused by itself; it does not end the run."""

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        job = self.delivery.read(self.stream_name, record, tuple(self.key_properties))
        context.setdefault("jobs", []).append(job)

    def refuse(self, record: dict[str, Any], reason: str, in_general: str) -> None:
        """Takes in a record that cannot be used, in its place among the others; `record` is what could be read."""
        job = self.delivery.refused(self.stream_name, record, tuple(self.key_properties), reason, in_general)
        self._get_context(record).setdefault("jobs", []).append(job)

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        for sink in list(self._target._sinks_active.values()):
            if self.delivery.needs(self.stream_name, sink.stream_name):
                self._target.drain_one(sink)
        self.delivery.send(context.get("jobs", []))


class IgnoredSink(_Unchecked, RecordSink):
    """Counts the records of a stream that nobody takes."""

    @override
    def setup(self) -> None:
        self.delivery.ignore(self.stream_name, records=0)

    @override
    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        self.delivery.ignore(self.stream_name, records=1)
