"""The settings of the target, declared once, and where it reads and writes. Opens nothing."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from connector.addresses import (
    LONGEST_SECONDS,
    SettingError,
    Way,
    header_value,
    visible,
    web_address,
)
from connector.values import Unfit, id_text, number, whole_number
from target_optiply.auth import Credentials

PRODUCTION_API = "https://api.optiply.com/v1"
PRODUCTION_AUTH = "https://dashboard.optiply.nl/api"
PLATFORM_KEYS = frozenset(
    {"$schema", "hg_sync_output", "start_date", "webshop_uuid", "webshop_handle", "full_url", "couplingId"}
)

# Least seconds of each: a timeout of 0 is none that a socket takes.
_SECONDS = {"unanswered_wait": 0.0, "request_timeout": 0.1, "retry_wait": 0.0, "retry_time": 0.0}
_WHOLE = {"max_concurrency": (1, 1000), "max_failures": (0, 2**53)}
_IDS = ("account_id", "coupling_id")
_IN_HEADERS = ("access_token", "client_id", "client_secret")
# Setting -> (variable of the existing targets that takes precedence, production).
_ADDRESSES = {
    "api_url": ("optiply_base_url", PRODUCTION_API),
    "auth_url": ("optiply_dashboard_url", PRODUCTION_AUTH),
}
_TEXT_OR_NUMBER = th.CustomType({"type": ["string", "integer", "null"]})

SETTINGS = th.PropertiesList(
    th.Property("username", th.StringType, description="Login of the Optiply API user."),
    th.Property("password", th.StringType, secret=True, description="Password of the API user."),
    th.Property("client_id", th.StringType, description="OAuth client id (the webshop's handle)."),
    th.Property("client_secret", th.StringType, secret=True, description="OAuth client secret."),
    th.Property("access_token", th.StringType, secret=True, description="A token to use first, while it is valid."),
    th.Property("account_id", _TEXT_OR_NUMBER, description="Optiply account to write to; needed on every create."),
    th.Property("coupling_id", _TEXT_OR_NUMBER, description="Coupling that owns the remote ids, when there is one."),
    th.Property(
        "api_url",
        th.StringType,
        description="Base address ending in /v1. Environment `optiply_base_url` overrides it. Production is the "
        "default only when account_id is given.",
    ),
    th.Property(
        "auth_url",
        th.StringType,
        description="Base address of the token endpoint. Environment `optiply_dashboard_url` overrides it.",
    ),
    th.Property("max_concurrency", th.IntegerType, default=5, description="Most requests in flight at once."),
    th.Property(
        "adopt",
        th.StringType,
        allowed_values=["auto", "always", "never"],
        default="auto",
        description="Before the first create of a resource, list what the account gained since the last known create "
        "(auto) or everything (always), and take over what is the same record.",
    ),
    th.Property(
        "unanswered_wait",
        th.NumberType,
        default=60,
        description="Seconds until a create without an answer that no look-up finds counts as not created and is sent "
        "again; longer than Optiply may work on one. Look-ups begin at once.",
    ),
    th.Property("request_timeout", th.NumberType, default=60, description="Seconds to wait for an answer."),
    th.Property("retry_wait", th.NumberType, default=1, description="Seconds before the first repeat; doubles."),
    th.Property("retry_time", th.NumberType, default=300, description="Seconds of trouble before the run stops."),
    th.Property("max_failures", th.IntegerType, description="End with exit code 1 when more records fail; off."),
    th.Property(
        "state_output",
        th.StringType,
        allowed_values=["auto", "singer", "hotglue"],
        default="auto",
        description="What goes to stdout: the tap's STATE, or HotGlue's results (auto: in a HotGlue job, where "
        "JOB_ROOT and TENANT are set).",
    ),
    th.Property("results_path", th.StringType, default="./target-state.json", description="Where the results go."),
    th.Property("resume_path", th.StringType, description="A resume file of the old SDK: what it brought is not sent."),
    th.Property("snapshot_dir", th.StringType, description="Folder of the snapshot store; default ./snapshots."),
    th.Property(
        "dry_run",
        th.BooleanType,
        default=False,
        description="Send nothing and leave the store as it is; write the requests to a file.",
    ),
    th.Property("dry_run_path", th.StringType, default="./target-requests.jsonl", description="The dry run's file."),
    th.Property("save_token", th.BooleanType, default=False, description="Write a renewed token into the config file."),
    th.Property(
        "etl",
        th.ObjectType(additional_properties=True),
        description="Flags of the ETL, used when the input is Magento-shaped.",
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one run, complete and checked."""

    api_url: str
    auth_url: str
    account_id: str
    coupling_id: str | None
    credentials: Credentials
    snapshot_dir: Path
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

    @property
    def destination(self) -> str:
        """Host and account, for the first log line."""
        return f"{urlsplit(self.api_url).netloc}, account {self.account_id}"


