"""Stock in bulk: salable quantities by website, stock items and source items, put together as stockStatuses gives them.

Compared on a real 2.4.7 shop: the exported quantity cut to a whole number is the quantity of stockStatuses for every
managed product with own stock; a product that is not exported has quantity 0 there, unless it is a phantom.
"""

import time
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from connector.collation import folded
from connector.errors import AccessDenied, ProgramError, RunError
from connector.http.pool import Row
from connector.lists.again import portions
from connector.lists.numbered import NumberedList
from connector.lists.pages import IDS_A_REQUEST, Outcome, Page, row_number, with_number
from connector.lists.question import Ask, Sort, Where
from connector.lists.windows import larger
from connector.values import Unfit, number
from magento_api.search import STOCK_ITEMS, path_part
from tap_magento.listing import DISABLED, Listed
from tap_magento.scope import ScopeStock
from tap_magento.seen import Exported
from tap_magento.shop import Shop
from tap_magento.status_rows import check_exported, phantom, record
from tap_magento.stock_sources import SourceItems, read_source_items

EXPORT = "/inventory/export-stock-salable-qty/website"
PRODUCTS_A_PAGE, MOST_PRODUCTS_A_PAGE = 1000, 5000
"""The second where pages come quickly; a shop takes some milliseconds for each product."""
MATTER = ("min_qty", "backorders", "is_in_stock")
"""Properties of a stock item that decide what can be bought."""
ADMIN_SCOPE = "all"
NO_QUESTION = SourceItems("")
COMPOSITES = frozenset({"configurable", "bundle", "grouped"})


def export_where(products: Sequence[Listed]) -> tuple[Where, ...]:
    """Filters that name exactly a run of the listing: from its first id to its last."""
    return Where("entity_id", "gt", products[0].id - 1), Where("entity_id", "lteq", products[-1].id)


def export_question(website: str, where: tuple[Where, ...], size: int) -> Ask:
    """The question for the salable quantities of the products that match, on a website."""
    path = f"{EXPORT}/{path_part(website)}"
    return Ask(path, where, (Sort("entity_id"),), size, fields="sku,qty,is_salable", shrinkable=False)


def status_question(products: Sequence[Listed]) -> Ask:
    """The question for what the admin's values say of some products: which are enabled, whatever a store view says."""
    some, sort = (among(products),), (Sort("entity_id"),)
    return Ask("/products", some, sort, len(products), fields="id,status", shrinkable=False, scope=ADMIN_SCOPE)


def among(products: Sequence[Listed]) -> Where:
    """A filter that names some products by id."""
    return Where("entity_id", "in", ",".join(str(product.id) for product in products))


