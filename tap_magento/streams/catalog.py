"""The catalogue: products, and the complete listing of their ids."""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import override

from tap_magento.client import ChangesStream, MagentoStream
from tap_magento.listing import ProductListing
from tap_magento.pool import Row


class ProductsStream(ChangesStream):
    """Products of every type and status; one row per product. Stock changes do not touch it, price endpoints neither."""

    name = "products"
    path = "/products"
    cursor = "entity_id"
    key = "id"
    keys = ("id",)
    document = False
    always_selected = True


class ProductIdsStream(MagentoStream):
    """Every product's id, sku and status, for finding deletions; one row per product, an unreadable one with its id alone."""

    name = "product_ids"
    path = "/products"
    keys = ("id",)
    always_selected = True
    _counted = False

    @override
    def pages(self) -> Iterator[list[Row]]:
        listing = ProductListing(self.shop.api, int(self.config["page_size"]), self.isolate)
        yield from listing.pages()
        self._counted = listing.counted
        self.shop.listing = listing.products

    @override
    def is_complete(self) -> bool:
        if not self._counted:
            self.shop.report.note(
                "product_ids: the number of products differs from the shop's own count, so the listing does not count as "
                "complete in this run."
            )
        return self._counted
