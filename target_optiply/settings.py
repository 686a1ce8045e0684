"""The settings of the target, declared once: credentials, account and addresses beside those that every target has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError

from connector.addresses import SettingError, Way, web_address
from connector.singer.settings import declared
from delivery.settings import Settings, general, unfit, writing_settings
from target_optiply.auth import Credentials

PRODUCTION_API = "https://api.optiply.com/v1"
PRODUCTION_AUTH = "https://dashboard.optiply.nl/api"
PLATFORM_KEYS = frozenset(
    {"$schema", "hg_sync_output", "start_date", "webshop_uuid", "webshop_handle", "full_url", "couplingId"}
)
_IDS = ("account_id", "coupling_id")
_IN_HEADERS = {"access_token": True, "client_id": False, "client_secret": False}
_LOGIN = ("username", "password", "client_id", "client_secret")
# Setting -> (variable of the existing targets that takes precedence, production).
_ADDRESSES = {
    "api_url": ("optiply_base_url", PRODUCTION_API),
    "auth_url": ("optiply_dashboard_url", PRODUCTION_AUTH),
}

_WRITING = {setting.name: setting for setting in writing_settings("Optiply")}
SETTINGS = th.PropertiesList(*declared(__file__, _WRITING))


@dataclass(frozen=True, kw_only=True)
class OptiplySettings(Settings):
    """The settings of one run, complete and checked."""

    api_url: str
    auth_url: str
    account_id: str
    coupling_id: str | None
    credentials: Credentials

    @property
    def destination(self) -> str:
        """Host and account, for the first log line."""
        return f"{urlsplit(self.api_url).netloc}, account {self.account_id}"


def read_settings(config: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> OptiplySettings:
    """The checked settings.

    Raises:
        ConfigValidationError: one sentence for each thing that is missing or wrong.
    """
    complaints = unfit(config, SETTINGS.to_dict()["properties"], ids=_IDS, in_headers=_IN_HEADERS)
    addresses = {name: _address(config, env, name, complaints) for name in _ADDRESSES}
    if complaints:
        raise _bad(complaints)
    credentials = Credentials(*(_text(config.get(key)) for key in (*_LOGIN, "access_token")))
    account_id = _text(config.get("account_id"))
    complaints = _missing(config, account_id, credentials)
    if complaints:
        raise _bad(complaints)
    return OptiplySettings(
        api_url=addresses["api_url"],
        auth_url=addresses["auth_url"],
        account_id=str(account_id),
        coupling_id=_text(config.get("coupling_id")) or _text(config.get("couplingId")),
        credentials=credentials,
        **general(config, env),
    )


def way_to(address: str) -> Way:
    """How the environment says an address is reached.

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
        missing = ", ".join(name for name in _LOGIN if not getattr(credentials, name))
        complaints.append(f"{missing} missing: give all of {', '.join(_LOGIN)}, or an access_token.")
    return complaints


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None
