"""The life of a sales order: what processing adds to its lines, and what each status reserves or ships."""

from collections.abc import Callable, Sequence

import msgspec

from sandbox.picqer.errors import WRONG_STATUS, PicqerError
from sandbox.picqer.rows import Number, Order, OrderLine, Product
from sandbox.picqer.stock import allocate, release, reserve, ship
from sandbox.picqer.store import PicqerStore

Held = tuple[int, int, int]


def line_of(store: PicqerStore, product: Product, amount: int, price: Number | None = None) -> OrderLine:
    """Return a new line for a product; without a price it has the product's."""
    return OrderLine(
        idorder_product=store.new_id("order lines"),
        idproduct=product.idproduct,
        idvatgroup=product.idvatgroup,
        productcode=product.productcode,
        name=product.name,
        price=product.price if price is None else price,
        amount=amount,
        weight=product.weight,
        has_parts=product.type == "virtual_composition" and bool(product.parts),
    )


def place(
    store: PicqerStore,
    lines: Sequence[OrderLine],
    *,
    warehouses: Sequence[int] | None = None,
    status: str = "concept",
    allocated: bool = False,
    person: int = 0,
    customer: int | None = None,
) -> Order:
    """Take in an order with status concept or expected; `allocated` reserves what is free for it."""
    number, now = store.new_id("orders"), store.stamp()
    order = Order(
        idorder=number,
        orderid=str(20_000_000 + number),
        idcustomer=500 + person if person else None,
        status=status,
        warehouses=list(warehouses) if warehouses is not None else [store.main_warehouse().idwarehouse],
        idfulfilment_customer=customer,
        created=now,
        updated=now,
        person=person,
        products=list(lines),
    )
    if allocated:
        order.products = _held(store, order, order.products, allocate)
    store.put(order)
    return order


def _warehouse(store: PicqerStore, order: Order) -> int:
    """Return the warehouse that an order is sent from: its first, else the main one."""
    return order.warehouses[0] if order.warehouses else store.main_warehouse().idwarehouse


def _held(
    store: PicqerStore, order: Order, lines: Sequence[OrderLine], hold: Callable[[PicqerStore, int, int, int], Held]
) -> list[OrderLine]:
    warehouse = _warehouse(store, order)
    return [
        msgspec.structs.replace(
            line, held=hold(store, line.idproduct, warehouse, line.amount - line.amount_cancelled)
        )
        for line in lines
    ]


def process(store: PicqerStore, order: Order) -> Order:
    """Begin an order: the parts of its virtual compositions become lines of their own, and goods are reserved.

    Raises PicqerError: code 21 when it is not concept or expected.
    """
    _must_be(order, "concept", "expected")
    lines: list[OrderLine] = []
    for line in order.products:
        release(store, line.idproduct, _warehouse(store, order), line.held)
        lines += [line, *part_lines(store, line)]
    lines = _held(store, order, lines, reserve)
    return store.change(order, status="processing", products=lines, updated=store.stamp())


def part_lines(store: PicqerStore, line: OrderLine, above: frozenset[int] = frozenset()) -> list[OrderLine]:
    """Return the part lines of a virtual composition, those of compositions inside it included.

    They cost nothing; `above` holds the compositions around it, so that a circle ends.
    """
    product = store.products.rows.get(line.idproduct)
    if product is None or product.type != "virtual_composition" or product.idproduct in above:
        return []
    found = []
    for part in product.parts:
        inner = store.products.rows.get(part.idproduct)
        if inner is not None:
            fresh = line_of(store, inner, part.amount * (line.amount - line.amount_cancelled), price=0)
            fresh.partof_idorder_product = line.idorder_product
            found += [fresh, *part_lines(store, fresh, above | {product.idproduct})]
    return found


def complete(store: PicqerStore, order: Order) -> Order:
    """Send an order out. Raises PicqerError: code 21 when it is not processing."""
    _must_be(order, "processing")
    for line in order.products:
        ship(store, line.idproduct, _warehouse(store, order), line.held)
    return _ended(store, order, "completed")


def cancel(store: PicqerStore, order: Order, *, force: bool = False) -> Order:
    """Cancel an order and give back what it held.

    Raises PicqerError: code 21 when it has ended, or is processing or paused and nobody forces it.
    """
    _must_be(order, "concept", "expected", *(("processing", "paused") if force else ()))
    for line in order.products:
        release(store, line.idproduct, _warehouse(store, order), line.held)
    return _ended(store, order, "cancelled")


def pause(store: PicqerStore, order: Order) -> Order:
    """Pause an order that is processed. Raises PicqerError: code 21 when it is not."""
    _must_be(order, "processing")
    return store.change(order, status="paused", updated=store.stamp())


def _ended(store: PicqerStore, order: Order, status: str) -> Order:
    lines = [msgspec.structs.replace(line, held=(0, 0, 0)) for line in order.products]
    return store.change(order, status=status, products=lines, updated=store.stamp())


def _must_be(order: Order, *statuses: str) -> None:
    if order.status not in statuses:
        raise PicqerError(WRONG_STATUS, f"Order has the wrong status: {order.status}")
