"""Where the records of an account come from, for `snapshot why`."""

from __future__ import annotations

from etl.inward.why import Origins

ORIGINS = Origins(
    "EasyEcom",
    {
        "products": ("products", "cp_id"),
        "suppliers": ("vendors", "vendor_code"),
        "sellOrders": ("orders", "order_id"),
        "buyOrders": ("purchase_orders", "po_id"),
        "receiptLines": ("goods_receipts", "grn_id"),
    },
    {"orders": "reference_code", "purchase_orders": "po_number"},
)
