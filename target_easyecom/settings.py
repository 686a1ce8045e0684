"""The settings of target-easyecom, as settings.csv declares them, complete and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from connector.names import PACKAGE
from connector.singer.settings import declared
from connector.values import Unfit, moment
from delivery.settings import Settings, general, unfit, writing_settings
from easyecom_api.access import wrong_access

PLATFORM_KEYS = frozenset({"system", "hg_sync_output"})
SETTINGS = th.PropertiesList(
    *declared(__file__, {setting.name: setting for setting in writing_settings("EasyEcom")}, package=PACKAGE)
)


@dataclass(frozen=True, kw_only=True)
class EasySettings(Settings):
    """The settings of one run; `access` is what signing in needs, `since` bounds what is looked through."""

    access: Mapping[str, Any]
    user_agent: str
    expected_date: bool
    since: str | None


def read_settings(config: Mapping[str, Any]) -> EasySettings:
    """The settings of a configuration. Raises ConfigValidationError with a sentence for each that cannot be used."""
    properties = SETTINGS.to_dict()["properties"]
    given = {name: spec["default"] for name, spec in properties.items() if spec.get("default") is not None}
    given |= {name: value for name, value in config.items() if value not in (None, "")}
    wrong = unfit(config, properties, ids=(), in_headers={"user_agent": False, "x_api_key": True})
    wrong += [f"{sentence}." for sentence in wrong_access(given)]
    since = given.get("export_since")
    try:
        since = moment(since) if since else None
    except Unfit as complaint:
        wrong.append(f"export_since {complaint}.")
    if wrong:
        raise ConfigValidationError(" ".join(wrong), errors=wrong)
    ours = general(config)
    used = {"request_timeout": ours["request_timeout"], "retry_seconds": ours["retry_time"]}
    return EasySettings(
        **ours,
        access={**given, **used, "snapshot_dir": str(ours["snapshot_dir"])},
        user_agent=str(given["user_agent"]),
        expected_date=bool(given["export_expected_date"]),
        since=since,
    )
