"""The base class of the streams: how pages become RECORD lines, and what is remembered of them.

A stream declares its path, keys and grain; its kind (kinds.py, changes.py) knows how to read such a list to its end.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from typing_extensions import override

from connector.errors import AccessDenied, StreamError, Unreadable
from connector.http.pool import Row
from connector.lists.source import Source
from connector.lists.unread import Unread
from connector.singer.sdk import (
    Catalog,
    Context,
    RemoveRecordTransform,
    SameRecordTransform,
    Stream,
    Tap,
    TypeConformanceLevel,
    pop_deselected_record_properties,
)
from connector.singer.writer import PageWriter


class StreamsTap(Tap, ABC):
    """What a stream needs of its tap."""

    @property
    @abstractmethod
    def source(self) -> Source:
        """The system of this run; not looked at before a stream needs it."""

    @property
    @abstractmethod
    def writer(self) -> PageWriter:
        """Where messages go."""

    @abstractmethod
    def schema_of(self, name: str) -> dict[str, Any]:
        """The JSON Schema of a stream that has none of its own."""


class PagedStream(Stream):
    """A stream of records: pages in, RECORD lines out, a completeness mark or bookmark at the end.

    `path` is below the client's address. `module`: where the system lacks the endpoint, it lacks this, and the stream
    is skipped with a warning. `always_selected`, or `selected_with`, a setting and the value it must have, selects a
    stream by default. `counted_path` is the list whose length is the stream's, where one is `countable` at all.
    `keeps_unread`: ids of records that cannot be read are kept in the state until they are read or gone.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    path: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]
    changes: ClassVar[str | None] = None
    always_selected: ClassVar[bool] = False
    selected_with: ClassVar[tuple[str, bool] | None] = None
    module: ClassVar[str | None] = None
    keeps_unread: ClassVar[bool] = True
    counted_path: ClassVar[str | None] = None
    countable: ClassVar[bool] = True

    _tap: StreamsTap

    def __init__(self, tap: StreamsTap) -> None:
        setting, wanted = self.selected_with or ("", None)
        self.selected_by_default = self.always_selected or wanted is bool(tap.config.get(setting))
        super().__init__(tap, None if isinstance(type(self).schema, dict) else tap.schema_of(self.name))
        self.primary_keys = self.keys
        self.replication_key = self.changes
        self.unread = Unread()
        self.found_any = False  # whether this run has read a record of it

    @property
    def source(self) -> Source:
        """The system of this run."""
        return self._tap.source

    # What a kind of list defines

    def pages(self) -> Iterator[list[Row]]:
        """Every row of the stream, once, page by page, in a fixed order."""
        raise NotImplementedError

    def estimate(self) -> int | None:
        """About how many records the stream will put out, for a progress bar; None where nobody can count cheaply."""
        return self.source.count(self.counted_path or self.path) if self.countable else None

    def size(self) -> int:
        """Rows to ask for at a time."""
        return int(self.config["page_size"])

    def is_complete(self) -> bool:
        """Whether what was read is the whole of the stream; asked after the last page."""
        return True

    def prepare(self) -> None:
        """Says at the start of a run, before the first record, what a person should know about this stream."""

    def isolated_nothing(self) -> bool:
        """Whether every record came out; for lists whose records add up, where one left out makes the sums wrong."""
        if self.unread.lost:
            says = "a record cannot be read, nobody knows whose; the list does not count as complete in this run"
            self.source.report.note(f"{self.name}: {says}.")
        return not self.unread.lost

    # Reading

    @cached_property
    def fields(self) -> str:
        """The selected properties, as the system writes them."""
        return self.source.fields(self.schema["properties"], lambda crumb: self.mask[crumb])

    @cached_property
    def _selected_names(self) -> frozenset[str]:
        return frozenset(name for name in self.schema["properties"] if self.mask["properties", name])

    def isolate(self, record_id: str | int, trouble: Unreadable) -> None:
        """Reports a bad record, once, and goes on, until there are too many that were not known to be bad.

        Raises StreamError when more than `max_isolated` records fail.
        """
        if record_id in self.unread.lost:
            return
        self.logger.warning(
            "%s %s cannot be read (%s: %s) and is left out.", self.name, record_id, trouble.status, trouble.reason
        )
        self.source.report.isolate(record_id, trouble.status, trouble.reason)
        self.unread.lost.add(record_id)
        self._isolated += record_id not in self.unread.kept
        if self._isolated > int(self.config["max_isolated"]):
            raise StreamError(
                f"{self.name}: more than {self.config['max_isolated']} records cannot be read, the last one "
                f"{record_id} ({trouble.status}: {trouble.reason}); {self.source.words.log}, or raise max_isolated."
            )

    def unread_before(self) -> Unread:
        """What earlier runs could not read of this stream."""
        return Unread.of(self.stream_state) if self.keeps_unread else Unread()

    def trimmed(self, rows: list[Row]) -> list[Row]:
        """Removes what was not asked for, where an endpoint ignores `fields`."""
        names = self._selected_names
        for row in rows:
            if not row.keys() <= names:
                for name in row.keys() - names:
                    del row[name]
                pop_deselected_record_properties(row, self.schema, self.mask)
        return rows

    @override
    def get_records(self, context: Context | None) -> Iterator[Row]:
        for rows in self.pages():
            yield from self.trimmed(rows)

    @override
    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        return None

    @override
    def _sync_records(self, context: Context | None = None, *, write_messages: bool = True) -> Iterator[Row]:  # type: ignore[override]
        entry = self.source.report.begin(self.name)
        began = time.monotonic()
        self._isolated, self.found_any = 0, False
        self.unread = self.unread_before()
        self.source.pool.pace.fresh()
        limit = self.ABORT_AT_RECORD_COUNT
        try:
            with self.get_record_counter() as counter:
                for rows in self._explained():
                    self.found_any = self.found_any or bool(rows)
                    self.unread.note_read(rows, self.keys)
                    wanted = self.trimmed(rows)[: None if limit is None else limit - entry.records]
                    if write_messages:
                        self._write_rows(wanted)
                    entry.records += len(wanted)
                    counter.increment(len(wanted))
                    yield from wanted
                    if limit is not None and entry.records >= limit:
                        self._tap.writer.flush()
                        self._check_max_record_limit(limit)
            entry.complete = self.is_complete()
            self.remember(complete=entry.complete)
        finally:
            entry.seconds = round(time.monotonic() - began, 3)
            self._tap.writer.flush()
        if write_messages:
            self._write_state_message()

    def _explained(self) -> Iterator[list[Row]]:
        """The pages, with a 401 turned into the right sentence and an absent module into a warning."""
        try:
            self.source.start()
            yield from self.pages()
        except AccessDenied as denied:
            raise self.source.explain(denied) from denied
        except Unreadable as trouble:
            raise self.source.cannot_read(self.path, trouble) from trouble

    def _write_rows(self, rows: list[Row]) -> None:
        maps = self.stream_maps
        if len(maps) == 1 and type(maps[0]) is SameRecordTransform:
            self._tap.writer.write_records(maps[0].stream_alias, rows)
            return
        for stream_map in maps:
            if not isinstance(stream_map, RemoveRecordTransform):
                mapped = [result for row in rows if (result := stream_map.transform(row)) is not None]
                self._tap.writer.write_records(stream_map.stream_alias, mapped)

    # Remembering

    def remember(self, *, complete: bool) -> None:
        """Writes what this run proved about the stream into the state."""
        if complete:
            self.stream_state["complete"] = True
            self.stream_state["run_id"] = self.source.run_id
        if self.keeps_unread:
            self.unread.save(self.stream_state, whole=complete)
        self.state_manager.is_flushed = False

    @override
    def _write_starting_replication_value(self, context: Context | None) -> None:
        return None

    @override
    def _finalize_state(self, state: dict[str, Any] | None = None) -> None:
        self.state_manager.is_flushed = False

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Takes the selection from a catalogue, and nothing else: keys and schema of an older tap do not fit."""
        super().apply_catalog(catalog)
        entry = catalog.get_stream(self.name)
        method = entry.replication_method if entry else None
        self.primary_keys = self.keys
        self.replication_key = self.changes
        self.forced_replication_method = method if method == "FULL_TABLE" else None
        self._input_schema = None
        self._metadata = None
        if entry is None:
            self._mask = None
            self.selected_by_default = False
