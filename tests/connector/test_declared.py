"""Settings declared in tables: the JSON Schema that is made without the Singer SDK is the one that the SDK makes."""

import json
from pathlib import Path
from typing import Any

import pytest
from singer_sdk import typing as th

import delivery.settings
import magento_api.settings
import optiply_api.settings
import tap_easyecom.settings
import tap_magento.settings
import tap_optiply.settings
import tap_picqer.settings
import target_easyecom.settings
import target_magento.settings
import target_optiply.settings
import target_picqer.settings
from connector.files import table_beside
from connector.singer.settings import Setting, declared, json_schema

ID = ["integer", "string"]
KINDS: dict[str, Any] = {
    "text": th.StringType,
    "text or number": th.CustomType({"type": ["string", "integer", "null"]}),
    "true or false": th.BooleanType,
    "whole number": th.IntegerType,
    "whole number from 0": th.IntegerType(minimum=0),
    "whole number from 1": th.IntegerType(minimum=1),
    "number": th.NumberType,
    "number from 0": th.NumberType(minimum=0),
    "number above 0": th.NumberType(exclusive_minimum=0),
    "id": th.CustomType({"type": [*ID, "null"]}),
    "ids": th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ID}}),
    "words": th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}}),
    "object": th.ObjectType(additional_properties=True),
}
"""What each word of a table stands for, in the SDK's own types."""
MODULES = (
    delivery.settings, magento_api.settings, optiply_api.settings, tap_easyecom.settings, tap_magento.settings,
    tap_optiply.settings, tap_picqer.settings, target_easyecom.settings, target_magento.settings,
    target_optiply.settings, target_picqer.settings,
)  # fmt: skip
WORDS = dict.fromkeys(("package", "system", "kind", "rows"), "a word") | {"page_size": "300"}


def of_the_sdk(row: dict[str, str]) -> th.Property[Any]:
    cells = {column: cell.format_map(WORDS) for column, cell in row.items()}
    default: Any = cells.get("default")
    return th.Property(
        cells["name"],
        KINDS[cells["type"]],
        required=cells.get("mark") == "required",
        default=default if default is None or cells["type"] == "text" else json.loads(default),
        description=cells["description"],
        secret=cells.get("mark") == "secret",
        allowed_values=cells["choices"].split(" | ") if "choices" in cells else None,
        title=cells.get("title"),
    )


@pytest.mark.parametrize("module", [str(one.__file__) for one in MODULES], ids=lambda file: Path(file).parent.name)
def test_a_table_gives_the_schema_that_the_sdk_gives(module: str) -> None:
    rows = table_beside(module, "settings.csv")
    others = {row["name"]: Setting(row["name"], False, {}) for row in rows if "type" not in row}
    ours = [setting for setting in declared(module, others, **WORDS) if setting.schema]
    theirs = [of_the_sdk(row) for row in rows if "type" in row]
    assert json.dumps(json_schema(ours)) == json.dumps(th.PropertiesList(*theirs).to_dict())
    assert [(one.name, one.default, one.secret) for one in ours] == [
        (one.name, one.default, one.secret) for one in theirs
    ]


def test_what_the_sdk_adds_to_a_schema_stays_in_that_one() -> None:
    settings = [Setting("url", True, {"type": ["string"], "items": {"type": "string"}})]
    json_schema(settings)["properties"]["url"]["items"]["type"] = "integer"
    assert json_schema(settings)["properties"] == {"url": {"type": ["string"], "items": {"type": "string"}}}