def read_settings(config: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> Settings:
    """The checked settings.

    Raises:
        ConfigValidationError: one sentence for each thing that is missing or wrong.
    """
    complaints = _unfit(config)
    addresses = {name: _address(config, env, name, complaints) for name in _ADDRESSES}
    if complaints:
        raise _bad(complaints)
    credentials = Credentials(
        *(_text(config.get(key)) for key in ("username", "password", "client_id", "client_secret", "access_token"))
    )
    account_id = _text(config.get("account_id"))
    complaints = _missing(config, account_id, credentials)
    if complaints:
        raise _bad(complaints)
    hotglue = bool(env.get("JOB_ROOT") and env.get("TENANT"))
    state_output = config.get("state_output") or "auto"
    snapshot_dir = config.get("snapshot_dir") or env.get("SNAPSHOT_DIR") or Path(env.get("ROOT_DIR", "."), "snapshots")
    return Settings(
        api_url=addresses["api_url"],
        auth_url=addresses["auth_url"],
        account_id=str(account_id),
        coupling_id=_text(config.get("coupling_id")) or _text(config.get("couplingId")),
        credentials=credentials,
        snapshot_dir=Path(snapshot_dir),
        results_path=Path(config.get("results_path") or "./target-state.json"),
        resume_path=_resume_path(config, env, hotglue),
        dry_run_path=Path(config.get("dry_run_path") or "./target-requests.jsonl") if config.get("dry_run") else None,
        to_hotglue=hotglue if state_output == "auto" else state_output == "hotglue",
        max_concurrency=int(_given(config, "max_concurrency", 5)),
        adopt=str(config.get("adopt") or "auto"),
        unanswered_wait=_given(config, "unanswered_wait", 60),
        request_timeout=_given(config, "request_timeout", 60),
        retry_wait=_given(config, "retry_wait", 1),
        retry_time=_given(config, "retry_time", 300),
        max_failures=None if config.get("max_failures") is None else int(_given(config, "max_failures", 0)),
        flow=env.get("FLOW") if hotglue else None,
    )


def unknown_keys(config: Mapping[str, Any], known: Mapping[str, Any]) -> list[str]:
    """A sentence for each config key that nobody reads, with the nearest that somebody does."""
    sentences = []
    for key in config:
        if key in known or key in PLATFORM_KEYS:
            continue
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        sentences.append(f"The setting {key} is unknown and not used{hint}")
    return sentences


def way_to(address: str) -> Way:
    """The way to an address.

    Raises:
        ConfigValidationError: the environment names a proxy or a file of certificates that cannot be used.
    """
    try:
        return Way.to(address)
    except SettingError as error:
        raise _bad([f"{error}."]) from error


def _bad(complaints: list[str]) -> ConfigValidationError:
    return ConfigValidationError("The configuration cannot be used", errors=complaints, schema=SETTINGS.to_dict())


def _address(config: Mapping[str, Any], env: Mapping[str, str], name: str, complaints: list[str]) -> str:
    """An address from the environment, the configuration or, with an account, production; complaints are added."""
    variable, production = _ADDRESSES[name]
    given = env.get(variable)
    setting = f"{variable} in the environment" if given else name
    value = given or config.get(name) or (production if config.get("account_id") is not None else None)
    if not isinstance(value, str):  # another complaint says so
        return ""
    try:
        return web_address(value, setting, production).geturl()
    except SettingError as error:
        complaints.append(f"{error}.")
        return ""


def _missing(config: Mapping[str, Any], account_id: str | None, credentials: Credentials) -> list[str]:
    complaints = []
    if account_id is None:
        complaints.append("account_id is missing: give the id of the Optiply account to write to.")
    if not credentials.complete and credentials.access_token is None and not config.get("dry_run"):
        needed = ("username", "password", "client_id", "client_secret")
        missing = ", ".join(name for name in needed if not getattr(credentials, name))
        complaints.append(f"{missing} missing: give all of {', '.join(needed)}, or an access_token.")
    return complaints


def _unfit(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each value that cannot be used, with the nearest choice and never with a secret in it."""
    complaints = []
    for key, spec in SETTINGS.to_dict()["properties"].items():
        value = config.get(key)
        if value is None:
            continue
        try:
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
    elif key in _IDS and value != "":
        id_text(value)
    elif key in _IN_HEADERS:
        header_value(value, key, secret=key == "access_token")
    elif "enum" in spec and value not in spec["enum"]:
        near = difflib.get_close_matches(str(value), spec["enum"], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise SettingError(f"{key} is {value!r}, which is not one of {', '.join(map(repr, spec['enum']))}{hint}")
    elif "boolean" in spec["type"] and not isinstance(value, bool):
        raise SettingError(f"{key} must be true or false, without quotes")
    elif "object" in spec["type"] and not isinstance(value, dict):
        raise SettingError(f"{key} must be an object {{…}} of flags")
    elif "string" in spec["type"] and key not in _IDS:
        visible(value, key)


def _resume_path(config: Mapping[str, Any], env: Mapping[str, str], hotglue: bool) -> Path | None:
    if config.get("resume_path"):
        return Path(config["resume_path"])
    if hotglue and env.get("JOB_ID"):
        return Path("/home/hotglue", env["JOB_ID"], "incremental_target_state.json")
    return None


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _given(config: Mapping[str, Any], name: str, default: float) -> float:
    value = config.get(name)
    return float(default if value is None else value)
