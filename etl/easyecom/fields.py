"""What EasyEcom's mapping table may name: Optiply's fields from the vocabulary, and EasyEcom's own.

A name with a colon is worked out by a rule (etl/easyecom/rules/); what stands before it says which.
"""

from etl.easyecom.shapes import NESTED, PRODUCT
from etl.inward.fields import trade_table
from etl.inward.parts import COLUMNS

OWN_FIELD = "custom_fields."
_PRODUCT = (
    *(name for name in PRODUCT.__struct_encode_fields__ if name not in NESTED),
    "product:id", "product:name", "product:price", "product:stock", "product:assembled", "product:unlimited",
)  # fmt: skip

FIELDS = trade_table(
    "EasyEcom",
    {
        "products": _PRODUCT,
        "productCompositions": COLUMNS,
        "suppliers": ("supplier:id", "supplier:name"),
        "supplierProducts": (*_PRODUCT, "offer:pair", "offer:supplier", "offer:sku"),
        "sellOrders": ("sale:id", "sale:placed", "sale:completed", "sale:total"),
        "buyOrders": ("po_id", "po_created_date", "purchase:supplier", "purchase:completed", "purchase:total"),
        "buyOrderLines": (
            "purchase_order_detail_id", "po_id", "line:product", "original_quantity", "line:subtotal"
        ),
        "receiptLines": ("grn_detail_id", "purchase_order_detail_id", "received_quantity", "grn_created_at"),
    },
    OWN_FIELD,
)  # fmt: skip
