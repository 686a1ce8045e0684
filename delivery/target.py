"""The Singer target: which stream goes to which sink, when STATE may leave, how a run ends. Sends nothing itself.

The SDK prints STATE from its age-based drain, at a signal and at the end; here each of these asks the gate first.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Any

import click
import msgspec
from singer_sdk import Sink, Target
from singer_sdk.exceptions import ConfigValidationError, RecordsWithoutSchemaException
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities
from singer_sdk.plugin_base import PluginBase, _ConfigInput
from singer_sdk.singerlib.exceptions import InvalidInputLine
from typing_extensions import override

from connector.errors import RunError, Stopped
from connector.files import FileError, read_object
from connector.settings import unknown_keys
from connector.singer.reader import BadRecord, Reader
from delivery.session import Session
from delivery.sink import EntitySink, IgnoredSink
from store.snapshot import SnapshotError
from target_optiply.auth import keep_token
from target_optiply.embedded import EmbeddedEtl
from target_optiply.settings import PLATFORM_KEYS, SETTINGS, read_settings
from vocabulary.entity import entity_named
from vocabulary.optiply import ENTITIES

_ENCODER = msgspec.json.Encoder(decimal_format="number")
HELP = """Write Singer records to Optiply; Magento's records go through the rules first.

Exit codes: 0 written to the end (refused and failed records are counted), 1 the login, the configuration, the input or
max_failures, 2 wrong command line.

