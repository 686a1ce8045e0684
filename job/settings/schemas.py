"""JSON Schemas of the two configuration files, put together from what the tap, the ETL and the target declare.

`python -m job.settings.schemas FOLDER` writes them; editors complete and check a file by its `$schema` key.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from job.folder import write_json
from job.inventory.settings import KEY as INVENTORY
from job.inventory.settings import inventory_schema
from job.systems import DEFAULT, SYSTEMS
from job.systems.system import Schema, SettingsFile, System

CONFIG_SCHEMA = "config.schema.json"
TARGET_SCHEMA = "target-config.schema.json"
DIALECT = "http://json-schema.org/draft-07/schema#"


def job_settings(system: System = DEFAULT) -> dict[str, Schema]:
    """Settings of the job itself, in config.json beside those of the tap and the ETL."""
    own: dict[str, Schema] = {
        "system": {
            "type": "string",
            "enum": list(SYSTEMS),
            "default": DEFAULT.name,
            "description": "The system that the folder is for.",
        },
        "schedule": {
            "type": "string",
            "enum": [size.name for size in system.sizes],
            "description": "How often `optiply-sync run --due` works; without it the number of products decides.",
        },
        "rescan_days": {
            "type": "integer",
            "minimum": 1,
            "default": 30,
            "description": "How many days of orders a scheduled full read covers.",
        },
    }
    return own if system.stock is None else {**own, INVENTORY: inventory_schema()}


def schema_of(file: SettingsFile, own: Mapping[str, Schema]) -> Schema:
    """The schema of a configuration file: what its programs declare, and `own` settings of the job."""
    declared, required = file.declared()
    known = {name: {**_plain(spec), **file.forms.get(name, {})} for name, spec in {**declared, **own}.items()}
    known["$schema"] = {"type": "string", "description": "Where an editor finds this schema."}
    return {
        "$schema": DIALECT,
        "title": file.title,
        "type": "object",
        "properties": known,
        "required": list(required),
        "additionalProperties": False,
    }


def config_schema(system: System = DEFAULT) -> Schema:
    """The schema of config.json: tap, ETL and job together."""
    return schema_of(system.settings, job_settings(system))


def target_schema(system: System = DEFAULT) -> Schema:
    """The schema of target-config.json."""
    return schema_of(system.target.settings, {})


def _plain(spec: Schema) -> Schema:
    """A declaration without pydantic's titles, its `anyOf` with null written as a list of types."""
    plain = {name: value for name, value in spec.items() if name not in {"title", "anyOf", "secret"}}
    if "anyOf" in spec:
        plain["type"] = [option["type"] for option in spec["anyOf"]]
    return plain


def schemas(system: System = DEFAULT) -> dict[str, Schema]:
    """File name → schema."""
    return {CONFIG_SCHEMA: config_schema(system), TARGET_SCHEMA: target_schema(system)}


def write_schemas(folder: Path, system: System = DEFAULT) -> list[Path]:
    """Write the schemas into a folder; returns those that were not current."""
    folder.mkdir(parents=True, exist_ok=True)
    stale = stale_schemas(folder, system)
    for path in stale:
        write_json(path, schemas(system)[path.name])
    return stale


def stale_schemas(folder: Path, system: System = DEFAULT) -> list[Path]:
    """The schema files in a folder that are missing or differ from what the programs declare now."""
    stale = []
    for name, schema in schemas(system).items():
        path = folder / name
        if not path.exists() or json.loads(path.read_text(encoding="utf-8")) != schema:
            stale.append(path)
    return stale


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
