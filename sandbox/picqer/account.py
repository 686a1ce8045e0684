"""The seeded account of the Picqer sandbox: awkward rows first, then ordinary ones up to the size that is asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sandbox.picqer.account_orders import fill_orders
from sandbox.picqer.account_purchases import fill_purchases
from sandbox.picqer.cases_catalogue import add_catalogue_cases
from sandbox.picqer.cases_orders import add_order_cases
from sandbox.picqer.cases_purchases import add_purchase_cases
from sandbox.picqer.rows import Part, Product, Stock, Supplier, Warehouse
from sandbox.picqer.stock import COMPOSITIONS
from sandbox.picqer.store import PicqerStore

MAIN, SECOND, RETURNS, OLD = 11, 12, 13, 14
"""The warehouses: priority 1, priority 2, one that does not count for the general stock, one that is inactive."""


@dataclass(frozen=True)
class Size:
    """How much an account holds, the awkward rows included: at least those are always there."""

    products: int = 60
    compositions: int = 6
    suppliers: int = 8
    purchase_orders: int = 40
    orders: int = 120

    @classmethod
    def of(cls, products: int, orders: int) -> Size:
        """Return a size in the usual proportions: for 20,000 products 2,000 compositions and 5,000 purchase orders."""
        return cls(products, products // 10, max(8, products // 100), max(40, products // 4), orders)


def seed_account(store: PicqerStore, seed: int, size: Size) -> None:
    """Fill an empty account; equal seeds and sizes give equal accounts, whatever the clock shows."""
    _add_warehouses(store)
    add_catalogue_cases(store)
    _fill_suppliers(store, size.suppliers)
    _fill_products(store, random.Random(f"{seed} products"), size)
    add_purchase_cases(store)
    fill_purchases(store, random.Random(f"{seed} purchases"), size.purchase_orders)
    add_order_cases(store)
    fill_orders(store, random.Random(f"{seed} orders"), size.orders)


def _add_warehouses(store: PicqerStore) -> None:
    store.put(Warehouse(idwarehouse=MAIN, name="Amsterdam", priority=1))
    store.put(Warehouse(idwarehouse=SECOND, name="Rotterdam", priority=2))
    store.put(Warehouse(idwarehouse=RETURNS, name="Returns", priority=3, counts_for_general_stock=False))
    store.put(Warehouse(idwarehouse=OLD, name="Old hall", priority=4, accept_orders=False, active=False))


def _fill_suppliers(store: PicqerStore, count: int) -> None:
    while len(store.suppliers) < count:
        number = store.new_id("suppliers")
        store.put(Supplier(idsupplier=number, name=f"Supplier {number}", country="NL", city="Zaandam"))


def _fill_products(store: PicqerStore, rng: random.Random, size: Size) -> None:
    suppliers = [number for number in store.suppliers.ids if store.suppliers.rows[number].active]
    compositions = sum(row.type in COMPOSITIONS for row in store.products.rows.values())
    plain: list[int] = []
    missing = max(0, size.products - len(store.products))
    wanted = max(0, size.compositions - compositions)
    for n in range(missing):
        product = _plain(store, rng, suppliers)
        if missing - n <= wanted and plain:
            _compose(store, product, plain, rng)
        elif product.active:
            plain.append(product.idproduct)
        store.put(product)


def _plain(store: PicqerStore, rng: random.Random, suppliers: Sequence[int]) -> Product:
    number = store.new_id("products")
    cents = rng.randrange(95, 25_000)
    created = store.clock.start - timedelta(days=rng.randrange(40, 300), seconds=rng.randrange(86_400))
    stock = {MAIN: Stock(rng.randrange(0, 200))}
    if rng.random() < 0.5:
        stock[SECOND] = Stock(rng.randrange(0, 80))
    if rng.random() < 0.1:
        stock[RETURNS] = Stock(rng.randrange(1, 5))
    return Product(
        idproduct=number,
        productcode=f"PQ-{number}",
        name=f"Article {number}",
        price=cents / 100,
        fixedstockprice=round(cents * 0.55) / 100,
        idsupplier=rng.choice(suppliers),
        productcode_supplier=f"S{number}" if rng.random() < 0.7 else "",
        deliverytime=rng.choice((None, 3, 14)),
        barcode=f"87{number:011d}" if rng.random() < 0.8 else "",
        weight=rng.randrange(10, 4000),
        minimum_purchase_quantity=rng.choice((None, 0, 1, 6)),
        purchase_in_quantities_of=rng.choice((None, 0, 1, 12)),
        active=rng.random() > 0.05,
        created=store.stamp(created),
        updated=store.stamp(created + timedelta(days=rng.randrange(0, 39), seconds=rng.randrange(86_400))),
        stock=stock,
    )


def _compose(store: PicqerStore, product: Product, plain: Sequence[int], rng: random.Random) -> None:
    """Make a composition of a product: of both types in turn, from up to four parts."""
    product.type = COMPOSITIONS[product.idproduct % 2]
    product.assembled = True
    product.active = True
    if product.type == "virtual_composition":
        product.stock = {}
    chosen = rng.sample(list(plain[-200:]), k=min(len(plain), rng.randrange(1, 5)))
    product.parts = [Part(store.new_id("parts"), number, rng.randrange(1, 4)) for number in chosen]
