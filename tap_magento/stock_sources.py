"""What the sources of a stock hold, by SKU: whether a product that nothing is sold of may only be unindexed yet."""

from collections.abc import Iterator

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


def read_source_items(shop: Shop, stock_id: int) -> tuple[frozenset[str], frozenset[str]]:
    """SKUs, as Magento compares them, with a source item in one of a stock's sources, and those with goods there.

    Raises StreamError: not all of them can be read; a SKU may be among the rest.
    """
    asked = Ask(LINKS, (Where("stock_id", "eq", stock_id),), size=ENOUGH_LINKS)
    otherwise = "set stock_reading to per_sku, which does not need the list"
    links = shop.pool.one(lambda ask: shop.whole(ask, with_names("source_code"), otherwise), asked)
    codes = ",".join(sorted(str(row["source_code"]) for row in links))
    assigned: set[str] = set()
    stocked: set[str] = set()
    for row in _rows_of_sources(shop, codes) if codes else ():
        sku = folded(str(row["sku"]))
        assigned.add(sku)
        if holds_goods(row):
            stocked.add(sku)
    return frozenset(assigned), frozenset(stocked)


def _rows_of_sources(shop: Shop, codes: str) -> Iterator[Row]:
    """The source items of some sources.

    Raises StreamError: one cannot be read, or fewer came than the shop counts; nobody knows whose it would have been.
    """

    def refuse(place: str | int, trouble: Unreadable) -> None:
        raise StreamError(f"GET {SOURCE_ITEMS}: source item {place} cannot be read: {trouble.reason}")

    size = int(shop.config["source_items_page_size"])
    asked = Ask(SOURCE_ITEMS, (Where("source_code", "in", codes),), size=size, fields="sku,quantity,status")
    listed = KeyedList(shop, asked, "source_item_id", None, refuse, with_names("sku"))
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
