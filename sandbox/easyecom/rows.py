"""What an EasyEcom account holds, one class per kind of row; attributes are named as EasyEcom's API names them.

Times are texts in Indian time without an offset, as EasyEcom writes them. A row is replaced, never changed in place.
`said` holds what the API answers in place of a true value: the untidy rows of the account.
"""

from typing import Any

import msgspec

Number = float | int


class Location(msgspec.Struct, kw_only=True, gc=False):
    """A warehouse or the primary company; a token is for one of them."""

    company_id: int
    location_key: str
    location_name: str
    city: str = "Mumbai"
    is_store: int = 0
    said: dict[str, Any] = {}


class Vendor(msgspec.Struct, kw_only=True, gc=False):
    """A vendor: `vendor_c_id` is read, `vendor_code` is written; `vendor_name` need not be unique."""

    vendor_c_id: int
    vendor_code: str | None
    vendor_name: str | None
    active: int = 1
    created_at: str = ""
    updated_at: str = ""
    said: dict[str, Any] = {}


class Copy(msgspec.Struct, gc=False):
    """A product as one location has it."""

    cp_id: int
    inventory: int = 0


class Part(msgspec.Struct, gc=False):
    """A component of a combo: how many of which product."""

    product_id: int
    quantity: int


class Product(msgspec.Struct, kw_only=True, gc=False):
    """A product of the catalogue with its copy in each location, by company id.

    Attributes:
        variant_of: The parent of a child product.
    """

    product_id: int
    sku: str
    product_name: str | None
    description: str | None = None
    active: int = 1
    product_type: str = "normal_product"
    cost: Number | None = None
    mrp: Number | None = None
    tax_rate: Number | None = 0.18
    EANUPC: str | None = None
    vendor_code: list[str] = []
    weight: Number = 100
    created_at: str = ""
    updated_at: str = ""
    copies: dict[int, Copy] = {}
    parts: list[Part] = []
    variant_of: int | None = None
    said: dict[str, Any] = {}


class Kit(msgspec.Struct, kw_only=True, gc=False):
    """A kit: goods that are assembled and kept in stock."""

    productId: int
    sku: str
    cost: Number
    mrp: Number
    add_date: str
    lastUpdateDate: str
    c_id: int
    parts: list[Part] = []
    said: dict[str, Any] = {}


class PoItem(msgspec.Struct, kw_only=True, gc=False):
    """A line of a purchase order; `item_price` contains the tax where a rate was sent."""

    purchase_order_detail_id: int
    product_id: int
    sku: str
    original_quantity: int
    pending_quantity: int
    item_price: str
    tax_rate: str | Number = 0
    tax_type: int = 1


class PurchaseOrder(msgspec.Struct, kw_only=True, gc=False):
    """A purchase order of one location.

    Attributes:
        c_id: The location's company id.
    """

    po_id: int
    po_number: int
    po_ref_num: str | None
    c_id: int
    po_status_id: int = 3
    po_created_date: str = ""
    po_updated_date: str = ""
    vendor_name: str | None = None
    vendor_c_id: int | None = None
    vendor_code: str | None = None
    expected_delivery_date: str | None = None
    items: list[PoItem] = []
    said: dict[str, Any] = {}


class GrnItem(msgspec.Struct, kw_only=True, gc=False):
    """A line of a goods receipt; `available` and `sold` drift after the receipt."""

    grn_detail_id: int
    purchase_order_detail_id: int
    product_id: int
    sku: str
    received_quantity: int
    grn_detail_price: Number
    available: int = 0
    sold: int = 0


class Receipt(msgspec.Struct, kw_only=True, gc=False):
    """A goods receipt (GRN) of one location for one purchase order."""

    grn_id: int
    po_id: int
    c_id: int
    grn_status_id: int = 5
    grn_status: str = "Completed"
    grn_created_at: str = ""
    grn_invoice_number: str | None = "AutoGrn"
    vendor_name: str | None = None
    vendor_c_id: int | None = None
    items: list[GrnItem] = []
    said: dict[str, Any] = {}


class Suborder(msgspec.Struct, kw_only=True, gc=False):
    """A line of an order row; `selling_price` is the gross total of the line."""

    suborder_id: int
    product_id: int | None
    sku: str
    item_quantity: int
    selling_price: str
    item_status: str = "Pending"
    cancelled_quantity: int = 0
    said: dict[str, Any] = {}


class Order(msgspec.Struct, kw_only=True, gc=False):
    """A row of the list of orders: an invoice. A split order has several with one `order_id`.

    Attributes:
        row_id: The sandbox's own number of the row.
        invoice_id: Unique; None where no invoice was made yet.
    """

    row_id: int
    order_id: int
    invoice_id: int | None
    reference_code: str
    c_id: int
    order_type: str = "B2C"
    order_type_key: str = "retailorder"
    replacement_order: int = 0
    order_date: str = ""
    import_date: str = ""
    invoice_date: str | None = None
    last_update_date: str = ""
    manifest_date: str | None = None
    delivery_date: str | None = None
    order_status: str = "Open"
    order_status_id: int = 2
    total_amount: Number = 0
    suborders: list[Suborder] = []
    said: dict[str, Any] = {}


Row = Location | Vendor | Product | Kit | PurchaseOrder | Receipt | Order
