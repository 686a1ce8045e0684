"""The stock of every SKU in the shape of stockStatuses: asked one by one, or in bulk once a sample proves it equal."""

import logging
import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from connector.errors import AccessDenied, ProgramError, RunError, StreamError, Unreadable
from connector.http.pool import Row, in_order
from connector.lists.again import portions
from connector.lists.pages import NOT_FOUND, Isolate, Outcome, Page
from connector.words import counted
from tap_magento.bulk import COMPOSITES, BulkStock
from tap_magento.listing import DISABLED, Listed
from tap_magento.memory import memory_of
from tap_magento.moved import Difference
from tap_magento.scope import ScopeStock, stock_of_scope
from tap_magento.shop import Shop
from tap_magento.status_rows import differs, stock_status

LOGGER = logging.getLogger("tap-magento")
SKUS_AHEAD = 4
ROWS_TOGETHER = 100
SAMPLE = 6
TOO_FEW_FOR_BULK = 20

Piece = list[Listed] | Listed | Row
"""A step of reading: a run of products in bulk, one product alone, or a row that is ready."""


@dataclass
class StockStatuses:
    """Reads the stock of every listed SKU.

    `fields` are the record's as Magento's projection, `item_fields` those of its stock item; `isolate` is told of SKUs
    that fail.
    """

    shop: Shop
    fields: str
    item_fields: str
    isolate: Isolate
    _readable: int = field(default=0, init=False)
    _failed: int = field(default=0, init=False)
    _exported: bool = field(default=False, init=False)
    _alone: int = field(default=0, init=False)
    _denied: AccessDenied | None = field(default=None, init=False)
    _how: str = field(default="", init=False)
    _by_difference: bool = field(default=False, init=False)

    def pages(self, unread: Collection[str] = (), *, afresh: bool = True) -> Iterator[list[Row]]:
        """A row per SKU, ascending by product id; last those of `unread`, which earlier runs could not read.

        `afresh`: whatever an earlier run has seen, all of them are asked for.
        """
        memory = memory_of(self.shop, afresh=afresh)
        difference = Difference(memory) if memory else None
        products = difference.listing() if difference else None
        self._by_difference = products is not None
        if products is None:
            products = self.shop.products(self.isolate).readable()
        bulk = self._bulk_to_use(products)
        if bulk is not None and difference is not None:
            difference.tell(bulk, products)
            self._how = difference.how(self._how, bulk)
        listed = {product.sku for product in products}
        unlisted = [Listed(0, sku, None, None) for sku in sorted(unread) if sku not in listed]
        pieces: Iterator[Piece] = chain(products if bulk is None else bulk.runs(products), unlisted)
        together: list[Row] = []
        for rows in in_order(self.shop.pool, pieces, self._fetch, self._settle, SKUS_AHEAD if bulk is None else 1):
            together += rows
            if len(together) >= ROWS_TOGETHER:
                yield together
                together = []
        yield together
        if bulk is not None and memory is not None:
            memory.keep(products, bulk)
        alone = f"; {counted(self._alone, 'SKU')} asked singly" if bulk is not None and self._alone else ""
        self.shop.report.say_how(self._how + alone)

    def listed(self) -> bool:
        """Whether the listing of SKUs can be relied on; asked after the last page.

        A listing whose count is wrong will do: stock says nothing of a product that it lacks.
        """
        return self._by_difference or (self.shop.listing is not None and self.shop.listing.usable)

    # Which way

    @cached_property
    def scope_stock(self) -> ScopeStock | None:
        """The stock that the scope in the path speaks of, where the shop tells."""
        try:
            return stock_of_scope(self.shop)
        except AccessDenied as denied:
            self._denied = denied
            return None

    @cached_property
    def _bulk(self) -> BulkStock | None:
        """The bulk reader, where the stock of the scope is sold by a website."""
        stock = self.scope_stock
        return BulkStock(self.shop, stock, self.item_fields) if stock and stock.website else None

    def _bulk_to_use(self, products: list[Listed]) -> BulkStock | None:
        wish = self.shop.config["stock_reading"]
        if wish == "per_sku":
            self._singly("stock_reading says so")
            return None
        if wish == "auto" and len(products) <= TOO_FEW_FOR_BULK:
            self._singly(f"{counted(len(products), 'product')} need no other way")
            return None
        bulk = self._bulk
        if bulk is None:
            why = self._denied.remedy if self._denied else "the shop does not say which website sells the scope's stock"
            self._singly(why)
            if self._denied:
                self.shop.report.note(f"Stock is read SKU by SKU: {why}.")
            return None
        self._how = f"in bulk: {'stock_reading says so' if wish == 'bulk' else 'a sample read singly was equal'}"
        try:
            bulk.load()
            return bulk if wish == "bulk" or self._proven(bulk, products) else None
        except RunError:
            raise
        except AccessDenied as denied:
            why = denied.remedy
        except ProgramError as error:
            why = str(error)
        self.shop.report.note(f"Stock is read SKU by SKU, for it cannot be read in bulk: {why}")
        self._singly(why)
        return None

    def _singly(self, why: str) -> None:
        self._how = f"SKU by SKU: {why}"

    def _proven(self, bulk: BulkStock, products: list[Listed]) -> bool:
        """Compares a random sample both ways; what differs is asked again, for stock moves while one reads."""
        plain = [item for item in products if item.status != DISABLED and item.type_id not in COMPOSITES]
        sample = random.Random(self.shop.run_id).sample(plain, min(SAMPLE, len(plain)))
        differing = self._differing(bulk, sample)
        differing = self._differing(bulk, differing) if differing else []
        if differing:
            names = ", ".join(str(product.sku) for product in differing[:3])
            self.shop.report.note(
                f"Bulk stock differs from stockStatuses (for example {names}), so stock is read SKU by SKU in this run."
            )
            self._singly(f"bulk stock differs from stockStatuses, for example {names}")
        return not differing

    def _differing(self, bulk: BulkStock, sample: Sequence[Listed]) -> list[Listed]:
        page = self.shop.pool.one(bulk.export_some, sample)
        if isinstance(page, Unreadable):
            raise page
        answers = [self.shop.pool.submit(self._ask, product) for product in sample]
        triples = zip(sample, bulk.statuses(sample, page), answers, strict=True)
        return [product for product, ours, answer in triples if differs(ours, self.shop.pool.wait(answer))]

    # One piece at a time

    def _fetch(self, piece: Piece) -> Outcome | Row:
        if isinstance(piece, Listed):
            return self._ask(piece)
        if isinstance(piece, dict):
            return piece
        assert self._bulk is not None
        return self._bulk.export(piece)

    def _settle(self, piece: Piece, outcome: Outcome | Row) -> tuple[list[Row], list[Piece]]:
        if isinstance(outcome, dict):
            self._readable += 1
            return [outcome], []
        if isinstance(piece, Listed):
            assert isinstance(outcome, Unreadable)
            return [], self._cannot_ask(piece, outcome)
        assert isinstance(piece, list)
        if isinstance(outcome, Unreadable):
            return [], self._halved(piece, outcome)
        if outcome.asked < len(piece):
            return [], list(portions(piece, outcome.asked))
        return self._joined(piece, outcome)

    def _joined(self, products: list[Listed], page: Page) -> tuple[list[Row], list[Piece]]:
        """The rows of a run up to the first SKU that is to be asked singly; the rest in order after it."""
        assert self._bulk is not None
        self._exported = True
        statuses = self._bulk.statuses(products, page)
        pieces: list[Piece] = [row or product for row, product in zip(statuses, products, strict=True)]
        self._alone += sum(row is None for row in statuses)
        first_alone = next((place for place, piece in enumerate(pieces) if isinstance(piece, Listed)), len(pieces))
        ready = [piece for piece in pieces[:first_alone] if isinstance(piece, dict)]
        self._readable += len(ready)
        return ready, pieces[first_alone:]

    def _halved(self, products: list[Listed], trouble: Unreadable) -> list[Piece]:
        """A run that cannot be exported, in halves; a single product, or all where there is no export, by its SKU."""
        if trouble.status == NOT_FOUND and not self._exported:
            why = "the shop does not offer salable quantities in bulk"
            self.shop.report.note(f"Stock is read SKU by SKU: {why}.")
            self._singly(why)
            return list(products)
        middle = len(products) // 2
        return [products[:middle], products[middle:]] if middle else [products[0]]

    def _ask(self, product: Listed) -> Row | Unreadable:
        return stock_status(self.shop, str(product.sku), self.fields)

    def _cannot_ask(self, product: Listed, trouble: Unreadable) -> list[Piece]:
        """A SKU that stockStatuses refuses: one with a slash is looked up by a filter, any other is reported."""
        if trouble.status == NOT_FOUND and "/" in str(product.sku):
            found = self._looked_up(product)
            if found is not None:
                return [found]
        if trouble.status == NOT_FOUND:
            # One 404 may be a moment's: a product that is saved just then, a node that lags behind.
            again = self.shop.pool.one(self._ask, product)
            if isinstance(again, dict):
                return [again]
            trouble = again
        self.isolate(str(product.sku), trouble)
        self._failed += 1
        if not self._readable and self._failed > int(self.shop.config["max_isolated"]):
            raise StreamError(
                f"stockStatuses fails for every SKU asked ({trouble.status}: {trouble.reason}), so it is not one "
                "bad record; check that the shop's CatalogInventory module is on and its web server lets encoded SKUs "
                "pass."
            )
        return []

    def _looked_up(self, product: Listed) -> Row | None:
        """The stock of one SKU from the bulk answers: web servers that decode paths lose SKUs with a slash."""
        bulk = self._bulk
        if bulk is None or not product.id:
            return None
        try:
            bulk.load()
            page = self.shop.pool.one(bulk.export_some, [product])
        except StreamError as error:
            LOGGER.info("%s cannot be looked up by a filter either: %s", product.sku, error)
            return None
        if isinstance(page, Unreadable):
            return None
        return bulk.statuses([product], page)[0]
