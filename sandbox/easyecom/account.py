"""The seeded account of the EasyEcom sandbox: awkward rows first, then ordinary ones up to the size asked for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sandbox.easyecom import purchasing, receiving, selling
from sandbox.easyecom.cases_catalogue import MAIN, SECOND, STORE, add_catalogue_cases
from sandbox.easyecom.cases_trade import add_trade_cases
from sandbox.easyecom.rows import Copy, Location, Part, Product, PurchaseOrder, Vendor
from sandbox.easyecom.store import EasyStore

KEYS = {MAIN: "en24001main", SECOND: "en24002south", STORE: "en24003shop"}


@dataclass(frozen=True)
class Size:
    """How much an account holds, the awkward rows included: at least those are there, unless `cases` is False."""

    products: int = 60
    combos: int = 10
    vendors: int = 12
    purchase_orders: int = 80
    orders: int = 120
    cases: bool = True

    @classmethod
    def of(cls, products: int, orders: int) -> Size:
        """Return a size in the usual proportions: for 20,000 products 1,000 vendors and 5,000 purchase orders."""
        return cls(products, max(10, products // 10), max(12, products // 20), max(80, products // 4), orders)


def seed_account(store: EasyStore, seed: int, size: Size) -> None:
    """Fill an empty account; equal seeds and sizes give equal accounts, whatever the clock shows."""
    for number, name in ((MAIN, "Acme Trading"), (SECOND, "Acme South"), (STORE, "Acme Shop")):
        shop = int(number == STORE)
        store.put(Location(company_id=number, location_key=KEYS[number], location_name=name, is_store=shop))
    if size.cases:
        add_catalogue_cases(store)
    _fill_vendors(store, size.vendors)
    _fill_products(store, random.Random(f"{seed} products"), size)
    if size.cases:
        add_trade_cases(store)
    _fill_purchases(store, random.Random(f"{seed} purchases"), size.purchase_orders)
    _fill_orders(store, random.Random(f"{seed} orders"), size.orders)


def _fill_vendors(store: EasyStore, count: int) -> None:
    then = store.stamp(store.clock.start - timedelta(days=300))
    while len(store.vendors) < count:
        number = store.new_id("vendors")
        code = f"V{number}"
        name = f"Vendor {number}"
        store.put(Vendor(vendor_c_id=number, vendor_code=code, vendor_name=name, created_at=then, updated_at=then))


def _fill_products(store: EasyStore, rng: random.Random, size: Size) -> None:
    codes = [row.vendor_code for row in store.vendors.rows.values() if row.vendor_code is not None and row.active]
    missing = max(0, size.products - len(store.products))
    wanted = max(0, size.combos - sum(bool(row.parts) for row in store.products.rows.values()))
    plain: list[int] = []
    for n in range(missing):
        product = _plain(store, rng, codes)
        if missing - n <= wanted and len(plain) > 3:
            chosen = rng.sample(plain[-200:], k=rng.randrange(1, 4))
            product.parts = [Part(number, 2 if len(chosen) == 1 else rng.randrange(1, 4)) for number in chosen]
            product.product_type, product.active = "combo_product", 1
            product.copies = {c_id: Copy(copy.cp_id, 0) for c_id, copy in product.copies.items()}
        elif product.active and SECOND in product.copies:
            plain.append(product.product_id)
        store.put(product)


def _plain(store: EasyStore, rng: random.Random, codes: Sequence[str]) -> Product:
    number = store.new_id("products")
    cents = rng.randrange(5_000, 500_000)
    created = store.clock.start - timedelta(days=rng.randrange(40, 300), seconds=rng.randrange(86_400))
    copies = {MAIN: Copy(store.new_id("copies"), rng.randrange(0, 400))}
    if rng.random() < 0.7:
        copies[SECOND] = Copy(store.new_id("copies"), rng.randrange(0, 80))
    return Product(
        product_id=number,
        sku=f"EE-{number}",
        product_name=f"Article {number}",
        cost=round(cents * 0.6) / 100,
        mrp=cents / 100,
        EANUPC=f"89{number:011d}" if rng.random() < 0.8 else "NA",
        vendor_code=[rng.choice(codes)] if rng.random() < 0.9 else [],
        weight=rng.randrange(10, 4000),
        active=int(rng.random() > 0.05),
        created_at=store.stamp(created),
        updated_at=store.stamp(created + timedelta(days=rng.randrange(0, 39), seconds=rng.randrange(86_400))),
        copies=copies,
    )


def ordinary(store: EasyStore, c_id: int) -> list[Product]:
    """Return the active simple products of a location that are nobody's case."""
    cases = set(store.cases.values())
    return [
        row
        for row in store.products.where("active", 1)
        if c_id in row.copies and row.product_type == "normal_product" and row.product_id not in cases
    ]


def _fill_purchases(store: EasyStore, rng: random.Random, count: int) -> None:
    pools = {c_id: ordinary(store, c_id) for c_id in (MAIN, SECOND)}
    vendors = [row for row in store.vendors.rows.values() if row.active and row.vendor_code]
    missing = max(0, count - len(store.purchase_orders))
    for n in range(missing):
        c_id = SECOND if n % 4 == 3 else MAIN
        days = 60 * (1 - n / max(1, missing)) + 0.2
        with store.at(store.clock.start - timedelta(days=days)):
            lines = [
                purchasing.line_of(
                    store, product, rng.randrange(1, 9) * 5, Decimal(str(product.cost or 0)), rng.choice((0, "18%"))
                )
                for product in rng.sample(pools[c_id], k=min(len(pools[c_id]), rng.randrange(1, 5)))
            ]
            reference = "Auto PO" if n % 10 == 9 else f"PO/{n + 1}"
            order = purchasing.place(store, c_id, rng.choice(vendors), lines, reference, rng.choice((1, 3, 3, 3, 6)))
        _live_on(store, rng, order, days)


def _live_on(store: EasyStore, rng: random.Random, order: PurchaseOrder, days: float) -> None:
    """Let an old order be received, in part or in full, or come to nothing."""
    chance = rng.random()
    if days < 3 or chance < 0.3:
        return
    whole = chance > 0.6
    goods = {
        line.purchase_order_detail_id: line.original_quantity if whole else max(1, line.original_quantity // 2)
        for line in (order.items if whole else order.items[:1])
    }
    with store.at(store.clock.start - timedelta(days=days * rng.random() * 0.9)):
        if chance > 0.9:
            purchasing.set_status(store, order, rng.choice((4, 7)))
        else:
            receiving.receive(store, order, goods)


def _fill_orders(store: EasyStore, rng: random.Random, count: int) -> None:
    pools = {c_id: ordinary(store, c_id) for c_id in (MAIN, SECOND)}
    missing = max(0, count - len(store.orders))
    for n in range(missing):
        c_id = SECOND if n % 4 == 3 else MAIN
        days = 30 * (1 - n / max(1, missing)) + 0.05
        with store.at(store.clock.start - timedelta(days=days)):
            chosen = rng.sample(pools[c_id], k=min(len(pools[c_id]), rng.randrange(1, 4)))
            order = selling.place(store, c_id, [(product, rng.randrange(1, 5)) for product in chosen])
        if days > 2:
            with store.at(store.clock.start - timedelta(days=days - 1.5)):
                selling.set_status(store, order, rng.choice((5, 5, 6, 6, 6, 6, 7, 9)))
