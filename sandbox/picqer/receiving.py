"""Receipts of goods in both versions of Picqer's receiving.

Version 2 books each line into stock as soon as it exists; a line never changes, but can be reverted. Version 1 lists
the expected products with amount 0, and books when the receipt is completed. Goods on no order make a line on the
receipt's order, or a new order where the receipt is for a supplier.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from sandbox.picqer import purchasing
from sandbox.picqer.errors import LINE_NOT_FOUND, MISSING, NOT_FOUND, WRONG_STATUS, PicqerError
from sandbox.picqer.rows import Product, PurchaseLine, PurchaseOrder, Receipt, ReceiptLine
from sandbox.picqer.stock import book
from sandbox.picqer.store import PicqerStore

RECEIVER = 41
"""The made-up user who receives goods."""


def create(store: PicqerStore, body: Mapping[str, Any]) -> Receipt:
    """Begin a receipt for an order or for a supplier.

    Raises PicqerError: code 5 when the body names neither, 20 when there is none, 21 when the order is not purchased.
    """
    number, now = store.new_id("receipts"), store.stamp()
    receipt = Receipt(idreceipt=number, receiptid=f"R{number}", idwarehouse=0, created=now, updated=now)
    receipt.version = 1 if str(body.get("version")) == "1" else 2
    receipt.remarks = body.get("remarks")
    if body.get("idpurchaseorder") is not None:
        order = store.get(store.purchaseorders, body["idpurchaseorder"], "Purchase order")
        if order.status != "purchased":
            raise PicqerError(WRONG_STATUS, f"Purchase order has the wrong status: {order.status}")
        receipt.idpurchaseorder, receipt.idsupplier = order.idpurchaseorder, order.idsupplier
        receipt.idwarehouse, receipt.idfulfilment_customer = order.idwarehouse, order.idfulfilment_customer
    elif body.get("idsupplier") is not None:
        receipt.idsupplier = store.get(store.suppliers, body["idsupplier"], "Supplier").idsupplier
        asked = body.get("idwarehouse")
        warehouse = store.main_warehouse() if asked is None else store.get(store.warehouses, asked, "Warehouse")
        receipt.idwarehouse = warehouse.idwarehouse
    else:
        raise PicqerError(MISSING, "Missing parameter: idpurchaseorder or idsupplier")
    if receipt.version == 1:
        receipt.products = [_new_line(store, receipt, order, line, 0) for order, line in expected(store, receipt)]
    store.put(receipt)
    return receipt


def expected(store: PicqerStore, receipt: Receipt) -> Iterator[tuple[PurchaseOrder, PurchaseLine]]:
    """Yield the lines that a receipt may still be for, oldest order first."""
    if receipt.idpurchaseorder is not None:
        orders = [store.purchaseorders.rows[receipt.idpurchaseorder]]
    else:
        orders = store.purchaseorders.where("idsupplier", receipt.idsupplier)
    for order in orders:
        if order.status == "purchased" and order.idwarehouse == receipt.idwarehouse:
            for line in order.products:
                if line.amountreceived < line.amount:
                    yield order, line


def _new_line(
    store: PicqerStore, receipt: Receipt, order: PurchaseOrder, line: PurchaseLine, amount: int, *, added: bool = False
) -> ReceiptLine:
    return ReceiptLine(
        idreceipt_product=store.new_id("receipt lines"),
        idproduct=line.idproduct,
        idpurchaseorder_product=line.idpurchaseorder_product,
        idpurchaseorder=order.idpurchaseorder,
        amount=amount,
        amount_ordered=line.amount,
        added_by_receipt=added,
        created_at=store.stamp() if receipt.version == 2 else None,
        received_by_iduser=RECEIVER if receipt.version == 2 else None,
    )


def add(store: PicqerStore, receipt: Receipt, body: Mapping[str, Any]) -> list[ReceiptLine]:
    """Receive a product and return the lines made of it: several when the goods are split over orders.

    Raises PicqerError: code 5 or 24 for the body, 21 when the receipt is completed, 27 when the named order line is not
    one of this receipt.
    """
    if receipt.status == "completed":
        raise PicqerError(WRONG_STATUS, "Receipt is already completed")
    product = purchasing.find_product(store, body)
    amount = purchasing.whole_amount(body, least=1)
    fresh = [
        _new_line(store, receipt, order, line, part, added=added)
        for order, line, part, added in _shares(store, receipt, product, amount, body.get("idpurchaseorder_product"))
    ]
    if receipt.version == 2:
        for line in fresh:
            _book(store, receipt, line, line.amount)
        lines = [*receipt.products, *fresh]
    else:
        counted = {line.idpurchaseorder_product: line for line in fresh}
        lines = [
            msgspec.structs.replace(old, amount=old.amount + counted.pop(old.idpurchaseorder_product).amount)
            if old.idpurchaseorder_product in counted
            else old
            for old in receipt.products
        ]
        lines += counted.values()
    store.change(receipt, products=lines, updated=store.stamp())
    return fresh


def _shares(
    store: PicqerStore, receipt: Receipt, product: Product, amount: int, asked: object
) -> list[tuple[PurchaseOrder, PurchaseLine, int, bool]]:
    """Split goods over the open lines of the product, oldest first; what is left over goes to the last of them."""
    fitting = [(order, line) for order, line in expected(store, receipt) if line.idproduct == product.idproduct]
    if asked is not None:
        fitting = [pair for pair in fitting if str(pair[1].idpurchaseorder_product) == str(asked)]
        if not fitting:
            raise PicqerError(LINE_NOT_FOUND, "Product not found on purchase order")
    if not fitting:
        order = store.purchaseorders.rows.get(receipt.idpurchaseorder or 0)
        more = next((line for line in order.products if line.idproduct == product.idproduct), None) if order else None
        if order is not None and more is not None:
            return [(order, more, amount, False)]
        return [(*_unordered(store, receipt, product), amount, True)]
    shares = []
    for order, line in fitting:
        part = min(amount, line.amount - line.amountreceived)
        shares.append((order, line, part, False))
        amount -= part
        if not amount:
            break
    if amount:
        order, line, part, _ = shares[-1]
        shares[-1] = (order, line, part + amount, False)
    return shares


def _unordered(store: PicqerStore, receipt: Receipt, product: Product) -> tuple[PurchaseOrder, PurchaseLine]:
    """Put a product that nobody ordered on the receipt's order, or on a new one of the supplier."""
    body = {"idproduct": product.idproduct, "amount": 0}
    if receipt.idpurchaseorder is not None:
        order = store.purchaseorders.rows[receipt.idpurchaseorder]
        if order.status not in ("concept", "purchased"):
            order = store.change(order, status="purchased", completed_at=None)
        line = purchasing.add_line(store, order, body)
        return store.purchaseorders.rows[order.idpurchaseorder], line
    order = purchasing.create(
        store, {"idsupplier": receipt.idsupplier, "idwarehouse": receipt.idwarehouse, "products": [body]}
    )
    order = purchasing.mark_as_purchased(store, order)
    return order, order.products[0]


