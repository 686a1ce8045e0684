"""Changes while somebody reads: what happens in the account right after the nth page of a list was answered.

They shift the rows of the pages that follow: an insertion repeats one, a removal hides one from the reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Literal

import msgspec

from sandbox.picqer import catalogue, purchasing, selling
from sandbox.picqer.errors import PicqerError
from sandbox.picqer.rows import Order, Product, PurchaseOrder, Receipt, Row, Supplier
from sandbox.picqer.store import PicqerStore

Action = Literal["insert", "delete", "deactivate", "activate", "touch", "purchase", "cancel", "process"]
Work = Callable[[PicqerStore, Sequence[Any]], None]


class Change(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One change, as the control endpoint takes it.

    Attributes:
        resource: The list, such as `products`.
        after_page: After which list request of that resource since the change was set, from 1.
        action: `insert` (a copy of the row with new ids), `delete`, `deactivate`, `activate`, `touch` (`updated`
            moves), `purchase` and `cancel` (purchase orders), `process` and `cancel` (orders).
        row: Which row of the page just answered it concerns, from 0.
        id: The row's id instead.
        times: How many changes of that kind, on rows that follow one another.
    """

    resource: str
    after_page: int
    action: Action
    row: int = 0
    id: int | None = None
    times: int = 1


class Changes:
    """The changes that wait for their page."""

    def __init__(self, store: PicqerStore) -> None:
        """Start with none."""
        self.store = store
        self._waiting: list[tuple[str, int, Work]] = []
        self._answered: Counter[str] = Counter()

    def after_page(self, resource: str, number: int, work: Work) -> None:
        """Do something after the nth list request of a resource, counted from now; it gets the rows of that page."""
        self._waiting.append((resource, self._answered[resource] + number, work))

    def add(self, change: Change) -> None:
        """Set a change."""

        def work(store: PicqerStore, rows: Sequence[Any]) -> None:
            table = store.tables[change.resource]
            ids = [table.id(row) for row in rows[change.row : change.row + change.times]]
            for number in [change.id] if change.id is not None else ids:
                found = table.rows.get(number)
                if found is not None:
                    with suppress(PicqerError):  # the reader, whose answer this follows, has nothing to do with it
                        apply(store, found, change.action)

        self.after_page(change.resource, change.after_page, work)

    def answered(self, resource: str, rows: Sequence[Any]) -> None:
        """Count a page that was answered and do what waited for it."""
        self._answered[resource] += 1
        due = [item for item in self._waiting if item[0] == resource and item[1] <= self._answered[resource]]
        self._waiting = [item for item in self._waiting if item not in due]
        for _, _, work in due:
            work(self.store, rows)
        self.store.flush()

    def clear(self) -> None:
        """Forget what waits and what was counted."""
        self._waiting = []
        self._answered.clear()


def apply(store: PicqerStore, row: Row, action: Action) -> None:
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
