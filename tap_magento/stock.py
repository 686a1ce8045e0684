"""The stock of every SKU in the shape of stockStatuses, asked one by one or put together from bulk answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tap_magento.api import Address
from tap_magento.errors import EndpointMissing, Unreadable
from tap_magento.listing import Listed, ProductListing
from tap_magento.pages import NOT_FOUND, Isolate
from tap_magento.pool import Row, in_order
from tap_magento.search import path_part, plain_query
from tap_magento.shop import Shop

SKUS_AHEAD = 4
ROWS_TOGETHER = 100


@dataclass
class StockStatuses:
    """Reads the stock of every listed SKU; `fields` are the record's, `isolate` is told of SKUs that fail."""

    shop: Shop
    fields: str
    isolate: Isolate

    def pages(self) -> Iterator[list[Row]]:
        """A row per SKU, ascending by product id."""
        yield from self._one_by_one(self._products())

    def _products(self) -> list[Listed]:
        """The complete listing: the one of product_ids, or an own reading; never source items, which lack products."""
        if self.shop.listing is None:
            listing = ProductListing(self.shop.api, int(self.shop.config["page_size"]), self.isolate)
            for _ in listing.pages():
                continue
            self.shop.listing = listing.products
        return [product for product in self.shop.listing if product.sku is not None]

    def _one_by_one(self, products: list[Listed]) -> Iterator[list[Row]]:
        together: list[Row] = []
        for rows in in_order(self.shop.api.pool, products, self._ask, self._settle, SKUS_AHEAD):
            together += rows
            if len(together) >= ROWS_TOGETHER:
                yield together
                together = []
        yield together

    def _ask(self, product: Listed) -> Row | Unreadable:
        wanted = ",".join(part for part in self.fields.split(",") if part != "sku")
        address = Address(f"/stockStatuses/{path_part(str(product.sku))}", lambda _: plain_query(wanted))
        try:
            value = self.shop.api.get(address).value
        except Unreadable as trouble:
            return trouble
        return {"sku": product.sku, **value}

    def _settle(self, product: Listed, outcome: Row | Unreadable) -> tuple[list[Row], list[Listed]]:
        if isinstance(outcome, Unreadable):
            self.isolate(str(product.sku), outcome)
            return [], []
        return [outcome], []


__all__ = ["NOT_FOUND", "EndpointMissing", "StockStatuses"]
