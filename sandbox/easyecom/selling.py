"""Orders of the EasyEcom sandbox: a row for each invoice, placed, split, shipped, delivered and cancelled."""

from collections.abc import Sequence
from decimal import Decimal

from sandbox.easyecom.receiving import move_stock
from sandbox.easyecom.rows import Order, Product, Suborder
from sandbox.easyecom.store import EasyStore

OPEN, SHIPPED, DELIVERED, RETURNED, CANCELLED = 2, 5, 6, 7, 9
TEXTS = {2: "Open", 3: "Confirmed", 5: "Shipped", 6: "Delivered", 7: "Returned", 9: "Cancelled"}

Item = tuple[Product, int]
"""A product and how many of it."""


def place(
    store: EasyStore, c_id: int, items: Sequence[Item], *, key: str = "retailorder", invoiced: bool = True
) -> Order:
    """Place an order at a location, now; the price of a line is its gross total."""
    number, now = store.new_id("order ids"), store.stamp()
    lines = [_line(store, product, quantity) for product, quantity in items]
    order = Order(
        row_id=store.new_id("orders"),
        order_id=number,
        invoice_id=store.new_id("invoices") if invoiced else None,
        reference_code=f"SO-{number}",
        c_id=c_id,
        order_type="B2B" if key == "businessorder" else "B2C",
        order_type_key=key,
        order_date=now,
        import_date=now,
        invoice_date=now if invoiced else None,
        last_update_date=now,
        suborders=lines,
        total_amount=_total(lines),
    )
    store.put(order)
    for product, quantity in items:
        move_stock(store, product.product_id, c_id, -quantity)
    return order


def _line(store: EasyStore, product: Product, quantity: int) -> Suborder:
    price = Decimal(str(product.mrp or 0)) * quantity
    return Suborder(
        suborder_id=store.new_id("suborders"),
        product_id=product.product_id,
        sku=product.sku,
        item_quantity=quantity,
        selling_price=f"{price:.2f}",
    )


def _total(lines: Sequence[Suborder]) -> float:
    return float(sum((Decimal(line.selling_price) for line in lines), Decimal(0)))


def split(store: EasyStore, order: Order) -> Order:
    """Move the last line of an order to a row of its own, with another invoice, and return that row."""
    kept, moved = order.suborders[:-1], order.suborders[-1:]
    now = store.stamp()
    store.change(order, suborders=kept, total_amount=_total(kept), last_update_date=now)
    fresh = Order(
        row_id=store.new_id("orders"),
        order_id=order.order_id,
        invoice_id=store.new_id("invoices"),
        reference_code=f"{order.reference_code}_OR1",
        c_id=order.c_id,
        order_type=order.order_type,
        order_type_key=order.order_type_key,
        order_date=order.order_date,
        import_date=now,
        invoice_date=now,
        last_update_date=now,
        order_status=order.order_status,
        order_status_id=order.order_status_id,
        suborders=moved,
        total_amount=_total(moved),
    )
    store.put(fresh)
    return fresh


def set_status(store: EasyStore, order: Order, status: int, text: str | None = None) -> Order:
    """Move an order's row to a status, whose text may disagree with it."""
    now = store.stamp()
    changed: dict[str, object] = {"order_status_id": status, "order_status": text or TEXTS[status]}
    changed["last_update_date"] = now
    if status == SHIPPED:
        changed["manifest_date"] = now
        changed["invoice_date"] = order.invoice_date or now
        changed["invoice_id"] = order.invoice_id or store.new_id("invoices")
    if status == DELIVERED:
        changed["delivery_date"] = now
        changed["manifest_date"] = order.manifest_date or now
    return store.change(order, **changed)
