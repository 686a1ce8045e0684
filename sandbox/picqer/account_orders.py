"""Ordinary sales orders of the seeded account; most are completed, and those being processed hold their goods."""

import random
from datetime import datetime, timedelta

from sandbox.picqer import selling
from sandbox.picqer.rows import Order, OrderLine, Product, Stock
from sandbox.picqer.store import PicqerStore

_STATUSES = ("completed",) * 34 + ("processing", "processing", "concept", "expected", "cancelled", "paused")
_DAYS = 90
_PARTS_SHOWN = ("completed", "processing", "paused")


def fill_orders(store: PicqerStore, rng: random.Random, count: int) -> None:
    """Add orders until there are `count` of them; ids grow with the time of creation."""
    cases = set(store.cases.values())
    active = [store.products.rows[number] for number in store.products.where_ids("active", True)]
    # What these orders hold must not change the stock of a product that is a case of its own.
    pool = [product for product in active if product.idproduct not in cases]
    kits = [product for product in pool if product.type == "virtual_composition"]
    plain = [product for product in pool if product.type != "virtual_composition"]
    plain = plain or [store.products.rows[store.cases["product"]]]
    missing = max(0, count - len(store.orders))
    moments = sorted(store.clock.start - timedelta(seconds=rng.randrange(3600, _DAYS * 86_400)) for _ in range(missing))
    warehouse = store.warehouses.ids[0]
    for moment in moments:
        chosen = [rng.choice(plain) for _ in range(rng.choice((1, 1, 2, 3)))]
        if kits and rng.random() < 0.1:
            chosen.append(rng.choice(kits))
        _add(store, rng, moment, chosen, warehouse)


def _add(store: PicqerStore, rng: random.Random, moment: datetime, chosen: list[Product], warehouse: int) -> None:
    number, status = store.new_id("orders"), rng.choice(_STATUSES)
    if store.clock.start - moment > timedelta(days=20) and status != "cancelled":
        status = "completed"
    lines: list[OrderLine] = []
    for product in chosen:
        line = selling.line_of(store, product, rng.choice((1, 1, 1, 2, 5)))
        lines.append(line)
        if line.has_parts and status in _PARTS_SHOWN:
            lines += selling.part_lines(store, line)
    if status in ("processing", "paused"):
        for line in lines:
            line.held = _hold(store, line, warehouse)
    stamp = store.stamp(moment)
    ended = min(moment + timedelta(seconds=rng.randrange(600, 200_000)), store.clock.start - timedelta(minutes=30))
    store.put(
        Order(
            idorder=number,
            orderid=str(20_000_000 + number),
            idcustomer=500 + number % 997,
            reference=f"WEB-{number}" if number % 3 else None,
            status=status,
            warehouses=[warehouse],
            created=stamp,
            updated=stamp if status in ("concept", "expected") else store.stamp(ended),
            person=number % 997,
            products=lines,
        )
    )


def _hold(store: PicqerStore, line: OrderLine, warehouse: int) -> tuple[int, int, int]:
    """Put what an order waits for on a picklist, together with the goods it needs; rows of the seed are still ours."""
    product = store.products.rows.get(line.idproduct)
    if product is None or product.type == "virtual_composition":
        return 0, 0, 0
    row = product.stock.setdefault(warehouse, Stock())
    row.stock += line.amount
    row.picklists += line.amount
    return 0, line.amount, 0
