"""Stock by difference: which products may have moved since an earlier reading, so that only those are asked for.

What can be bought follows from source items, stock items (thresholds and back orders among them) and reservations. The
first two are read whole, at a fraction of a millisecond a row. Reservations cannot be read, but an order that makes or
ends one changes its `updated_at` (seen on 2.4.7: placed, shipped, invoiced, cancelled, refunded). Whatever else there
may be is found by asking for some that should not have moved, too: if one has, and once a night, everything is read.
"""

import logging
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connector.canonical import canonical
from connector.collation import folded
from connector.errors import AccessDenied, ProgramError, RunError, StreamError, Unreadable
from connector.http.pool import Row
from connector.lists.again import portions
from connector.lists.keyed import KeyedList
from connector.lists.pages import IDS_A_REQUEST, Page, row_number, with_names
from connector.lists.question import Ask, Where
from connector.times import earlier
from connector.values import Unfit, fit, whole_number
from connector.words import counted
from tap_magento.bulk import COMPOSITES, EXPORT, BulkStock
from tap_magento.listing import DISABLED, NAMES, Listed, listed
from tap_magento.memory import StockMemory
from tap_magento.seen import Exported, Seen, SeenProduct
from tap_magento.shop import Shop

LOGGER = logging.getLogger("tap-magento")
FEW = 300
"""So many products are read whole as quickly."""
OVERLAP = 600.0
"""Seconds by which changes are looked for before the earlier reading: what was just being saved has an older time."""
SETTLING = 2 * 3600.0
"""Seconds for which a product that has moved is asked for again, since an index may lag behind."""
CHECKED = 100
ORDER_COSTS = 4
"""An order costs a shop as much as so many products of the export (21 and 5 ms)."""
SOURCES = "/inventory/sources"
ENOUGH_SOURCES = 300


