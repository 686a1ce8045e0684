"""The catalogue: warehouses, suppliers, products with their stock, parts of compositions, and the listings of ids."""

from collections.abc import Iterator

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.pages import Page
from connector.lists.question import Ask, Where
from tap_picqer.account import Listing
from tap_picqer.search import ROWS_A_PAGE
from tap_picqer.stream import BothListsStream, IdsStream, WholeStream

COMPOSITIONS = ("virtual_composition", "composition_with_stock")


class WarehousesStream(WholeStream):
    """Warehouses, active or not; one row per warehouse."""

    name = "warehouses"
    path = "/warehouses"
    keys = ("idwarehouse",)


class SuppliersStream(BothListsStream):
    """Suppliers without the people who work there, active or not; one row per supplier."""

    name = "suppliers"
    path = "/suppliers"
    keys = ("idsupplier",)
    account_key = True


class SupplierIdsStream(IdsStream):
    """Every supplier's id, for finding those that were removed; one row per supplier."""

    name = "supplier_ids"
    path = "/suppliers"
    keys = ("idsupplier",)
    listed = SuppliersStream


class ProductsStream(BothListsStream):
    """Products with their stock, active or not; one row per product. Stock moves without a trace in the product."""

    name = "products"
    path = "/products"
    keys = ("idproduct",)

    @override
    def lists(self) -> Iterator[list[Row]]:
        """Both lists, and once more what was activated while they were read."""
        yield from super().lists()
        self._now_active = True
        since = self.source.zone.since(self.source.began)
        ask = Ask(self.path, (Where("updated_after", "gt", since),), size=ROWS_A_PAGE)
        page = self.source.one(ask)
        # Where Picqer does not know this filter any more, the page is one of all products, which were read.
        if isinstance(page, Page) and page.rows and all(str(row.get("updated")) > since for row in page.rows):
            yield from self.listed(ask)

    @override
    def note(self, listing: Listing, row: Row) -> None:
        super().note(listing, row)
        number = row["idproduct"]
        if row.get("type") in COMPOSITIONS and type(number) is int:
            listing.compositions.append(number)


class ProductIdsStream(IdsStream):
    """Every product's id, for finding those that were deleted; one row per product."""

    name = "product_ids"
    path = "/products"
    keys = ("idproduct",)
    listed = ProductsStream
