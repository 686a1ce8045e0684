"""Where the records of an account come from, for `snapshot why`."""

from etl.inward.why import Origins

ORIGINS = Origins(
    "Picqer",
    {
        "products": ("products", "idproduct"),
        "suppliers": ("suppliers", "idsupplier"),
        "sellOrders": ("orders", "idorder"),
        "buyOrders": ("purchase_orders", "idpurchaseorder"),
        "receiptLines": ("receipts", "idreceipt"),
    },
    {"orders": "orderid", "purchase_orders": "purchaseorderid"},
)
