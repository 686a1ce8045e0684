"""What Picqer's mapping table may name: Optiply's fields from the vocabulary, and Picqer's own.

A name with a colon is worked out by a rule (etl/picqer/rules/); what stands before it says which.
"""

from etl.core.fitting import conversions_of
from etl.core.mapping import MapEntity, MapTable
from etl.inward.fields import ORDER_LINES, mapped_entity
from etl.picqer.shapes import PicqerProduct
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

OWN_FIELD = "productfields."
_NESTED = ("stock", "productfields")
PLAIN = tuple(name for name in PicqerProduct.__struct_encode_fields__ if name not in _NESTED)
_PURCHASE = ("idpurchaseorder", "idsupplier", "created", "updated", "delivery_date")


FIELDS = MapTable(
    source="Picqer",
    destination="Optiply",
    own="products",
    entities={
        "products": MapEntity(
            fields={
                "remoteId": None,
                **{name: kind for name, kind in conversions_of(PRODUCTS).items() if name != "remoteDataSyncedToDate"},
                "name": "text_or_empty",
                "status": "enabled",
            },
            needed=("remoteId", "name", "status", "stockLevel", "unlimitedStock"),
            sources=(*PLAIN, "stock:free", "type:unlimited", "type:assembled"),
            custom=OWN_FIELD,
        ),
        "productCompositions": mapped_entity(
            PRODUCT_COMPOSITIONS,
            ("composedProductRemoteId", "partProductRemoteId", "partQuantity"),
            ("part:pair", "part:composition", "part:product", "part:amount"),
        ),
        "suppliers": mapped_entity(
            SUPPLIERS, ("name",), ("idsupplier", "supplier:name", "supplier:ignored"), name="text_cut_255"
        ),
        "supplierProducts": mapped_entity(
            SUPPLIER_PRODUCTS,
            ("name", "productRemoteId", "supplierRemoteId"),
            (*PLAIN, "offer:pair", "offer:code", "offer:preferred"),
            name="text_or_empty",
            status="enabled",
        ),
        "sellOrders": mapped_entity(
            SELL_ORDERS,
            ("placed", "totalValue"),
            ("idorder", "created", "updated", "status", "sale:completed", "sale:total"),
        ),
        "buyOrders": mapped_entity(
            BUY_ORDERS,
            ("placed", "totalValue", "supplierRemoteId"),
            (*_PURCHASE, "purchase:completed", "purchase:total"),
        ),
        "orderLines": ORDER_LINES,
        "buyOrderLines": mapped_entity(
            BUY_ORDER_LINES,
            ("buyOrderRemoteId", "productRemoteId", "quantity", "subtotalValue"),
            ("idpurchaseorder_product", "idpurchaseorder", "idproduct", "amount", "line:subtotal", "line:delivery"),
        ),
        "receiptLines": mapped_entity(
            RECEIPT_LINES,
            ("buyOrderLineRemoteId", "occurred", "quantity"),
            ("idreceipt_product", "idpurchaseorder_product", "amount", "receipt:occurred"),
        ),
    },
)
