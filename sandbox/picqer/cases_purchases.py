"""One purchase order and one receipt for each awkward case, with the ids in `PicqerStore.cases`."""

from datetime import datetime, timedelta, timezone
from typing import Any

from sandbox.picqer import purchasing, receiving
from sandbox.picqer.cases_catalogue import REMOVED_SUPPLIER
from sandbox.picqer.rows import PurchaseLine, PurchaseOrder, Receipt
from sandbox.picqer.store import PicqerStore

_SECOND = 12
DOUBLED_HOUR = datetime(2025, 10, 26, 0, 30, tzinfo=timezone.utc)
"""02:30 in Amsterdam for the first time that night; an hour later it is 02:30 again."""
MISSING_HOUR = datetime(2025, 3, 30, 0, 59, 30, tzinfo=timezone.utc)
"""01:59:30 in Amsterdam; a minute later it is 03:00:30."""


def add_purchase_cases(store: PicqerStore) -> None:
    """Add the awkward purchase orders and receipts."""
    _orders(store)
    _fulfilment(store)
    _odd_rows(store)
    _nights(store)
    _receipts(store)


def _create(store: PicqerStore, case: str, days: float, *amounts: int, **body: Any) -> PurchaseOrder:  # noqa: ANN401
    """Place a concept order some days before the account's first day, for the plain product and the next ones."""
    first = store.cases["product"]
    products = [{"idproduct": first + n, "amount": amount} for n, amount in enumerate(amounts)]
    with store.at(store.clock.start - timedelta(days=days)):
        order = purchasing.create(
            store, {"idsupplier": store.cases["supplier"], "products": products, **body}
        )
    store.cases[case] = order.idpurchaseorder
    return order


def _purchase(store: PicqerStore, order: PurchaseOrder, days: float) -> PurchaseOrder:
    with store.at(store.clock.start - timedelta(days=days)):
        return purchasing.mark_as_purchased(store, store.purchaseorders.rows[order.idpurchaseorder])


def _receive(store: PicqerStore, case: str, days: float, body: dict[str, Any], *goods: tuple[int, int]) -> Receipt:
    """Receive goods, given as pairs of product id and amount, and complete the receipt."""
    with store.at(store.clock.start - timedelta(days=days)):
        number = receiving.create(store, body).idreceipt
        for idproduct, amount in goods:
            receiving.add(store, store.receipts.rows[number], {"idproduct": idproduct, "amount": amount})
    with store.at(store.clock.start - timedelta(days=days) + timedelta(minutes=20)):
        receipt = receiving.complete(store, store.receipts.rows[number])
    store.cases[case] = number
    return receipt


def _orders(store: PicqerStore) -> None:
    first = store.cases["product"]
    _create(store, "purchase order concept", 30, 10, 4)
    _purchase(store, _create(store, "purchase order purchased", 29, 10, 5, delivery_date="2026-02-02"), 28.5)
    part = _purchase(store, _create(store, "purchase order received in part", 28, 10, 6), 27.9)
    body = {"idpurchaseorder": part.idpurchaseorder}
    _receive(store, "receipt of a part", 20, body, (first, 4))
    whole = _purchase(store, _create(store, "purchase order received", 27, 8), 26.9)
    _receive(store, "receipt of version 1", 19, {"idpurchaseorder": whole.idpurchaseorder, "version": 1}, (first, 8))
    over = _purchase(store, _create(store, "purchase order received beyond its amount", 26, 5), 25.9)
    _receive(store, "receipt of too much", 18, {"idpurchaseorder": over.idpurchaseorder}, (first, 9))
    ended = _create(store, "purchase order cancelled", 25, 3)
    closed = _purchase(store, _create(store, "purchase order closed", 24, 20), 23.9)
    _receive(store, "receipt before closing", 17, {"idpurchaseorder": closed.idpurchaseorder}, (first, 12))
    with store.at(store.clock.start - timedelta(days=16)):
        purchasing.cancel(store, ended)
        purchasing.close(store, store.purchaseorders.rows[closed.idpurchaseorder])
    _create(store, "purchase order of a name", 23, 6, idsupplier=None, supplier_name="Marktkoopman Jansen")
    _purchase(store, _create(store, "purchase order of the second warehouse", 22, 6, idwarehouse=_SECOND), 21.9)
    for case in ("purchase order with a marker", "purchase order with that marker again"):
        _create(store, case, 21, 6, supplier_orderid="OPTIPLY-990001")


