"""Checks the two configuration files of a job folder before anything runs.

Every mistake gets one sentence with file, key, what was expected and the nearest valid key; a secret is never shown.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from connector.addresses import SettingError, header_value, visible, web_address
from connector.settings import SDK_KEYS, complaint_about, did_you_mean, expected, shown
from job.folder import FolderError, JobFolder, read_json_object
from job.inventory import settings as inventory
from job.settings.other_files import check_other_files
from job.settings.schemas import config_schema, target_schema
from job.systems import system_of
from job.systems.system import Schema, SettingsFile

# Keys that platforms and older connectors put into a config; nobody here reads them.
PLATFORM_KEYS = SDK_KEYS | frozenset(
    {
        "_refresh_token_via_hg_api",
        "couplingId",
        "flattening_separator",
        "full_url",
        "hg_sync_output",
        "hotglue_mapping",
        "hotglue_metadata",
        "start_date_override",
        "webshop_handle",
        "webshop_uuid",
    }
)
PLACEHOLDER = "REPLACE"


def check_settings(folder: JobFolder) -> None:
    """Raise FolderError for a file that is missing, or with a sentence for each mistake in the two, else in others."""
    folder.check()
    complaints = [*check_config(folder), *check_target_config(folder)] or check_other_files(folder)
    if complaints:
        raise FolderError("\n".join(complaints))


def check_config(folder: JobFolder) -> list[str]:
    """A sentence for each mistake in config.json. Raises FolderError when the file is not a JSON object."""
    system = system_of(folder)
    other = (system.target.settings.name, target_schema(system))
    return list(_check(folder.config, system.settings, config_schema(system), other))


def check_target_config(folder: JobFolder) -> list[str]:
    """A sentence for each mistake in target-config.json. Raises FolderError when the file is not a JSON object."""
    system = system_of(folder)
    other = (system.settings.name, config_schema(system))
    return list(_check(folder.target_config, system.target.settings, target_schema(system), other))


def _check(path: Path, file: SettingsFile, schema: Schema, other: tuple[str, Schema]) -> Iterator[str]:
    config = read_json_object(path)
    found = list(_mistakes(config, file, schema, other)) or list(file.complaints(config))
    return (f"{path}: {sentence}" for sentence in found)


def _mistakes(
    config: Mapping[str, Any], file: SettingsFile, schema: Schema, other: tuple[str, Schema]
) -> Iterator[str]:
    known = schema["properties"]
    for key in schema["required"]:
        if key not in config:
            yield f"the setting {key!r} is missing; expected {expected(known[key])}."
    for key in sorted(set(config) - set(known) - PLATFORM_KEYS):
        yield f"{key[:80]!r} is not a known setting; {_hint(key[:80], known, other)}"
    for key, value in config.items():
        if key == "snapshot_dir" and value:
            yield f"{key!r} must go: optiply-sync keeps the store in the folder's snapshots/."
        elif key == inventory.KEY and key in known and isinstance(value, dict):
            yield from inventory.complaints(value, known[key])
        elif key in known and (complaint := _unfit(value, known[key])):
            secret = known[key].get("writeOnly") or (known[key].get("format") == "uri" and "@" in str(value))
            yield f"{key!r}{'' if secret else f' is {shown(value)}, which'} {complaint}."
        elif key in known and (complaint := _not_carried(key, value, known[key], file)):
            yield f"{complaint}."


def _unfit(value: object, spec: Schema) -> str | None:
    if isinstance(value, str) and PLACEHOLDER in value and "string" in spec.get("type", ()):
        return "still holds the placeholder of the example; write your own value"
    if value is None and "enum" in spec and "null" in spec["type"]:
        return None
    return complaint_about(value, spec)


def _not_carried(key: str, value: object, spec: Schema, file: SettingsFile) -> str | None:
    """Why a text cannot be sent as the address or in the header it stands for; a secret is never shown."""
    if not isinstance(value, str) or not value:
        return None
    value = value.strip() if file.trimmed else value
    try:
        if spec.get("format") == "uri":
            web_address(value, key, *spec.get("examples", [])[:1])
        elif key in file.in_headers:
            header_value(value, key, secret=bool(spec.get("writeOnly")))
        else:
            visible(value, key)
    except SettingError as error:
        return str(error)
    return None


def _hint(key: str, known: Schema, other: tuple[str, Schema]) -> str:
    if key in other[1]["properties"]:
        return f"it belongs in {other[0]}."
    tables = "remove it; the known ones are in the settings tables of the README and in the file's $schema."
    return did_you_mean(key, known) or tables
