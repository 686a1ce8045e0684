"""The SDK's side of a tap that reads: configuration, catalogue, state, the order of streams, and what fails."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from types import ModuleType
from typing import Any, ClassVar, cast

from typing_extensions import override

from connector.errors import EndpointMissing, ProgramError, RunError
from connector.lists.source import Source
from connector.names import PACKAGE
from connector.settings import SDK_KEYS, tidy, unknown_keys
from connector.singer.kinds import CursorStream
from connector.singer.sdk import Catalog, ConfigValidationError, PluginCapabilities, SchemaDirectory, TapCapabilities
from connector.singer.state import bookmarks_in
from connector.singer.stream import PagedStream, StreamsTap
from connector.singer.writer import PageWriter

_SWITCH = {"type": "boolean"}


class ReadingTap(StreamsTap):
    """Reads the streams of a source.

    `declared`: the streams in reading order; what later ones refer to comes first. `schema_package`: a JSON Schema for
    each stream that has none of its own. `other_keys`: settings that other programs find in the same configuration;
    `unknown`: what follows for a key that nobody knows.
    """

    package_name = PACKAGE
    capabilities = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    message_writer_class = PageWriter
    declared: ClassVar[Sequence[type[PagedStream]]]
    source_class: ClassVar[type[Source]]
    schema_package: ClassVar[ModuleType | None] = None
    other_keys: ClassVar[frozenset[str]] = frozenset()
    unknown: ClassVar[str] = "is not known to the tap and has no effect"

    @cached_property
    def failures(self) -> dict[str, ProgramError]:
        """The streams that failed in this run, with the reason."""
        return {}

    @cached_property
    @override
    def source(self) -> Source:
        return self.source_class(self.config, self.run_id, self._paths, self.logger)

    @property
    @override
    def writer(self) -> PageWriter:
        assert isinstance(self.message_writer, PageWriter)
        return self.message_writer

    @cached_property
    def run_id(self) -> str:
        """What marks this run's completeness in the state."""
        return uuid.uuid4().hex

    # The configuration

    @classmethod
    def settled(cls, config: dict[str, Any]) -> dict[str, Any]:
        """A checked configuration in the form in which it is used."""
        return config

    @classmethod
    def wrong_values(cls, _config: Mapping[str, Any]) -> list[str]:
        """A sentence for each setting whose type is right and whose value cannot be used; none shows a secret."""
        return []

    @classmethod
    def unknown_keys(cls, config: Iterable[str]) -> list[str]:
        """A sentence for each key that nobody knows."""
        known = cls.config_jsonschema["properties"].keys() | SDK_KEYS | cls.other_keys
        return unknown_keys(config, known, cls.unknown)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        own = self.config_jsonschema["properties"]
        switches = {stream.selected_with[0]: _SWITCH for stream in self.declared if stream.selected_with}
        self._config = tidy(self._config, {"properties": {**switches, **own}})
        for sentence in self.unknown_keys(self._config):
            self.logger.warning(sentence)
        secrets = {f"config['{name}']": name for name, spec in own.items() if spec.get("secret")}
        # The SDK's sentences hold the value; one on a secret is said without it. A value of another type is said once.
        hidden = (
            (error, next((secrets[place] for place in secrets if place in error), None))
            for error in super()._validate_config(raise_errors=False)
        )
        errors = [f"{secret} is not text in double quotes" if secret else error for error, secret in hidden]
        errors = errors or self.wrong_values(self._config)
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors)
        if not errors:
            self._config = self.settled(self._config)
        return errors

    # Catalogue and state

    @override
    def _setup_signal_handlers(self) -> None:
        """Nothing here: the command alone listens to signals."""

    @override
    def discover_streams(self) -> Sequence[PagedStream]:
        return [stream(self) for stream in self.declared]

    @override
    def schema_of(self, name: str) -> dict[str, Any]:
        assert self.schema_package is not None, f"{name} has no schema, and the tap no package of schemas"
        return SchemaDirectory(self.schema_package).get_schema(name)

    @property
    @override
    def catalog(self) -> Catalog:
        """The catalogue with this tap's own keys and schemas, whatever catalogue chose the streams."""
        return self._singer_catalog

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Takes bookmarks of any earlier run or tap, and drops the completeness marks: they were that run's.

        Raises RunError when it is not a state.
        """
        super().load_state({"bookmarks": bookmarks_in(state)})
        for entry in self.state.setdefault("bookmarks", {}).values():
            entry.pop("complete", None)
            entry.pop("run_id", None)
        cast("dict[str, Any]", self.state)["run_id"] = self.run_id

    def chosen(self) -> Iterator[PagedStream]:
        """The selected streams in reading order."""
        by_class = {type(stream): stream for stream in self.streams.values() if isinstance(stream, PagedStream)}
        yield from (stream for declared in self.declared if (stream := by_class[declared]).selected)

    def _paths(self) -> list[tuple[str, str]]:
        return [(stream.name, stream.path) for stream in self.chosen()]

    # Reading

    def read(self) -> None:
        """Reads every selected stream; one that fails does not stop the others.

        Raises:
            RunError: the system as a whole cannot be read.
            Stopped: a signal asked to stop.
        """
        self.state_writer.write_state(self.state)
        report = self.source.report
        if not any(self.chosen()):
            report.note("No stream is selected, so nothing is read: select some in the catalogue.")
            return
        expected = sum(stream.expected for stream in self.chosen() if isinstance(stream, CursorStream))
        if sentence := self.source.forecast(expected):
            report.note(sentence)
        self.source.start()
        for stream in self.chosen():
            stream.prepare()
        skipped: dict[str, list[PagedStream]] = {}
        for stream in self.chosen():
            try:
                stream.sync()
            except RunError:
                raise
            except EndpointMissing as error:
                if stream.module:
                    skipped.setdefault(stream.module, []).append(stream)
                else:
                    self._fail(stream, error)
            except ProgramError as error:
                self._fail(stream, error)
        for module, streams in skipped.items():
            names = ", ".join(stream.name for stream in streams)
            paths = ", ".join(dict.fromkeys(stream.path for stream in streams))
            who = self.source.words.at_first
            report.note(f"Skipped: {names}. {who} has no {module}, or has it switched off: no {paths} (404).")
        self.state_writer.write_state(self.state)

    def _fail(self, stream: PagedStream, error: ProgramError) -> None:
        self.source.report.begin(stream.name).error = str(error)
        self.failures[stream.name] = error
        self.logger.error("%s failed: %s", stream.name, error)
