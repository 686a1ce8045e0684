"""Purchase orders of the EasyEcom sandbox: placed by a program or by people, moved on from status to status."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from sandbox.easyecom.errors import EasyError
from sandbox.easyecom.rows import PoItem, Product, PurchaseOrder, Vendor
from sandbox.easyecom.store import EasyStore

APPROVED, REJECTED, COMPLETED, CANCELLED = 3, 4, 5, 7
FINAL = (REJECTED, COMPLETED, CANCELLED)
"""Statuses that no purchase order leaves."""


def line_of(
    store: EasyStore, product: Product, quantity: int, price: Decimal, tax_rate: str | int = 0
) -> PoItem:
    """Return a new line of which nothing was received; the price is the one that is stored."""
    return PoItem(
        purchase_order_detail_id=store.new_id("po lines"),
        product_id=product.product_id,
        sku=product.sku,
        original_quantity=quantity,
        pending_quantity=quantity,
        item_price=f"{price:.4f}",
        tax_rate=tax_rate,
    )


def place(
    store: EasyStore, c_id: int, vendor: Vendor, items: Sequence[PoItem], reference: str | None, status: int = APPROVED
) -> PurchaseOrder:
    """Place a purchase order at a location, now."""
    number = store.new_id("purchase_orders")
    now = store.stamp()
    order = PurchaseOrder(
        po_id=number,
        po_number=number - 400_000,
        po_ref_num=reference,
        c_id=c_id,
        po_status_id=status,
        po_created_date=now,
        po_updated_date=now,
        vendor_name=vendor.vendor_name,
        vendor_c_id=vendor.vendor_c_id,
        vendor_code=vendor.vendor_code,
        items=list(items),
    )
    store.put(order)
    return order


def set_status(store: EasyStore, order: PurchaseOrder, status: int) -> PurchaseOrder:
    """Move an order to a status.

    Raises:
        EasyError: With the code under `status`, if the order is in a final one, or would go back for approval.
    """
    if order.po_status_id == status == APPROVED:
        raise EasyError(400, "purchase order is already in Approved status", under="status")
    if status == 2:
        raise EasyError(400, "PO cannot be moved to Waiting for Approval status", under="status")
    if order.po_status_id in FINAL:
        raise EasyError(400, "PO status cannot be changed", under="status")
    return store.change(order, po_status_id=status, po_updated_date=store.stamp())


def take_in(store: EasyStore, order: PurchaseOrder, goods: dict[int, int]) -> PurchaseOrder:
    """Lower what a line still waits for, by line id; nothing pending completes the order."""
    items = [
        msgspec.structs.replace(
            line, pending_quantity=max(0, line.pending_quantity - goods.get(line.purchase_order_detail_id, 0))
        )
        for line in order.items
    ]
    changed: dict[str, object] = {"items": items}
    done = order.po_status_id not in FINAL and not any(line.pending_quantity for line in items)
    if done:
        changed["po_status_id"] = COMPLETED
    if done or store.settings.receipt_moves_updated:
        changed["po_updated_date"] = store.stamp()
    return store.change(order, **changed)