\b
Example: target-optiply --config target.json --input etl-output/data.singer
"""
_KNOWN_ENDS = (RunError, SnapshotError, InvalidInputLine, RecordsWithoutSchemaException, OSError)


class TargetOptiply(Target):
    """Writes Singer records to Optiply: exactly one object there for each record here."""

    name = "target-optiply"
    package_name = "magento-optiply"
    config_jsonschema = SETTINGS.to_dict()
    message_reader_class = Reader
    capabilities: list[CapabilitiesEnum] = [  # type: ignore[misc]  # the SDK declares it so for targets
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, *args: Any, config_file: Path | None = None, **kwargs: Any) -> None:  # noqa: ANN401 - the SDK's own
        """As the SDK makes targets; `config_file` is where a renewed token goes when `save_token` asks for it."""
        self._stopping = False
        self._concluded = False
        self._busy = 0
        super().__init__(*args, **kwargs)
        self.max_parallelism = 1  # sinks are drained one after another, in load order
        settings = read_settings(self.config)
        for sentence in unknown_keys(
            self.config, self.config_jsonschema["properties"].keys() | PLATFORM_KEYS, "is unknown and not used"
        ):
            self.logger.warning("%s.", sentence)
        renewed = keep_token(config_file) if config_file is not None and self.config.get("save_token") else None
        self.session = Session(settings, ENTITIES, renewed)
        self.embedded = EmbeddedEtl(self.session, self.config.get("etl") or {})

    # Streams

    @override
    def get_sink_class(self, stream_name: str) -> type[Sink]:
        return IgnoredSink if entity_named(stream_name, ENTITIES) is None else EntitySink

    @override
    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        if self.embedded.takes_schema(message_dict):
            return
        stream, schema = message_dict["stream"], message_dict["schema"]
        if schema and "properties" not in schema:
            # The SDK's suite demands a refusal; {} says nothing and is legal.
            what = f"is a SCHEMA of stream {stream} without properties; let the tap or the ETL write it again"
            line = self.message_reader.line if isinstance(self.message_reader, Reader) else "?"
            raise InvalidInputLine(f"Line {line} of the input {what}.")
        schema.setdefault("properties", {})
        if entity_named(stream, ENTITIES) is not None and self._is_news(stream, message_dict):
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
        if self.embedded.takes(message_dict):
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
        if isinstance(sink, EntitySink):
            sink.refuse(message["record"], f"line {message.number} {message.reason}", f"a line {message.reason}")

    @override
    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        if not self.embedded.takes_state(message_dict):
            self._latest_state = message_dict["value"]
            self.session.gate.state(message_dict["value"])

    @override
    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        """Optiply has no table versions."""

    def _drain_sinks(self) -> None:
        """Sends all that was read so far and waits for the answers."""
        with self._working():
            for sink in [*self._sinks_to_clear, *self._sinks_active.values()]:
                self.drain_one(sink)
            self.session.drain()

    # STATE

    @override
    def _write_state_message(self, state: dict[str, Any]) -> None:
        """Prints the newest STATE whose records are all settled, whatever the SDK hands over."""
        self.session.drain()
        ready = self.session.gate.ready()
        if ready and not self.session.settings.to_hotglue and self.session.settings.dry_run_path is None:
            sys.stdout.write(_ENCODER.encode(ready).decode() + "\n")
            sys.stdout.flush()

    # The end

    @override
    def process_endofpipe(self) -> None:
        for message in self.embedded.run():
            self._feed(message)
        with self._working():
            self._drain_sinks()
            self.session.finish()
            self._concluded = True
            self.session.conclude()
            self._write_results()
            super().process_endofpipe()

    def _feed(self, message: dict[str, Any]) -> None:
        """Takes in a message of the embedded ETL as if it had been read."""
        handlers = {
            "SCHEMA": self._process_schema_message,
            "RECORD": self._process_record_message,
            "STATE": self._process_state_message,
        }
        handlers[message["type"]](message)

    def _write_results(self) -> None:
        self.session.write_results()
        if self.session.settings.to_hotglue:
            sys.stdout.write(self.session.results.to_json().decode() + "\n")
            sys.stdout.flush()

    def run(self, file_input: IO[str] | None) -> int:
        """Reads the input to its end and returns the exit code; whatever happens, results and snapshot are written."""
        ended_well = False
        try:
            self.listen(file_input)
            ended_well = True
        except Stopped:
            self.logger.info("Stopped by a signal; what was not sent is sent by the next run.")
        except _KNOWN_ENDS as error:
            self.session.report.note(str(error))
            try:
                self._end_early()
            except OSError as another:  # a full disk, most likely; what is announced is there
                self.logger.error("%s", another)
            self.logger.error("%s", error)
            return 1
        finally:
            if not ended_well:
                self._end_early()
        return 0

    def _end_early(self) -> None:
        """Ends before the end of the input: takes in what is in flight, writes results and the settled STATE."""
        self._busy += 1  # from here on a signal only counts towards the second
        if self._concluded:
            return
        self._concluded = True
        self.session.conclude()
        self._write_results()
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
        self.session.stop.set()
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

    # Command line

    @classmethod
    @override
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Only the settings this target uses."""
        PluginBase.append_builtin_config.__func__(cls, config_jsonschema)  # type: ignore[attr-defined]

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        ctx.meta["config_files"] = [Path(name) for name in value if name != "ENV"]
        config: dict[str, Any] = {}
        for name in ctx.meta["config_files"]:
            if not name.is_file():
                raise click.UsageError(f"The config file {name} does not exist; give its path with --config.")
            try:
                config |= read_object(name)
            except FileError as error:
                raise click.ClickException(f"The configuration cannot be used: {error}. Correct that file.") from error
        return _ConfigInput(config=config, parse_env="ENV" in value)

    @classmethod
    @override
    def invoke(  # type: ignore[override]  # the SDK's own signature differs from its base
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        file_input: IO[str] | None = None,
        state: str | None = None,
        access_token: str | None = None,
    ) -> None:
        """Runs the target from its command line; `state` may name a resume file, a tap's STATE there is ignored."""
        PluginBase.invoke.__func__(cls, about=about, about_format=about_format)  # type: ignore[attr-defined]
        config = config or _ConfigInput()
        values = config.config | (cls._env_var_config if config.parse_env else {})
        values |= {"access_token": access_token} if access_token else {}
        values |= {"resume_path": state} if state and "resume_path" not in values else {}
        files = click.get_current_context().meta.get("config_files") or [None]
        try:
            cls.logger.info("Writing to Optiply at %s.", read_settings(values).destination)
            target = cls(config=values, config_file=files[-1])
        except ConfigValidationError as error:
            reasons = "; ".join(reason.rstrip(".") for reason in error.errors)
            raise click.ClickException(
                f"The configuration cannot be used: {reasons}. Correct the file given with --config."
            ) from error
        sys.exit(target.run(file_input))

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        command = super().get_singer_command()
        command.help = HELP
        for option in command.params:
            if option.name == "file_input":
                option.type = click.File("rb")  # the reader decodes, and says which line it cannot
        command.params += [
            click.Option(["--state"], help="A resume file of an interrupted run; a tap's STATE is ignored."),
            click.Option(["--access-token"], help="A token to use first, instead of the one in the config."),
        ]
        return command


def main() -> None:
    """Console script `target-optiply`."""
    # urllib3 would log each request; figures are in the report.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    try:
        TargetOptiply.cli()
    except ConfigValidationError as error:  # raised before the SDK's own handler is in place
        raise SystemExit(str(error)) from error
