"""What a configuration holds beside the declared settings' types: known keys, texts for values, values of no use."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from connector.addresses import SettingError, header_value, seconds, visible
from connector.files import table_beside
from connector.settings import words
from connector.times import as_utc_text
from magento_api.place import with_scope
from magento_api.settings import wrong_credentials
from tap_magento.settings import SETTINGS

OWN_KEYS = frozenset(setting.name for setting in SETTINGS)

_OTHERS = {row["name"]: row["reader"] for row in table_beside(__file__, "other_settings.csv")}

ETL_KEYS = frozenset(key for key, reader in _OTHERS.items() if reader == "etl")
"""Flags of the ETL, which share the connector's configuration; a test keeps this list equal to the ETL's own."""

PLATFORM_KEYS = frozenset(_OTHERS) - ETL_KEYS
"""Keys that HotGlue or the job put into the same configuration."""

_SECONDS = {"throttle_seconds", "request_timeout", "retry_seconds"}

ID_SETTINGS = {
    "order_ids": "the numbers customers see",
    "check_product_ids": "SKUs",
    "known_product_id": "SKUs",
}
"""Settings that take entity ids, and what people write there by mistake."""


def wrong_values(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each setting whose type is right and whose value cannot be used; none shows a secret."""
    sentences = [*_wrong_dates(config), *wrong_credentials(config)]
    checks: list[Callable[[], object]] = [
        partial(with_scope, config),
        partial(header_value, config.get("user_agent", ""), "user_agent", secret=False),
        *(partial(seconds, config[key], key) for key in sorted(_SECONDS & config.keys())),
        *(partial(visible, config[key], key) for key in ("store_code", "hg_sync_output") if key in config),
    ]
    for check in checks:
        try:
            check()
        except SettingError as error:
            sentences.append(str(error))
    for key, other in ID_SETTINGS.items():
        for item in words(config.get(key)):
            if not re.fullmatch(r"[1-9]\d*", item, re.ASCII):
                sentences.append(f"{key} names '{item}', but takes entity ids (1234), not {other}")
    if words(config.get("check_product_ids")) and not words(config.get("known_product_id")):
        sentences.append("check_product_ids needs known_product_id: only an answer with that product proves absence")
    for code in words(config.get("product_attributes")):
        if not re.fullmatch(r"\w+", code, re.ASCII):
            sentences.append(f"product_attributes names '{code}': codes hold letters, digits and _ only")
    return sentences


def _wrong_dates(config: Mapping[str, Any]) -> list[str]:
    sentences = []
    moments: dict[str, str] = {}
    for key in ("start_date", "end_date"):
        if value := config.get(key):
            try:
                moments[key] = as_utc_text(str(value))
            except ValueError:
                sentences.append(f"{key} '{value}' is not a date: write it like 2026-01-31 or 2026-01-31T08:00:00Z")
    if len(moments) == 2 and moments["end_date"] < moments["start_date"]:
        sentences.append(
            f"end_date ({moments['end_date']} UTC) lies before start_date ({moments['start_date']} UTC), so nothing "
            "lies between them: correct one of the two"
        )
    return sentences


def custom_attribute_codes(config: Mapping[str, Any]) -> list[str]:
    """The codes to read: `product_attributes`, and each `custom_attributes.<code>` anywhere in `custom_mappings`."""
    listed = config.get("product_attributes") or []
    codes = [code.strip() for code in (listed.split(",") if isinstance(listed, str) else listed)]
    waiting: list[Any] = [config.get("custom_mappings") or {}]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and item.startswith("custom_attributes."):
            codes.append(item.split(".", 1)[1])
    return sorted({code for code in codes if code})
