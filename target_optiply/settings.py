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

from target_optiply.auth import Credentials

PRODUCTION_API = "https://api.optiply.com/v1"
PRODUCTION_AUTH = "https://dashboard.optiply.nl/api"
PLATFORM_KEYS = frozenset(
    {"$schema", "hg_sync_output", "start_date", "webshop_uuid", "webshop_handle", "full_url", "couplingId"}
)

_NUMBERS = ("max_concurrency", "unanswered_wait", "request_timeout", "retry_wait", "retry_time")
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
    api_url, auth_url = _addresses(config, env)
    credentials = Credentials(
        *(_text(config.get(key)) for key in ("username", "password", "client_id", "client_secret", "access_token"))
    )
    account_id = _text(config.get("account_id"))
    complaints = _complaints(config, api_url, auth_url, account_id, credentials)
    if complaints:
        raise ConfigValidationError("The configuration cannot be used", errors=complaints, schema=SETTINGS.to_dict())
    hotglue = bool(env.get("JOB_ROOT") and env.get("TENANT"))
    state_output = config.get("state_output") or "auto"
    snapshot_dir = config.get("snapshot_dir") or env.get("SNAPSHOT_DIR") or Path(env.get("ROOT_DIR", "."), "snapshots")
    return Settings(
        api_url=api_url,
        auth_url=auth_url,
        account_id=str(account_id),
        coupling_id=_text(config.get("coupling_id")) or _text(config.get("couplingId")),
        credentials=credentials,
        snapshot_dir=Path(snapshot_dir),
        results_path=Path(config.get("results_path") or "./target-state.json"),
        resume_path=_resume_path(config, env, hotglue),
        dry_run_path=Path(config.get("dry_run_path") or "./target-requests.jsonl") if config.get("dry_run") else None,
        to_hotglue=hotglue if state_output == "auto" else state_output == "hotglue",
        max_concurrency=_most_in_flight(config),
        adopt=str(config.get("adopt") or "auto"),
        unanswered_wait=_seconds(config, "unanswered_wait", 60),
        request_timeout=_seconds(config, "request_timeout", 60),
        retry_wait=_seconds(config, "retry_wait", 1),
        retry_time=_seconds(config, "retry_time", 300),
        max_failures=config.get("max_failures"),
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


def _addresses(config: Mapping[str, Any], env: Mapping[str, str]) -> tuple[str, str]:
    account = config.get("account_id") is not None
    api_url = env.get("optiply_base_url") or config.get("api_url") or (PRODUCTION_API if account else "")
    auth_url = env.get("optiply_dashboard_url") or config.get("auth_url") or (PRODUCTION_AUTH if account else "")
    return str(api_url), str(auth_url)


def _complaints(
    config: Mapping[str, Any], api_url: str, auth_url: str, account_id: str | None, credentials: Credentials
) -> list[str]:
    complaints = _unfit_text(config)
    if account_id is None:
        complaints.append("account_id is missing: give the id of the Optiply account to write to.")
    for name, value in (("api_url", api_url), ("auth_url", auth_url)):
        if account_id is not None and urlsplit(value).scheme not in ("http", "https"):
            complaints.append(f"{name} is no http address: give it like https://HOST/PATH.")
    if not credentials.complete and credentials.access_token is None and not config.get("dry_run"):
        needed = ("username", "password", "client_id", "client_secret")
        missing = ", ".join(name for name in needed if not getattr(credentials, name))
        complaints.append(f"{missing} missing: give all of {', '.join(needed)}, or an access_token.")
    numbers = [name for name in _NUMBERS if _is_no_number(config.get(name))]
    complaints += [f"{name} must be a number of seconds." for name in numbers if name != "max_concurrency"]
    if "max_concurrency" in numbers or _most_in_flight(config) < 1:
        complaints.append("max_concurrency must be a whole number of at least 1.")
    return complaints


def _unfit_text(config: Mapping[str, Any]) -> list[str]:
    """What the SDK would say with a secret's value in it, or without the nearest choice."""
    complaints = []
    for key, spec in SETTINGS.to_dict()["properties"].items():
        value = config.get(key)
        if spec.get("secret") and not isinstance(value, str | None):
            complaints.append(f"{key} must be text in double quotes.")
        elif "enum" in spec and value is not None and value not in spec["enum"]:
            near = difflib.get_close_matches(str(value), spec["enum"], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "."
            complaints.append(f"{key} is {value!r}, which is not one of {', '.join(map(repr, spec['enum']))}{hint}")
    return complaints


def _resume_path(config: Mapping[str, Any], env: Mapping[str, str], hotglue: bool) -> Path | None:
    if config.get("resume_path"):
        return Path(config["resume_path"])
    if hotglue and env.get("JOB_ID"):
        return Path("/home/hotglue", env["JOB_ID"], "incremental_target_state.json")
    return None


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _is_no_number(value: object) -> bool:
    try:
        return value is not None and float(str(value)) < 0
    except ValueError:
        return True


def _most_in_flight(config: Mapping[str, Any]) -> int:
    value = config.get("max_concurrency")
    return 5 if value is None else int(value)


def _seconds(config: Mapping[str, Any], name: str, default: float) -> float:
    value = config.get(name)
    return float(default if value is None else value)
