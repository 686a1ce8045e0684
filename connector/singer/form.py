"""Turns rows into records: what the schema names and nothing else, local times as UTC, values in the schema's types.

A value that is not what it should be is passed on as it is, so that the reader of the record can refuse it by name.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from connector.http.pool import Json, Row
from connector.values import Unfit, number, text
from connector.zone import Zone

Schema = Mapping[str, Any]
Convert = Callable[[Json, "datetime | None"], Json]


class Form:
    """The form of one stream's records.

    `beginning`: the time of a record that nothing in it is older than. Of a system whose types are unstable, `nothing`
    lists the texts (trimmed) that stand for no value: they become null, figures become numbers or texts as the schema
    has it, a day is its first moment, and a list loses what is nothing. None where types are as they should be.
    """

    def __init__(
        self, schema: Schema, zone: Zone, beginning: str = "created", nothing: Collection[str] | None = None
    ) -> None:
        """Prepares the conversions of a schema."""
        self._zone = zone
        self._beginning = beginning
        self._nothing = nothing
        self._record = self._object(schema)

    def __call__(self, row: Row) -> Row:
        """The record of a row."""
        record: Row = self._record(row, None)
        return record

    def _of(self, schema: Schema) -> Convert | None:
        """How a value of a schema is converted; None where it stays as it is."""
        inner = self._inner(schema)
        if self._nothing is None or "properties" in schema:
            return inner
        nothing, tidy = self._nothing, inner or (_as_number if _counts(schema) else _as_text)

        def convert(value: Json, after: datetime | None) -> Json:
            return None if isinstance(value, str) and value.strip() in nothing else tidy(value, after)

        return convert

    def _inner(self, schema: Schema) -> Convert | None:
        if schema.get("format") == "date-time":
            return self._time
        if "properties" in schema:
            return self._object(schema)
        if "object" in schema.get("type", ()):
            return _no_empty_list
        if "items" in schema and (inner := self._of(schema["items"])) is not None:
            return self._list(inner)
        return None

    def _list(self, inner: Convert) -> Convert:
        def convert(value: Json, after: datetime | None) -> Json:
            if self._nothing is not None and isinstance(value, dict):
                value = [*value.values()]  # a list whose places are numbered
            if not isinstance(value, list):
                return value
            told = [inner(one, after) for one in value]
            return told if self._nothing is None else [one for one in told if one is not None]

        return convert

    def _object(self, schema: Schema) -> Convert:
        names = sorted(schema["properties"], key=lambda name: name != self._beginning)
        parts = [(name, self._of(schema["properties"][name])) for name in names]

        def convert(value: Json, after: datetime | None) -> Json:
            if not isinstance(value, dict):
                return _no_empty_list(value, after)
            begun = value.get(self._beginning)
            told: Row = {}
            for name, change in parts:
                if name in value:
                    told[name] = value[name] if change is None else change(value[name], after)
                if name == self._beginning and isinstance(begun, str):
                    after = self._zone.moment(begun) or after
            return told

        return convert

    def _time(self, value: Json, after: datetime | None) -> Json:
        is_day = self._nothing is not None and isinstance(value, str) and len(value.strip()) == len("2026-01-31")
        local = f"{value.strip()} 00:00:00" if is_day else value
        moment = self._zone.moment(local, after=after) if isinstance(local, str) else None
        return value if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _no_empty_list(value: Json, _after: datetime | None) -> Json:
    """Some systems write an empty list for an object that is not there."""
    return None if value == [] else value


def _counts(schema: Schema) -> bool:
    kinds = schema.get("type", ())
    return not {"integer", "number"}.isdisjoint([kinds] if isinstance(kinds, str) else kinds)


def _as_number(value: Json, _after: datetime | None) -> Json:
    if not isinstance(value, str):
        return value
    try:
        found = number(value.strip())
    except Unfit:
        return value
    return int(found) if found == found.to_integral_value() else float(found)


def _as_text(value: Json, _after: datetime | None) -> Json:
    try:
        return text(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    except Unfit:
        return value
