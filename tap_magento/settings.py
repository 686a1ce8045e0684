"""The settings of the tap: one declaration gives validation, `--about` and the table in the docs.

Names and meanings of the existing hotgluexyz tap are kept, so that a tenant's configuration moves over unchanged.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from singer_sdk import typing as th

from tap_magento.moments import as_magento_time
from tap_magento.pool import Json

DEFAULT_USER_AGENT = "magento-optiply/0.1 (Singer tap)"

SETTINGS: list[th.Property[Any]] = [
    th.Property(
        "store_url",
        th.StringType,
        required=True,
        title="Store URL",
        description="Address of the shop, without /rest: https://shop.example.com. A redirect elsewhere stops the run.",
    ),
    th.Property(
        "access_token",
        th.StringType,
        secret=True,
        title="Access token",
        description="Access token of an integration, sent as bearer. Since Magento 2.4.4 the shop must allow that "
        "(Stores > Configuration > Services > OAuth > Consumer Settings). With use_oauth it stands for oauth_token.",
    ),
    th.Property(
        "username",
        th.StringType,
        title="Admin user",
        description="Name of an admin user; with a password it goes before access_token. One login per hour, "
        "renewed in time.",
    ),
    th.Property(
        "password", th.StringType, secret=True, title="Admin password", description="Password of that admin user."
    ),
    th.Property(
        "use_oauth",
        th.BooleanType,
        default=False,
        title="Use OAuth 1.0a",
        description="Sign every request with OAuth 1.0a (HMAC-SHA256) instead of a bearer token.",
    ),
    th.Property(
        "consumer_key", th.StringType, secret=True, title="Consumer key", description="OAuth: the integration's key."
    ),
    th.Property(
        "consumer_secret",
        th.StringType,
        secret=True,
        title="Consumer secret",
        description="OAuth: the integration's secret.",
    ),
    th.Property(
        "oauth_token",
        th.StringType,
        secret=True,
        title="OAuth token",
        description="OAuth: the integration's access token (access_token is read when this is absent).",
    ),
    th.Property(
        "oauth_token_secret",
        th.StringType,
        secret=True,
        title="OAuth token secret",
        description="OAuth: the secret of that token (access_token_secret is read when this is absent).",
    ),
    th.Property(
        "access_token_secret",
        th.StringType,
        secret=True,
        title="Access token secret",
        description="Other name of oauth_token_secret.",
    ),
    th.Property(
        "user_agent",
        th.StringType,
        default=DEFAULT_USER_AGENT,
        title="User agent",
        description="User agent of every request; firewalls are often told to let it pass.",
    ),
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="Orders and other documents updated before this moment (UTC unless it names an offset) are "
        "not read. "
        "A later start_date goes before an older bookmark. Never limits products.",
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End date",
        description="Upper end of the window of every incremental stream, where it lies before the server's own time.",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0),
        default=300,
        title="Look-back",
        description="Seconds by which the next window begins before the last one's end, for rows that a long "
        "transaction "
        "committed late. They are read twice, never lost.",
    ),
    th.Property(
        "order_ids",
        th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}}),
        title="Order ids",
        description="Entity ids of orders: only these are read, whatever their date, and the bookmark of orders "
        "stays. A list, "
        "or text separated by commas.",
    ),
    th.Property(
        "check_product_ids",
        th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}}),
        title="Product ids to check",
        description="Entity ids of products: the stream product_checks asks whether these are there. A list, or text "
        "separated by commas. optiply-sync sets it by itself for the products that a complete listing lacked.",
    ),
    th.Property(
        "known_product_id",
        th.CustomType({"type": ["integer", "string", "null"]}),
        title="Known product id",
        description="Entity id of a product that the shop has for certain, asked for together with check_product_ids: "
        "an answer without it proves nothing.",
    ),
    th.Property(
        "store_id",
        th.CustomType({"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}}),
        title="Store views",
        description="Ids or codes of store views (one, a list, or text separated by commas): orders, "
        "order_items, invoices, "
        "shipments, credit_memos and customers of these only. Other endpoints do not know the field and are "
        "not limited.",
    ),
    th.Property(
        "fetch_all_stores",
        th.BooleanType,
        default=False,
        title="Fetch all stores",
        description="True: store_id is not applied, the documents of every store view are read.",
    ),
    th.Property(
        "store_code",
        th.StringType,
        title="Scope",
        description="Store view code in the path, or 'all': decides the values of products and which website's "
        "stock is "
        "salable. Without it the path has no scope, which Magento reads as the default website's default store view.",
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1),
        default=300,
        title="Page size",
        description="Rows a page of products, orders and other heavy lists; three times as many where only ids and "
        "SKUs are asked for. A shop that allows fewer is learnt from. "
        "Magento needs 6 to 20 ms a row, so a page of 300 orders takes seconds.",
    ),
    th.Property(
        "source_items_page_size",
        th.IntegerType(minimum=1),
        default=5000,
        title="Page size of light lists",
        description="Rows a page of source items and stock items, which cost far less than a product.",
    ),
    th.Property(
        "max_concurrency",
        th.IntegerType(minimum=1),
        default=4,
        title="Most requests at once",
        description="Ceiling of requests under way. The tap starts at 2, takes one more only while that pays, "
        "one less when "
        "answers slow down, half after 429, 503 and timeouts. On a shop with 2 cores, 2 is best and 8 makes "
        "customers wait.",
    ),
    th.Property(
        "throttle_seconds",
        th.NumberType(minimum=0),
        default=0,
        title="Throttle",
        description="Seconds between the starts of two requests, for a shop that needs rest.",
    ),
    th.Property(
        "request_timeout",
        th.NumberType(exclusive_minimum=0),
        default=300,
        title="Request timeout",
        description="Seconds to wait for an answer of one request.",
    ),
    th.Property(
        "retry_seconds",
        th.NumberType(minimum=0),
        default=300,
        title="Patience",
        description="Seconds in all during which one request is tried again (429, 502, 503, 504, timeouts, cut "
        "or damaged "
        "answers), first within 2 s, then with growing waits; a Retry-After is obeyed. Then the stream "
        "fails, its bookmark stays.",
    ),
    th.Property(
        "max_isolated",
        th.IntegerType(minimum=0),
        default=20,
        title="Most bad records",
        description="Records per stream that may be unreadable (the shop answers 500 whenever it meets them): they are "
        "reported and left out. With more of them the stream fails.",
    ),
    th.Property(
        "stock_reading",
        th.StringType,
        default="auto",
        allowed_values=["per_sku", "bulk", "auto"],
        title="Stock reading",
        description="How product_stock_statuses is read. per_sku: one request per SKU (stockStatuses, about 85 "
        "ms each). "
        "bulk: salable quantities by website, stock items and source items in pages (0.04 to 6 ms a SKU). "
        "auto: bulk where "
        "the shop offers it and a random sample proves the numbers equal, else per_sku.",
    ),
    th.Property(
        "product_attributes",
        th.CustomType({"type": ["array", "string", "null"], "items": {"type": "string"}}),
        title="Custom attributes",
        description="Codes of custom attributes to read with each product (a list, or text separated by "
        "commas), besides "
        "those that custom_mappings names as custom_attributes.<code>.",
    ),
    th.Property(
        "hg_sync_output",
        th.StringType,
        title="HotGlue sync output",
        description="HotGlue: folder for estimated_job_metrics.json. Setting it costs one counting request per stream.",
    ),
]

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
