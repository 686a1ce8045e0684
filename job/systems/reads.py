"""Which fields of a tap's streams a flow reads, as a Singer catalogue selects them: what nobody reads is not asked."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from msgspec import Struct
from msgspec.structs import fields

Schema = Mapping[str, Any]
Crumb = tuple[str, ...]


def select_read(catalog: dict[str, Any], shapes: Mapping[str, type]) -> dict[str, Any]:
    """The catalogue with what a flow does not read of its streams deselected, inside of lists and objects too.

    `shapes`: the records that it reads, by stream; of other streams everything stays selected.
    """
    for stream in catalog["streams"]:
        shape = shapes.get(stream["tap_stream_id"])
        if shape is not None:
            kept = {("properties", name) for name in (*stream["key_properties"], stream.get("replication_key"))}
            unread = {*_unread(stream["schema"], shape, ())} - kept  # without its key no record can be told from others
            known = [entry for entry in stream["metadata"] if tuple(entry["breadcrumb"]) not in unread]
            left_out = [{"breadcrumb": [*crumb], "metadata": {"selected": False}} for crumb in sorted(unread)]
            stream["metadata"] = known + left_out
    return catalog


def _unread(schema: Schema, shape: type, crumb: Crumb) -> Iterator[Crumb]:
    """The properties of a schema that a shape does not name."""
    types = {field.encode_name: field.type for field in fields(shape)}
    for name, part in _properties(schema).items():
        here = (*crumb, "properties", name)
        if name not in types:
            yield here
        elif (inner := _shape_in(types[name])) is not None:
            yield from _unread(part, inner, here)


def _properties(schema: Schema) -> Schema:
    found: Schema = schema.get("properties") or schema.get("items", {}).get("properties") or {}
    return found


def _shape_in(kind: object) -> type[Struct] | None:
    """The shape of an object, or of the objects in a list; None where everything of them is read."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    return next((shape for one in get_args(kind) if (shape := _shape_in(one)) is not None), None)
