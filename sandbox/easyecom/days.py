"""What happens in an EasyEcom account on its later days: goods come in, orders move on, products change and go."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.easyecom import purchasing, receiving, selling
from sandbox.easyecom.account import ordinary
from sandbox.easyecom.cases_catalogue import MAIN, SECOND
from sandbox.easyecom.rows import Copy, Product, PurchaseOrder
from sandbox.easyecom.store import EasyStore

Told = dict[str, Any]


def live_a_day(store: EasyStore, seed: int, day: int, evening: datetime) -> Told:
    """Change the account as its day number `day` does, in the ten hours before `evening`, and tell what changed.

    The cases that are to change do so on the first day; each day has goods received in part and in full, receipts
    that drift, orders placed, shipped, delivered and cancelled, prices changed, a product made and one deactivated.
    """
    rng = random.Random(f"{seed} day {day}")
    morning = evening - timedelta(hours=10)
    told: Told = {}
    work: dict[str, Callable[[EasyStore, random.Random], list[int]]] = {
        "received": _receive,
        "drifted": _drift,
        "shipped": _ship,
        "sold": _sell,
        "cancelled": _cancel,
        "deactivated": _deactivate,
        "edited": _edit,
        "added": _add,
        "purchased": _purchase,
    }
    for n, (name, act) in enumerate(work.items()):
        with store.at(morning + timedelta(hours=n, seconds=rng.randrange(3000))):
            told[name] = act(store, rng)
    if day == 1 and store.cases:
        with store.at(evening - timedelta(minutes=30)):
            told["cases"] = _cases(store)
    return told


def _cases(store: EasyStore) -> list[str]:
    """Let the cases go on that wait for a later day."""
    cases, rows = store.cases, store.tables
    receipt = store.receipts.rows[cases["receipt in progress"]]
    receiving.complete(store, receipt, {item.grn_detail_id: item.received_quantity - 1 for item in receipt.items})
    selling.set_status(store, store.orders.rows[cases["order cancelled later"]], selling.CANCELLED)
    selling.split(store, store.orders.rows[cases["order split later"]])
    order = rows["purchase_orders"].rows[cases["purchase order that is completed later"]]
    purchasing.set_status(store, order, purchasing.COMPLETED)
    store.remove(store.products.rows[cases["product that vanishes"]])
    moved = store.products.rows[cases["product that gets another number"]]
    copies = {place: Copy(store.new_id("copies"), copy.inventory) for place, copy in moved.copies.items()}
    store.change(moved, copies=copies, updated_at=store.stamp())
    combo = store.products.rows[cases["combo that loses a part"]]
    store.change(combo, parts=combo.parts[:1], updated_at=store.stamp())
    names = ("receipt in progress", "order cancelled later", "order split later", "product that vanishes")
    return [*names, "purchase order that is completed later", "product that gets another number"]


def _waiting(store: EasyStore) -> list[PurchaseOrder]:
    """Return ordinary orders that still wait for goods of products that exist, oldest first."""
    cases = set(store.cases.values())
    return [
        order
        for order in store.purchase_orders.where("po_status_id", purchasing.APPROVED)
        if order.po_id not in cases
        and any(line.pending_quantity for line in order.items)
        and all(line.product_id in store.products.rows for line in order.items)
    ]


def _receive(store: EasyStore, _rng: random.Random) -> list[int]:
    """Receive the rest of the oldest open order and half of what the next one's first line waits for."""
    received = []
    for order, whole in zip(_waiting(store), (True, False), strict=False):
        pending = [line for line in order.items if line.pending_quantity]
        goods = {
            line.purchase_order_detail_id: line.pending_quantity if whole else max(1, line.pending_quantity // 2)
            for line in (pending if whole else pending[:1])
        }
        received.append(receiving.receive(store, order, goods, status=5 if whole else 2).grn_id)
    return received


def _drift(store: EasyStore, _rng: random.Random) -> list[int]:
    """Finish ordinary receipts in progress, and let the latest ones drift."""
    cases = set(store.cases.values())
    for receipt in list(store.receipts.rows.values()):
        if receipt.grn_status_id == 2 and receipt.grn_id not in cases:
            with_less = {item.grn_detail_id: max(1, item.received_quantity - 1) for item in receipt.items}
            receiving.complete(store, receipt, with_less if receipt.grn_id % 2 else None)
    return [receiving.drift(store, store.receipts.rows[number]).grn_id for number in store.receipts.ids[-3:]]


def _ship(store: EasyStore, _rng: random.Random) -> list[int]:
    """Deliver what was shipped and ship what is open, the oldest first, ten of each at most."""
    cases = set(store.cases.values())
    moved = []
    for before, after in ((selling.SHIPPED, selling.DELIVERED), (selling.OPEN, selling.SHIPPED)):
        rows = [row for row in store.orders.where("order_status_id", before) if row.row_id not in cases]
        moved += [selling.set_status(store, row, after).row_id for row in rows[:10]]
    return moved


def _sell(store: EasyStore, rng: random.Random) -> list[int]:
    """Place orders at both locations."""
    sold = []
    for n in range(min(50, max(6, len(store.orders) // 200))):
        place = SECOND if n % 3 == 2 else MAIN
        pool = ordinary(store, place)
        chosen = rng.sample(pool, k=min(len(pool), rng.randrange(1, 3)))
        if chosen:
            sold.append(selling.place(store, place, [(row, rng.randrange(1, 4)) for row in chosen]).row_id)
    return sold


def _cancel(store: EasyStore, _rng: random.Random) -> list[int]:
    """Cancel the latest open order."""
    rows = store.orders.where("order_status_id", selling.OPEN)[-1:]
    return [selling.set_status(store, row, selling.CANCELLED).row_id for row in rows]


def _deactivate(store: EasyStore, rng: random.Random) -> list[int]:
    pool = ordinary(store, MAIN)
    chosen = rng.sample(pool, k=1) if len(pool) > 5 else []
    return [store.change(row, active=0, updated_at=store.stamp()).product_id for row in chosen]


def _edit(store: EasyStore, rng: random.Random) -> list[int]:
    """Give some products another price, or another name."""
    pool = ordinary(store, MAIN)
    edited = []
    for n, row in enumerate(rng.sample(pool, k=min(len(pool), max(3, len(pool) // 100)))):
        changed: Told = {"mrp": round((row.mrp or 0) + 1.25, 2)}
        if n % 2:
            changed = {"product_name": f"{(row.product_name or '').split(' (')[0]} ({rng.randrange(100)})"}
        edited.append(store.change(row, **changed, updated_at=store.stamp()).product_id)
    return edited


def _add(store: EasyStore, _rng: random.Random) -> list[int]:
    number, now = store.new_id("products"), store.stamp()
    row = Product(
        product_id=number,
        sku=f"NEW-{number}",
        product_name=f"Novelty {number}",
        cost=10.5,
        mrp=19.95,
        vendor_code=["AGR01"],
        created_at=now,
        updated_at=now,
        copies={MAIN: Copy(store.new_id("copies"), 12)},
    )
    store.put(row)
    return [number]


def _purchase(store: EasyStore, rng: random.Random) -> list[int]:
    """Order three products, or as many as there are, of a vendor."""
    pool = ordinary(store, MAIN)
    vendor = store.vendors.rows[store.cases.get("vendor", store.vendors.ids[0])]
    lines = [
        purchasing.line_of(store, row, rng.randrange(1, 9) * 6, Decimal(str(row.cost or 0)))
        for row in rng.sample(pool, k=min(len(pool), 3))
    ]
    return [purchasing.place(store, MAIN, vendor, lines, None).po_id] if lines else []
