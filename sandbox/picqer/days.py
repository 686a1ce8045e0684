"""What happens in a Picqer account on its later days: goods come in, orders move on, products and suppliers go."""

import random
from datetime import datetime, timedelta
from typing import Any

from sandbox.picqer import catalogue, purchasing, receiving, selling
from sandbox.picqer.rows import Order, Product, PurchaseOrder
from sandbox.picqer.store import PicqerStore

Told = dict[str, Any]


def live_a_day(store: PicqerStore, seed: int, day: int, evening: datetime) -> Told:
    """Change the account as its day number `day` does, in the ten hours before `evening`, and tell what changed.

    Each day has goods received in part and in full, a supplier removed, a product deactivated, orders processed
    (one with a virtual composition, whose parts become lines), completed and placed, and prices changed.
    """
    rng = random.Random(f"{seed} day {day}")
    morning = evening - timedelta(hours=10)
    told: Told = {}
    for n, (name, work) in enumerate(
        (
            ("received", _receive),
            ("completed", _complete),
            ("processed", _process),
            ("sold", _sell),
            ("deactivated", _deactivate),
            ("edited", _edit),
            ("added", _add),
            ("purchased", _purchase),
            ("suppliers removed", _remove_supplier),
        )
    ):
        with store.at(morning + timedelta(hours=n, seconds=rng.randrange(3000))):
            told[name] = work(store, rng)
    return told


def _ordinary(store: PicqerStore) -> list[Product]:
    """Return the active products that are nobody's case: the awkward ones stay as they are."""
    cases = set(store.cases.values())
    return [
        product
        for product in map(store.products.rows.__getitem__, store.products.where_ids("active", True))
        if product.idproduct not in cases and product.type == "normal"
    ]


def _open_orders(store: PicqerStore) -> list[PurchaseOrder]:
    """Return ordinary purchase orders that still wait for goods of products that exist, oldest first."""
    cases = set(store.cases.values())
    return [
        order
        for order in store.purchaseorders.where("status", "purchased")
        if order.idpurchaseorder not in cases
        and order.products
        and all(line.idproduct in store.products.rows for line in order.products)
    ]


def _receive(store: PicqerStore, _rng: random.Random) -> list[int]:
    """Receive the rest of the oldest open order and half of what the next one's first line waits for."""
    received = []
    for order, whole in zip(_open_orders(store), (True, False), strict=False):
        number = receiving.create(store, {"idpurchaseorder": order.idpurchaseorder}).idreceipt
        waiting = [line for line in order.products if line.amountreceived < line.amount]
        for line in waiting if whole else waiting[:1]:
            rest = line.amount - line.amountreceived
            body = {
                "idproduct": line.idproduct,
                "amount": rest if whole else max(1, rest // 2),
                "idpurchaseorder_product": line.idpurchaseorder_product,
            }
            receiving.add(store, store.receipts.rows[number], body)
        receiving.complete(store, store.receipts.rows[number])
        received.append(number)
    return received


def _complete(store: PicqerStore, _rng: random.Random) -> list[int]:
    """Send out the oldest orders that are being processed, ten at most."""
    cases = set(store.cases.values())
    waiting = [order for order in store.orders.where("status", "processing") if order.idorder not in cases]
    return [selling.complete(store, order).idorder for order in waiting[:10]]


def _process(store: PicqerStore, _rng: random.Random) -> list[int]:
    """Begin with the case of a composition, once, and with the oldest concept orders."""
    chosen: list[Order] = []
    kit = store.orders.rows.get(store.cases.get("order of a composition", 0))
    if kit is not None and kit.status == "concept":
        chosen.append(kit)
    cases = set(store.cases.values())
    waiting = [order for order in store.orders.where("status", "concept") if order.idorder not in cases]
    return [selling.process(store, order).idorder for order in chosen + waiting[:5]]


def _sell(store: PicqerStore, rng: random.Random) -> list[int]:
    """Place orders: one of a virtual composition, one that is processed at once, the rest in concept."""
    plain = _ordinary(store)
    kits = [product for product in store.products.where("type", "virtual_composition") if product.parts]
    kits = [product for product in kits if product.active]
    sold = []
    for n in range(min(50, max(6, len(store.orders) // 200))):
        chosen = [rng.choice(plain)] if plain else []
        chosen += [rng.choice(kits)] if n == 0 and kits else []
        lines = [selling.line_of(store, product, rng.randrange(1, 4)) for product in chosen]
        if lines:
            order = selling.place(store, lines, person=rng.randrange(1, 500), allocated=n % 2 == 1)
            sold.append(order.idorder)
            if n < 2:
                selling.process(store, order)
    return sold


def _deactivate(store: PicqerStore, rng: random.Random) -> list[int]:
    chosen = rng.sample(_ordinary(store), k=1) if len(_ordinary(store)) > 1 else []
    return [catalogue.set_active(store, product, False).idproduct for product in chosen]


def _edit(store: PicqerStore, rng: random.Random) -> list[int]:
    """Give some products another price, or another name."""
    pool = _ordinary(store)
    edited = []
    for n, product in enumerate(rng.sample(pool, k=min(len(pool), max(3, len(pool) // 100)))):
        if n % 2:
            body: Told = {"name": f"{(product.name or '').split(' (')[0]} ({rng.randrange(100)})"}
        else:
            body = {"price": round((product.price or 0) + 1.25, 2), "fixedstockprice": product.fixedstockprice}
        edited.append(catalogue.edit_product(store, product, body).idproduct)
    return edited


def _add(store: PicqerStore, rng: random.Random) -> list[int]:
    number = len(store.products) + 1
    body = {
        "productcode": f"NEW-{number}-{rng.randrange(1000)}",
        "name": f"Novelty {number}",
        "price": 19.95,
        "idvatgroup": 1,
        "idsupplier": store.cases.get("supplier"),
    }
    return [catalogue.create_product(store, body).idproduct]


def _purchase(store: PicqerStore, rng: random.Random) -> list[int]:
    """Order three products of one supplier, and place the order.

    Each line has a price: one without is worth what its product was when somebody read it, which is nobody's fault.
    """
    pool = [product for product in _ordinary(store) if product.idsupplier in store.suppliers.rows]
    if not pool:
        return []
    supplier = rng.choice(pool).idsupplier
    same = [product for product in pool if product.idsupplier == supplier][:3]
    lines = [
        {
            "idproduct": product.idproduct,
            "amount": rng.randrange(1, 9) * 6,
            "price": product.price if product.fixedstockprice is None else product.fixedstockprice,
        }
        for product in same
    ]
    order = purchasing.create(store, {"idsupplier": supplier, "products": lines})
    return [purchasing.mark_as_purchased(store, order).idpurchaseorder]


def _remove_supplier(store: PicqerStore, _rng: random.Random) -> list[int]:
    """Remove the oldest supplier that is nobody's case and that no open order waits for."""
    cases = set(store.cases.values())
    busy = {order.idsupplier for order in store.purchaseorders.where("status", "purchased")}
    free = [number for number in store.suppliers.ids if number not in cases and number not in busy]
    for number in free[:1]:
        catalogue.remove_supplier(store, store.suppliers.rows[number])
    return free[:1]
