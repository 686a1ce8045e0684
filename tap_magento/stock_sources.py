"""What the sources of a stock hold, by SKU: whether a product that nothing is sold of may only be unindexed yet.

And whether anything of it has changed since another reading.
"""

import json
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from connector.collation import folded
from connector.errors import StreamError, Unreadable
from connector.http.pool import Row
from connector.lists.keyed import KeyedList
from connector.lists.pages import with_names
from connector.lists.question import Ask, Where
from connector.values import fit, number
from tap_magento.shop import Shop

SOURCE_ITEMS = "/inventory/source-items"
LINKS = "/inventory/stock-source-links"
ENOUGH_LINKS = 300


@dataclass
class SourceItems:
    """SKUs, as Magento compares them, with a source item in one of a stock's sources, and those with goods there.

    `codes`: the sources. `sums`: a number for each SKU that changes with any of its source items, in whatever order.
    """

    codes: str
    assigned: set[str] = field(default_factory=set)
    stocked: set[str] = field(default_factory=set)
    sums: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, row: Row) -> None:
        """Takes in a source item."""
        sku = folded(str(row["sku"]))
        self.assigned.add(sku)
        if holds_goods(row):
            self.stocked.add(sku)
        self.sums[sku] += zlib.crc32(json.dumps([row["source_code"], row.get("quantity"), row.get("status")]).encode())


def read_source_items(shop: Shop, stock_id: int) -> SourceItems:
    """The source items of a stock's sources.

    Raises StreamError: not all of them can be read; a SKU may be among the rest.
    """
    asked = Ask(LINKS, (Where("stock_id", "eq", stock_id),), size=ENOUGH_LINKS)
    otherwise = "set stock_reading to per_sku, which does not need the list"
    links = shop.pool.one(lambda ask: shop.whole(ask, with_names("source_code"), otherwise), asked)
    found = SourceItems(",".join(sorted(str(row["source_code"]) for row in links)))
    for row in _rows_of_sources(shop, found.codes) if found.codes else ():
        found.add(row)
    return found


def _rows_of_sources(shop: Shop, codes: str) -> Iterator[Row]:
    """The source items of some sources.

    Raises StreamError: one cannot be read, or fewer came than the shop counts; nobody knows whose it would have been.
    """

    def refuse(place: str | int, trouble: Unreadable) -> None:
        raise StreamError(f"GET {SOURCE_ITEMS}: source item {place} cannot be read: {trouble.reason}")

    size = int(shop.config["source_items_page_size"])
    asked = Ask(SOURCE_ITEMS, (Where("source_code", "in", codes),), size=size, fields="source_code,sku,quantity,status")
    check = with_names("source_code", "sku")
    listed = KeyedList(shop, asked, "source_item_id", None, refuse, check, most=5 * size)
    for rows in listed.pages():
        yield from rows
    if listed.lacking:
        raise StreamError(f"GET {SOURCE_ITEMS}: {listed.came} rows came, {listed.lacking} fewer than the shop counts.")


def holds_goods(row: Row) -> bool:
    """Whether a source item may hold goods; one whose values cannot be read may."""
    if row.get("status") in (0, "0", False):
        return False
    quantity = fit(number, row.get("quantity"))
    return quantity is None or quantity > 0
