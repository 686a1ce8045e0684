"""The object `inventory` of config.json: its schema, what is wrong with it, and its settings as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from connector.settings import complaint_about, did_you_mean, expected, shown

if TYPE_CHECKING:
    from inventory.settings import InventorySettings

KEY = "inventory"
"""The name of the object in config.json."""

Schema = dict[str, Any]


def inventory_schema() -> Schema:
    """Its JSON Schema."""
    from inventory.settings import InventorySettings

    declared = InventorySettings.model_json_schema()["properties"]
    return {
        "type": "object",
        "properties": {name: _plain(spec) for name, spec in declared.items()},
        "additionalProperties": False,
        "description": "How stock figures from a warehouse system become figures of the shop.",
    }


def read_settings(config: Mapping[str, Any]) -> InventorySettings:
    """The settings of a checked configuration; without the object, the defaults."""
    from inventory.settings import InventorySettings

    given = config.get(KEY) or {}
    return InventorySettings.model_validate({name: value for name, value in given.items() if value is not None})


def complaints(given: Mapping[str, Any], schema: Schema) -> Iterator[str]:
    """A sentence for each mistake in the object, the nearest valid key named."""
    known = schema["properties"]
    for key in sorted(set(given) - set(known)):
        hint = did_you_mean(key, known) or f"the known ones are {', '.join(known)}."
        yield f"'{KEY}.{key}' is not a known setting; {hint}"
    for key, value in given.items():
        if key not in known or value is None:
            continue
        complaint = _empty(value) or complaint_about(value, known[key])
        if complaint:
            yield f"'{KEY}.{key}' is {shown(value)}, which {complaint}."


def _empty(value: object) -> str | None:
    """What is wrong with nothing: a list without a word means neither all nor none."""
    if value == []:
        return "says neither all nor none; leave the setting out for all, or set 'adjust' to \"no\" for none"
    return f"is empty; expected {expected({'type': 'string'})}" if value == "" else None


def _plain(spec: Schema) -> Schema:
    """A declaration without pydantic's titles; one that may be null says so in its type."""
    plain = {name: value for name, value in spec.items() if name not in {"title", "anyOf"}}
    for option in spec.get("anyOf", ()):
        plain |= {name: value for name, value in option.items() if name != "type"}
        plain["type"] = [*plain.get("type", ()), option["type"]]
    return plain
