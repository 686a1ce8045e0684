"""What `optiply-sync --about` says: its version, its commands and the settings of both files of a job folder."""

from __future__ import annotations

from collections.abc import Iterable

from connector.about import About, about
from job.settings.schemas import config_schema, target_schema


def about_sync(commands: Iterable[str]) -> About:
    """The settings carry the name of their file, since both files have a `username`."""
    files = {"config.json": config_schema(), "target-config.json": target_schema()}
    settings = {
        "type": "object",
        "properties": {
            f"{file}: {name}": spec for file, schema in files.items() for name, spec in schema["properties"].items()
        },
        "required": [f"{file}: {name}" for file, schema in files.items() for name in schema["required"]],
    }
    description = "Runs tap-magento, optiply-etl and target-optiply over one job folder."
    return {**about("optiply-sync", description, settings), "commands": sorted(commands)}
