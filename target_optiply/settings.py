"""The settings of the target, declared once: credentials, account and addresses beside those that every target has."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connector.addresses import SettingError, Way
from connector.http.credentials import Credentials
from connector.singer.settings import declared, json_schema
from delivery.settings import Settings, general, unfit, writing_settings
from optiply_api.settings import LOGIN, SIGN_IN, address, credentials, missing, text_of

PLATFORM_KEYS = frozenset(
    {"$schema", "hg_sync_output", "start_date", "webshop_uuid", "webshop_handle", "full_url", "couplingId"}
)
_IDS = ("account_id", "coupling_id")
_IN_HEADERS = {"access_token": True, "client_id": False, "client_secret": False}

_SHARED = {setting.name: setting for setting in (*SIGN_IN, *writing_settings("Optiply"))}
SETTINGS = declared(__file__, _SHARED)


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
    """The checked settings. Raises ConfigValidationError: one sentence for each thing that is missing or wrong."""
    complaints = unfit(config, json_schema(SETTINGS)["properties"], ids=_IDS, in_headers=_IN_HEADERS)
    api_url, auth_url = (address(config, env, name, complaints) for name in ("api_url", "auth_url"))
    if complaints:
        raise _bad(complaints)
    if complaints := missing(config, "the Optiply account to write to"):
        raise _bad(complaints)
    return OptiplySettings(
        api_url=api_url,
        auth_url=auth_url,
        account_id=str(config["account_id"]),
        coupling_id=text_of(config.get("coupling_id")) or text_of(config.get("couplingId")),
        credentials=credentials(config),
        **general(config, env),
    )


def missing_login(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence where the settings do not hold what a login needs."""
    lacking = [] if config.get("access_token") else [key for key in LOGIN if not config.get(key)]
    if lacking:
        yield f"{', '.join(lacking)} missing; Optiply's login needs all of {', '.join(LOGIN)}."


def way_to(url: str) -> Way:
    """How the environment says an address is reached.

    Raises ConfigValidationError: the environment names a proxy or a file of certificates that cannot be used.
    """
    try:
        return Way.to(url)
    except SettingError as error:
        raise _bad([f"{error}."]) from error


def _bad(complaints: list[str]) -> Exception:
    from connector.singer.sdk import ConfigValidationError  # who reads the declaration alone needs no SDK

    return ConfigValidationError("The configuration cannot be used", errors=complaints, schema=json_schema(SETTINGS))
