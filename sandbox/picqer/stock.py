"""Stock of the Picqer sandbox: booking goods in and out, and reserving them for orders, warehouse by warehouse."""

import msgspec

from sandbox.picqer.rows import Product, Stock
from sandbox.picqer.store import PicqerStore

COMPOSITIONS = ("virtual_composition", "composition_with_stock")


def _changed(store: PicqerStore, idproduct: int, idwarehouse: int, **steps: int) -> Stock | None:
    """Add steps to one stock row; a product that is gone changes nothing."""
    product = store.products.rows.get(idproduct)
    if product is None:
        return None
    row = msgspec.structs.replace(product.stock.get(idwarehouse, Stock()))
    for name, step in steps.items():
        setattr(row, name, max(0, getattr(row, name) + step))
    updated = store.stamp() if store.settings.stock_moves_updated else product.updated
    store.change(product, stock={**product.stock, idwarehouse: row}, updated=updated)
    return row


def book(store: PicqerStore, idproduct: int, idwarehouse: int, amount: int) -> None:
    """Add goods to a warehouse, or take them out where `amount` is negative; never below zero."""
    _changed(store, idproduct, idwarehouse, stock=amount)


def allocate(store: PicqerStore, idproduct: int, idwarehouse: int, amount: int) -> tuple[int, int, int]:
    """Reserve what is free for an order that waits, and return what is held: allocated, picklist, backorder."""
    product = store.products.rows.get(idproduct)
    if product is None or product.type == "virtual_composition":
        return 0, 0, 0
    taken = max(0, min(amount, product.stock.get(idwarehouse, Stock()).free))
    _changed(store, idproduct, idwarehouse, allocations=taken)
    return taken, 0, 0


def reserve(store: PicqerStore, idproduct: int, idwarehouse: int, amount: int) -> tuple[int, int, int]:
    """Reserve goods for an order that is processed: on a picklist what is there, on backorder the rest.

    A virtual composition has no stock of its own, and nothing is reserved for it.
    """
    product = store.products.rows.get(idproduct)
    if product is None or product.type == "virtual_composition":
        return 0, 0, 0
    row = product.stock.get(idwarehouse, Stock())
    picked = max(0, min(amount, row.stock - row.picklists - row.allocations))
    _changed(store, idproduct, idwarehouse, picklists=picked, backorders=amount - picked)
    return 0, picked, amount - picked


def release(store: PicqerStore, idproduct: int, idwarehouse: int, held: tuple[int, int, int]) -> None:
    """Give back what `allocate` or `reserve` held."""
    allocated, picked, waiting = held
    _changed(store, idproduct, idwarehouse, allocations=-allocated, picklists=-picked, backorders=-waiting)


def ship(store: PicqerStore, idproduct: int, idwarehouse: int, held: tuple[int, int, int]) -> None:
    """Send out what was held, as far as the stock reaches."""
    release(store, idproduct, idwarehouse, held)
    book(store, idproduct, idwarehouse, -sum(held))


def level(
    store: PicqerStore, product: Product, idwarehouse: int, above: frozenset[int] = frozenset()
) -> Stock | None:
    """Return the stock row that an answer shows, None where there is none.

    That of a virtual composition follows its parts: as many as can be put together from what is free. `above` holds
    the compositions that it is a part of, so that a circle of them ends.
    """
    if product.type != "virtual_composition":
        return product.stock.get(idwarehouse)
    above = above | {product.idproduct}
    possible = []
    for part in product.parts:
        found = store.products.rows.get(part.idproduct)
        known = found is not None and found.idproduct not in above
        row = level(store, found, idwarehouse, above) if known and found is not None else None
        possible.append(max(0, row.free) // max(1, part.amount) if row is not None else 0)
    return Stock(stock=min(possible)) if possible else Stock()
