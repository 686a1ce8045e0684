"""A seeded shop: equal seeds and sizes make equal shops, and each next day changes them in the same way.

The data are Magento's own JSON (REST, 2.4.7): what the server answers, before any filter or projection. Nothing here
reads the clock of the machine; the seed's data are older than `shop_world.BASE_TIME`, day n's changes lie in the
twenty hours before that time plus n days.
"""

import gc
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec

from sandbox.shop.catalogue import CATALOGUE, ORPHANS, SCOPE_VALUES
from sandbox.shop.collation import folded
from sandbox.shop.metadata import CATEGORIES, COUPONS, SALES_RULES
from sandbox.shop.orders import Draft, Written, rewrite_order, write_order
from sandbox.shop.people import customer_json
from sandbox.shop.products import Ids, Spec, filler, link_parts, product_json, product_times
from sandbox.shop.scenarios import Basket, composite_line, ordinary_order, special_orders
from sandbox.shop.stock import Stock
from sandbox.shop.world import BASE_TIME, Json

_LARGE = 5000
_UNFINISHED = frozenset({"new", "processing"})
_RESERVING = frozenset({"new", "processing", "pending_payment", "payment_review", "holded"})


class Shop:
    """A Magento shop in memory.

    Args:
        seed: What everything made up is drawn from.
        products: How many products exist; the awkward ones of the catalogue are always there.
        orders: How many orders exist; one per awkward case is always there.
    """

    def __init__(self, seed: int = 7, products: int = 60, orders: int = 120) -> None:
        """Build the shop of day 0."""
        self.seed, self.size, self.day = seed, (products, orders), 0
        self.products: dict[int, Json] = {}
        self.orders: dict[int, Json] = {}
        self.invoices: dict[int, Json] = {}
        self.shipments: dict[int, Json] = {}
        self.creditmemos: dict[int, Json] = {}
        self.customers: dict[int, Json] = {}
        self.carts: dict[int, Json] = {}
        self.stock = Stock()
        self.scope_values: dict[int, dict[str, Json]] = {}
        self.categories, self.sales_rules, self.coupons = CATEGORIES, SALES_RULES, COUPONS
        self.poisoned: dict[str, dict[int | str, int]] = {}
        self.versions: Counter[str] = Counter()
        self.noted: Callable[[str, Json], None] | None = None
        self.ids = Ids()
        self.by_sku: dict[str, int] = {}
        self.drafts: dict[int, Draft] = {}
        self._not_in_baskets: set[int] = set()
        with _without_garbage_collection():
            self._fill_catalogue(products)
            self._fill_orders(orders)
        if products + orders > _LARGE:
            _set_aside()

    def rng(self, purpose: str) -> random.Random:
        """Return the random numbers of one purpose; equal seeds and purposes draw equal numbers."""
        return random.Random(f"{self.seed}/{purpose}")

    def product(self, sku: str) -> Json | None:
        """Return a product by SKU, whatever the letter case, or None."""
        return self.products.get(self.by_sku.get(folded(sku), 0))

    def poison(self, entity: str, key: int | str, status: int = 500) -> None:
        """Spoil a record, until it is healed: every page that holds it answers `status`.

        500 is Magento's own, 404 that of a missing product; 200 comes with an empty body, as from a process that died.
        `entity` is the collection (`products`, `orders`, `orders/items`, `invoices`, `customers`, `source-items` …)
        and `key` the record's id, for a source item its `source_item_id`; the entity `stock` spoils the legacy
        stock answers of a product id.
        """
        self.poisoned.setdefault(entity, {})[key] = status

    def heal(self, entity: str | None = None, key: int | str | None = None) -> None:
        """Make one record readable again, or without arguments all of them."""
        if entity is None:
            self.poisoned.clear()
        elif key is not None:
            self.poisoned.get(entity, {}).pop(key, None)

    def touch(self, *entities: str) -> None:
        """Note that records of a collection changed, so that answers kept for it are built anew."""
        self.versions.update(entities)

    def note(self, deed: str, **values: object) -> None:
        """Tell `noted`, if it is set, what was done to the shop by hand and with which values."""
        if self.noted is not None:
            self.noted(deed, values)

    def add_product(self, spec: Spec, created_at: str, updated_at: str) -> Json:
        """Enter a product with its stock; its parts must exist."""
        product = product_json(self.ids.next("product"), spec, created_at, updated_at)
        live = {part["sku"]: part for part in self.products.values()} if spec.options or spec.parts else {}
        link_parts(product, spec, live, self.ids)
        self.products[product["id"]] = product
        self.by_sku[folded(spec.sku)] = product["id"]
        self.stock.add(product["id"], spec)
        if not spec.in_baskets:
            self._not_in_baskets.add(product["id"])
        if spec.sku in SCOPE_VALUES:
            self.scope_values[product["id"]] = SCOPE_VALUES[spec.sku]
        self.touch("products")
        return product

    def delete_product(self, product_id: int) -> Json:
        """Remove a product; its source items and order lines stay, as in Magento."""
        product = self.products.pop(product_id)
        del self.by_sku[folded(product["sku"])]
        self.stock.forget_product(product_id)
        self.scope_values.pop(product_id, None)
        self.touch("products")
        return product

    def edit_product(self, product_id: int, updated_at: str | None, **values: object) -> None:
        """Change fields of a product; without `updated_at` silently, as Magento's price endpoints do."""
        product = self.products[product_id]
        product.update(values)
        if updated_at is not None:
            product["updated_at"] = updated_at
        self.touch("products")

    def place_order(self, draft: Draft) -> Json:
        """Enter an order, with its documents and reservations."""
        order = self._keep(write_order(draft, self.ids))
        if draft.state in _RESERVING:
            self.stock.reserve(order)
        if draft.state in _UNFINISHED:
            self.drafts[order["entity_id"]] = draft
        return order

    def complete_order(self, order_id: int, updated_at: str) -> Json:
        """Invoice and send what an unfinished order holds; its `updated_at` moves, its lines keep their ids."""
        draft = self.drafts.pop(order_id)
        was_invoiced = draft.progress.invoiced
        done = Draft(
            draft.lines,
            draft.customer,
            draft.created_at,
            updated_at,
            store_id=draft.store_id,
            currency=draft.currency,
            rate=draft.rate,
            coupon=draft.coupon,
            paid=draft.paid,
        )
        self.stock.ship(self.orders[order_id], self.by_sku)
        written = rewrite_order(done, self.orders[order_id], self.ids)
        if was_invoiced:
            written.invoices.clear()
        return self._keep(written)

    def dump(self) -> Json:
        """Return a copy of all data: lists of Magento's JSON, the reservations as rows, and what is never indexed."""
        lists = ("products", "orders", "invoices", "shipments", "creditmemos", "customers")
        raw: Json = {name: list(getattr(self, name).values()) for name in lists}
        raw.update(
            day=self.day,
            seed=self.seed,
            stock_items=list(self.stock.items.values()),
            source_items=list(self.stock.source_items.values()),
            reservations=[
                {"sku": sku, "stock_id": stock_id, "quantity": quantity}
                for (sku, stock_id), quantity in sorted(self.stock.reservations.items())
            ],
            never_indexed=sorted(self.stock.never_indexed),
            scope_values={str(key): values for key, values in self.scope_values.items()},
        )
        copied: Json = msgspec.json.decode(msgspec.json.encode(raw))
        return copied

    def customer_words(self) -> set[str]:
        """Return the texts that name a customer: none of them may ever leave the shop's own answers."""
        words: set[str] = set()
        for customer in self.customers.values():
            home = customer["addresses"][0]
            words.update((customer["email"], customer["lastname"], home["street"][0], home["telephone"]))
        return words

    def _keep(self, written: Written) -> Json:
        order = written.order
        self.orders[order["entity_id"]] = order
        for kind in ("invoices", "shipments", "creditmemos"):
            kept: dict[int, Json] = getattr(self, kind)
            kept.update({document["entity_id"]: document for document in getattr(written, kind)})
        self.touch("orders", "invoices", "shipments", "creditmemos")
        return order

    def _fill_catalogue(self, products: int) -> None:
        rng = self.rng("products")
        gone: list[Json] = []
        for spec in CATALOGUE:
            product = self.add_product(spec, *product_times(rng))
            if spec.deleted:
                gone.append(product)
        self._gone = gone
        for product in gone:
            self.delete_product(product["id"])
        for n in range(1, products - len(self.products) + 1):
            self.add_product(filler(n, rng), *product_times(rng))
        for sku, source, quantity in ORPHANS:
            self.stock.add_orphan(sku, source, quantity)

    def _fill_orders(self, orders: int) -> None:
        rng = self.rng("orders")
        self.customers = {n: customer_json(n, rng) for n in range(1, max(10, orders // 5) + 1)}
        customers = list(self.customers.values())
        by_sku = {product["sku"]: product for product in (*self.products.values(), *self._gone)}
        special = list(special_orders(by_sku, customers, rng))
        basket, sellable = Basket(by_sku), self.sellable()
        placed = sorted(
            BASE_TIME - timedelta(seconds=rng.randrange(3600, 60 * 86400)) for _ in range(orders - len(special))
        )
        ordinary = [
            ordinary_order(sellable, customers, rng, moment, lambda: composite_line(basket, rng)) for moment in placed
        ]
        for draft in sorted(special + ordinary, key=lambda draft: draft.created_at):
            self.place_order(draft)

    def sellable(self) -> list[Json]:
        """Return what ordinary orders buy and later days change: enabled, visible simple products."""
        return [
            product
            for product in self.products.values()
            if product["type_id"] == "simple"
            and product["status"] == 1
            and product["visibility"] == 4
            and product["id"] not in self._not_in_baskets
        ]


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Build many small dicts without the collector walking over all of them again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _set_aside() -> None:
    """Take all that lives out of the collector's rounds: over a large shop each would take seconds."""
    gc.freeze()
