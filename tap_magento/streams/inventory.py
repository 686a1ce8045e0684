"""Stock: statuses by SKU, stock items, source items, sources, stocks, salable quantities."""

from collections.abc import Iterator
from functools import cached_property

from typing_extensions import override

from connector.errors import Unreadable
from connector.http.pool import Row
from connector.lists.pages import NOT_FOUND
from connector.lists.question import Sort
from connector.singer.kinds import KeyedStream, NumberedStream
from connector.singer.stream import PagedStream
from magento_api.search import STOCK_ITEMS, projection
from tap_magento.salable import SalableQuantities
from tap_magento.scope import say_which_stock
from tap_magento.shop import Shop
from tap_magento.stock import StockStatuses

INVENTORY = "inventory management (MSI)"
BEFORE = "read_before"


class ProductStockStatusesStream(PagedStream):
    """Salable quantity and stock item of every SKU, as stockStatuses gives them; one row per SKU as asked.

    A row with `product_id` null is a phantom (disabled or not yet indexed): it says nothing about stock.
    """

    name = "product_stock_statuses"
    path = STOCK_ITEMS
    keys = ("sku",)
    counted_path = "/products"
    source: Shop
    selected_with = ("use_inventory_source_items", False)

    @cached_property
    def _reader(self) -> StockStatuses:
        own = {name: part for name, part in self.schema["properties"].items() if name != "sku"}
        item = self.schema["properties"]["stock_item"]["properties"]
        crumb = ("properties", "stock_item")
        return StockStatuses(
            self.source,
            projection(own, lambda part: self.mask[part]),
            projection(item, lambda part: self.mask[part], (), crumb),
            self.isolate,
        )

    @override
    def prepare(self) -> None:
        say_which_stock(self.source, self._reader.scope_stock)

    @override
    def pages(self) -> Iterator[list[Row]]:
        unread = [sku for sku in self.unread.kept if isinstance(sku, str)]
        yield from self._reader.pages(unread, afresh=not self.stream_state.get(BEFORE))

    @override
    def remember(self, *, complete: bool) -> None:
        """Leaves a mark without which, as after a wish for a full read, the next run asks for all stock."""
        if complete:
            self.stream_state[BEFORE] = True
        super().remember(complete=complete)

    @override
    def is_complete(self) -> bool:
        return self._reader.listed()

    @override
    def isolate(self, record_id: str | int, trouble: Unreadable) -> None:
        """A SKU that is gone is reported and neither counts as a bad record nor is kept: products come and go."""
        if trouble.status == NOT_FOUND:
            self.logger.warning("%s: no stock status for %s (%s).", self.name, record_id, trouble.reason)
            self.source.report.isolate(record_id, trouble.status, trouble.reason)
        else:
            super().isolate(record_id, trouble)


class ProductItemStocksStream(NumberedStream):
    """Every legacy stock item, without its SKU; one row per stock item. Items whose quantity is null are not listed."""

    name = "product_item_stocks"
    path = STOCK_ITEMS
    keys = ("item_id",)
    selected_with = ("use_inventory_source_items", True)
    countable = False

    @override
    def size(self) -> int:
        return int(self.config["source_items_page_size"])


class SourceItemsStream(KeyedStream):
    """Quantity and status per SKU and source, orphans and disabled sources included; one row per source item."""

    name = "source_items"
    path = "/inventory/source-items"
    keys = ("source_code", "sku")
    cursor = "source_item_id"
    key = None
    absence_counts = True
    selected_with = ("use_inventory_source_items", True)
    module = INVENTORY

    @override
    def size(self) -> int:
        return int(self.config["source_items_page_size"])

    @override
    def pages(self) -> Iterator[list[Row]]:
        """Rows by windows of an id they do not carry; a row written anew meanwhile is put out once."""
        seen: set[tuple[str, str]] = set()
        for rows in super().pages():
            fresh = [row for row in rows if (row["source_code"], row["sku"]) not in seen]
            seen.update((row["source_code"], row["sku"]) for row in fresh)
            yield fresh

    @override
    def is_complete(self) -> bool:
        return super().is_complete() and self.isolated_nothing()


class SourcesStream(NumberedStream):
    """Sources (warehouses), disabled ones included; one row per source."""

    name = "sources"
    path = "/inventory/sources"
    keys = ("source_code",)
    sort = (Sort("source_code"),)
    selected_with = ("use_inventory_source_items", True)
    module = INVENTORY

    @override
    def is_complete(self) -> bool:
        return super().is_complete() and self.isolated_nothing()


class StocksStream(NumberedStream):
    """Stocks with the websites they serve; one row per stock."""

    name = "stocks"
    path = "/inventory/stocks"
    keys = ("stock_id",)
    sort = (Sort("stock_id"),)
    module = INVENTORY


class StockSourceLinksStream(NumberedStream):
    """Which source feeds which stock; one row per pair."""

    name = "stock_source_links"
    path = "/inventory/stock-source-links"
    keys = ("stock_id", "source_code")
    sort = (Sort("stock_id"), Sort("source_code"))
    module = INVENTORY


class SalableQuantitiesStream(PagedStream):
    """Exact salable quantity per website; one row per website and SKU assigned to its stock."""

    name = "salable_quantities"
    path = "/inventory/stocks"
    counted_path = "/products"
    source: Shop
    keys = ("website_code", "sku")
    module = INVENTORY

    @cached_property
    def _reader(self) -> SalableQuantities:
        return SalableQuantities(self.source, self.isolate)

    @override
    def pages(self) -> Iterator[list[Row]]:
        yield from self._reader.pages()

    @override
    def is_complete(self) -> bool:
        return self._reader.counted()
