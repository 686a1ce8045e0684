"""Stock in bulk: salable quantities by website, stock items and source items, put together as stockStatuses gives them.

Compared on a real 2.4.7 shop: the exported quantity cut to a whole number is the quantity of stockStatuses for every
managed product with own stock; a product that is not exported has quantity 0 there, unless it is a phantom.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import msgspec

from tap_magento.api import Address
from tap_magento.keyed import KeyedList
from tap_magento.listing import DISABLED, Listed
from tap_magento.numbered import NumberedList
from tap_magento.pages import IDS_A_REQUEST, Isolate, Outcome, Page, fetch_page, short_list
from tap_magento.pool import Row
from tap_magento.scope import ScopeStock
from tap_magento.search import Sort, Where, low_stock_query, page_query, path_part
from tap_magento.shop import Shop

EXPORT = "/inventory/export-stock-salable-qty/website"
STOCK_ITEMS = "/stockItems/lowStock"
SOURCE_ITEMS = "/inventory/source-items"
LINKS = "/inventory/stock-source-links"
PRODUCTS_A_PAGE = 1000
ENOUGH_LINKS = 300
ADMIN_SCOPE = "all"
NO_QUESTION: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
COMPOSITES = frozenset({"configurable", "bundle", "grouped"})
PHANTOM_ITEM: dict[str, Any] = {
    "product_id": 0,
    "stock_id": 1,
    "qty": None,
    "is_in_stock": True,
    "is_qty_decimal": False,
    "use_config_min_qty": False,
    "min_qty": 0,
    "use_config_backorders": False,
    "backorders": 0,
    "notify_stock_qty": 0,
    "use_config_manage_stock": False,
    "manage_stock": False,
    "low_stock_date": None,
}


def export_where(products: Sequence[Listed]) -> list[Where]:
    """Filters that name exactly a run of the listing: from its first id to its last."""
    return [Where("entity_id", "gt", products[0].id - 1), Where("entity_id", "lteq", products[-1].id)]


def export_address(website: str, where: list[Where], size: int) -> Address:
    """The request for the salable quantities of the products that match, on a website."""
    fields = "sku,qty,is_salable"
    return Address(
        f"{EXPORT}/{path_part(website)}",
        lambda asked: page_query(where, [Sort("entity_id")], size=asked, fields=fields),
        size,
        shrinkable=False,
    )


def status_address(products: Sequence[Listed]) -> Address:
    """The request for what the admin's values say of some products: which are enabled, whatever a store view says."""
    return Address(
        "/products",
        lambda asked: page_query([among(products)], [Sort("entity_id")], size=asked, fields="id,status"),
        len(products),
        shrinkable=False,
        scope=ADMIN_SCOPE,
    )


def among(products: Sequence[Listed]) -> Where:
    """A filter that names some products by id."""
    return Where("entity_id", "in", ",".join(str(product.id) for product in products))


def runs(products: Sequence[Listed], size: int) -> Iterator[list[Listed]]:
    """The listing in runs of at most so many products."""
    for start in range(0, len(products), size):
        yield list(products[start : start + size])


