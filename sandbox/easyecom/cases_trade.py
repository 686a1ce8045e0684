"""One purchase order, goods receipt and order for each awkward case, with the ids in `EasyStore.cases`."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.easyecom import purchasing, receiving, selling
from sandbox.easyecom.cases_catalogue import MAIN, SECOND
from sandbox.easyecom.rows import Order, PoItem, Product, PurchaseOrder, Receipt, Vendor
from sandbox.easyecom.store import EasyStore

MARKER = "OPTIPLY-990001"
BARE = "990002"
"""Reference codes that an exporter may have written in another life."""


def add_trade_cases(store: EasyStore) -> None:
    """Add the awkward purchase orders, receipts and orders."""
    _statuses(store)
    _purchases(store)
    _receipts(store)
    _orders(store)


def _item(store: EasyStore, case: str, quantity: int, price: str = "60", tax: str | int = 0) -> PoItem:
    return purchasing.line_of(store, store.products.rows[store.cases[case]], quantity, Decimal(price), tax)


def _purchase(
    store: EasyStore, case: str, days: float, reference: str | None, *items: PoItem, vendor: str = "vendor",
    status: int = 3, **more: Any,  # noqa: ANN401
) -> PurchaseOrder:
    """Place an order at the main location some days before the account's first day."""
    row: Vendor = store.vendors.rows[store.cases[vendor]]
    with store.at(store.clock.start - timedelta(days=days)):
        order = purchasing.place(store, MAIN, row, items or (_item(store, "product", 10),), reference, status)
    store.cases[case] = order.po_id
    return store.change(order, **more) if more else order


def _statuses(store: EasyStore) -> None:
    """Add one order for each status that there is."""
    for status in [number for number in range(1, 17) if number != 10]:
        days = 50 - status
        order = _purchase(store, f"purchase order of status {status}", days, f"ST-{status}", status=status)
        if status in purchasing.FINAL:
            moved = store.stamp(store.clock.start - timedelta(days=days - 4))
            store.change(order, po_updated_date=moved)


def _purchases(store: EasyStore) -> None:
    _purchase(store, "purchase order of nobody", 30, "Auto PO")
    _purchase(store, "purchase order of nobody again", 29, "Auto PO", _item(store, "product beside it", 4))
    taxed = _item(store, "product", 3, "70.80", "18%")
    _purchase(store, "purchase order with tax", 28, "TAX-1", taxed, _item(store, "product beside it", 2))
    _purchase(store, "purchase order of a doubled name", 27, "TWIN-1", vendor="vendor with that name again")
    _purchase(store, "purchase order without a code", 26, "NOCODE", vendor="vendor without a code")
    _purchase(store, "purchase order of an unknown name", 25, "WHO", vendor_name="Nobody We Know", vendor_code=None)
    _purchase(
        store, "purchase order of a doubled name without a code", 24, None,
        vendor="vendor with that name again", vendor_code="",
    )
    place = store.locations.rows[SECOND]
    _purchase(
        store, "purchase order at a location", 23, "TRANSFER-1",
        vendor_name=place.location_name, vendor_c_id=SECOND, vendor_code=None,
    )
    lost = msgspec.structs.replace(_item(store, "product", 2), sku="EE-NEVER", product_id=1)
    _purchase(store, "purchase order of an unknown SKU", 22, "LOST-1", lost, _item(store, "product", 1))
    _purchase(store, "purchase order with a line of nothing", 21, "ZERO-1", _item(store, "product", 0))
    twice = (_item(store, "product", 2), _item(store, "product", 3, "61"))
    _purchase(store, "purchase order with a product twice", 20, "TWICE-1", *twice)
    for case, days in (("purchase order with a marker", 19.0), ("purchase order with that marker again", 18.9)):
        _purchase(store, case, days, MARKER)
    _purchase(store, "purchase order with a bare id", 18, BARE)
    untidy = {"total_po_value": "", "po_updated_date": "0000-00-00 00:00:00", "po_items.0.tax_rate": "NA"}
    untidy |= {"expected_delivery_date": "-", "po_items.0.original_quantity": "10"}
    _purchase(store, "purchase order untidy", 17, "UNTIDY-1", status=5, said=untidy)
    wrong = {"total_po_value": "999999.0000"}
    _purchase(store, "purchase order whose sum is wrong", 16, "SUM-1", said=wrong)
    _purchase(store, "purchase order that is completed later", 15, "LATER-1")


def _receive(
    store: EasyStore, case: str, days: float, order: PurchaseOrder, *quantities: int, status: int = 5, back: float = 0
) -> Receipt:
    order = store.purchase_orders.rows[order.po_id]
    lines = [line.purchase_order_detail_id for line in order.items]
    moment = store.clock.start - timedelta(days=days)
    with store.at(moment):
        goods = dict(zip(lines, quantities, strict=False))
        receipt = receiving.receive(store, order, goods, status=status, dated=moment - timedelta(days=back))
    store.cases[case] = receipt.grn_id
    return receipt


