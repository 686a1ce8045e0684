"""What can happen to a row of a Picqer account while somebody reads: copied, removed, changed or moved on."""

from contextlib import suppress

import msgspec

from sandbox.picqer import catalogue, purchasing, selling
from sandbox.picqer.errors import PicqerError
from sandbox.picqer.rows import Order, Product, PurchaseOrder, Receipt, Row, Supplier
from sandbox.picqer.store import PicqerStore

ACTIONS = ("insert", "delete", "deactivate", "activate", "touch", "purchase", "cancel", "process")
"""`insert` adds a copy of the row with new ids, `touch` moves `updated`; `purchase` and `cancel` are for purchase
orders, `process` and `cancel` for orders."""


def attempt(store: PicqerStore, row: Row, action: str) -> None:
    """Carry out one action on a row unless Picqer refuses it: the reader has nothing to do with that."""
    with suppress(PicqerError):
        apply(store, row, action)


def apply(store: PicqerStore, row: Row, action: str) -> None:
    """Carry out one action on a row; an action that its kind does not know changes nothing."""
    if action == "insert":
        insert_copy(store, row)
    elif action == "delete":
        store.remove(row)
    elif action == "touch" and not hasattr(row, "updated"):
        return
    elif action == "touch":
        store.put(msgspec.structs.replace(row, updated=store.stamp()))
    elif action in ("deactivate", "activate") and isinstance(row, Product | Supplier):
        if isinstance(row, Product):
            catalogue.set_active(store, row, action == "activate")
        else:
            store.change(row, active=action == "activate")
    elif isinstance(row, PurchaseOrder) and action in ("purchase", "cancel"):
        (purchasing.mark_as_purchased if action == "purchase" else purchasing.cancel)(store, row)
    elif isinstance(row, Order) and action in ("process", "cancel"):
        (selling.process if action == "process" else selling.cancel)(store, row)


def insert_copy(store: PicqerStore, row: Row) -> Row:
    """Add a copy of a row with ids, number and time of its own, and return it."""
    name = next(name for name, table in store.tables.items() if isinstance(row, table.row))
    number, now = store.new_id(name), store.stamp()
    fresh = msgspec.structs.replace(row, **{store.tables[name].key: number})
    if isinstance(fresh, Product):
        fresh.productcode, fresh.created, fresh.updated = f"COPY-{number}", now, now
    elif isinstance(fresh, PurchaseOrder):
        fresh.purchaseorderid, fresh.created, fresh.updated = f"P{number}", now, now
        fresh.products = [
            msgspec.structs.replace(line, idpurchaseorder_product=store.new_id("purchaseorder lines"))
            for line in fresh.products
        ]
    elif isinstance(fresh, Receipt):
        fresh.receiptid, fresh.created, fresh.updated, fresh.products = f"R{number}", now, now, []
    elif isinstance(fresh, Order):
        fresh.orderid, fresh.created, fresh.updated = str(20_000_000 + number), now, now
        fresh.products = [
            msgspec.structs.replace(line, idorder_product=store.new_id("order lines"), held=(0, 0, 0))
            for line in fresh.products
            if line.partof_idorder_product is None
        ]
    store.put(fresh)
    return fresh
