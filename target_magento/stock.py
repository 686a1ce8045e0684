"""A shop's stock: what stands there, what it depends on, and the one way to set it."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from typing_extensions import Self, override

from connector.addresses import SettingError
from connector.collation import folded
from connector.errors import RunError, StreamError, Unreadable
from connector.http.answers import Answer
from connector.http.clock import date_of
from connector.http.pool import Row
from connector.http.request import Counting, Request
from connector.lists.pages import NOT_FOUND, row_number
from connector.lists.question import Ask, Sort, Where
from connector.times import utc_text
from magento_api import search
from magento_api.place import with_scope
from magento_api.source import MagentoSource
from target_magento.api import WritingApi
from target_magento.departures import Left, given_back, shipped, taken
from target_magento.doubts import Doubts
from target_magento.lists import BySku, keyed_rows, numbered_rows
from target_magento.rows import (
    DEFAULT_SOURCE,
    ITEM_FIELDS,
    ORDER_FIELDS,
    CartUnits,
    OpenLine,
    StockedProduct,
    StockFigure,
    StockRules,
    StockSource,
    Written,
    cart_units,
    figure_of,
    item_figure_of,
    open_lines,
    product_of,
    rules_of,
)
from target_magento.settings import LIGHT_PAGE, LISTED_PAGE, PAGE, complete
from target_magento.writing import FigureToSet, write_items, write_sources

SOURCES = "/inventory/sources"
SOURCE_ITEMS = "/inventory/source-items"
STOCK_SOURCE_LINKS = "/inventory/stock-source-links"
ENDED = "complete,closed,canceled"
"""States of orders that bind no stock any more."""
ENOUGH_SOURCES = 1000
FEW_PRODUCTS = 20
SOURCES_OF_A_SKU = 5


class ShopStock(MagentoSource):
    """The stock of one shop, asked and set over its REST API.

    Every method raises a ProgramError where the shop could not be asked or told; nothing is concluded then.
    """

    api = WritingApi
    _sources: list[Row] | None = None
    _manages_sources: bool | None = None

    def __init__(self, config: Mapping[str, Any], logger: logging.Logger, counts: Counting | None = None) -> None:
        """Sends nothing yet. Raises RunError: address or credentials cannot be used."""
        self.counts = counts
        self.doubts = Doubts()
        self._rules: dict[int, StockRules | None] = {}
        super().__init__(config, "", list, logger)

    @classmethod
    def of(cls, config: Mapping[str, Any], logger: logging.Logger, counts: Counting | None = None) -> Self:
        """The stock of the shop that a configuration names; `counts`: where requests are counted.

        Raises RunError: address or credentials cannot be used.
        """
        try:
            settled = with_scope(complete(config))
        except SettingError as error:
            raise RunError(f"{error}.") from error
        return cls(settled, logger, counts)

    @override
    def close(self) -> None:
        """Ends threads and connections; the report is that of whoever asks."""
        self.pool.close()
        self.client.close()

    # What it is

    @property
    def manages_sources(self) -> bool:
        """Whether it has inventory management."""
        if self._manages_sources is None:
            self._ask_sources()
        return bool(self._manages_sources)

    def now(self) -> datetime:
        """The time by the shop's own clock. Raises StreamError: it does not tell."""
        answer = self._ask_sources()
        heard = date_of(answer.headers)
        if heard is None:
            raise StreamError("The shop's answers name no time (Date), so nothing can be told by it; ask its host.")
        return heard

    def sources(self) -> Sequence[StockSource]:
        """All sources; a shop without inventory management has one."""
        if not self.manages_sources:
            return [StockSource(DEFAULT_SOURCE, 1)]
        if self._sources is None:
            self._ask_sources()
        best: dict[str, int] = {}
        asked = Ask(STOCK_SOURCE_LINKS, sort=(Sort("stock_id"), Sort("source_code")), size=ENOUGH_SOURCES)
        for link in numbered_rows(self, asked, "stock_id", "source_code"):
            code, rank = str(link["source_code"]), row_number(link, "priority")
            best[code] = min(rank, best.get(code, rank))
        codes = [str(row["source_code"]) for row in self._sources or []]
        last = max(best.values(), default=0) + 1
        return [StockSource(code, best.get(code, last)) for code in codes]

    def _ask_sources(self) -> Answer:
        """The list of sources, which tells too whether there are any, and what time it is."""
        asked = Ask(SOURCES, sort=(Sort("source_code"),), size=ENOUGH_SOURCES, fields="source_code,enabled")
        if self._manages_sources is False:
            asked = Ask(search.STOCK_ITEMS, size=1, fields="item_id")
        try:
            answer = self.pool.one(self.client.get, self.address(asked))
        except Unreadable as trouble:
            if trouble.status == NOT_FOUND and self._manages_sources is None:
                self._manages_sources = False
                return self._ask_sources()
            raise self.cannot_read(asked.path, trouble) from trouble
        if asked.path == SOURCES:
            self._manages_sources = True
            page = self.page(answer.value, answer.asked, SOURCES)
            if page.total > len(page.rows):
                raise StreamError(f"GET {SOURCES}: the shop gives {len(page.rows)} of {page.total} sources on a page.")
            self._sources = page.rows
        return answer

    # What stands there

    def products(self, skus: Collection[str]) -> Mapping[str, StockedProduct]:
        """The products with these SKUs, by folded SKU; what the catalogue lacks is left out."""
        found = self._listed(skus)
        if len(found) > FEW_PRODUCTS and not self._rules:
            # Nearly all have the same: one object stands for them all.
            met: dict[StockRules | None, StockRules | None] = {}
            listed = ((row_number(item, "product_id"), rules_of(item)) for item in self._all_items())
            self._rules = {number: met.setdefault(rules, rules) for number, rules in listed}
        rest = [row for row in found if row_number(row, "id") not in self._rules]
        self._rules.update((number, rules_of(item)) for number, item in self._single_items(rest).items())
        return {folded(str(row["sku"])): product_of(row, self._rules.get(row_number(row, "id"))) for row in found}

    def source_items(self, keys: Collection[tuple[str, str]]) -> Sequence[StockFigure]:
        """What stands for these (SKU, source) now, and for the same SKUs at other sources."""
        skus = {sku for sku, _ in keys}
        if self.manages_sources:
            asked = Ask(SOURCE_ITEMS, size=LIGHT_PAGE, fields="sku,source_code,quantity,status")
            rows = BySku(self, asked, "source_item_id", None, each=SOURCES_OF_A_SKU).rows(skus)
            return self.doubts.judged("figures", [row for row in rows if folded(str(row["sku"])) in skus], figure_of)
        found = self._listed(skus)
        listed = self._all_items() if len(found) > FEW_PRODUCTS else []
        items = {row_number(item, "product_id"): item for item in listed}
        items |= self._single_items([row for row in found if row_number(row, "id") not in items])
        with_items = [{**items.get(row_number(row, "id"), {}), "sku": row["sku"]} for row in found]
        return self.doubts.judged("figures", [row for row in with_items if row.get("qty") is not None], item_figure_of)

    def _listed(self, skus: Collection[str]) -> list[Row]:
        rows = BySku(self, Ask("/products", size=LISTED_PAGE, fields="id,sku,type_id"), "entity_id", "id").rows(skus)
        return [row for row in rows if folded(str(row.get("sku"))) in skus]

    def _all_items(self) -> list[Row]:
        """The stock items that the shop lists; those without a quantity it does not."""
        asked = Ask(search.STOCK_ITEMS, size=LIGHT_PAGE, fields=ITEM_FIELDS)
        return numbered_rows(self, asked, "item_id", moving=True)

    def _single_items(self, products: Sequence[Row]) -> dict[int, Row]:
        """The stock items of some products, by product id."""
        waiting = [(row, self.pool.submit(self._stock_item, str(row["sku"]))) for row in products]
        single = {row_number(row, "id"): self.pool.wait(item) for row, item in waiting}
        return {number: item for number, item in single.items() if item is not None}

    def _stock_item(self, sku: str) -> Row | None:
        path = f"/stockItems/{search.path_part(sku)}"
        try:
            value = self.client.get(Request(path, lambda _size: search.plain_query(ITEM_FIELDS))).value
        except Unreadable as trouble:
            if trouble.status == NOT_FOUND:
                return None
            raise self.cannot_read(path, trouble) from trouble
        return value if isinstance(value, dict) else None

    # What it depends on

    def open_orders(self, skus: Collection[str]) -> Sequence[OpenLine]:
        """The lines with open units of these SKUs (folded)."""
        wanted = set(skus)
        listed = self._keyed("/orders", (Where("state", "nin", ENDED),), ORDER_FIELDS)
        orders = self.doubts.judged("orders", listed, open_lines)
        return [line for lines in orders for line in lines if folded(line.sku) in wanted]

    def carts(self, skus: Collection[str], since: datetime) -> Sequence[CartUnits]:
        """The lines of active carts with these SKUs (folded) that were changed at `since` or later."""
        where = (
            Where("is_active", "eq", 1),
            Where("items_count", "gt", 0),
            Where("updated_at", "gteq", utc_text(since)),
        )
        wanted = set(skus)
        listed = self._keyed("/carts/search", where, "id,updated_at,items[sku,qty,product_type]", "id")
        carts = self.doubts.judged("carts", listed, cart_units)
        return [line for lines in carts for line in lines if folded(line.sku) in wanted]

    def shipments_since(self, moment: datetime) -> Sequence[Left]:
        """What the shop took off its figures at `moment` or later: what was shipped or, without sources, ordered."""
        where = (Where("created_at", "gteq", utc_text(moment)),)
        fields = "entity_id,created_at,items[sku,qty],extension_attributes[source_code]"
        if self.manages_sources:
            left = self.doubts.judged("departures", self._keyed("/shipments", where, fields), shipped)
        else:
            left = self.doubts.judged("departures", self._keyed("/orders", where, ORDER_FIELDS), taken)
        return [one for row in left for one in row]

    def given_back_since(self, moment: datetime) -> Collection[str]:
        """SKUs (folded) of which orders that changed at `moment` or later have given units back to the stock."""
        listed = self._keyed("/orders", (Where("updated_at", "gteq", utc_text(moment)),), ORDER_FIELDS)
        orders = self.doubts.judged("changed orders", listed, partial(given_back, canceled=not self.manages_sources))
        return {folded(sku) for skus in orders for sku in skus}

    # Setting it

    def write_source_items(self, batch: Sequence[FigureToSet]) -> Sequence[Written]:
        """Sets the figures; one outcome for each, in their order. One bad row costs no other."""
        if self.manages_sources:
            return write_sources(self, batch)
        return write_items(self, batch)

    def _keyed(self, path: str, where: tuple[Where, ...], fields: str, key: str = "entity_id") -> list[Row]:
        return keyed_rows(self, Ask(path, where, size=PAGE, fields=fields), "entity_id", key)
