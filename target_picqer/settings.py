"""The settings of target-picqer, as settings.csv declares them, complete and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.addresses import SettingError, header_value, web_address
from connector.names import PACKAGE
from connector.singer.sdk import ConfigValidationError
from connector.singer.settings import declared, json_schema
from delivery.plain import given
from delivery.settings import Settings, general, unfit, writing_settings

_GENERAL = {setting.name: setting for setting in writing_settings("Picqer")}
SETTINGS = declared(__file__, _GENERAL, package=PACKAGE)
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
    told = given(config, SETTINGS)
    wrong = unfit(config, json_schema(SETTINGS)["properties"], ids=(), in_headers={"user_agent": False})
    try:
        address = web_address(str(told.get("picqer_url", "")), "picqer_url")
        header_value(told.get("api_key", ""), "api_key")
    except SettingError as error:
        raise ConfigValidationError(f"{error}.", errors=[f"{error}."]) from None
    if not told.get("api_key"):
        wrong.append("api_key is missing; make one in Picqer at Settings > API keys.")
    try:
        zone = ZoneInfo(str(told["time_zone"]))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wrong.append("time_zone is not the name of a time zone; write it like Europe/Amsterdam.")
    if wrong:
        raise ConfigValidationError(" ".join(wrong), errors=wrong)
    return PicqerSettings(
        **general(config),
        address=f"{address.scheme}://{address.netloc}{API}",
        api_key=str(told["api_key"]),
        user_agent=str(told["user_agent"]),
        zone=zone,
        mark_field=str(told["export_marker_field"]),
    )