@dataclass
class Difference:
    """Reads by difference to what is remembered."""

    memory: StockMemory
    _listed: bool = field(default=False, init=False)
    _elsewhere: Mapping[int, int] = field(default_factory=dict, init=False)

    @property
    def shop(self) -> Shop:
        """The shop of this run."""
        return self.memory.shop

    # Which products there are

    def listing(self) -> list[Listed] | None:
        """The products, by what has changed since they were seen; None where they are to be listed anew.

        That is so where they are not as many as the shop counts: one was unreadable then, or is gone by now.
        """
        seen = self.memory.seen
        if seen is None or self.shop.listing is not None or self.shop.taken is not None:
            return None
        try:
            changed = [listed(row) for row in self._changed("/products", ",".join(NAMES), "id", seen)]
            total = self.shop.count("/products")
        except RunError:
            raise
        except (ProgramError, Unfit) as error:
            LOGGER.info("All products are listed, for what has changed of them cannot be told: %s", error)
            return None
        products = {one.id: Listed(one.id, one.sku, one.status, one.type_id) for one in seen.products}
        products.update((one.id, one) for one in changed)
        if len(products) != total:
            return None
        self._listed = True
        self._remember(seen, {one.id for one in changed})
        return [products[number] for number in sorted(products)]

    def _remember(self, seen: Seen, changed: Collection[int]) -> None:
        """Which status disabled products have in the admin's values, of those that have not changed."""
        self._elsewhere = {number: status for number, status in seen.elsewhere.items() if number not in changed}

    def _changed(self, path: str, fields: str, key: str, seen: Seen) -> Iterator[Row]:
        """What has changed since the earlier reading. Raises StreamError: not all of it can be read."""

        def refuse(place: str | int, trouble: Unreadable) -> None:
            raise StreamError(f"GET {path}: record {place} cannot be read: {trouble.reason}")

        asked = Ask(path, (self._since(seen),), size=int(self.shop.config["page_size"]), fields=fields)
        found = KeyedList(self.shop, asked, "entity_id", key, refuse)
        for rows in found.pages():
            yield from rows
        if found.lacking:
            raise StreamError(f"GET {path}: {found.lacking} fewer rows came than the shop counts.")

    def _since(self, seen: Seen) -> Where:
        return Where("updated_at", "gteq", earlier(seen.began, OVERLAP))

    # Which of them may have moved

    def tell(self, bulk: BulkStock, products: Sequence[Listed]) -> None:
        """Tells the bulk reader what the export says of each product, asked of those that may have moved, if it can.

        Notes first what the next run compares with, so that nothing which moves meanwhile is passed over.
        """
        if len(products) <= FEW:
            self.memory.give_up("")
            return
        bulk.remembers = True
        try:
            seen = self.memory.seen
            if seen is not None and seen.elsewhere and not self._listed:
                self._remember(seen, {row_number(row, "id") for row in self._changed("/products", "id", "id", seen)})
            bulk.elsewhere.update(self._elsewhere)
            self._look(bulk, products)
            bulk.known = self._known(bulk, products) if self.memory.seen else None
        except RunError:
            raise
        except (ProgramError, Unfit) as error:
            why = error.remedy if isinstance(error, AccessDenied) else str(error).rstrip(".")
            self.memory.give_up(f"what has moved cannot be told: {why}")

    def how(self, otherwise: str, bulk: BulkStock) -> str:
        """Which way the stock is read, and why; `otherwise` says it where this is no matter."""
        if bulk.known is not None:
            return f"by difference: {self.memory.how}"
        return f"{otherwise} ({self.memory.how})" if self.memory.how else otherwise

    def _look(self, bulk: BulkStock, products: Sequence[Listed]) -> None:
        """Which sources feed the stock, and a fingerprint of what each product's stock follows from."""
        asked = Ask(SOURCES, size=ENOUGH_SOURCES, fields="source_code,enabled")
        check, otherwise = with_names("source_code"), "all stock is read each time then"
        rows = self.shop.pool.one(lambda ask: self.shop.whole(ask, check, otherwise), asked)
        items = bulk.source_items
        if items is None:
            raise StreamError("which sources feed the stock cannot be read")
        enabled = sorted(canonical([row["source_code"], row.get("enabled")]) for row in rows)
        self.memory.stock = canonical([bulk.stock.stock_id, bulk.stock.website, items.codes, enabled])
        self.memory.prints = {one.id: bulk.fingerprint(one, items) for one in products}

    def _known(self, bulk: BulkStock, products: Sequence[Listed]) -> Mapping[int, Exported | None] | None:
        seen = self.memory.seen
        assert seen is not None
        if seen.stock != self.memory.stock:
            self.memory.give_up("sources or websites of the stock have changed")
            return None
        orders = self.shop.count("/orders", (self._since(seen),))
        if orders * ORDER_COSTS >= len(products):
            self.memory.give_up(f"{counted(orders, 'order')} that changed cost the shop as much")
            return None
        before = {one.id: one for one in seen.products}
        sold = self._sold(seen)
        self.memory.moved = {one.id for one in products if self._has_moved(one, before.get(one.id), sold)}
        lately = earlier(seen.began, SETTLING)
        moved = [one for one in products if one.id in self.memory.moved or before[one.id].moved > lately]
        asked = {one.id for one in moved}
        rest = [one for one in products if one.id not in asked and _is_comparable(one)]
        sample = random.Random(self.shop.run_id).sample(rest, min(CHECKED, len(rest)))
        if 2 * (len(moved) + len(sample)) > len(products):
            self.memory.give_up(f"{counted(len(moved), 'product')} may have moved")
            return None
        answers = self._ask(bulk, sorted(moved + sample, key=lambda one: one.id))
        if self._is_any_wrong([one for one in sample if answers[one.id] != before[one.id].exported], len(sample), seen):
            return None
        self.memory.how = f"{counted(len(moved), 'SKU')} that may have moved, {len(sample)} others to be sure"
        return {one.id: before[one.id].exported for one in products if one.id in before} | answers

    def _is_any_wrong(self, differing: list[Listed], checked: int, seen: Seen) -> bool:
        """Whether some have moved that should not have; those that were sold while this was asked may."""
        sold = self._sold(seen) if differing else ()
        wrong = [one for one in differing if not _is_among(one, sold)]
        if wrong:
            self.shop.report.note(
                f"Stock by difference: {len(wrong)} of {counted(checked, 'SKU')} moved, though no order and no source "
                f"item tells so (for example {wrong[0].sku}), so all stock was read. A change in the database, or an "
                "extension, may be the reason."
            )
            self.memory.give_up("some had moved that should not have")
        return bool(wrong)

    def _sold(self, seen: Seen) -> Collection[int | str]:
        """Ids and SKUs of what is in orders that changed. Raises Unfit: their lines cannot be read."""
        sold: set[int | str] = set()
        for order in self._changed("/orders", "entity_id,items[product_id,sku]", "entity_id", seen):
            lines = order.get("items")
            if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
                raise Unfit("the lines of an order are no list of records")
            for line in lines:
                number, sku = fit(whole_number, line.get("product_id")), folded(str(line.get("sku") or ""))
                if number is None and not sku:
                    raise Unfit("a line of an order names no product")
                sold.update(one for one in (number, sku) if one)
        return sold

    def _has_moved(self, product: Listed, before: SeenProduct | None, sold: Collection[int | str]) -> bool:
        if before is None:
            return True
        if (product.sku, product.status, product.type_id) != (before.sku, before.status, before.type_id):
            return True
        if product.type_id in COMPOSITES:
            return False
        return before.fingerprint != self.memory.prints[product.id] or _is_among(product, sold)

    def _ask(self, bulk: BulkStock, products: list[Listed]) -> dict[int, Exported | None]:
        """What the export says of these. Raises StreamError: it does not say it of all."""
        answers: dict[int, Exported | None] = {}
        together = min(IDS_A_REQUEST, self.shop.client.limits.of(EXPORT) or IDS_A_REQUEST)
        pieces = list(portions(products, together))
        pages = [self.shop.pool.submit(bulk.export_some, piece) for piece in pieces]
        for piece, coming in zip(pieces, pages, strict=True):
            page = self.shop.pool.wait(coming)
            if not isinstance(page, Page):
                raise page
            if page.asked < len(piece) or page.total > len(page.rows):
                raise StreamError("the export gives less than it was asked for")
            answers.update(bulk.told(piece, page))
        return answers


def _is_among(product: Listed, sold: Collection[int | str]) -> bool:
    return product.id in sold or folded(str(product.sku)) in sold


def _is_comparable(product: Listed) -> bool:
    """Whether what the export says of a product follows from its own stock."""
    return product.status != DISABLED and product.type_id not in COMPOSITES