@dataclass
class BulkStock:
    """The bulk answers of one stock; `item_fields` are the wanted properties of a stock item.

    `known`: what the export would say of each product, where that is known already. `answered`: what it has said of
    those for which it sufficed, where `remembers` asks for that. `elsewhere`: the status of disabled products among the
    admin's values.

    What of them cannot be read is named in a note, and whose stock it may be is asked singly: never taken as none.
    """

    shop: Shop
    stock: ScopeStock
    item_fields: str
    _items: dict[int, bytes] = field(default_factory=dict, init=False)
    _enabled_elsewhere: set[int] = field(default_factory=set, init=False)
    _disabled: list[Listed] = field(default_factory=list, init=False)
    elsewhere: dict[int, object] = field(default_factory=dict, init=False)
    known: Mapping[int, Exported | None] | None = field(default=None, init=False)
    remembers: bool = field(default=False, init=False)
    answered: dict[int, Exported | None] = field(default_factory=dict, init=False)
    loaded: bool = field(default=False, init=False)
    _together: int = field(default=PRODUCTS_A_PAGE, init=False)

    def load(self) -> None:
        """Reads every stock item, once; kept encoded, for a shop may have very many."""
        if self.loaded:
            return
        names = {*self.item_fields.split(","), "product_id", "qty", "item_id", "manage_stock", *MATTER} - {""}
        fields = ",".join(sorted(names))
        size = int(self.shop.config["source_items_page_size"])
        items = NumberedList(
            self.shop,
            Ask(STOCK_ITEMS, size=size, fields=fields),
            ("item_id",),
            lambda place, trouble: self._unclear(f"{STOCK_ITEMS}, {place}", trouble.reason),
        )
        for rows in items.pages():
            for row in rows:
                try:
                    self._items[row_number(row, "product_id")] = msgspec.json.encode(row)
                except Unfit as unfit:
                    self._unclear(f"{STOCK_ITEMS}, item {row['item_id']}", str(unfit))
        self.loaded = True

    def _unclear(self, what: str, why: str) -> None:
        self.shop.report.note(
            f"Stock in bulk: {what} cannot be read ({why}); the SKUs whose stock it may be are asked singly."
        )

    def item(self, product: Listed) -> Row | None:
        """A product's stock item, or None where the shop lists none (no row, or a null quantity)."""
        encoded = self._items.get(product.id)
        return msgspec.json.decode(encoded) if encoded else None

    @cached_property
    def source_items(self) -> SourceItems | None:
        """What the stock's sources hold; None where not all of it could be read: a SKU may be among the rest."""
        try:
            return read_source_items(self.shop, self.stock.stock_id)
        except RunError:
            raise
        except AccessDenied as denied:
            self._unclear("which sources feed the stock", denied.remedy)
        except ProgramError as error:
            self._unclear("which sources feed the stock", str(error))
        return None

    def runs(self, products: list[Listed]) -> Iterator[list[Listed]]:
        """The listing in runs for `export`, each as long as it may be by the time it is needed."""
        self._disabled = [one for one in products if one.status == DISABLED]
        start = 0
        while start < len(products):
            size = min(self._together, self.shop.client.limits.of(EXPORT) or self._together)
            yield products[start : start + size]
            start += size

    def export(self, products: Sequence[Listed]) -> Outcome:
        """The salable quantities of a run of the listing; runs in a worker."""
        if self.known is not None:
            return self._remembered(products, self.known)
        began = time.monotonic()
        outcome = self._export(products, export_where(products))
        if isinstance(outcome, Page) and len(products) == PRODUCTS_A_PAGE:
            self._together = larger(PRODUCTS_A_PAGE, MOST_PRODUCTS_A_PAGE, time.monotonic() - began)
        return outcome

    def export_some(self, products: Sequence[Listed]) -> Outcome:
        """The salable quantities of some products by id; runs in a worker."""
        return self._export(products, (among(products),))

    def _export(self, products: Sequence[Listed], where: tuple[Where, ...]) -> Outcome:
        assert self.stock.website is not None
        page = self.shop.fetch(export_question(self.stock.website, where, len(products)), check_exported)
        return self._looked_at(products, page) if isinstance(page, Page) else page

    def _remembered(self, products: Sequence[Listed], known: Mapping[int, Exported | None]) -> Page:
        """The page of a run, from what is known already."""
        told = ((one.sku, known.get(one.id)) for one in products)
        rows: list[Row] = [{"sku": sku, "qty": one.qty, "is_salable": one.is_salable} for sku, one in told if one]
        return self._looked_at(products, Page(rows, len(products), len(rows)))

    def _looked_at(self, products: Sequence[Listed], page: Page) -> Page:
        sold = {str(row["sku"]) for row in page.rows if row.get("qty")}
        self._look_elsewhere([one for one in products if one.status == DISABLED and str(one.sku) in sold])
        return page

    def _look_elsewhere(self, sold: list[Listed]) -> None:
        """Notes which of the products, disabled in this run's scope and yet sold, the admin's values have enabled."""
        if self.shop.config.get("store_code") == ADMIN_SCOPE:
            return
        for some in portions([one for one in sold if one.id not in self.elsewhere], IDS_A_REQUEST):
            asked = self._filled_up(some)
            page = self.shop.fetch(status_question(asked), with_number("id"))
            if isinstance(page, Page):
                known = {row_number(row, "id"): row.get("status") for row in page.rows}
                self.elsewhere.update({one.id: known.get(one.id) for one in asked})
        self._enabled_elsewhere.update(one.id for one in sold if self.elsewhere.get(one.id) != DISABLED)

    def _filled_up(self, some: list[Listed]) -> list[Listed]:
        """A full question: with the disabled products that come next, for they will be asked for, too."""
        after = bisect_right(self._disabled, some[-1].id, key=lambda one: one.id)
        return some + self._disabled[after : after + IDS_A_REQUEST - len(some)]

    def statuses(self, products: Sequence[Listed], page: Page) -> list[Row | None]:
        """The stock status of each product by a page of the export, or None where the SKU is to be asked singly.

        A page with fewer rows than it says itself proves nothing of the products that it lacks.
        """
        exported = {str(row["sku"]): row for row in page.rows}
        whole = page.total <= len(page.rows)
        found = [self._status(product, exported.get(str(product.sku)), whole) for product in products]
        if self.remembers:
            told = self.told(products, page)
            self.answered.update((one.id, told[one.id]) for one, row in zip(products, found, strict=True) if row)
        return found

    @staticmethod
    def told(products: Sequence[Listed], page: Page) -> dict[int, Exported | None]:
        """What a page of the export says of each product."""
        exported = {str(row["sku"]): Exported(row.get("qty"), bool(row.get("is_salable"))) for row in page.rows}
        return {one.id: exported.get(str(one.sku)) for one in products}

    def fingerprint(self, product: Listed, items: SourceItems) -> str:
        """A text that changes with the product's stock item or any of its source items."""
        own = items.sums.get(folded(str(product.sku)), 0)
        return f"{zlib.crc32(self._items.get(product.id, b'')):x}.{own:x}"

    def _status(self, product: Listed, exported: Row | None, whole: bool) -> Row | None:
        """A product that is not indexed yet is missing from the export, or has 0 there, while its sources hold goods.

        A product disabled in this scope only is no phantom; one that nothing is sold of is taken for one all the same.
        """
        if product.status == DISABLED:
            return None if product.id in self._enabled_elsewhere else phantom(product, self.item_fields)
        item = self.item(product)
        if item is None or item.get("qty") is None:
            return None
        if product.type_id in COMPOSITES:
            return record(product, 0, int(bool(item.get("is_in_stock", True))), item, self.item_fields)
        if exported is None and not whole:
            return None
        salable = exported is not None and bool(exported.get("is_salable"))
        known = NO_QUESTION if salable else self.source_items
        if known is None:
            return None
        sku = folded(str(product.sku))
        if exported is None:
            return None if sku in known.assigned else record(product, 0, 0, item, self.item_fields)
        quantity = int(number(exported.get("qty") or 0))
        if not exported.get("qty") and sku in known.stocked:
            return None
        return record(product, quantity, int(salable), item, self.item_fields)
