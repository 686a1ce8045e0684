"""The shapes of the EasyEcom records the ETL reads, as the tap puts them out; names are EasyEcom's own.

Only what a rule or a mapping reads is named. Values stay as they arrive, since one odd value must cost one record;
moments are UTC. `location_key` is the location through which a record was read.
"""

from etl.core.streams import Stream, Streams, shape
from etl.inward.why import Origins

SUB_PRODUCT = shape("SubProduct", "cpId sku product_id quantity")
CUSTOM_FIELD = shape("CustomField", "field_name value")
PRODUCT = shape(
    "EasyProduct",
    "cp_id product_id sku product_name description active created_at updated_at inventory product_type cost mrp "
    "tax_rate EANUPC hsn_code model_no size colour brand category_name accounting_sku accounting_unit weight height "
    "length width company_name c_id cp_sub_products_count location_key vendor_code",
    sub_products=SUB_PRODUCT,
    custom_fields=CUSTOM_FIELD,
)
VENDOR = shape("Vendor", "vendor_c_id vendor_code vendor_name")
LOCATION = shape("Location", "company_id location_name")
SUBORDER = shape("Suborder", "suborder_id item_quantity selling_price sku product_id company_product_id")
ORDER = shape(
    "InvoiceRow",
    "order_id invoice_id order_type order_type_key order_date last_update_date order_status order_status_id "
    "total_amount",
    suborders=SUBORDER,
)
PO_ITEM = shape("PurchaseItem", "purchase_order_detail_id sku product_id cp_id original_quantity item_price")
PURCHASE_ORDER = shape(
    "EasyPurchaseOrder",
    "po_id po_ref_num total_po_value po_status_id po_created_date po_updated_date vendor_name vendor_c_id vendor_code",
    po_items=PO_ITEM,
)
GRN_ITEM = shape("ReceiptItem", "grn_detail_id purchase_order_detail_id received_quantity")
RECEIPT = shape("GoodsReceipt", "grn_id grn_status_id grn_status grn_created_at", grn_items=GRN_ITEM)
NESTED = ("vendor_code", "sub_products", "custom_fields")
"""Fields of a product that a mapping cannot name."""

STREAMS = Streams(
    "EasyEcom",
    (
        Stream("vendors", VENDOR, "vendor_c_id"),
        Stream("locations", LOCATION, "company_id"),
        Stream(
            "products",
            PRODUCT,
            "cp_id",
            nested={"vendor_code": list[str], "sub_products": list[SUB_PRODUCT], "custom_fields": list[CUSTOM_FIELD]},  # type: ignore[valid-type]  # made at run time
        ),
        Stream("orders", ORDER, "order_id", nested={"suborders": list[SUBORDER]}),  # type: ignore[valid-type]
        Stream("purchase_orders", PURCHASE_ORDER, "po_id", nested={"po_items": list[PO_ITEM]}),  # type: ignore[valid-type]
        Stream("goods_receipts", RECEIPT, "grn_id", nested={"grn_items": list[GRN_ITEM]}),  # type: ignore[valid-type]
    ),
)

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
"""Where records come from, for `snapshot why`."""
