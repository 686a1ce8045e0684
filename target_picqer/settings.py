"""The settings of target-picqer, as settings.csv declares them, complete and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from connector.addresses import SettingError, header_value, web_address
from connector.names import PACKAGE
from connector.singer.settings import declared
from delivery.settings import Settings, general, unfit, writing_settings

PLATFORM_KEYS = frozenset({"system", "hg_sync_output"})
_GENERAL = {setting.name: setting for setting in writing_settings("Picqer")}
SETTINGS = th.PropertiesList(*declared(__file__, _GENERAL, package=PACKAGE))
API = "/api/v1"


@dataclass(frozen=True, kw_only=True)
class PicqerSettings(Settings):
    """The settings of one run."""

    address: str
    api_key: str
    user_agent: str
    zone: ZoneInfo
    mark_field: str


def read_settings(config: Mapping[str, Any]) -> PicqerSettings:
    """The settings of a configuration. Raises ConfigValidationError with a sentence for each that cannot be used."""
    properties = SETTINGS.to_dict()["properties"]
    given = {name: spec["default"] for name, spec in properties.items() if spec.get("default") is not None}
    given |= {name: value for name, value in config.items() if value not in (None, "")}
    wrong = unfit(config, properties, ids=(), in_headers={"user_agent": False})
    try:
        address = web_address(str(given.get("picqer_url", "")), "picqer_url")
        header_value(given.get("api_key", ""), "api_key")
    except SettingError as error:
        raise ConfigValidationError(f"{error}.", errors=[f"{error}."]) from None
    if not given.get("api_key"):
        wrong.append("api_key is missing; make one in Picqer at Settings > API keys.")
    try:
        zone = ZoneInfo(str(given["time_zone"]))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wrong.append("time_zone is not the name of a time zone; write it like Europe/Amsterdam.")
    if wrong:
        raise ConfigValidationError(" ".join(wrong), errors=wrong)
    return PicqerSettings(
        **general(config),
        address=f"{address.scheme}://{address.netloc}{API}",
        api_key=str(given["api_key"]),
        user_agent=str(given["user_agent"]),
        zone=zone,
        mark_field=str(given["export_marker_field"]),
    )
