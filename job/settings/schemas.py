"""JSON Schemas of the two configuration files, put together from what the tap, the ETL and the target declare.

`python -m job.settings.schemas FOLDER` writes them; editors complete and check a file by its `$schema` key.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import Any

from connector.addresses import LONGEST_SECONDS
from job.folder import write_json
from job.schedule.rules import SIZE_NAMES

Schema = dict[str, Any]

CONFIG_SCHEMA = "config.schema.json"
TARGET_SCHEMA = "target-config.schema.json"
DIALECT = "http://json-schema.org/draft-07/schema#"

# Settings of the job itself, in config.json beside those of the tap and the ETL.
JOB_SETTINGS: Schema = {
    "schedule": {
        "type": "string",
        "enum": list(SIZE_NAMES),
        "description": "How often `optiply-sync run --due` works; without it the number of products decides.",
    },
    "rescan_days": {
        "type": "integer",
        "minimum": 1,
        "default": 30,
        "description": "How many days of orders a scheduled full read covers.",
    },
}
# Bounds and forms that the programs expect and their own declarations cannot say.
_AT_LEAST_1 = {"minimum": 1}
_AT_LEAST_0 = {"minimum": 0}
_SECONDS = {"minimum": 0, "maximum": int(LONGEST_SECONDS)}
NARROWER: dict[str, Schema] = {
    "page_size": _AT_LEAST_1,
    "source_items_page_size": _AT_LEAST_1,
    "max_concurrency": _AT_LEAST_1,
    "request_timeout": {"exclusiveMinimum": 0, "maximum": int(LONGEST_SECONDS)},
    "retry_seconds": _SECONDS,
    "retry_wait": _SECONDS,
    "retry_time": _SECONDS,
    "throttle_seconds": _SECONDS,
    "lookback_seconds": {"minimum": 0, "maximum": 366 * 86_400},
    "max_isolated": _AT_LEAST_0,
    "max_failures": _AT_LEAST_0,
    "unanswered_wait": _SECONDS,
    "store_url": {"format": "uri", "examples": ["https://shop.example.com"]},
    "api_url": {"format": "uri", "examples": ["https://api.optiply.com/v1"]},
    "auth_url": {"format": "uri", "examples": ["https://dashboard.optiply.nl/api"]},
    "start_date": {"format": "date-time", "examples": ["2025-01-01T00:00:00Z"]},
    "end_date": {"format": "date-time", "examples": ["2026-01-01T00:00:00Z"]},
}
# The ETL takes these lists as text with commas too, and the short form of a mapping, as platforms hand them over.
LIST_OR_TEXT = ("warehouse_ids", "order_statuses", "not_sync_entities")


def config_schema() -> Schema:
    """The schema of config.json: tap, ETL and job together."""
    from singer_sdk.typing import PropertiesList

    from etl.magento.flags import FlowConfig
    from tap_magento.settings import SETTINGS

    # Not the tap's own `config_jsonschema`: the SDK adds to that when a tap is made.
    tap = PropertiesList(*SETTINGS).to_dict()
    flags = copy.deepcopy(FlowConfig.model_json_schema()["properties"])
    for name in LIST_OR_TEXT:
        flags[name] |= {"type": ["array", "string"]}
    flags["custom_mappings"]["additionalProperties"] = {"type": ["string", "object"]}
    # A flag of the ETL has the ETL's own declaration, also where the tap knows of it.
    return _schema(
        "Shop and rules: config.json", {**tap["properties"], **flags, **JOB_SETTINGS}, tap.get("required", [])
    )


def target_schema() -> Schema:
    """The schema of target-config.json."""
    from target_optiply.settings import SETTINGS

    declared = SETTINGS.to_dict()
    return _schema("Optiply: target-config.json", declared["properties"], ["account_id"])


def _schema(title: str, properties: Schema, required: list[str]) -> Schema:
    known = {name: {**_plain(spec), **NARROWER.get(name, {})} for name, spec in properties.items()}
    known["$schema"] = {"type": "string", "description": "Where an editor finds this schema."}
    return {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": known,
        "required": list(required),
        "additionalProperties": False,
    }


def _plain(spec: Schema) -> Schema:
    """A declaration without pydantic's titles, its `anyOf` with null written as a list of types."""
    plain = {name: value for name, value in spec.items() if name not in {"title", "anyOf", "secret"}}
    if "anyOf" in spec:
        plain["type"] = [option["type"] for option in spec["anyOf"]]
    return plain


def schemas() -> dict[str, Schema]:
    """File name → schema."""
    return {CONFIG_SCHEMA: config_schema(), TARGET_SCHEMA: target_schema()}


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into a folder; returns those that were not current."""
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_schemas(folder)
    for path in stale:
        write_json(path, schemas()[path.name])
    return stale


def stale_schemas(folder: Path) -> list[Path]:
    """The schema files in a folder that are missing or differ from what the programs declare now."""
    stale = []
    for name, schema in schemas().items():
        path = folder / name
        if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != schema:
            stale.append(path)
    return stale


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
