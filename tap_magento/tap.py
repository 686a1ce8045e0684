"""The tap of a Magento shop: its settings, its streams in reading order, its source."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, ClassVar

from typing_extensions import override

from connector.singer.settings import json_schema
from connector.singer.stream import PagedStream
from connector.singer.tap import SourceTap
from magento_api.place import with_scope
from tap_magento import config, schemas
from tap_magento.settings import SETTINGS
from tap_magento.shop import Shop
from tap_magento.streams import catalog, inventory, marketing, sales, store

STREAMS: tuple[type[PagedStream], ...] = (
    store.StoresStream,
    store.WebsitesStream,
    store.StoreGroupsStream,
    store.StoreViewsStream,
    store.StoreConfigsStream,
    catalog.ProductAttributesStream,
    catalog.ProductAttributeDetailsStream,
    catalog.CategoriesStream,
    catalog.ProductsStream,
    catalog.ProductIdsStream,
    catalog.ProductChecksStream,
    inventory.SourcesStream,
    inventory.StocksStream,
    inventory.StockSourceLinksStream,
    inventory.SourceItemsStream,
    inventory.ProductItemStocksStream,
    inventory.ProductStockStatusesStream,
    inventory.SalableQuantitiesStream,
    marketing.CustomersStream,
    marketing.SalesRulesStream,
    marketing.CouponsStream,
    sales.OrdersStream,
    sales.OrderItemsStream,
    sales.InvoicesStream,
    sales.ShipmentsStream,
    sales.CreditMemosStream,
)
"""In reading order: what later streams refer to comes first."""


class TapMagento(SourceTap):
    """Reads a Magento 2 shop over its REST API."""

    name = "tap-magento"
    reads = "a Magento 2 shop"
    config_jsonschema = json_schema(SETTINGS)
    other_keys = config.ETL_KEYS | config.PLATFORM_KEYS
    unknown = "is known neither to the tap nor to the ETL and has no effect"
    declared = STREAMS
    source_class = Shop
    schema_package: ClassVar[ModuleType] = schemas

    @classmethod
    @override
    def settled(cls, given: dict[str, Any]) -> dict[str, Any]:
        return with_scope(given)

    @classmethod
    @override
    def wrong_values(cls, given: Mapping[str, Any]) -> list[str]:
        return config.wrong_values(given)


main = TapMagento.main
