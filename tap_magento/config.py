"""What a configuration holds beside the declared settings' types: known keys, texts for values, values of no use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tap_magento.moments import as_magento_time
from tap_magento.pool import Json
from tap_magento.settings import SETTINGS

OWN_KEYS = frozenset(setting.name for setting in SETTINGS)

ETL_KEYS = frozenset(
    {
        "use_stock_statuses",
        "use_salable_quantity",
        "use_inventory_source_items",
        "warehouse_ids",
        "map_stockLevel",
        "pullAllOrders",
        "order_statuses",
        "order_lines",
        "sync_compositions",
        "sync_product_deletions",
        "create_disabled_products",
        "max_disable_share",
        "order_wait_days",
        "custom_mappings",
        "not_sync_entities",
        "force_patch_products",
        "field_map",
        "snapshot_dir",
    }
)
"""Flags of the ETL, which share the connector's configuration; a test keeps this list equal to the ETL's own."""

PLATFORM_KEYS = frozenset(
    {
        "$schema",
        "stream_maps",
        "stream_map_config",
        "faker_config",
        "flattening_enabled",
        "flattening_max_depth",
        "flattening_max_key_length",
        "_refresh_token_via_hg_api",
        "full_url",
        "rescan_days",
        "schedule",
    }
)
"""Keys that the SDK, HotGlue or the job put into the same configuration."""

_NUMBERS = {"page_size", "source_items_page_size", "max_concurrency", "max_isolated", "lookback_seconds"}
_SECONDS = {"throttle_seconds", "request_timeout", "retry_seconds"}
_SWITCHES = {"use_oauth", "fetch_all_stores", "use_inventory_source_items"}
_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


ID_SETTINGS = {
    "order_ids": "the numbers customers see",
    "check_product_ids": "SKUs",
    "known_product_id": "SKUs",
}
"""Settings that take entity ids, and what people write there by mistake."""


def unknown_keys(config: Iterable[str]) -> list[str]:
    """A sentence for each key that neither tap, ETL nor platform declares, with the nearest one that is."""
    known = OWN_KEYS | ETL_KEYS | PLATFORM_KEYS
    sentences = []
    for key in sorted(set(config) - known):
        nearest = difflib.get_close_matches(key, sorted(known), n=1)
        hint = f"; did you mean '{nearest[0]}'?" if nearest else ""
        sentences.append(f"The setting '{key}' is known neither to the tap nor to the ETL and has no effect{hint}")
    return sentences


def tidy(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with numbers and switches that came as text turned into values, and empty settings left out.

    Forms of a platform send every value as text, and empty text for what was not filled in.
    """
    result: dict[str, Any] = {}
    for key, value in config.items():
        if key in OWN_KEYS and (value is None or (isinstance(value, str) and not value.strip())):
            continue
        if isinstance(value, str):
            result[key] = _from_text(key, value.strip())
        else:
            result[key] = value
    return result


def without_secrets(errors: Iterable[str]) -> list[str]:
    """The SDK's sentences on a configuration; one on a secret is said without its value."""
    secrets = {f"config['{setting.name}']": setting.name for setting in SETTINGS if setting.secret}
    hidden = ((error, next((secrets[place] for place in secrets if place in error), None)) for error in errors)
    return [f"{secret} is no text in double quotes" if secret else error for error, secret in hidden]


def wrong_values(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each setting whose type is right and whose value cannot be used."""
    sentences = []
    for key in ("start_date", "end_date"):
        value = config.get(key)
        try:
            as_magento_time(str(value or "2000-01-01"))
        except ValueError:
            sentences.append(f"{key} '{value}' is no date: write it like 2026-01-31 or 2026-01-31T08:00:00Z")
    for key, other in ID_SETTINGS.items():
        for item in words(config.get(key)):
            if not item.isdigit() or item.startswith("0"):
                sentences.append(f"{key} names '{item}', but takes entity ids (1234), not {other}")
    if words(config.get("check_product_ids")) and not words(config.get("known_product_id")):
        sentences.append("check_product_ids needs known_product_id: only an answer with that product proves absence")
    for code in words(config.get("product_attributes")):
        if not re.fullmatch(r"\w+", code, re.ASCII):
            sentences.append(f"product_attributes names '{code}': codes hold letters, digits and _ only")
    return sentences


def _from_text(key: str, text: str) -> Json:
    if key in _NUMBERS and text.lstrip("-").isdigit():
        return int(text)
    if key in _SECONDS and text.replace(".", "", 1).isdigit():
        return float(text)
    if key in _SWITCHES:
        return _WORDS.get(text.lower(), text)
    return text


def words(value: Json) -> list[str]:
    """A setting that may be one value, a list, or text separated by commas, as a list of texts."""
    if value is None:
        return []
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    return [str(item).strip() for item in items if str(item).strip()]


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
