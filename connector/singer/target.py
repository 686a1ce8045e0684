"""The SDK's side of a target: which sink takes a stream, when STATE may leave, signals, the end. Sends nothing itself.

The SDK prints STATE from its age-based drain, at a signal and at the end; here each of these asks the gate first.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any, ClassVar

import msgspec
from typing_extensions import override

from connector.errors import ProgramError, Stopped
from connector.singer.delivery import Delivery, Hook
from connector.singer.reader import BadRecord, Reader
from connector.singer.sdk import (
    CapabilitiesEnum,
    InvalidInputLine,
    MappingError,
    PluginCapabilities,
    RecordsWithoutSchemaException,
    Sink,
)
from connector.singer.sink import DeliverySink, IgnoredSink
from connector.singer.target_cli import TargetCommand
from connector.stdout import put_out

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_KNOWN_ENDS = (ProgramError, InvalidInputLine, RecordsWithoutSchemaException, MappingError, OSError)


class DeliveryTarget(TargetCommand):
    """Writes Singer records: exactly one object there for each record here.

    A target declares its name, settings and `connect`. `hook` makes, for a run's delivery and configuration, what turns
    messages of another shape into its own.
    """

    message_reader_class = Reader
    capabilities: list[CapabilitiesEnum] = [  # type: ignore[misc]  # the SDK declares it so for targets
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    hook: ClassVar[Callable[[Any, dict[str, Any]], Hook] | None] = None

    def __init__(self, *args: Any, config_file: Path | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own
        """As the SDK makes targets; `config_file` is where a renewed token may go."""
        self._stopping = False
        self._concluded = False
        self._busy = 0
        super().__init__(*args, **kwargs)
        self.max_parallelism = 1  # sinks are drained one after another, in load order
        self.delivery = self.connect(config_file)
        hook = type(self).hook
        self._hook = None if hook is None else hook(self.delivery, dict(self.config))

    def connect(self, config_file: Path | None) -> Delivery:
        """Those who write the records, with this target's settings."""
        raise NotImplementedError

    # Streams

    @override
    def get_sink_class(self, stream_name: str) -> type[Sink]:
        return DeliverySink if self.delivery.takes(stream_name) else IgnoredSink

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        if self._hook is not None and self._hook.takes_schema(message_dict):
            return
        stream, schema = message_dict["stream"], message_dict["schema"]
        if schema and "properties" not in schema:
            # The SDK's suite demands a refusal; {} says nothing and is legal.
            what = f"is a SCHEMA of stream {stream} without properties; let the tap or the ETL write it again"
            line = self.message_reader.line if isinstance(self.message_reader, Reader) else "?"
            raise InvalidInputLine(f"Line {line} of the input {what}.")
        schema.setdefault("properties", {})
        if self.delivery.takes(stream) and self._is_news(stream, message_dict):
            self._drain_sinks()
        super()._process_schema_message(message_dict)

    def _is_news(self, stream: str, message_dict: dict[str, Any]) -> bool:
        """Whether the SDK will make a sink: the streams before it, or its own older records, go first."""
        sink = self._sinks_active.get(stream)
        return (
            sink is None
            or sink.original_schema != message_dict.get("schema")
            or list(sink.key_properties) != list(message_dict.get("key_properties") or [])
        )

    @override
    def _process_record_message(self, message_dict: dict[str, Any]) -> None:
        if self._hook is not None and self._hook.takes(message_dict):
            return
        with self._working():
            if isinstance(message_dict, BadRecord):
                self._refuse(message_dict)
            else:
                super()._process_record_message(message_dict)

    def _refuse(self, message: BadRecord) -> None:
        stream = str(message["stream"])
        self._assert_sink_exists(stream)
        sink = self.get_sink(stream)
        if isinstance(sink, DeliverySink):
            sink.refuse(message["record"], f"line {message.number} {message.reason}", f"a line {message.reason}")

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if self._hook is None or not self._hook.takes_state(message_dict):
            self._latest_state = message_dict["value"]
            self.delivery.state(message_dict["value"])

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """No destination has table versions."""

    def _drain_sinks(self) -> None:
        """Sends all that was read so far and waits for the answers."""
        with self._working():
            for sink in [*self._sinks_to_clear, *self._sinks_active.values()]:
                self.drain_one(sink)
            self.delivery.drain()

    # STATE

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Prints the newest STATE whose records are all settled, whatever the SDK hands over."""
        self.delivery.drain()
        if ready := self.delivery.ready_state():
            put_out(_ENCODER.encode(ready) + b"\n")

    # The end

    @override
    def process_endofpipe(self) -> None:
        for message in self._hook.run() if self._hook is not None else ():
            self._feed(message)
        with self._working():
            self._drain_sinks()
            self.delivery.finish()
            self._conclude()
            super().process_endofpipe()

    def _feed(self, message: dict[str, Any]) -> None:
        """Takes in a message of the hook as if it had been read."""
        handlers = {
            "SCHEMA": self._process_schema_message,
            "RECORD": self._process_record_message,
            "STATE": self._process_state_message,
        }
        handlers[message["type"]](message)

    def _conclude(self) -> None:
        self._concluded = True
        if (shown := self.delivery.conclude()) is not None:
            put_out(f"{shown}\n".encode())

    def run(self, file_input: IO[str] | None) -> int:
        """Reads the input to its end and returns the exit code; whatever happens, results and snapshot are written."""
        ended_well = False
        try:
            self.listen(file_input)
            ended_well = True
        except Stopped:
            self.logger.info("Stopped by a signal; what was not sent is sent by the next run.")
            return self._ended()
        except _KNOWN_ENDS as error:
            self.delivery.note(str(error))
            self._ended()
            self.logger.error("%s", error)
            return 1
        finally:
            if not ended_well:
                self._end_early()
        return 0

    def _ended(self) -> int:
        """Ends early; 1 where the end could not be put down: a full disk, most likely. What is announced is there."""
        try:
            self._end_early()
        except _KNOWN_ENDS as error:
            self.logger.error("%s", error)
            return 1
        return 0

    def _end_early(self) -> None:
        """Ends before the end of the input: takes in what is in flight, writes results and the settled STATE."""
        self._busy += 1  # from here on a signal only counts towards the second
        if self._concluded:
            return
        self._conclude()
        self._write_state_message({})

    # Signals

    @override
    def _setup_signal_handlers(self) -> None:
        super()._setup_signal_handlers()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGUSR1, self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """First signal: finish what is in flight, then end. Second: end at once; all announcements are on disk."""
        if self._stopping:
            os._exit(128 + signum)
        self._stopping = True
        self.delivery.stop.set()
        if not self._busy:
            raise Stopped

    @contextmanager
    def _working(self) -> Iterator[None]:
        """A stretch in which a signal waits for its end."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1
        if self._stopping and not self._busy:
            raise Stopped
