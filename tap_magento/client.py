"""The base classes of the streams: how each kind of list is read, put out and remembered.

A stream declares its path, keys and grain; the class it derives from knows how to read such a list to its end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import SchemaDirectory, StreamSchema
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_magento import schemas
from tap_magento.api import Address
from tap_magento.errors import AccessDenied, StreamError, Unreadable
from tap_magento.keyed import KeyedList
from tap_magento.moments import as_magento_time, earlier
from tap_magento.numbered import NumberedList
from tap_magento.pages import as_stream_error, count
from tap_magento.pool import Row
from tap_magento.search import Sort, Where, page_query, plain_query, projection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from singer_sdk.helpers.types import Context
    from singer_sdk.singerlib import Catalog

    from tap_magento.shop import Shop
    from tap_magento.tap import TapMagento

SCHEMAS = SchemaDirectory(schemas)


class MagentoStream(Stream):
    """A stream of Magento records: pages in, RECORD lines out, a completeness mark or bookmark at the end.

    `path` is below /rest/{scope}/V1. `inventory_module` streams are skipped with a warning where the shop lacks
    Magento's inventory management. `always_selected`, or `selected_with_source_items` where it equals the ETL's flag
    `use_inventory_source_items`, selects a stream by default. `counted_path` is the list whose length is the stream's.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    path: ClassVar[str]
    keys: ClassVar[tuple[str, ...]]
    changes: ClassVar[str | None] = None
    always_selected: ClassVar[bool] = False
    selected_with_source_items: ClassVar[bool | None] = None
    inventory_module: ClassVar[bool] = False
    counted_path: ClassVar[str | None] = None

    schema: ClassVar[StreamSchema[Any]] = StreamSchema(SCHEMAS)
    _tap: TapMagento

    def __init__(self, tap: TapMagento) -> None:
        self.selected_by_default = self.always_selected or (
            self.selected_with_source_items is not None
            and self.selected_with_source_items == bool(tap.config.get("use_inventory_source_items"))
        )
        super().__init__(tap)
        self.primary_keys = self.keys
        self.replication_key = self.changes

    @property
    def shop(self) -> Shop:
        """The shop of this run."""
        return self._tap.shop

    # What a kind of list defines

    def pages(self) -> Iterator[list[Row]]:
        """Every row of the stream, once, page by page, in a fixed order."""
        raise NotImplementedError

    def estimate(self) -> int | None:
        """About how many records the stream will put out, for a progress bar; None where nobody can count cheaply."""
        return count(self.shop.api, self.counted_path or self.path, [])

    def is_complete(self) -> bool:
        """Whether what was read is the whole of the stream; asked after the last page."""
        return True

    def prepare(self) -> None:
        """Says at the start of a run, before the first record, what a person should know about this stream."""

    def isolated_nothing(self) -> bool:
        """Whether every record came out; for lists whose records add up, where one left out makes the sums wrong."""
        if self._isolated:
            self.shop.report.note(
                f"{self.name}: a record cannot be read, and whose it is nobody knows, so the list does not count as "
                "complete in this run."
            )
        return not self._isolated

    # Reading

    @cached_property
    def fields(self) -> str:
        """The selected properties as Magento's `fields`."""
        return projection(self.schema["properties"], lambda crumb: self.mask[crumb], self._tap.attribute_codes)

    @cached_property
    def _selected_names(self) -> frozenset[str]:
        return frozenset(name for name in self.schema["properties"] if self.mask["properties", name])

    def isolate(self, record_id: str | int, trouble: Unreadable) -> None:
        """Reports a bad record and goes on, until there are too many of them.

        Raises:
            StreamError: when more than `max_isolated` records fail.
        """
        self.logger.warning(
            "%s %s cannot be read (%s: %s) and is left out.", self.name, record_id, trouble.status, trouble.reason
        )
        self.shop.report.isolate(record_id, trouble.status, trouble.reason)
        self._isolated += 1
        if self._isolated > int(self.config["max_isolated"]):
            raise StreamError(
                f"{self.name}: more than {self.config['max_isolated']} records cannot be read, the last one "
                f"{record_id} "
                f"({trouble.status}: {trouble.reason}); look up the report ids in the shop's var/log, or "
                "raise max_isolated."
            )

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
        entry = self.shop.report.begin(self.name)
        began = time.monotonic()
        self._isolated = 0
        self.shop.pool.pace.fresh()
        limit = self.ABORT_AT_RECORD_COUNT
        try:
            with self.get_record_counter() as counter:
                for rows in self._explained():
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
            self.shop.start()
            yield from self.pages()
        except AccessDenied as denied:
            raise self.shop.explain(denied) from denied
        except Unreadable as trouble:
            raise as_stream_error(self.path, trouble) from trouble

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
            self.stream_state["run_id"] = self.shop.run_id
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


