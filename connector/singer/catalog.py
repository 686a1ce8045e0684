"""The catalogue of a tap, made without the tap: from its streams.csv and its schemas, as the Singer SDK would write it.

To ask a tap itself takes its streams, its source and the SDK: a third of a second, for what stands in files.
"""

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from connector.files import table_beside
from connector.settings import tidy

Schema = Mapping[str, Any]
Crumb = tuple[str, ...]

_ORDER = ("properties", "items", "description", "format", "type", "additionalProperties")
"""What a schema holds, as the SDK orders it."""


def names_of(tap: str) -> list[str]:
    """The names of a tap's streams, in reading order; `tap`: its package."""
    return [row["name"] for row in table_beside(_file_of(tap), "streams.csv")]


def catalog_of(tap: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """What the tap of this package discovers with a configuration."""
    file = _file_of(tap)
    rows = sorted(table_beside(file, "streams.csv"), key=lambda row: row["name"])
    return {"streams": [_entry(row, Path(file).with_name("schemas"), config) for row in rows]}


def _file_of(package: str) -> str:
    """Loads nothing but the package itself, which holds nothing."""
    return str(import_module(package).__file__)


def _entry(row: Mapping[str, str], schemas: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    name, keys, changes = row["name"], row["keys"].split(), row.get("changes")
    schema = json.loads((schemas / f"{name}.json").read_text(encoding="utf-8"))
    by_default = _is_selected(row.get("selected"), config)
    stream = {
        "inclusion": "available",
        "selected": by_default,
        "selected-by-default": by_default,
        "table-key-properties": keys,
        **({"replication-key": changes, "valid-replication-keys": [changes]} if changes else {}),
    }
    inclusions = dict.fromkeys(_crumbs(schema, ()), "available")
    inclusions |= {("properties", always): "automatic" for always in (*keys, changes) if always}
    return {
        "tap_stream_id": name,
        **({"replication_key": changes} if changes else {}),
        "replication_method": "INCREMENTAL" if changes else "FULL_TABLE",
        "key_properties": keys,
        "schema": _ordered(schema),
        "stream": name,
        "metadata": [
            *({"breadcrumb": [*crumb], "metadata": {"inclusion": how}} for crumb, how in inclusions.items()),
            {"breadcrumb": [], "metadata": stream},
        ],
    }


def _is_selected(when: str | None, config: Mapping[str, Any]) -> bool:
    """Whether a stream is read by default: never without a word, `always`, or where a setting is true, or `not` so."""
    if when is None or when == "always":
        return when is not None
    setting = when.removeprefix("not ")
    is_on = bool(tidy(config, {"properties": {setting: {"type": "boolean"}}}).get(setting))
    return is_on is (setting == when)


def _crumbs(schema: Schema, above: Crumb) -> Iterator[Crumb]:
    """The properties of a schema and those inside of them; what a list holds has no metadata of its own."""
    for name, part in schema.get("properties", {}).items():
        crumb = (*above, "properties", name)
        yield crumb
        yield from _crumbs(part, crumb)


def _ordered(schema: Schema) -> dict[str, Any]:
    found: dict[str, Any] = {key: schema[key] for key in _ORDER if key in schema}
    if "properties" in schema:
        found["properties"] = {name: _ordered(part) for name, part in schema["properties"].items()}
    if "items" in schema:
        found["items"] = _ordered(schema["items"])
    return found
