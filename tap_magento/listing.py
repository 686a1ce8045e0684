"""The complete listing of products: read once per run by key ranges, shared by every stream that walks all SKUs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_magento.api import Api
from tap_magento.errors import Unreadable
from tap_magento.keyed import KeyedList
from tap_magento.pages import Isolate
from tap_magento.pool import Row

if TYPE_CHECKING:
    from tap_magento.shop import Shop

FIELDS = "id,sku,status,type_id"
DISABLED = 2


@dataclass(frozen=True)
class Listed:
    """A product as the listing has it; `sku`, `status` and `type_id` are None for a record that cannot be read."""

    id: int
    sku: str | None
    status: int | None
    type_id: str | None


@dataclass
class ProductListing:
    """Reads id, sku, status and type of every product; afterwards `products` holds them, ascending by id.

    Pages hold three times `page_size` rows, for a row is a hundred bytes.
    `counted`: the number of distinct ids, unreadable ones included, is the shop's own `total_count`.
    """

    api: Api
    page_size: int
    isolate: Isolate
    products: list[Listed] = field(default_factory=list, init=False)
    counted: bool = field(default=False, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Rows of id, sku and status; an unreadable record comes as a row with its id alone, after the others."""
        met: dict[int, Listed] = {}
        lost: list[int] = []

        def isolate(record_id: str | int, trouble: Unreadable) -> None:
            if int(record_id) not in met:
                met[int(record_id)] = Listed(int(record_id), None, None, None)
                lost.append(int(record_id))
                self.isolate(record_id, trouble)

        totals: list[int] = []
        for attempt in range(2):
            walk = KeyedList(self.api, "/products", "entity_id", "id", [], FIELDS, 3 * self.page_size, isolate)
            for rows in walk.pages():
                fresh = [row for row in rows if row["id"] not in met] if attempt else rows
                for row in fresh:
                    met[row["id"]] = Listed(row["id"], row.get("sku"), row.get("status"), row.pop("type_id", None))
                if fresh:
                    yield fresh
            totals.append(walk.first_total)
            self.counted = len(met) in totals
            if self.counted:
                break
        self.products = [met[number] for number in sorted(met)]
        if lost:
            yield [{"id": number} for number in sorted(lost)]

    def readable(self) -> list[Listed]:
        """The products whose SKU is known."""
        return [product for product in self.products if product.sku is not None]


def whole_listing(shop: Shop, isolate: Isolate) -> ProductListing:
    """The run's listing: the one of product_ids, or an own reading where that stream was not read before."""
    if shop.listing is None:
        listing = ProductListing(shop.api, int(shop.config["page_size"]), isolate)
        for _ in listing.pages():
            continue
        shop.listing = listing
    return shop.listing
