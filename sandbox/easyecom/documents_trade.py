"""The JSON of the EasyEcom sandbox for what is traded: purchase orders, goods receipts and orders."""

from decimal import Decimal

from sandbox.easyecom.documents import Json, untidy
from sandbox.easyecom.rows import Order, PurchaseOrder, Receipt, Suborder
from sandbox.easyecom.store import EasyStore


def purchase_order_json(store: EasyStore, row: PurchaseOrder) -> Json:
    """Tell a purchase order with its lines."""
    place = store.locations.rows[row.c_id]
    total = sum((Decimal(line.item_price) * line.original_quantity for line in row.items), Decimal(0))
    told = {
        "po_id": row.po_id,
        "po_number": row.po_number,
        "po_ref_num": row.po_ref_num,
        "total_po_value": f"{total:.4f}",
        "po_status_id": row.po_status_id,
        "po_created_date": row.po_created_date,
        "po_updated_date": row.po_updated_date,
        "po_created_warehouse": place.location_name,
        "po_created_warehouse_c_id": row.c_id,
        "po_created_location_key": place.location_key,
        "vendor_name": row.vendor_name,
        "vendor_c_id": row.vendor_c_id,
        "vendor_code": row.vendor_code,
        "vendor_location_key": "",
        "expected_delivery_date": row.expected_delivery_date,
        "po_items": [
            {
                "purchase_order_detail_id": line.purchase_order_detail_id,
                "cp_id": _cp_id(store, line.product_id, row.c_id),
                "product_id": line.product_id,
                "sku": line.sku,
                "hsn": "4901",
                "model_no": "NA",
                "ean": "",
                "product_description": None,
                "original_quantity": line.original_quantity,
                "pending_quantity": line.pending_quantity,
                "item_price": line.item_price,
                "tax_rate": line.tax_rate,
                "tax_type": line.tax_type,
            }
            for line in row.items
        ],
    }
    return untidy(told, row.said)


def _cp_id(store: EasyStore, product_id: int | None, c_id: int) -> int | None:
    copy = store.copy_of(product_id, c_id)
    return copy.cp_id if copy is not None else None


def receipt_json(store: EasyStore, row: Receipt) -> Json:
    """Tell a goods receipt with its lines."""
    place, order = store.locations.rows[row.c_id], store.purchase_orders.rows.get(row.po_id)
    lines = {line.purchase_order_detail_id: line for line in order.items} if order is not None else {}
    told = {
        "grn_id": row.grn_id,
        "grn_invoice_number": row.grn_invoice_number,
        "total_grn_value": round(sum(line.grn_detail_price for line in row.items), 4),
        "grn_status_id": row.grn_status_id,
        "grn_status": row.grn_status,
        "grn_created_at": row.grn_created_at,
        "grn_invoice_date": row.grn_created_at[:10],
        "po_id": row.po_id,
        "po_number": order.po_number if order is not None else None,
        "po_ref_num": order.po_ref_num if order is not None else None,
        "po_status_id": order.po_status_id if order is not None else None,
        "po_created_date": order.po_created_date if order is not None else None,
        "po_updated_date": order.po_updated_date if order is not None else None,
        "inwarded_warehouse": place.location_name,
        "inwarded_warehouse_c_id": row.c_id,
        "vendor_name": row.vendor_name,
        "vendor_c_id": row.vendor_c_id,
        "grn_items": [
            {
                "grn_detail_id": item.grn_detail_id,
                "purchase_order_detail_id": item.purchase_order_detail_id,
                "cp_id": _cp_id(store, item.product_id, row.c_id),
                "product_id": item.product_id,
                "sku": item.sku,
                "product_description": None,
                "original_quantity": getattr(lines.get(item.purchase_order_detail_id), "original_quantity", None),
                "pending_quantity": getattr(lines.get(item.purchase_order_detail_id), "pending_quantity", None),
                "received_quantity": item.received_quantity,
                "grn_detail_price": item.grn_detail_price,
                "batch_code": "NA",
                "grn_details_status_name": row.grn_status,
                "available": item.available,
                "sold": item.sold,
                "reserved": 0,
                "lost": 0,
                "damaged": 0,
            }
            for item in row.items
        ],
    }
    return untidy(told, row.said)


def order_json(store: EasyStore, row: Order, *, lines: str = "suborders") -> Json:
    """Tell a row of the list of orders, with the personal fields that the API sends along."""
    place = store.locations.rows[row.c_id]
    told = {
        "invoice_id": row.invoice_id,
        "order_id": row.order_id,
        "reference_code": row.reference_code,
        "location_key": place.location_key,
        "warehouseId": row.c_id,
        "company_name": place.location_name,
        "order_type": row.order_type,
        "order_type_key": row.order_type_key,
        "replacement_order": row.replacement_order,
        "marketplace": "Shop",
        "marketplace_id": 64 if row.order_type == "B2B" else 8,
        "order_date": row.order_date,
        "import_date": row.import_date,
        "invoice_date": row.invoice_date,
        "last_update_date": row.last_update_date,
        "manifest_date": row.manifest_date,
        "delivery_date": row.delivery_date,
        "tat": "0000-00-00 00:00:00",
        "order_status": row.order_status,
        "order_status_id": row.order_status_id,
        "order_quantity": sum(line.item_quantity for line in row.suborders),
        "total_amount": row.total_amount,
        "invoice_currency_code": "INR",
        "suborder_count": str(len(row.suborders)),
        "documents": None,
        "customer_name": "A. Customer",
        "contact_num": "0000000000",
        "email": "customer@example.com",
        "address_line_1": "3 Private Street",
        lines: [_suborder(store, row, line) for line in row.suborders],
    }
    return untidy(told, row.said)


def _suborder(store: EasyStore, order: Order, line: Suborder) -> Json:
    told = {
        "suborder_id": line.suborder_id,
        "suborder_num": f"{order.reference_code}-1",
        "item_status": line.item_status,
        "suborder_quantity": line.item_quantity + line.cancelled_quantity,
        "item_quantity": line.item_quantity,
        "cancelled_quantity": line.cancelled_quantity,
        "returned_quantity": 0,
        "shipped_quantity": line.item_quantity if order.order_status_id in (5, 6) else 0,
        "selling_price": line.selling_price,
        "tax": f"{Decimal(line.selling_price) * 18 / 118:.2f}",
        "tax_rate": 18,
        "product_id": line.product_id,
        "company_product_id": _cp_id(store, line.product_id, order.c_id),
        "sku": line.sku,
        "sku_type": "Normal",
        "sub_product_count": 0,
        "marketplace_sku": line.sku,
        "productName": line.sku,
        "ean": "NA",
    }
    return untidy(told, line.said)