@dataclass
class BulkStock:
    """The bulk answers of one stock; `item_fields` are the wanted properties of a stock item."""

    shop: Shop
    stock: ScopeStock
    item_fields: str
    isolate: Isolate
    _items: dict[int, bytes] = field(default_factory=dict, init=False)
    _enabled_elsewhere: set[int] = field(default_factory=set, init=False)
    loaded: bool = field(default=False, init=False)

    def load(self) -> None:
        """Reads every stock item, once; kept encoded, for a shop may have very many."""
        if self.loaded:
            return
        names = {*self.item_fields.split(","), "product_id", "qty", "item_id", "manage_stock"} - {""}
        fields = ",".join(sorted(names))
        size = int(self.shop.config["source_items_page_size"])
        items = NumberedList(
            self.shop.api,
            STOCK_ITEMS,
            lambda number, asked: low_stock_query(size=asked, page=number, fields=fields),
            ("item_id",),
            size,
            lambda *_: None,
        )
        for rows in items.pages():
            for row in rows:
                self._items[row["product_id"]] = msgspec.json.encode(row)
        self.loaded = True

    def item(self, product: Listed) -> Row | None:
        """A product's stock item, or None where the shop lists none (no row, or a null quantity)."""
        encoded = self._items.get(product.id)
        return msgspec.json.decode(encoded) if encoded else None

    @cached_property
    def _source_items(self) -> tuple[frozenset[str], frozenset[str]]:
        """SKUs, case-folded, with a source item in one of the stock's sources, and those of them with goods there."""
        address = Address(
            LINKS, lambda size: page_query([Where("stock_id", "eq", self.stock.stock_id)], size=size), ENOUGH_LINKS
        )
        links = self.shop.api.pool.one(partial(short_list, self.shop.api), address)
        codes = ",".join(sorted(str(row["source_code"]) for row in links))
        assigned: set[str] = set()
        stocked: set[str] = set()
        for row in self._rows_of_sources(codes) if codes else ():
            sku = str(row["sku"]).casefold()
            assigned.add(sku)
            if row.get("status") and row.get("quantity", 0) > 0:
                stocked.add(sku)
        return frozenset(assigned), frozenset(stocked)

    def _rows_of_sources(self, codes: str) -> Iterator[Row]:
        size = int(self.shop.config["source_items_page_size"])
        where = [Where("source_code", "in", codes)]
        fields = "sku,quantity,status"
        listed = KeyedList(self.shop.api, SOURCE_ITEMS, "source_item_id", None, where, fields, size, lambda *_: None)
        for rows in listed.pages():
            yield from rows

    def export(self, products: Sequence[Listed]) -> Outcome:
        """The salable quantities of a run of the listing; runs in a worker."""
        return self._export(products, export_where(products))

    def export_some(self, products: Sequence[Listed]) -> Outcome:
        """The salable quantities of some products by id; runs in a worker."""
        return self._export(products, [among(products)])

    def _export(self, products: Sequence[Listed], where: list[Where]) -> Outcome:
        assert self.stock.website is not None
        page = fetch_page(self.shop.api, export_address(self.stock.website, where, len(products)))
        if isinstance(page, Page):
            sold = {str(row["sku"]) for row in page.rows if row["qty"]}
            self._look_elsewhere([one for one in products if one.status == DISABLED and str(one.sku) in sold])
        return page

    def _look_elsewhere(self, disabled: Sequence[Listed]) -> None:
        """Notes which of the products, disabled in this run's scope, the admin's values have enabled."""
        if self.shop.config.get("store_code") == ADMIN_SCOPE:
            return
        for some in runs(disabled, IDS_A_REQUEST):
            page = fetch_page(self.shop.api, status_address(some))
            known = {row["id"]: row.get("status") for row in page.rows} if isinstance(page, Page) else {}
            self._enabled_elsewhere.update(one.id for one in some if known.get(one.id) != DISABLED)

    def status(self, product: Listed, exported: Row | None) -> Row | None:
        """The product's stock status, or None where bulk answers cannot tell and the SKU is to be asked singly.

        A product that is not indexed yet is missing from the export, or has 0 there, while its sources hold goods.
        A product disabled in this scope only is no phantom; one that nothing is sold of is taken for one all the same.
        """
        if product.status == DISABLED:
            return None if product.id in self._enabled_elsewhere else phantom(product, self.item_fields)
        item = self.item(product)
        if item is None or item["qty"] is None:
            return None
        if product.type_id in COMPOSITES:
            return record(product, 0, int(bool(item.get("is_in_stock", True))), item, self.item_fields)
        assigned, stocked = self._source_items if exported is None or not exported["is_salable"] else NO_QUESTION
        sku = str(product.sku).casefold()
        if exported is None:
            return None if sku in assigned else record(product, 0, 0, item, self.item_fields)
        if not exported["qty"] and sku in stocked:
            return None
        return record(product, int(exported["qty"] or 0), int(bool(exported["is_salable"])), item, self.item_fields)

    def rows_by_sku(self, page: Page) -> dict[str, Row]:
        """The exported rows of a page by SKU."""
        return {str(row["sku"]): row for row in page.rows}


def record(product: Listed, quantity: int, salable: int, item: Row, item_fields: str) -> Row:
    """A stock status in the shape of stockStatuses, with the wanted properties of the stock item."""
    names = item_fields.split(",")
    return {
        "sku": product.sku,
        "product_id": product.id,
        "stock_id": 1,
        "qty": quantity,
        "stock_status": salable,
        "stock_item": {name: item[name] for name in names if name in item},
    }


def phantom(product: Listed, item_fields: str) -> Row:
    """What stockStatuses answers for a disabled product: a row that says nothing about stock."""
    names = item_fields.split(",")
    return {
        "sku": product.sku,
        "product_id": None,
        "stock_id": None,
        "qty": 0,
        "stock_status": 0,
        "stock_item": {name: PHANTOM_ITEM[name] for name in names if name in PHANTOM_ITEM},
    }
