"""The tap of a Picqer account: its settings, its streams in reading order, its source."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from typing_extensions import override

from connector.singer.settings import json_schema
from connector.singer.stream import PagedStream
from connector.singer.tap import SourceTap
from tap_picqer import config, schemas
from tap_picqer.account import Account
from tap_picqer.settings import SETTINGS
from tap_picqer.streams import catalog, documents, orders, parts

STREAMS: tuple[type[PagedStream], ...] = (
    catalog.WarehousesStream,
    catalog.SuppliersStream,
    catalog.SupplierIdsStream,
    catalog.ProductsStream,
    catalog.ProductIdsStream,
    parts.ProductPartsStream,
    documents.PurchaseOrdersStream,
    documents.ReceiptsStream,
    orders.OrdersStream,
)
"""In reading order: what later streams refer to comes first."""


class TapPicqer(SourceTap):
    """Reads an account of Picqer over its REST API."""

    name = "tap-picqer"
    reads = "an account of Picqer"
    config_jsonschema = json_schema(SETTINGS)
    other_keys = config.OTHER_KEYS
    unknown = "is known neither to the tap nor to the ETL and has no effect"
    declared = STREAMS
    source_class = Account
    schema_package: ClassVar[ModuleType] = schemas

    @classmethod
    @override
    def wrong_values(cls, given: Mapping[str, Any]) -> list[str]:
        return list(config.wrong_values(given))


main = TapPicqer.main
