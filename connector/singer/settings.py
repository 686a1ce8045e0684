"""Settings declared in tables: how a settings.csv beside a module is read, and the settings that every tap has.

Their JSON Schema is written as the Singer SDK writes it, and without it: who only checks a configuration needs no SDK.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from connector.files import table_beside
from connector.names import PACKAGE

_ID = ["integer", "string"]
_KINDS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": ["string"]},
    "text or number": {"type": ["string", "integer"]},
    "true or false": {"type": ["boolean"]},
    "whole number": {"type": ["integer"]},
    "whole number from 0": {"type": ["integer"], "minimum": 0},
    "whole number from 1": {"type": ["integer"], "minimum": 1},
    "number": {"type": ["number"]},
    "number from 0": {"type": ["number"], "minimum": 0},
    "number above 0": {"type": ["number"], "exclusiveMinimum": 0},
    "id": {"type": _ID},
    "ids": {"type": ["array", "string", "integer"], "items": {"type": _ID}},
    "words": {"type": ["array", "string"], "items": {"type": "string"}},
    "object": {"type": ["object"], "properties": {}, "additionalProperties": True},
}
"""The types of a table in words, as JSON Schema."""


@dataclass(frozen=True)
class Setting:
    """One setting: its name, whether it must be there, and the JSON Schema of its value."""

    name: str
    required: bool
    schema: Mapping[str, Any]

    @property
    def default(self) -> Any:  # noqa: ANN401 - any JSON value
        """What counts where it is left out; None without one."""
        return self.schema.get("default")

    @property
    def secret(self) -> bool:
        """Whether its value is never shown."""
        return "secret" in self.schema


def json_schema(settings: Iterable[Setting]) -> dict[str, Any]:
    """The JSON Schema of a configuration with these settings, anew each time: the SDK adds to it when a tap is made."""
    listed = [*settings]
    required = [setting.name for setting in listed if setting.required]
    return {
        "type": "object",
        "properties": {setting.name: deepcopy(dict(setting.schema)) for setting in listed},
        **({"required": required} if required else {}),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    }


def declared(module: str, given: Mapping[str, Setting] | None = None, **words: object) -> list[Setting]:
    """The settings of the settings.csv beside a module, in its order; `{words}` in its texts are filled in.

    A row with its name alone stands for the one that is `given`, a row `*` for all of those without a row.
    """
    rows = {row["name"]: row for row in table_beside(module, "settings.csv")}
    found: list[Setting] = []
    for name, row in rows.items():
        if name == "*":
            found += [one for other, one in (given or {}).items() if other not in rows]
        else:
            found.append(_setting(row, words) if "type" in row else (given or {})[name])
    return found


def _setting(row: Mapping[str, str], words: Mapping[str, object]) -> Setting:
    cells = {column: cell.format_map(words) for column, cell in row.items()}
    required = cells.get("mark") == "required"
    schema = dict(_KINDS[cells["type"]])
    if not required:
        schema["type"] = [*schema["type"], "null"]
    if "title" in cells:
        schema["title"] = cells["title"]
    if "default" in cells:
        schema["default"] = cells["default"] if cells["type"] == "text" else json.loads(cells["default"])
    schema["description"] = cells["description"]
    if cells.get("mark") == "secret":
        schema |= {"secret": True, "writeOnly": True}
    if "choices" in cells:
        schema["enum"] = cells["choices"].split(" | ")
    return Setting(cells["name"], required, schema)


def reading_settings(kind: str, page_size: int, rows: str = "Rows a page.") -> dict[str, Setting]:
    """How fast, how patiently and from when on a tap reads, by name.

    `kind` of system in texts ("shop"), `page_size` by default, `rows` says of what.
    """
    listed = declared(__file__, kind=kind, page_size=page_size, rows=rows, package=PACKAGE)
    return {setting.name: setting for setting in listed}
