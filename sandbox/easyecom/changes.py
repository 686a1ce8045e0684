"""What can happen to a row of an EasyEcom account while somebody reads: copied, removed, changed or moved on."""

import msgspec

from sandbox.easyecom.rows import Copy, Kit, Location, Order, Product, PurchaseOrder, Receipt, Vendor
from sandbox.easyecom.store import EasyStore

ACTIONS = ("insert", "delete", "deactivate", "activate", "touch")
"""`insert` adds a copy of the row with new ids, `touch` moves the time of its last change."""

_CHANGED = {Vendor: "updated_at", Product: "updated_at", PurchaseOrder: "po_updated_date", Order: "last_update_date"}


def apply(store: EasyStore, row: msgspec.Struct, action: str) -> None:
    """Carry out one action on a row; an action that its kind does not know changes nothing."""
    if action == "insert":
        insert_copy(store, row)
    elif action == "delete":
        store.remove(row)
    elif type(row) in _CHANGED:
        changed: dict[str, object] = {_CHANGED[type(row)]: store.stamp()}
        if action in ("deactivate", "activate") and isinstance(row, Product | Vendor):
            changed["active"] = int(action == "activate")
        store.change(row, **changed)


def insert_copy(store: EasyStore, row: msgspec.Struct) -> None:
    """Add a copy of a row with ids and times of its own; locations and kits are never copied."""
    now = store.stamp()
    if isinstance(row, Location | Kit):
        return
    if isinstance(row, Vendor):
        number = store.new_id("vendors")
        store.change(row, vendor_c_id=number, vendor_code=f"V{number}", created_at=now, updated_at=now)
    elif isinstance(row, Product):
        number = store.new_id("products")
        copies = {c_id: Copy(store.new_id("copies"), copy.inventory) for c_id, copy in row.copies.items()}
        store.change(row, product_id=number, sku=f"COPY-{number}", copies=copies, created_at=now, updated_at=now)
    elif isinstance(row, PurchaseOrder):
        lines = [msgspec.structs.replace(one, purchase_order_detail_id=store.new_id("po lines")) for one in row.items]
        number = store.new_id("purchase_orders")
        store.change(row, po_id=number, items=lines, po_created_date=now, po_updated_date=now)
    elif isinstance(row, Receipt):
        goods = [msgspec.structs.replace(one, grn_detail_id=store.new_id("grn lines")) for one in row.items]
        store.change(row, grn_id=store.new_id("receipts"), items=goods, grn_created_at=now)
    elif isinstance(row, Order):
        sold = [msgspec.structs.replace(one, suborder_id=store.new_id("suborders")) for one in row.suborders]
        ids = {"row_id": store.new_id("orders"), "order_id": store.new_id("order ids")}
        ids["invoice_id"] = store.new_id("invoices")
        store.change(row, **ids, suborders=sold, order_date=now, import_date=now, last_update_date=now)
