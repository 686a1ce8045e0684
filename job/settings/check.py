"""Checks the two configuration files of a job folder before anything runs.

Every mistake gets one sentence with file, key, what was expected and the nearest valid key; a secret is never shown.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.addresses import SettingError, header_value, visible, web_address
from job.folder import FolderError, JobFolder, read_json_object
from job.settings.other_files import check_other_files
from job.settings.schemas import Schema, config_schema, target_schema

# Keys that platforms and older connectors put into a config; nobody here reads them.
PLATFORM_KEYS = frozenset(
    {
        "_refresh_token_via_hg_api",
        "couplingId",
        "faker_config",
        "flattening_enabled",
        "flattening_max_depth",
        "flattening_max_key_length",
        "flattening_separator",
        "full_url",
        "hg_sync_output",
        "hotglue_mapping",
        "hotglue_metadata",
        "start_date_override",
        "stream_map_config",
        "stream_maps",
        "webshop_handle",
        "webshop_uuid",
    }
)
PLACEHOLDER = "REPLACE"
EXPECTED = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text in double quotes",
    "array": "a list […]",
    "object": "an object {…}",
}
OAUTH_KEYS = ("consumer_key", "consumer_secret")
# What travels in a header as it is.
HEADER_KEYS = frozenset({"access_token", "oauth_token", "user_agent"})
LOGIN_KEYS = ("username", "password", "client_id", "client_secret")


def check_settings(folder: JobFolder) -> None:
    """Raise FolderError with a sentence for each mistake in the two files, or else in the others that are there."""
    complaints = [*check_config(folder.config), *check_target_config(folder.target_config)]
    complaints = complaints or check_other_files(folder)
    if complaints:
        raise FolderError("\n".join(complaints))


def check_config(path: Path) -> list[str]:
    """A sentence for each mistake in config.json. Raises FolderError when the file is not a JSON object."""
    from etl.magento.flags import ConfigError, load_config
    from tap_magento.config import wrong_values

    config = read_json_object(path)
    found = list(_mistakes(path, config, config_schema(), ("target-config.json", target_schema()), trimmed=True))
    if not found:
        found += [f"{path}: {sentence}" for sentence in (*_shop_login(config), *_place(config))]
        found += [f"{path}: {sentence}." for sentence in wrong_values(config)]
        try:
            load_config(config)
        except ConfigError as error:
            found.append(f"{path}: {str(error).removeprefix('config: ')}.")
    return found


def check_target_config(path: Path) -> list[str]:
    """A sentence for each mistake in target-config.json. Raises FolderError when the file is not a JSON object."""
    config = read_json_object(path)
    found = list(_mistakes(path, config, target_schema(), ("config.json", config_schema()), trimmed=False))
    if not found and not config.get("access_token"):
        missing = [key for key in LOGIN_KEYS if not config.get(key)]
        if missing:
            found.append(f"{path}: {', '.join(missing)} missing; Optiply's login needs all of {', '.join(LOGIN_KEYS)}.")
    return found


def _mistakes(
    path: Path, config: Mapping[str, Any], schema: Schema, other: tuple[str, Schema], *, trimmed: bool
) -> Iterator[str]:
    """`trimmed`: the program that reads the file takes blanks and line ends around a text away."""
    known = schema["properties"]
    for key in schema["required"]:
        if key not in config:
            yield f"{path}: the setting {key!r} is missing; expected {expected(known[key])}."
    for key in sorted(set(config) - set(known) - PLATFORM_KEYS):
        yield f"{path}: {key!r} is not a known setting; {_hint(key, known, other)}"
    for key, value in config.items():
        if key == "snapshot_dir" and value:
            yield f"{path}: {key!r} must go: optiply-sync keeps the store in the folder's snapshots/."
        elif key in known and (complaint := complaint_about(value, known[key])):
            secret = known[key].get("writeOnly") or (known[key].get("format") == "uri" and "@" in str(value))
            shown = "" if secret else f" is {_shown(value)}, which"
            yield f"{path}: {key!r}{shown} {complaint}."
        elif key in known and (complaint := _not_carried(key, value, known[key], trimmed=trimmed)):
            yield f"{path}: {complaint}."


def _not_carried(key: str, value: object, spec: Schema, *, trimmed: bool) -> str | None:
    """Why a text cannot be sent as the address or in the header it stands for; a secret is never shown."""
    if not isinstance(value, str) or not value:
        return None
    value = value.strip() if trimmed else value
    try:
        if spec.get("format") == "uri":
            web_address(value, key, *spec.get("examples", [])[:1])
        elif key in HEADER_KEYS:
            header_value(value, key, secret=bool(spec.get("writeOnly")))
        else:
            visible(value, key)
    except SettingError as error:
        return str(error)
    return None


def _hint(key: str, known: Schema, other: tuple[str, Schema]) -> str:
    if key in other[1]["properties"]:
        return f"it belongs in {other[0]}."
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(key.lower().replace("-", "_").replace(" ", "_"), lower, n=1)
    if near:
        return f"did you mean {lower[near[0]]!r}?"
    return "remove it; the known ones are in the settings tables of the README and in the file's $schema."


def complaint_about(value: object, spec: Schema) -> str | None:
    """What is wrong with a value by its declaration, with what was expected; None when it fits."""
    types = [spec["type"]] if isinstance(spec.get("type"), str) else spec.get("type", [])
    if types and not any(_is(value, name) for name in types):
        return f"is not {expected(spec)}"
    if isinstance(value, str) and PLACEHOLDER in value:
        return "still holds the placeholder of the example; write your own value"
    if "enum" in spec and value is not None and value not in spec["enum"]:
        near = difflib.get_close_matches(str(value), [str(option) for option in spec["enum"]], n=1)
        return f"is not {expected(spec)}" + (f"; did you mean {near[0]!r}?" if near else "")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and (bound := _out_of_bounds(value, spec)):
        return f"is out of bounds; expected {bound}"
    if isinstance(value, str) and spec.get("format") and not _FORMATS[spec["format"]](value):
        return f"is not {expected(spec)}"
    if isinstance(value, list) and "items" in spec:
        wrong = [item for item in value if complaint_about(item, spec["items"])]
        return f"holds {_shown(wrong[0])}; expected a list of {expected(spec['items'])}" if wrong else None
    return None


def expected(spec: Schema) -> str:
    """A declaration in words, with an example where there is one."""
    if "enum" in spec:
        return " or ".join(repr(option) for option in spec["enum"])
    example = spec.get("examples", [spec.get("default")])[0]
    like = (
        f", such as {json.dumps(example)}"
        if example not in (None, "", [], {}) and not isinstance(example, bool)
        else ""
    )
    if spec.get("format"):
        words = {"uri": "a web address with https:// or http://", "date-time": "a date like 2025-01-31 or with time"}
        return words[spec["format"]] + like
    types = [spec["type"]] if isinstance(spec.get("type"), str) else spec.get("type", [])
    return " or ".join(EXPECTED[name] for name in types if name != "null") + like


def _is(value: object, name: str) -> bool:
    if name == "null":
        return value is None
    if name == "boolean":
        return isinstance(value, bool)
    kinds: dict[str, type | tuple[type, ...]] = {
        "integer": int, "number": (int, float), "string": str, "array": list, "object": dict,
    }  # fmt: skip
    return isinstance(value, kinds[name]) and not isinstance(value, bool)


def _out_of_bounds(value: float, spec: Schema) -> str | None:
    if "minimum" in spec and value < spec["minimum"]:
        return f"at least {spec['minimum']}"
    if "exclusiveMinimum" in spec and value <= spec["exclusiveMinimum"]:
        return f"more than {spec['exclusiveMinimum']}"
    if "maximum" in spec and value > spec["maximum"]:
        return f"at most {spec['maximum']}"
    return None


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


_FORMATS = {"uri": lambda text: "://" in text, "date-time": _is_date}


def _place(config: Mapping[str, Any]) -> Iterator[str]:
    from tap_magento.place import place_of

    try:
        place_of(str(config["store_url"]))
    except SettingError as error:
        yield f"{error}."


def _shop_login(config: Mapping[str, Any]) -> Iterator[str]:
    token = config.get("oauth_token") or config.get("access_token")
    if config.get("use_oauth"):
        secret = config.get("oauth_token_secret") or config.get("access_token_secret")
        missing = [key for key in OAUTH_KEYS if not config.get(key)]
        missing += [] if token else ["oauth_token"]
        missing += [] if secret else ["oauth_token_secret"]
        if missing:
            yield f"use_oauth needs {', '.join(missing)} as well; Magento shows all four on the integration's page."
    elif config.get("username") and not config.get("password"):
        yield "'username' has no 'password'; add it, or use 'access_token' alone."
    elif not token and not config.get("username"):
        yield "no login for the shop; expected 'access_token', or 'username' and 'password', or 'use_oauth'."


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"