def _fulfilment(store: PicqerStore) -> None:
    """Add an order of the fulfilment customer, whose key knows suppliers by name only."""
    line = {"idproduct": store.cases["product of a fulfilment customer"], "amount": 6}
    body = {"supplier_name": "Leverancier van een klant", "products": [line]}
    with store.at(store.clock.start - timedelta(days=20)):
        order = purchasing.create(store, body, store.settings.fulfilment_customer)
        purchasing.mark_as_purchased(store, order)
    store.cases["purchase order of a fulfilment customer"] = order.idpurchaseorder


def _odd_rows(store: PicqerStore) -> None:
    """Add orders that the API would not make: odd by age, by the web application or by a product that was deleted."""
    product = store.products.rows[store.cases["product"]]

    def line(**values: Any) -> PurchaseLine:  # noqa: ANN401
        number = store.new_id("purchaseorder lines")
        plain = {"idproduct": product.idproduct, "productcode": product.productcode, "name": product.name}
        return PurchaseLine(**{**plain, "idpurchaseorder_product": number, "price": 6.25, "amount": 5, **values})

    supplier = store.cases["supplier"]
    odd: dict[str, tuple[int | None, list[PurchaseLine]]] = {
        "purchase order without supplier": (None, [line()]),
        "purchase order of a removed supplier": (REMOVED_SUPPLIER, [line()]),
        "purchase order without lines": (supplier, []),
        "purchase order with a line of 0": (supplier, [line(amount=0), line(amount=2)]),
        "purchase order with a product twice": (supplier, [line(amount=3), line(amount=4, price=5)]),
        "purchase order with a line without price": (supplier, [line(price=None)]),
        "purchase order with a line of price 0": (supplier, [line(price=0)]),
        "purchase order for a deleted product": (supplier, [line(idproduct=9_999, productcode="GONE"), line()]),
        "purchase order with dates by line": (supplier, [line(delivery_date="2026-03-01"), line(amount=1)]),
    }
    for n, (case, (idsupplier, lines)) in enumerate(odd.items()):
        _put_order(store, case, store.clock.start - timedelta(days=15, hours=n), idsupplier, lines)


def _put_order(
    store: PicqerStore, case: str, moment: datetime, idsupplier: int | None, lines: list[PurchaseLine]
) -> None:
    number, stamp = store.new_id("purchaseorders"), store.stamp(moment)
    supplier = store.suppliers.rows.get(idsupplier or 0)
    store.cases[case] = number
    store.put(
        PurchaseOrder(
            idpurchaseorder=number,
            purchaseorderid=f"P{number}",
            idsupplier=idsupplier,
            supplier_name=supplier.name if supplier is not None else None,
            idwarehouse=store.main_warehouse().idwarehouse,
            status="purchased",
            delivery_date="2026-02-10",
            created=stamp,
            updated=stamp,
            purchased_at=stamp,
            created_by_iduser=receiving.RECEIVER,
            products=lines,
        )
    )


def _nights(store: PicqerStore) -> None:
    """Add orders around the doubled hour of October and the missing hour of March, in Amsterdam's time."""
    for case, moment in {
        "purchase order in the doubled hour": DOUBLED_HOUR,
        "purchase order in the doubled hour again": DOUBLED_HOUR + timedelta(hours=1),
        "purchase order before the missing hour": MISSING_HOUR,
        "purchase order after the missing hour": MISSING_HOUR + timedelta(minutes=1),
    }.items():
        days = (store.clock.start - moment) / timedelta(days=1)
        _purchase(store, _create(store, case, days, 2), days)


def _receipts(store: PicqerStore) -> None:
    cases = store.cases
    first = cases["product"]
    order = _purchase(store, _create(store, "purchase order with a reverted receipt", 14, 10), 13.9)
    body: dict[str, Any] = {"idpurchaseorder": order.idpurchaseorder}
    receipt = _receive(store, "receipt with a reverted line", 12, body, (first, 4), (first, 3))
    with store.at(store.clock.start - timedelta(days=11)):
        receiving.revert(store, receipt, str(receipt.products[0].idreceipt_product))
    order = _purchase(store, _create(store, "purchase order with goods nobody ordered", 13, 5), 12.9)
    body = {"idpurchaseorder": order.idpurchaseorder}
    _receive(store, "receipt with goods nobody ordered", 10, body, (first + 1, 2))
    order = _purchase(store, _create(store, "purchase order being received", 12, 9), 11.9)
    with store.at(store.clock.start - timedelta(days=9)):
        receipt = receiving.create(store, {"idpurchaseorder": order.idpurchaseorder, "version": 1})
        cases["receipt of version 1 unfinished"] = receipt.idreceipt
    other = cases["supplier with a name twice"]
    for n in (1, 2):
        one = _create(store, f"purchase order {n} of one delivery", 9 - n / 10, 5, idsupplier=other)
        _purchase(store, one, 8.5)
    _receive(store, "receipt over two orders", 8, {"idsupplier": other}, (first, 8))
