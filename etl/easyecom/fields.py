"""What EasyEcom's mapping table may name: Optiply's fields from the vocabulary, and EasyEcom's own.

A name with a colon is worked out by a rule (etl/easyecom/rules/); what stands before it says which.
"""

from etl.core.mapping import MapTable
from etl.easyecom.shapes import NESTED, PRODUCT
from etl.inward.fields import ORDER_LINES, mapped_entity
from etl.inward.parts import COLUMNS
from vocabulary.optiply import (
    BUY_ORDER_LINES,
    BUY_ORDERS,
    PRODUCT_COMPOSITIONS,
    PRODUCTS,
    RECEIPT_LINES,
    SELL_ORDERS,
    SUPPLIER_PRODUCTS,
    SUPPLIERS,
)

OWN_FIELD = "custom_fields."
PLAIN = tuple(name for name in PRODUCT.__struct_encode_fields__ if name not in NESTED)
_WORKED_OUT = ("product:id", "product:name", "product:price", "product:stock", "product:assembled", "product:unlimited")

FIELDS = MapTable(
    source="EasyEcom",
    destination="Optiply",
    own="products",
    entities={
        "products": mapped_entity(
            PRODUCTS,
            ("name", "status", "stockLevel", "unlimitedStock"),
            (*PLAIN, *_WORKED_OUT),
            OWN_FIELD,
            remoteId=None,
            status="enabled",
        ),
        "productCompositions": mapped_entity(
            PRODUCT_COMPOSITIONS, ("composedProductRemoteId", "partProductRemoteId", "partQuantity"), COLUMNS
        ),
        "suppliers": mapped_entity(SUPPLIERS, ("name",), ("supplier:id", "supplier:name"), name="text_cut_255"),
        "supplierProducts": mapped_entity(
            SUPPLIER_PRODUCTS,
            ("name", "productRemoteId", "supplierRemoteId"),
            (*PLAIN, *_WORKED_OUT, "offer:pair", "offer:supplier", "offer:sku"),
            status="enabled",
        ),
        "sellOrders": mapped_entity(
            SELL_ORDERS, ("placed", "totalValue"), ("sale:id", "sale:placed", "sale:completed", "sale:total")
        ),
        "orderLines": ORDER_LINES,
        "buyOrders": mapped_entity(
            BUY_ORDERS,
            ("placed", "totalValue", "supplierRemoteId"),
            ("po_id", "po_created_date", "po_updated_date", "purchase:supplier", "purchase:completed",
             "purchase:total"),
        ),
        "buyOrderLines": mapped_entity(
            BUY_ORDER_LINES,
            ("buyOrderRemoteId", "productRemoteId", "quantity", "subtotalValue"),
            ("purchase_order_detail_id", "po_id", "line:product", "original_quantity", "line:subtotal"),
        ),
        "receiptLines": mapped_entity(
            RECEIPT_LINES,
            ("buyOrderLineRemoteId", "occurred", "quantity"),
            ("grn_detail_id", "purchase_order_detail_id", "received_quantity", "grn_created_at"),
        ),
    },
)  # fmt: skip
