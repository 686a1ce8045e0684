"""Checks the two configuration files of a job folder before anything runs.

Known is what the tap, the ETL, the target or the platform declares; anything else is refused with the nearest name.
"""

from __future__ import annotations

import difflib
from typing import Any

from job.folder import FolderError, JobFolder, read_json_object

# Keys that platforms add to a connector config; nobody here reads them.
PLATFORM_KEYS = frozenset({"$schema", "hg_sync_output", "hotglue_metadata", "hotglue_mapping", "start_date_override"})


def check_settings(folder: JobFolder) -> None:
    """Raise FolderError naming file, key, what was expected and the nearest valid key."""
    from tap_magento.tap import TapMagento
    from target_optiply.target import TargetOptiply

    from etl.config import FlowConfig

    tap = TapMagento.config_jsonschema
    target = TargetOptiply.config_jsonschema
    flags = set(FlowConfig.model_fields)
    _check_keys(folder, folder.config.name, set(tap["properties"]) | flags)
    _check_keys(folder, folder.target_config.name, set(target["properties"]))
    for path, schema in ((folder.config, tap), (folder.target_config, target)):
        missing = [key for key in schema.get("required", []) if key not in read_json_object(path)]
        if missing:
            raise FolderError(f"{path}: the setting {', '.join(missing)} is missing; add it to this file.")


def _check_keys(folder: JobFolder, name: str, known: set[str]) -> None:
    path = folder.root / name
    config: dict[str, Any] = read_json_object(path)
    for key in sorted(set(config) - known - PLATFORM_KEYS):
        near = difflib.get_close_matches(key, sorted(known), n=1)
        hint = f"did you mean {near[0]!r}?" if near else "remove it, or see the settings table in the README."
        raise FolderError(f"{path}: {key!r} is not a known setting; {hint}")
