"""Stock: statuses by SKU, stock items, source items and sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from typing_extensions import override

from tap_magento.client import KeyedStream, MagentoStream, NumberedStream
from tap_magento.pool import Row
from tap_magento.search import Sort, low_stock_query
from tap_magento.stock import StockStatuses

STOCK_ITEMS = "/stockItems/lowStock"


class ProductStockStatusesStream(MagentoStream):
    """Salable quantity and stock item of every SKU, as stockStatuses gives them; one row per SKU as asked.

    A row with `product_id` null is a phantom (disabled or not yet indexed): it says nothing about stock.
    """

    name = "product_stock_statuses"
    path = STOCK_ITEMS
    keys = ("sku",)
    selected_with_source_items = False

    @override
    def pages(self) -> Iterator[list[Row]]:
        yield from StockStatuses(self.shop, self.fields, self.isolate).pages()


class ProductItemStocksStream(NumberedStream):
    """Every legacy stock item, without its SKU; one row per stock item. Items whose quantity is null are not listed."""

    name = "product_item_stocks"
    path = STOCK_ITEMS
    keys = ("item_id",)
    selected_with_source_items = True

    @override
    def size(self) -> int:
        return int(self.config["source_items_page_size"])

    @override
    def query(self, number: int, size: int) -> str:
        return low_stock_query(size=size, page=number, fields=self.fields)


class SourceItemsStream(KeyedStream):
    """Quantity and status per SKU and source, orphans and disabled sources included; one row per source item."""

    name = "source_items"
    path = "/inventory/source-items"
    keys = ("source_code", "sku")
    cursor = "source_item_id"
    key = None
    selected_with_source_items = True
    inventory_module = True

    @override
    def size(self) -> int:
        return int(self.config["source_items_page_size"])

    @override
    def pages(self) -> Iterator[list[Row]]:
        """Rows by windows of an id they do not carry; one written anew meanwhile would come twice, so pairs are kept."""
        seen: set[tuple[str, str]] = set()
        for rows in super().pages():
            fresh = [row for row in rows if (row["source_code"], row["sku"]) not in seen]
            seen.update((row["source_code"], row["sku"]) for row in fresh)
            yield fresh


class SourcesStream(NumberedStream):
    """Sources (warehouses), disabled ones included; one row per source."""

    name = "sources"
    path = "/inventory/sources"
    keys = ("source_code",)
    sort: ClassVar = (Sort("source_code"),)
    selected_with_source_items = True
    inventory_module = True
