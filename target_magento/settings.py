"""The settings of the target: where the shop is, who asks, and how it is written to, beside those of every target."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.addresses import SettingError
from connector.names import PACKAGE
from connector.settings import did_you_mean, unknown_keys
from connector.singer.sdk import ConfigValidationError
from connector.singer.settings import declared, json_schema
from delivery.settings import Settings, general, unfit, writing_settings
from magento_api.place import with_scope
from magento_api.settings import SIGN_IN, wrong_credentials
from vocabulary.magento import BATCH

READERS = 4
"""Most requests that read at once; one program writes at a time, one call after the other."""
PAGE = 300
"""Rows a page of orders and shipments."""
LISTED_PAGE = 900
"""Rows a page of products of which only id, SKU and type are asked for."""
LIGHT_PAGE = 5000
"""Rows a page of source items and stock items, which cost far less than a product."""
MOST_BATCH = 1000

_GIVEN = {setting.name: setting for setting in (*SIGN_IN, *writing_settings("Magento"))}
SETTINGS = declared(__file__, _GIVEN, package=PACKAGE)
OTHERS_KEYS = frozenset({"hg_sync_output", "order_wait_days", "page_size", "retry_seconds", "store_id"})
"""Settings of the other programs that a shop's configuration is for, where they resemble ours."""
_IN_HEADERS = {"user_agent": False}


@dataclass(frozen=True, kw_only=True)
class MagentoSettings(Settings):
    """The settings of one run, complete and checked; `shop` are those with which a shop is asked."""

    shop: Mapping[str, Any]
    batch_size: int
    negative_quantities: bool


def mistyped(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each key that resembles one of ours; what only the shop's other programs use is passed over."""
    known = json_schema(SETTINGS)["properties"].keys()
    resembling = {key for key in config if key not in OTHERS_KEYS and did_you_mean(key, known)}
    return unknown_keys(resembling, known, "is unknown and not used")


def complete(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with which a shop is asked, with the defaults of what is left out.

    Raises SettingError: the address cannot be used.
    """
    given = {name: value for name, value in config.items() if value is not None}
    defaults = {
        "user_agent": f"{PACKAGE}/0.1 (Singer target)",
        "request_timeout": 60,
        "retry_seconds": given.get("retry_time", 300),
        "throttle_seconds": 0,
    }
    return with_scope({**defaults, **given, "max_concurrency": READERS})


def read_settings(config: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> MagentoSettings:
    """The checked settings. Raises ConfigValidationError: one sentence for each thing that is missing or wrong."""
    complaints = unfit(config, json_schema(SETTINGS)["properties"], ids=(), in_headers=_IN_HEADERS)
    complaints += [f"{sentence}." for sentence in wrong_credentials(config)]
    batch = config.get("batch_size", BATCH)
    if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= MOST_BATCH:
        complaints.append(f"batch_size must be a whole number from 1 to {MOST_BATCH}.")
    if not config.get("store_url"):
        complaints.append("store_url is missing: give the address of the shop.")
    shop: dict[str, Any] = {}
    try:
        shop = complete(config)
    except SettingError as error:
        complaints.append(f"{error}.")
    if complaints:
        raise ConfigValidationError("The configuration cannot be used", errors=complaints, schema=json_schema(SETTINGS))
    return MagentoSettings(
        shop=shop,
        batch_size=int(batch),
        negative_quantities=bool(config.get("negative_quantities")),
        **{**general(config, env), "max_concurrency": 1},
    )
