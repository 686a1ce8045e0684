"""The tap of an Optiply account: its settings, its streams in reading order, its source."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from typing_extensions import override

from connector.singer.settings import json_schema
from connector.singer.stream import PagedStream
from connector.singer.tap import SourceTap
from tap_optiply import schemas, settings
from tap_optiply.account import Account
from tap_optiply.streams import catalogue, orders

STREAMS: tuple[type[PagedStream], ...] = (
    catalogue.SuppliersStream,
    catalogue.ProductsStream,
    catalogue.SupplierProductsStream,
    catalogue.ProductCompositionsStream,
    catalogue.PromotionsStream,
    orders.SellOrdersStream,
    orders.BuyOrdersStream,
    orders.BuyOrderLinesStream,
    orders.ReceiptLinesStream,
    orders.ReceiptLineIdsStream,
    orders.ReceiptLineChecksStream,
)
"""In reading order: what later streams refer to comes first."""


class TapOptiply(SourceTap):
    """Reads an Optiply account over its public API."""

    name = "tap-optiply"
    reads = "an Optiply account"
    config_jsonschema = json_schema(settings.SETTINGS)
    other_keys = settings.OTHER_KEYS
    declared = STREAMS
    source_class = Account
    schema_package: ClassVar[ModuleType] = schemas

    @classmethod
    @override
    def settled(cls, given: dict[str, Any]) -> dict[str, Any]:
        return settings.with_addresses(given)

    @classmethod
    @override
    def wrong_values(cls, given: Mapping[str, Any]) -> list[str]:
        return list(settings.wrong_values(given))


main = TapOptiply.main
