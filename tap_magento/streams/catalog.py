"""The catalogue: products, the complete listing of their ids, attributes and categories."""

from collections.abc import Iterator

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.question import Sort
from connector.settings import words
from connector.singer.changes import ChangesStream
from connector.singer.kinds import KeyedStream, NumberedStream
from connector.singer.stream import PagedStream
from connector.words import counted
from tap_magento.checks import ProductChecks
from tap_magento.listing import NAMES, ProductListing, Taken
from tap_magento.shop import Shop

ATTRIBUTES_A_PAGE = 50


class ProductsStream(ChangesStream):
    """Products of every type and status; one row per product. Changes of stock alone do not touch it."""

    name = "products"
    path = "/products"
    cursor = "entity_id"
    key = "id"
    keys = ("id",)
    document = False
    always_selected = True
    source: Shop

    @override
    def pages(self) -> Iterator[list[Row]]:
        """What is read of all products without a loss is their listing, too."""
        taken = Taken()
        for rows in super().pages():
            taken.take(rows)
            yield rows
        whole = self.window.whole and not self.unread.lost and self._selected_names.issuperset(NAMES)
        if whole and self._list and self._list.first_total:  # of an empty answer a second one is asked
            taken.first_total = self._list.first_total
            self.source.taken = taken


class ProductIdsStream(PagedStream):
    """Every product's id, sku and status, for finding deletions; one row per product, a bad one with its id alone."""

    name = "product_ids"
    path = "/products"
    keys = ("id",)
    always_selected = True
    source: Shop

    @override
    def pages(self) -> Iterator[list[Row]]:
        listing = ProductListing(self.source, self.isolate, self.source.taken)
        yield from listing.pages()
        self.source.listing = listing

    @override
    def is_complete(self) -> bool:
        listing = self.source.listing
        if listing is not None and listing.off:
            self.source.report.note(
                f"product_ids: two readings listed the same {counted(len(listing.products), 'product')}, and the shop "
                f"counts {len(listing.products) + listing.off}: its count is wrong, so what the products hold is used, "
                "but no product counts as gone. Ask the shop's developer which extension changes total_count."
            )
        elif listing is None or not listing.counted:
            self.source.report.note(
                "product_ids: the number of products differs from the shop's own count, so the listing does not count "
                "as complete in this run."
            )
        return listing is not None and listing.counted


class ProductChecksStream(PagedStream):
    """Whether the products of `check_product_ids` are there, asked by id; one row per id."""

    name = "product_checks"
    path = "/products"
    keys = ("id",)
    keeps_unread = False

    @override
    def pages(self) -> Iterator[list[Row]]:
        ids = [int(item) for item in words(self.config.get("check_product_ids"))]
        if ids:
            yield from ProductChecks(self.source, ids, int(self.config["known_product_id"]), self.isolate).pages()

    @override
    def estimate(self) -> int:
        return len(words(self.config.get("check_product_ids")))


class ProductAttributesStream(NumberedStream):
    """Product attributes without their options; one row per attribute."""

    name = "product_attributes"
    path = "/products/attributes"
    keys = ("attribute_id",)
    sort = (Sort("attribute_code"),)


class ProductAttributeDetailsStream(NumberedStream):
    """Labels and options of product attributes, for decoding values; one row per attribute."""

    name = "product_attribute_details"
    path = "/products/attributes"
    keys = ("attribute_id",)
    sort = (Sort("attribute_code"),)

    @override
    def size(self) -> int:
        """Few at a time: one attribute may have thousands of options."""
        return min(ATTRIBUTES_A_PAGE, super().size())


class CategoriesStream(KeyedStream):
    """Categories; one row per category."""

    name = "categories"
    path = "/categories/list"
    keys = ("id",)
    cursor = "entity_id"
    key = "id"
