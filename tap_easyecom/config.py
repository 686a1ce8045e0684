"""What a configuration holds beside the declared settings' types: keys of other programs, values of no use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from connector.addresses import SettingError, header_value, seconds, web_address
from connector.times import as_utc_text
from easyecom_api.access import TIERS, locations_of

ETL_KEYS = frozenset(
    {
        "product_price",
        "map_supplierProductSku",
        "skip_order_types",
        "assembled_needs_parts",
        "sum_stock_of_locations",
        "order_wait_days",
        "custom_mappings",
        "not_sync_entities",
        "field_map",
    }
)
"""Flags of the ETL, which share the connector's configuration; a test keeps this list equal to the ETL's own."""

OTHER_KEYS = ETL_KEYS | frozenset(
    {
        # Of the target for EasyEcom, of HotGlue and of the job.
        "send_tax_rate",
        "export_buy_orders",
        "export_since",
        "export_expected_date",
        "schedule",
        "system",
    }
)


def wrong_values(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each setting whose type is right and whose value cannot be used; none shows a secret."""
    checks: list[Callable[[], object]] = [
        partial(web_address, str(config.get("easyecom_url", "https://api.easyecom.io")), "easyecom_url"),
        partial(header_value, config.get("x_api_key") or "", "x_api_key"),
        partial(header_value, config.get("user_agent", ""), "user_agent", secret=False),
        *(partial(seconds, config[key], key) for key in ("request_timeout", "retry_seconds", "throttle_seconds")
          if key in config),
    ]  # fmt: skip
    for check in checks:
        try:
            check()
        except SettingError as error:
            yield str(error)
    if value := config.get("start_date"):
        try:
            as_utc_text(str(value))
        except ValueError:
            yield f"start_date '{value}' is not a date: write it like 2026-01-31 or 2026-01-31T08:00:00Z"
    if str(config.get("rate_tier") or "default").lower() not in TIERS:
        yield f"rate_tier '{config['rate_tier']}' is none of {', '.join(map(str.capitalize, TIERS))}"
    if not locations_of(config):
        yield "location_key is missing: EasyEcom shows the keys of locations with the API's credentials"
    for key in ("email", "password", "x_api_key"):
        if not config.get(key):
            yield f"{key} is missing"
