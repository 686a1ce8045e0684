"""The life of a purchase order: concept, purchased, received or cancelled, and what its lines allow meanwhile.

A partly received order stays purchased; the delivery that completes it sets `received` and `completed_at`, `close`
ends it early. What the documentation leaves open is decided here: lines and cancelling are refused with code 21
once the order is received or cancelled, cancelling also once goods came in (inferred).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox.picqer.errors import (
    LINE_NOT_FOUND,
    MISSING,
    NO_SUCH_PRODUCT,
    NOT_FOR_KEY,
    WRONG_STATUS,
    PicqerError,
    not_found,
)
from sandbox.picqer.rows import Product, PurchaseLine, PurchaseOrder
from sandbox.picqer.store import PicqerStore

_HEADER = ("supplier_orderid", "remarks", "delivery_date", "language", "idtemplate")
_OPEN = ("concept", "purchased")


def create(store: PicqerStore, body: Mapping[str, Any], customer: int | None = None) -> PurchaseOrder:
    """Make a concept order; nothing stops a second one with the same `supplier_orderid`.

    Args:
        store: The account.
        body: What was posted.
        customer: The fulfilment customer of the key, None for a key of the whole account.

    Raises:
        PicqerError: Code 5 for what is missing, 20 or 24 for an unknown supplier, warehouse or product, 31 where a
            scoped key names a supplier's id.
    """
    lines = body.get("products")
    if not isinstance(lines, list) or not lines:
        raise PicqerError(MISSING, "Missing parameter: products")
    number = store.new_id("purchaseorders")
    now = store.stamp()
    order = PurchaseOrder(
        idpurchaseorder=number,
        purchaseorderid=f"P{number}",
        **_supplier(store, body, customer),
        idwarehouse=_warehouse(store, body),
        idfulfilment_customer=customer,
        created=now,
        updated=now,
        products=[_line(store, line, customer) for line in lines],
    )
    order = msgspec.structs.replace(order, **_header(body))
    store.put(order)
    return order


def _supplier(store: PicqerStore, body: Mapping[str, Any], customer: int | None) -> dict[str, Any]:
    idsupplier, name = body.get("idsupplier"), body.get("supplier_name")
    if idsupplier is not None:
        if customer is not None:
            raise PicqerError(NOT_FOR_KEY, "Suppliers are not available for this API key")
        supplier = store.get(store.suppliers, idsupplier, "Supplier")
        return {"idsupplier": supplier.idsupplier, "supplier_name": supplier.name}
    if not isinstance(name, str) or not name.strip():
        raise PicqerError(MISSING, "Missing parameter: idsupplier or supplier_name")
    return {"idsupplier": None, "supplier_name": name}


def _warehouse(store: PicqerStore, body: Mapping[str, Any]) -> int:
    asked = body.get("idwarehouse")
    row = store.main_warehouse() if asked is None else store.get(store.warehouses, asked, "Warehouse")
    return row.idwarehouse


def _header(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in _HEADER if name in body}


def find_product(store: PicqerStore, body: object, customer: int | None = None) -> Product:
    """Return the product that a posted line names.

    Raises PicqerError: code 5 without `idproduct`, 24 where there is none for this key.
    """
    number = body.get("idproduct") if isinstance(body, dict) else None
    if number is None:
        raise PicqerError(MISSING, "Missing parameter: idproduct")
    product = store.products.rows.get(int(number)) if str(number).isdigit() else None
    if product is None or customer not in (None, product.idfulfilment_customer):
        raise PicqerError(NO_SUCH_PRODUCT, f"Product {number} does not exist")
    return product


def whole_amount(body: Mapping[str, Any], least: int = 0) -> int:
    """Return the amount of a posted line. Raises PicqerError: code 5 where it is absent or no whole number."""
    amount = body.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int) or amount < least:
        raise PicqerError(MISSING, "Missing or invalid parameter: amount")
    return amount


def _line(store: PicqerStore, body: Mapping[str, Any], customer: int | None) -> PurchaseLine:
    product = find_product(store, body, customer)
    if store.settings.refuse_inactive and not product.active:
        raise PicqerError(NO_SUCH_PRODUCT, f"Product {product.productcode} is inactive", 400)
    price = body.get("price")
    return PurchaseLine(
        idpurchaseorder_product=store.new_id("purchaseorder lines"),
        idproduct=product.idproduct,
        idvatgroup=product.idvatgroup,
        productcode=product.productcode,
        productcode_supplier=product.productcode_supplier,
        name=product.name,
        price=price if price is not None else product.fixedstockprice,
        amount=whole_amount(body),
        delivery_date=body.get("delivery_date"),
        weight=product.weight,
    )


def update(store: PicqerStore, order: PurchaseOrder, body: Mapping[str, Any]) -> PurchaseOrder:
    """Change the header: `products` and `status` in it are ignored without a word."""
    return store.change(order, **_header(body), updated=store.stamp())


def mark_as_purchased(store: PicqerStore, order: PurchaseOrder) -> PurchaseOrder:
    """Place a concept order. Raises PicqerError: code 21 in any other status."""
    _must_be(order, "concept")
    now = store.stamp()
    return store.change(order, status="purchased", purchased_at=now, updated=now)


def cancel(store: PicqerStore, order: PurchaseOrder) -> PurchaseOrder:
    """Cancel an order of which nothing was received.

    Raises PicqerError: code 21 when goods came in or the order has ended.
    """
    _must_be(order, *_OPEN)
    if any(line.amountreceived for line in order.products):
        raise PicqerError(WRONG_STATUS, "Purchase order has received products and cannot be cancelled")
    now = store.stamp()
    return store.change(order, status="cancelled", completed_at=now, updated=now)


def close(store: PicqerStore, order: PurchaseOrder) -> PurchaseOrder:
    """End a partly received order: it counts as received from then on.

    Raises PicqerError: code 21 when it is not purchased.
    """
    _must_be(order, "purchased")
    now = store.stamp()
    return store.change(order, status="received", completed_at=now, updated=now)


def _must_be(order: PurchaseOrder, *statuses: str) -> None:
    if order.status not in statuses:
        raise PicqerError(WRONG_STATUS, f"Purchase order has the wrong status: {order.status}")


def add_line(
    store: PicqerStore, order: PurchaseOrder, body: Mapping[str, Any], customer: int | None = None
) -> PurchaseLine:
    """Add a line to an open order and return it. Raises PicqerError: as `create`; code 21 when the order has ended."""
    _must_be(order, *_OPEN)
    line = _line(store, body, customer)
    store.change(order, products=[*order.products, line], updated=store.stamp())
    return line


def change_line(store: PicqerStore, order: PurchaseOrder, number: str, body: Mapping[str, Any]) -> PurchaseLine:
    """Change amount, price or delivery date of a line and return it.

    Raises PicqerError: code 27 for a line of another order, 21 when the order has ended or more was received.
    """
    old = _own_line(store, order, number)
    _must_be(order, *_OPEN)
    values = {name: body[name] for name in ("price", "delivery_date") if name in body}
    if "amount" in body:
        values["amount"] = whole_amount(body, least=0)
        if values["amount"] < old.amountreceived:
            raise PicqerError(WRONG_STATUS, "Amount is lower than the amount already received")
    line = msgspec.structs.replace(old, **values)
    _replace_line(store, order, line)
    return line


def remove_line(store: PicqerStore, order: PurchaseOrder, number: str) -> None:
    """Remove a line of which nothing was received.

    Raises PicqerError: code 27 for a line of another order, 21 when the order has ended or goods came in.
    """
    line = _own_line(store, order, number)
    _must_be(order, *_OPEN)
    if line.amountreceived:
        raise PicqerError(WRONG_STATUS, "Product is already received")
    rest = [other for other in order.products if other is not line]
    store.change(order, products=rest, updated=store.stamp())


def _own_line(store: PicqerStore, order: PurchaseOrder, number: str) -> PurchaseLine:
    for line in order.products:
        if str(line.idpurchaseorder_product) == number:
            return line
    others = store.purchaseorders.rows.values()
    if any(str(line.idpurchaseorder_product) == number for other in others for line in other.products):
        raise PicqerError(LINE_NOT_FOUND, "Product not found on purchase order")
    raise not_found("Purchase order product")


def _replace_line(store: PicqerStore, order: PurchaseOrder, line: PurchaseLine) -> PurchaseOrder:
    number = line.idpurchaseorder_product
    lines = [line if other.idpurchaseorder_product == number else other for other in order.products]
    return store.change(order, products=lines, updated=store.stamp())


def receive(store: PicqerStore, order: PurchaseOrder, number: int, amount: int) -> PurchaseOrder:
    """Count received goods on a line (below zero for a reverted receipt) and end or reopen the order accordingly."""
    line = next(line for line in order.products if line.idpurchaseorder_product == number)
    order = _replace_line(store, order, msgspec.structs.replace(line, amountreceived=line.amountreceived + amount))
    complete = all(line.amountreceived >= line.amount for line in order.products)
    if complete and order.status == "purchased":
        return store.change(order, status="received", completed_at=order.updated)
    if not complete and order.status == "received" and amount < 0:
        return store.change(order, status="purchased", completed_at=None, completed_by_iduser=None)
    return order
