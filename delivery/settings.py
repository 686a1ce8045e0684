"""The settings that every target has, declared once: how fast and patiently it writes, and where its files lie."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.addresses import LONGEST_SECONDS, SettingError, header_value, visible
from connector.settings import did_you_mean
from connector.singer.settings import Setting, declared
from connector.values import Unfit, id_text, number, whole_number
from store.place import SETTING, VARIABLE, Place

# Least seconds of each: a timeout of 0 is none that a socket takes.
_SECONDS = {"unanswered_wait": 0.0, "request_timeout": 0.1, "retry_wait": 0.0, "retry_time": 0.0}
_WHOLE = {"max_concurrency": (1, 1000), "max_failures": (0, 2**53)}


def writing_settings(name: str) -> list[Setting]:
    """The settings; `name` is that of the system written to."""
    return declared(__file__, system=name)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one run that every target has, complete and checked; times in seconds."""

    snapshot_dir: Path
    store: Place
    results_path: Path
    resume_path: Path | None
    dry_run_path: Path | None
    to_hotglue: bool
    max_concurrency: int
    adopt: str
    unanswered_wait: float
    request_timeout: float
    retry_wait: float
    retry_time: float
    max_failures: int | None
    flow: str | None


def general(config: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The fields of Settings, from a checked configuration and the environment; the defaults are those declared."""
    hotglue = bool(env.get("JOB_ROOT") and env.get("TENANT"))
    given = {setting.name: setting.default for setting in writing_settings("") if setting.default is not None}
    given |= {name: value for name, value in config.items() if value not in (None, "")}
    folder = given.get("snapshot_dir") or env.get("SNAPSHOT_DIR") or Path(env.get("ROOT_DIR", "."), "snapshots")
    return {
        "snapshot_dir": Path(folder),
        "store": Place.of(Path(folder), given.get(SETTING) or env.get(VARIABLE)),
        "results_path": Path(given["results_path"]),
        "resume_path": _resume_path(config, env, hotglue),
        "dry_run_path": Path(given["dry_run_path"]) if given["dry_run"] else None,
        "to_hotglue": hotglue if given["state_output"] == "auto" else given["state_output"] == "hotglue",
        "max_concurrency": int(float(given["max_concurrency"])),
        "adopt": str(given["adopt"]),
        **{name: float(given[name]) for name in _SECONDS},
        "max_failures": int(float(given["max_failures"])) if "max_failures" in given else None,
        "flow": env.get("FLOW") if hotglue else None,
    }


def unfit(
    config: Mapping[str, Any], declared: Mapping[str, Any], *, ids: Collection[str], in_headers: Mapping[str, bool]
) -> list[str]:
    """A sentence for each value that cannot be used, with the nearest choice and never with a secret in it.

    `declared`: the properties of the JSON Schema. `ids`: settings that hold an id. `in_headers`: those that travel in a
    header, and whether as a secret.
    """
    complaints = []
    for key, spec in declared.items():
        value = config.get(key)
        if value is None:
            continue
        try:
            if key in ids:
                if value != "":
                    id_text(value)
            elif key in in_headers:
                header_value(value, key, secret=in_headers[key])
            else:
                _check(key, value, spec)
        except SettingError as error:
            complaints.append(f"{error}.")
        except Unfit as error:
            complaints.append(f"{key} {error}.")
    return complaints


def _check(key: str, value: Any, spec: Mapping[str, Any]) -> None:  # noqa: ANN401 - any JSON value
    """Raises SettingError or Unfit."""
    if key in _SECONDS:
        try:
            number(value, least=_SECONDS[key], most=LONGEST_SECONDS)
        except Unfit:
            limits = f"from {_SECONDS[key]:g} to {LONGEST_SECONDS:g}"
            raise SettingError(f"{key} must be a number of seconds {limits}") from None
    elif key in _WHOLE:
        least, most = _WHOLE[key]
        try:
            whole_number(value, least=least, most=most)
        except Unfit:
            raise SettingError(f"{key} must be a whole number from {least} to {most}") from None
    elif "enum" in spec and value not in spec["enum"]:
        hint = did_you_mean(str(value), spec["enum"])
        choices = ", ".join(map(repr, spec["enum"]))
        raise SettingError(f"{key} is {value!r}, which is not one of {choices}{hint and f'; {hint}'}")
    elif "boolean" in spec["type"] and not isinstance(value, bool):
        raise SettingError(f"{key} must be true or false, without quotes")
    elif "object" in spec["type"] and not isinstance(value, dict):
        raise SettingError(f"{key} must be an object {{…}} of flags")
    elif "array" in spec["type"] and isinstance(value, list):
        for one in value:
            visible(one, key)
    elif "string" in spec["type"]:
        visible(value, key)


def _resume_path(config: Mapping[str, Any], env: Mapping[str, str], hotglue: bool) -> Path | None:
    if config.get("resume_path"):
        return Path(config["resume_path"])
    if hotglue and env.get("JOB_ID"):
        return Path("/home/hotglue", env["JOB_ID"], "incremental_target_state.json")
    return None