def _book(store: PicqerStore, receipt: Receipt, line: ReceiptLine, amount: int) -> None:
    """Put goods into stock and count them on the order line, or take them back where the amount is negative."""
    book(store, line.idproduct, receipt.idwarehouse, amount)
    order = store.purchaseorders.rows.get(line.idpurchaseorder or 0)
    if order is not None and line.idpurchaseorder_product is not None:
        purchasing.receive(store, order, line.idpurchaseorder_product, amount)


def revert(store: PicqerStore, receipt: Receipt, number: str) -> ReceiptLine:
    """Take back a line of version 2: it stays in the list with `reverted_at`.

    Raises PicqerError: code 20 for an unknown line, 21 for version 1 or a line reverted before.
    """
    line = next((line for line in receipt.products if str(line.idreceipt_product) == number), None)
    if line is None:
        raise PicqerError(NOT_FOUND, "Receipt product not found")
    if receipt.version != 2 or line.reverted_at is not None:
        raise PicqerError(WRONG_STATUS, "Receipt product cannot be reverted")
    now = store.stamp()
    fresh = msgspec.structs.replace(line, reverted_at=now, reverted_by_iduser=RECEIVER)
    lines = [fresh if other is line else other for other in receipt.products]
    store.change(receipt, products=lines, updated=now)
    _book(store, receipt, line, -line.amount)
    return fresh


def complete(store: PicqerStore, receipt: Receipt) -> Receipt:
    """Complete a receipt; version 1 books its lines now. Raises PicqerError: code 21 when it is completed already."""
    if receipt.status == "completed":
        raise PicqerError(WRONG_STATUS, "Receipt is already completed")
    if receipt.version == 1:
        for line in receipt.products:
            if line.amount:
                _book(store, receipt, line, line.amount)
    now = store.stamp()
    return store.change(receipt, status="completed", completed_at=now, completed_by_iduser=RECEIVER, updated=now)


def delete(store: PicqerStore, receipt: Receipt) -> None:
    """Remove a receipt without received goods. Raises PicqerError: code 21 when it has any."""
    if any(line.amount for line in receipt.products):
        raise PicqerError(WRONG_STATUS, "Receipt has products and cannot be deleted")
    store.remove(receipt)
