"""The Singer SCHEMA messages of the output: fixed by the mapping table, never guessed from data."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector.canonical import canonical
from etl.core.mapping import MapRule

_TYPES: dict[str, dict[str, Any]] = {
    "money": {"type": ["number", "null"]},
    "order_money": {"type": ["number", "null"]},
    "line_money": {"type": ["number", "null"]},
    "stock_units": {"type": ["integer", "null"]},
    "units_or_none": {"type": ["integer", "null"]},
    "units": {"type": ["integer", "null"]},
    "whole_number": {"type": ["integer", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
}
_TEXT = {"type": ["string", "null"]}
_STEERING = {
    "remoteId": {"type": "string"},
    "id": _TEXT,
    "_changed": {"type": ["array", "null"], "items": {"type": "string"}},
    "deleted_at": {"type": ["string", "null"], "format": "date-time"},
}


def schema_message(stream: str, rules: Sequence[MapRule], lines: Mapping[str, Sequence[MapRule]]) -> bytes:
    """The SCHEMA line of a stream; `lines`: the rules of each attribute that holds lines."""
    properties = _properties(rules) | _STEERING
    for name, line in lines.items():
        properties[name] = {"type": ["array", "null"], "items": {"type": "object", "properties": _properties(line)}}
    message = {
        "type": "SCHEMA",
        "stream": stream,
        "schema": {"type": "object", "properties": properties},
        "key_properties": ["remoteId"],
    }
    return canonical(message).encode() + b"\n"


def _properties(rules: Sequence[MapRule]) -> dict[str, Any]:
    return {rule.field: _TYPES.get(rule.conversion, _TEXT) for rule in rules}
