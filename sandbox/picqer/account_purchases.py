"""Ordinary purchase orders of the seeded account, each with the receipts that its received amounts come from."""

import random
from datetime import datetime, timedelta

from sandbox.picqer.receiving import RECEIVER
from sandbox.picqer.rows import Product, PurchaseLine, PurchaseOrder, Receipt, ReceiptLine
from sandbox.picqer.store import PicqerStore

_STATUSES = ("received",) * 12 + ("purchased",) * 5 + ("concept", "cancelled", "cancelled")
_DAYS = 120
_WAITING = 3
"""So many of the newest orders wait for all their goods, so that the first days have something to receive."""
_VERSION_2 = 60
"""Receipts older than this many days are of version 1."""


def fill_purchases(store: PicqerStore, rng: random.Random, count: int) -> None:
    """Add purchase orders until there are `count` of them; ids grow with the time of creation."""
    by_supplier: dict[int, list[Product]] = {}
    for product in store.products.rows.values():
        if product.idsupplier in store.suppliers.rows and product.active:
            by_supplier.setdefault(product.idsupplier, []).append(product)
    suppliers = sorted(by_supplier)
    missing = max(0, count - len(store.purchaseorders))
    moments = sorted(store.clock.start - timedelta(seconds=rng.randrange(7200, _DAYS * 86_400)) for _ in range(missing))
    for n, moment in enumerate(moments):
        supplier = rng.choice(suppliers)
        status = "waiting" if n >= missing - _WAITING else rng.choice(_STATUSES)
        _add(store, rng, moment, status, by_supplier[supplier])


def _add(store: PicqerStore, rng: random.Random, moment: datetime, status: str, products: list[Product]) -> None:
    number, supplier = store.new_id("purchaseorders"), products[0].idsupplier or 0
    stamp = store.stamp(moment)
    lines = [
        _line(store, product, rng.randrange(1, 20) * 6) for product in rng.sample(products, k=min(len(products), 3))
    ]
    order = PurchaseOrder(
        idpurchaseorder=number,
        purchaseorderid=f"P{number}",
        idsupplier=supplier,
        supplier_name=store.suppliers.rows[supplier].name,
        idwarehouse=store.warehouses.ids[0],
        status="purchased" if status == "waiting" else status,
        delivery_date=(moment + timedelta(days=14)).date().isoformat(),
        created=stamp,
        updated=stamp,
        created_by_iduser=RECEIVER,
        products=lines,
    )
    if status != "concept":
        order.purchased_at, order.purchased_by_iduser = stamp, RECEIVER
    ended = min(moment + timedelta(days=rng.randrange(1, 15), seconds=rng.randrange(80_000)), _last(store))
    if status == "cancelled":
        order.updated = order.completed_at = store.stamp(ended)
    elif status == "received":
        _receive(store, order, ended, [line.amount for line in lines])
        order.updated = order.completed_at = store.stamp(ended)
    elif status == "purchased" and rng.random() < 0.4:
        _receive(store, order, ended, [line.amount // 2 for line in lines])
        order.updated = store.stamp(ended)
    store.put(order)


def _last(store: PicqerStore) -> datetime:
    """Return the last moment before the account's first day at which something may have happened."""
    return store.clock.start - timedelta(hours=1)


def _line(store: PicqerStore, product: Product, amount: int) -> PurchaseLine:
    return PurchaseLine(
        idpurchaseorder_product=store.new_id("purchaseorder lines"),
        idproduct=product.idproduct,
        productcode=product.productcode,
        productcode_supplier=product.productcode_supplier,
        name=product.name,
        price=product.fixedstockprice,
        amount=amount,
        weight=product.weight,
    )


def _receive(store: PicqerStore, order: PurchaseOrder, moment: datetime, amounts: list[int]) -> None:
    """Add a completed receipt with these amounts for an order's lines."""
    number, stamp = store.new_id("receipts"), store.stamp(moment)
    version = 2 if moment > store.clock.start - timedelta(days=_VERSION_2) else 1
    lines = []
    for line, amount in zip(order.products, amounts, strict=True):
        line.amountreceived = amount
        fresh = ReceiptLine(
            idreceipt_product=store.new_id("receipt lines"),
            idproduct=line.idproduct,
            idpurchaseorder_product=line.idpurchaseorder_product,
            idpurchaseorder=order.idpurchaseorder,
            amount=amount,
            amount_ordered=line.amount,
        )
        if version == 2:
            fresh.created_at, fresh.received_by_iduser = stamp, RECEIVER
        lines.append(fresh)
    store.put(
        Receipt(
            idreceipt=number,
            receiptid=f"R{number}",
            idwarehouse=order.idwarehouse,
            version=version,
            idsupplier=order.idsupplier,
            idpurchaseorder=order.idpurchaseorder,
            status="completed",
            completed_by_iduser=RECEIVER,
            completed_at=stamp,
            created=stamp,
            updated=stamp,
            products=lines,
        )
    )