def _receipts(store: EasyStore) -> None:
    parts = _purchase(store, "purchase order received in parts", 14, "PARTS-1")
    _receive(store, "receipt of a part", 12, parts, 4)
    _receive(store, "receipt of the rest", 9, parts, 6)
    counted = _purchase(store, "purchase order being counted", 13, "COUNT-1", _item(store, "product", 20))
    _receive(store, "receipt in progress", 4, counted, 8, status=2)
    gone = _purchase(store, "purchase order of a deleted receipt", 12, "DEL-1")
    receiving.delete(store, _receive(store, "receipt deleted", 6, gone, 3))
    late = _purchase(store, "purchase order of a receipt of the past", 11, "BACK-1")
    _receive(store, "receipt of the past", 2, late, 5, back=2)
    nothing = _purchase(store, "purchase order of an empty receipt", 10, "EMPTY-1")
    _receive(store, "receipt of nothing", 5, nothing, 0)
    own = _purchase(
        store, "purchase order of the house itself", 9, "Auto PO",
        vendor_name=store.main().location_name, vendor_c_id=MAIN, vendor_code=None,
    )
    _receive(store, "receipt from oneself", 8.9, own, 10)
    odd = _receive(store, "receipt of an unknown line", 3, nothing, 1)
    strange = [msgspec.structs.replace(item, purchase_order_detail_id=1) for item in odd.items]
    store.change(odd, items=strange, said={"total_grn_value": "NA", "grn_items.0.received_quantity": "1"})


def _order(store: EasyStore, case: str, days: float, *items: tuple[str, int], **more: Any) -> Order:  # noqa: ANN401
    chosen: list[tuple[Product, int]] = [(store.products.rows[store.cases[name]], n) for name, n in items]
    with store.at(store.clock.start - timedelta(days=days)):
        order = selling.place(store, MAIN, chosen or [(store.products.rows[store.cases["product"]], 1)], **more)
    store.cases[case] = order.row_id
    return order


def _orders(store: EasyStore) -> None:
    pair = (("product", 1), ("product beside it", 2))
    split = _order(store, "order split", 20, *pair)
    with store.at(store.clock.start - timedelta(days=19)):
        store.cases["order split, its second row"] = selling.split(store, split).row_id
        selling.set_status(store, store.orders.rows[split.row_id], selling.SHIPPED)
    half = _order(store, "order split and half of it cancelled", 19, *pair)
    with store.at(store.clock.start - timedelta(days=18)):
        selling.set_status(store, selling.split(store, half), selling.CANCELLED)
    for case, days, status, text in (
        ("order cancelled", 18.0, selling.CANCELLED, None),
        ("order that says cancelled with another number", 17.0, selling.OPEN, "Cancelled"),
        ("order delivered", 16.0, selling.DELIVERED, None),
        ("order returned", 15.0, selling.RETURNED, None),
    ):
        order = _order(store, case, days)
        with store.at(store.clock.start - timedelta(days=days - 1)):
            selling.set_status(store, order, status, text)
    _order(store, "order cancelled later", 3)
    _order(store, "order split later", 2.5, *pair)
    _order(store, "order of a transfer", 14, key="stocktransferorder")
    _order(store, "order of production", 13, key="productionorder")
    _order(store, "order of a business", 12, *pair, key="businessorder")
    free = _order(store, "order of a replacement", 11)
    lines = [msgspec.structs.replace(line, selling_price="0.00") for line in free.suborders]
    store.change(free, suborders=lines, replacement_order=1, total_amount=0)
    less = _order(store, "order with a line cancelled", 10, *pair)
    lines = [less.suborders[0], msgspec.structs.replace(less.suborders[1], item_quantity=0, cancelled_quantity=2)]
    store.change(less, suborders=lines, said={"total_amount": str(less.total_amount)})
    none = _order(store, "order with nothing left", 9)
    store.change(none, suborders=[msgspec.structs.replace(none.suborders[0], item_quantity=0, cancelled_quantity=1)])
    _order(store, "order without an invoice", 8, invoiced=False)
    _order(store, "order with a product twice", 7, ("product", 1), ("product", 2))
    _order(store, "order of a combo", 6, ("combo of three parts", 1))
    lost = _order(store, "order with an unknown SKU", 5, *pair)
    lines = [lost.suborders[0], msgspec.structs.replace(lost.suborders[1], sku="EE-NEVER", product_id=1)]
    store.change(lost, suborders=lines)
    _order(store, "order of an inactive product", 4.5, ("product inactive", 1))
    untidy = {"manifest_date": "0000-00-00 00:00:00", "delivery_date": "NA", "total_amount": "118.00"}
    odd = _order(store, "order untidy", 4)
    said = {"suborders.0.selling_price": 118, "suborders.0.item_quantity": "1", "suborder_count": 1}
    store.change(odd, said=untidy | said)
