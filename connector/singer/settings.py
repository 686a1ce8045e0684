"""Settings declared in tables: how a settings.csv beside a module is read, and the settings that every tap has."""

import json
from collections.abc import Mapping
from typing import Any

from connector.files import table_beside
from connector.names import PACKAGE
from connector.singer.sdk import th

_ID = ["integer", "string"]
_KINDS: Mapping[str, Any] = {
    "text": th.StringType,
    "text or number": th.CustomType({"type": ["string", "integer", "null"]}),
    "true or false": th.BooleanType,
    "whole number": th.IntegerType,
    "whole number from 0": th.IntegerType(minimum=0),
    "whole number from 1": th.IntegerType(minimum=1),
    "number": th.NumberType,
    "number from 0": th.NumberType(minimum=0),
    "number above 0": th.NumberType(exclusive_minimum=0),
    "id": th.CustomType({"type": [*_ID, "null"]}),
    "ids": th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": _ID}}),
    "words": th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}}),
    "object": th.ObjectType(additional_properties=True),
}
"""The types of a table in words."""


def declared(
    module: str, given: Mapping[str, th.Property[Any]] | None = None, **words: object
) -> list[th.Property[Any]]:
    """The settings of the settings.csv beside a module, in its order; `{words}` in its texts are filled in.

    A row with its name alone stands for the one that is `given`, a row `*` for all of those without a row.
    """
    rows = {row["name"]: row for row in table_beside(module, "settings.csv")}
    found: list[th.Property[Any]] = []
    for name, row in rows.items():
        if name == "*":
            found += [one for other, one in (given or {}).items() if other not in rows]
        else:
            found.append(_property(row, words) if "type" in row else (given or {})[name])
    return found


def _property(row: Mapping[str, str], words: Mapping[str, object]) -> th.Property[Any]:
    cells = {column: cell.format_map(words) for column, cell in row.items()}
    default: Any = cells.get("default")
    return th.Property(
        cells["name"],
        _KINDS[cells["type"]],
        required=cells.get("mark") == "required",
        default=default if default is None or cells["type"] == "text" else json.loads(default),
        description=cells["description"],
        secret=cells.get("mark") == "secret",
        allowed_values=cells["choices"].split(" | ") if "choices" in cells else None,
        title=cells.get("title"),
    )


def reading_settings(kind: str, page_size: int, rows: str = "Rows a page.") -> dict[str, th.Property[Any]]:
    """How fast, how patiently and from when on a tap reads, by name.

    `kind` of system in texts ("shop"), `page_size` by default, `rows` says of what.
    """
    listed = declared(__file__, kind=kind, page_size=page_size, rows=rows, package=PACKAGE)
    return {setting.name: setting for setting in listed}
