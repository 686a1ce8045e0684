"""The shapes of the Picqer records the ETL reads, as the tap puts them out (Picqer API v1); names are Picqer's own.

Only what a rule reads is named; everything else in a record is skipped while parsing. Values stay as they arrive
(`Any`), since one odd value must cost one record. Moments are UTC (`2026-01-15T08:00:00Z`): the tap knows the zone.
"""

from typing import Any

from msgspec import Struct

from connector.values import id_text
from etl.core.streams import Stream, Streams


class Warehouse(Struct, gc=False):
    """One warehouse."""

    idwarehouse: Any = None
    name: Any = None
    active: Any = None


class Supplier(Struct, gc=False):
    """One supplier; `active` says in which of the two lists it stands."""

    idsupplier: Any = None
    name: Any = None
    active: Any = None


class WarehouseStock(Struct, gc=False):
    """What one warehouse has of a product."""

    idwarehouse: Any = None
    freestock: Any = None


class ProductField(Struct, gc=False):
    """One field of the account's own, with its value for a product."""

    idproductfield: Any = None
    title: Any = None
    value: Any = None


class PicqerProduct(Struct, gc=False):
    """One product, active or not, with its stock in every warehouse that has any."""

    idproduct: Any = None
    productcode: Any = None
    name: Any = None
    price: Any = None
    fixedstockprice: Any = None
    barcode: Any = None
    type: Any = None
    unlimitedstock: Any = None
    assembled: Any = None
    active: Any = None
    idsupplier: Any = None
    productcode_supplier: Any = None
    deliverytime: Any = None
    minimum_purchase_quantity: Any = None
    purchase_in_quantities_of: Any = None
    weight: Any = None
    created: Any = None
    updated: Any = None
    stock: list[WarehouseStock] | None = None
    productfields: list[ProductField] | None = None


class Part(Struct, gc=False):
    """One part of a composition: `idproduct` is the part."""

    idproduct: Any = None
    amount: Any = None


class Composition(Struct, gc=False):
    """One composition (`idproduct`) with all its parts; without any, the list is empty."""

    idproduct: Any = None
    parts: list[Part] | None = None


class PurchaseLine(Struct, gc=False):
    """One line of a purchase order; `delivery_date` is a day."""

    idpurchaseorder_product: Any = None
    idproduct: Any = None
    amount: Any = None
    amountreceived: Any = None
    price: Any = None
    delivery_date: Any = None


class PurchaseOrder(Struct, gc=False):
    """One purchase order with all its lines; `delivery_date` is a day."""

    idpurchaseorder: Any = None
    idsupplier: Any = None
    supplier_name: Any = None
    idwarehouse: Any = None
    supplier_orderid: Any = None
    remarks: Any = None
    status: Any = None
    delivery_date: Any = None
    created: Any = None
    updated: Any = None
    products: list[PurchaseLine] | None = None


class ReceiptLine(Struct, gc=False):
    """One line of a receipt; `created_at` and `reverted_at` belong to version 2."""

    idreceipt_product: Any = None
    idpurchaseorder_product: Any = None
    idproduct: Any = None
    amount: Any = None
    created_at: Any = None
    reverted_at: Any = None


class Receipt(Struct, gc=False):
    """One receipt of goods, of version 1 or 2."""

    idreceipt: Any = None
    idwarehouse: Any = None
    version: Any = None
    status: Any = None
    completed_at: Any = None
    created: Any = None
    updated: Any = None
    products: list[ReceiptLine] | None = None


class OrderLine(Struct, gc=False):
    """One line of a sales order; the parts of a composition name the line they are part of."""

    idorder_product: Any = None
    idproduct: Any = None
    price: Any = None
    amount: Any = None
    amount_cancelled: Any = None
    partof_idorder_product: Any = None


class SalesOrder(Struct, gc=False):
    """One sales order with its lines; no customer data is read."""

    idorder: Any = None
    status: Any = None
    warehouses: list[Any] | None = None
    created: Any = None
    updated: Any = None
    products: list[OrderLine] | None = None


class ListedProduct(Struct, gc=False):
    """One row of the complete listing of products; an unreadable product has its id alone."""

    idproduct: Any = None


class ListedSupplier(Struct, gc=False):
    """One row of the complete listing of suppliers."""

    idsupplier: Any = None


STREAMS = Streams(
    "Picqer",
    (
        # Of a warehouse that cannot be read nobody knows whether its stock counts.
        Stream("warehouses", Warehouse, "idwarehouse", alone=False),
        Stream("suppliers", Supplier, "idsupplier", lone={"idsupplier": id_text}),
        Stream(
            "products",
            PicqerProduct,
            "idproduct",
            nested={"stock": list[WarehouseStock], "productfields": list[ProductField]},
        ),
        Stream("product_parts", Composition, "idproduct", nested={"parts": list[Part]}),
        Stream("purchase_orders", PurchaseOrder, "idpurchaseorder", nested={"products": list[PurchaseLine]}),
        Stream("receipts", Receipt, "idreceipt", nested={"products": list[ReceiptLine]}),
        Stream(
            "orders", SalesOrder, "idorder", nested={"warehouses": list[Any], "products": list[OrderLine]}
        ),
        Stream("product_ids", ListedProduct, "idproduct", lone={"idproduct": id_text}),
        Stream("supplier_ids", ListedSupplier, "idsupplier", lone={"idsupplier": id_text}),
    ),
)  # fmt: skip
