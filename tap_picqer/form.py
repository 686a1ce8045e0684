"""Turns what Picqer answers into records: what the schema names and nothing else, local times as UTC.

A value that is not what it should be is passed on as it is, so that the reader of the record can refuse it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connector.http.pool import Json, Row
from tap_picqer.zone import Zone

Schema = Mapping[str, Any]
Convert = Callable[[Json, "datetime | None"], Json]
BEGINNING = "created"
"""Nothing in a record is older than this."""


class Form:
    """The form of one stream's records."""

    def __init__(self, schema: Schema, zone: Zone) -> None:
        """Prepares the conversions of a schema."""
        self._zone = zone
        self._record = self._object(schema)

    def __call__(self, row: Row) -> Row:
        """The record of a row."""
        record: Row = self._record(row, None)
        return record

    def _of(self, schema: Schema) -> Convert | None:
        """How a value of a schema is converted; None where it stays as it is."""
        if schema.get("format") == "date-time":
            return self._time
        if "properties" in schema:
            return self._object(schema)
        if "object" in schema.get("type", ()):
            return _no_empty_list
        if "items" in schema and (inner := self._of(schema["items"])) is not None:
            return lambda value, after: [inner(one, after) for one in value] if isinstance(value, list) else value
        return None

    def _object(self, schema: Schema) -> Convert:
        names = sorted(schema["properties"], key=lambda name: name != BEGINNING)
        parts = [(name, self._of(schema["properties"][name])) for name in names]

        def convert(value: Json, after: datetime | None) -> Json:
            if not isinstance(value, dict):
                return _no_empty_list(value, after)
            begun = value.get(BEGINNING)
            told: Row = {}
            for name, change in parts:
                if name in value:
                    told[name] = value[name] if change is None else change(value[name], after)
                if name == BEGINNING and isinstance(begun, str):
                    after = self._zone.moment(begun) or after
            return told

        return convert

    def _time(self, value: Json, after: datetime | None) -> Json:
        moment = self._zone.moment(value, after=after) if isinstance(value, str) else None
        return value if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _no_empty_list(value: Json, _after: datetime | None) -> Json:
    """Picqer writes an empty list for an object that is not there."""
    return None if value == [] else value
