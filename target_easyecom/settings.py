"""The settings of target-easyecom, as settings.csv declares them, complete and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.names import PACKAGE
from connector.singer.sdk import ConfigValidationError
from connector.singer.settings import declared, json_schema
from connector.values import Unfit, moment
from delivery.plain import given
from delivery.settings import Settings, general, unfit, writing_settings
from easyecom_api.access import wrong_access

_GENERAL = {setting.name: setting for setting in writing_settings("EasyEcom")}
SETTINGS = declared(__file__, _GENERAL, package=PACKAGE)


@dataclass(frozen=True, kw_only=True)
class EasySettings(Settings):
    """The settings of one run; `access` is what signing in needs, `since` bounds what is looked through."""

    access: Mapping[str, Any]
    user_agent: str
    expected_date: bool
    since: str | None


def read_settings(config: Mapping[str, Any]) -> EasySettings:
    """The settings of a configuration. Raises ConfigValidationError with a sentence for each that cannot be used."""
    told = given(config, SETTINGS)
    known = json_schema(SETTINGS)["properties"]
    wrong = unfit(config, known, ids=(), in_headers={"user_agent": False, "x_api_key": True})
    wrong += [f"{sentence}." for sentence in wrong_access(told)]
    since = told.get("export_since")
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
        access={**told, **used, "snapshot_dir": str(ours["snapshot_dir"])},
        user_agent=str(told["user_agent"]),
        expected_date=bool(told["export_expected_date"]),
        since=since,
    )
