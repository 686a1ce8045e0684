"""What a configuration holds beside the declared settings' types: keys of other programs, values of no use."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from connector.addresses import web_address
from connector.singer.complaints import complaints
from connector.zone import Zone

ETL_KEYS = frozenset(
    {
        "warehouses",
        "main_warehouse",
        "supplier_ignored_from_picqer",
        "multisupplier",
        "include_concept",
        "sync_compositions",
        "composition_types",
        "subtract_cancelled",
        "completed_only_when_done",
        "time_zone",
        "sync_product_deletions",
        "sync_supplier_deletions",
        "max_disable_share",
        "order_wait_days",
        "custom_mappings",
        "not_sync_entities",
        "field_map",
        "snapshot_dir",
        "snapshot_url",
        "export_marker_field",
    }
)
"""Flags of the ETL, which share the connector's configuration; a test keeps this list equal to the ETL's own."""

OTHER_KEYS = ETL_KEYS | frozenset(
    {
        # Of the target for Picqer, of HotGlue and of the job.
        "export_buy_orders",
        "export_as_concept",
        "export_since",
        "rescan_days",
        "schedule",
        "system",
    }
)

API = "/api/v1"


def address_of(config: Mapping[str, Any]) -> str:
    """The account's address: scheme and host.

    Raises:
        SettingError: picqer_url cannot be used.
    """
    found = web_address(str(config["picqer_url"]), "picqer_url")
    return f"{found.scheme}://{found.netloc}"


def wrong_values(config: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each setting whose type is right and whose value cannot be used; none shows a secret."""
    yield from complaints(
        config,
        "api_key",
        *([partial(address_of, config)] if "picqer_url" in config else []),
        partial(Zone, str(config.get("time_zone", "UTC"))),
    )
    if not config.get("api_key"):
        yield "api_key is missing: make one in Picqer at Settings > API keys"
    elif ":" in str(config["api_key"]):
        yield "api_key holds a colon, which no key of Picqer's does: paste the key alone"
