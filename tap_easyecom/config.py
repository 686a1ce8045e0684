"""What a configuration holds beside the declared settings' types: keys of other programs, values of no use."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from connector.addresses import web_address
from connector.singer.complaints import complaints
from easyecom_api.access import ADDRESS, wrong_access

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
    address = str(config.get("easyecom_url", ADDRESS))
    yield from complaints(config, "x_api_key", partial(web_address, address, "easyecom_url"))
    yield from wrong_access(config)