class PlainStream(MagentoStream):
    """A list without paging, answered as a bare JSON array in one request."""

    @override
    def pages(self) -> Iterator[list[Row]]:
        answer = self.shop.api.pool.one(self.shop.api.get, Address(self.path, lambda _: plain_query(self.fields)))
        if not isinstance(answer.value, list):
            raise StreamError(
                f"GET {self.path}: the answer is no list of records; check store_url and the shop's version."
            )
        yield answer.value

    @override
    def estimate(self) -> None:
        return None


class KeyedStream(MagentoStream):
    """A list read by ranges of its unique integer id; `cursor` is the id's name as a filter, `key` as a property."""

    cursor: ClassVar[str]
    key: ClassVar[str | None]

    def where(self) -> list[Where]:
        """The filters of the whole stream."""
        return []

    def size(self) -> int:
        """Rows to ask for at a time."""
        return int(self.config["page_size"])

    def listing(self, fields: str | None = None) -> KeyedList:
        """The list to read, with its filters and fields as of now."""
        wanted = self.fields if fields is None else fields
        return KeyedList(
            self.shop.api, self.path, self.cursor, self.key, self.where(), wanted, self.size(), self.isolate
        )

    @override
    def pages(self) -> Iterator[list[Row]]:
        yield from self.listing().pages()

    @override
    def estimate(self) -> int | None:
        return count(self.shop.api, self.path, self.where())


class ChangesStream(KeyedStream):
    """Records with `updated_at`, read in a fixed window: the bookmark less `lookback_seconds` to the server's time.

    `document` streams (orders and what follows from them) start at `start_date`; products are never limited by it.
    """

    changes = "updated_at"
    document: ClassVar[bool] = True

    def bookmark(self) -> str | None:
        """The upper end of the last window that was read to its end, or None for a full read."""
        if self.forced_replication_method == "FULL_TABLE":
            return None
        value = self.stream_state.get("replication_key_value")
        if not value or self.stream_state.get("replication_key", self.changes) != self.changes:
            return None
        try:
            return as_magento_time(str(value))
        except ValueError as error:
            raise StreamError(
                f"{self.name}: the bookmark '{value}' in the state file is no date; remove it there for a full read."
            ) from error

    def window_start(self) -> str | None:
        """The lower end of the window (inclusive), or None."""
        starts = []
        if bookmark := self.bookmark():
            starts.append(earlier(min(bookmark, self.shop.until), float(self.config["lookback_seconds"])))
        if self.document and self.config.get("start_date"):
            starts.append(as_magento_time(str(self.config["start_date"])))
        return max(starts, default=None)

    @override
    def where(self) -> list[Where]:
        start = self.window_start()
        lower = [Where("updated_at", "gteq", start)] if start else []
        return [*lower, Where("updated_at", "lteq", self.shop.until)]

    @override
    def remember(self, *, complete: bool) -> None:
        start = self.window_start()
        full = start is None and not self.config.get("end_date")
        state = self.stream_state
        state["replication_key"] = self.changes
        state["replication_key_value"] = self.shop.until
        state.pop("window_start", None)
        if start:
            state["window_start"] = start
        super().remember(complete=complete and full)


class NumberedStream(MagentoStream):
    """A list without a usable id, read by page number under a unique sort, checked against `total_count`."""

    sort: ClassVar[tuple[Sort, ...]] = ()
    _list: NumberedList | None = None

    def size(self) -> int:
        """Rows to ask for at a time."""
        return int(self.config["page_size"])

    def query(self, number: int, size: int) -> str:
        """The query of one page."""
        return page_query((), self.sort, size=size, page=number, fields=self.fields)

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._list = NumberedList(self.shop.api, self.path, self.query, self.keys, self.size(), self.isolate)
        yield from self._list.pages()

    @override
    def is_complete(self) -> bool:
        complete = self._list is not None and self._list.complete
        if not complete:
            self.shop.report.note(
                f"{self.name}: the list kept moving while it was read, so it does not count as complete in this run."
            )
        return complete


def missing_module(streams: Sequence[MagentoStream]) -> str:
    """The one warning for the streams whose module the shop lacks."""
    names = ", ".join(stream.name for stream in streams)
    paths = ", ".join(dict.fromkeys(stream.path for stream in streams))
    return f"Skipped: {names}. The shop has no inventory management (MSI), or has it switched off: no {paths} (404)."


def custom_attribute_codes(config: Mapping[str, Any]) -> list[str]:
    """The codes to read: `product_attributes`, and each `custom_attributes.<code>` anywhere in `custom_mappings`."""
    listed = config.get("product_attributes") or []
    codes = [code.strip() for code in (listed.split(",") if isinstance(listed, str) else listed)]
    waiting: list[Any] = [config.get("custom_mappings") or {}]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and item.startswith("custom_attributes."):
            codes.append(item.split(".", 1)[1])
    return sorted({code for code in codes if code})
