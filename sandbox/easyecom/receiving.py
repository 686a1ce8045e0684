"""Goods receipts of the EasyEcom sandbox: what comes in, in one go or in parts, and what is corrected afterwards."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import msgspec

from sandbox.easyecom import purchasing
from sandbox.easyecom.rows import Copy, GrnItem, PoItem, PurchaseOrder, Receipt
from sandbox.easyecom.store import EasyStore

STATUSES = {1: "CREATED", 2: "In Progress", 3: "QC Complete", 4: "Deleted", 5: "Completed"}


def receive(
    store: EasyStore, order: PurchaseOrder, goods: Mapping[int, int], *, status: int = 5, dated: datetime | None = None
) -> Receipt:
    """Receive goods of an order, given by the line's id; `dated` is an earlier day that the receipt claims."""
    lines = {line.purchase_order_detail_id: line for line in order.items}
    items = [
        GrnItem(
            grn_detail_id=store.new_id("grn lines"),
            purchase_order_detail_id=number,
            product_id=lines[number].product_id,
            sku=lines[number].sku,
            received_quantity=quantity,
            grn_detail_price=float(Decimal(lines[number].item_price) * quantity),
            available=quantity,
        )
        for number, quantity in goods.items()
    ]
    receipt = Receipt(
        grn_id=store.new_id("receipts"),
        po_id=order.po_id,
        c_id=order.c_id,
        grn_status_id=status,
        grn_status=STATUSES[status],
        grn_created_at=store.stamp(dated),
        vendor_name=order.vendor_name,
        vendor_c_id=order.vendor_c_id,
        items=items,
    )
    store.put(receipt)
    purchasing.take_in(store, order, dict(goods))
    for item in items:
        move_stock(store, item.product_id, order.c_id, item.received_quantity)
    return receipt


def complete(store: EasyStore, receipt: Receipt, quantities: Mapping[int, int] | None = None) -> Receipt:
    """Finish a receipt, with other quantities by line id where the count came out differently."""
    counted = quantities or {}
    items = [
        msgspec.structs.replace(item, received_quantity=counted.get(item.grn_detail_id, item.received_quantity))
        for item in receipt.items
    ]
    return store.change(receipt, items=items, grn_status_id=5, grn_status=STATUSES[5])


def delete(store: EasyStore, receipt: Receipt) -> Receipt:
    """Delete a receipt: it stays in the list with another status."""
    return store.change(receipt, grn_status_id=4, grn_status=STATUSES[4])


def drift(store: EasyStore, receipt: Receipt) -> Receipt:
    """Let some of what was received be sold: the receipt's buckets change, its quantities do not."""
    items = [
        msgspec.structs.replace(item, available=item.available - 1, sold=item.sold + 1) if item.available else item
        for item in receipt.items
    ]
    return store.change(receipt, items=items)


def move_stock(store: EasyStore, product_id: int, c_id: int, quantity: int) -> None:
    """Change what a location has of a product; a product that is not there changes nothing."""
    product = store.products.rows.get(product_id)
    if product is None or c_id not in product.copies or product.product_type == "combo_product":
        return
    copy = product.copies[c_id]
    changed: dict[str, object] = {
        "copies": {**product.copies, c_id: Copy(copy.cp_id, max(0, copy.inventory + quantity))}
    }
    if store.settings.stock_moves_updated:
        changed["updated_at"] = store.stamp()
    store.change(product, **changed)


def line_for(store: EasyStore, sku: str, given: Mapping[str, object]) -> PoItem:
    """Return the line of the order that is made for goods that nobody ordered; the SKU must exist."""
    product = store.by_sku(sku)
    assert product is not None
    quantity, cost = int(str(given.get("quantity", 0))), Decimal(str(given.get("cost", 0)))
    return purchasing.line_of(store, product, quantity, cost)
