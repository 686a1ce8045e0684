"""What a Picqer account holds, one class per kind of row; attributes are named as Picqer's API names them.

Times are texts in the account's zone without an offset, as Picqer writes them. Rows of a table are replaced, never
changed in place, so that its indexes hold; `PicqerStore.change` does it. They hold no circles, so the garbage
collector leaves them out (`gc=False`): a big account would slow it down.
"""

import msgspec

Number = float | int


class Warehouse(msgspec.Struct, kw_only=True, gc=False):
    """A warehouse; `priority` 1 is the highest."""

    idwarehouse: int
    name: str
    accept_orders: bool = True
    counts_for_general_stock: bool = True
    priority: int = 1
    active: bool = True


class Supplier(msgspec.Struct, kw_only=True, gc=False):
    """A supplier; Picqer keeps no time of its creation or change."""

    idsupplier: int
    name: str | None
    contactname: str | None = None
    address: str | None = None
    address2: str | None = None
    zipcode: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    telephone: str | None = None
    emailaddress: str | None = None
    remarks: str | None = None
    language: str | None = "nl"
    active: bool = True


class Stock(msgspec.Struct, gc=False):
    """What one warehouse has of a product and how much of it is reserved for what."""

    stock: int = 0
    backorders: int = 0
    picklists: int = 0
    allocations: int = 0

    @property
    def free(self) -> int:
        """What can still be sold: below zero where backorders exceed the stock."""
        return self.stock - self.backorders - self.picklists - self.allocations

    @property
    def bare(self) -> bool:
        """Whether there is neither stock nor a reservation."""
        return not (self.stock or self.backorders or self.picklists or self.allocations)


class Part(msgspec.Struct, gc=False):
    """A part of a composition: `idproduct` is the part, `amount` how many of it one composition needs."""

    idproduct_part: int
    idproduct: int
    amount: int


class Product(msgspec.Struct, kw_only=True, gc=False):
    """A product with its stock by warehouse id and its parts."""

    idproduct: int
    productcode: str
    name: str | None
    price: Number | None = 0
    fixedstockprice: Number | None = None
    idvatgroup: int = 1
    idsupplier: int | None = None
    idfulfilment_customer: int | None = None
    productcode_supplier: str | None = ""
    deliverytime: int | None = None
    description: str = ""
    barcode: str | None = ""
    type: str = "normal"
    unlimitedstock: bool = False
    assembled: bool = False
    weight: int | None = None
    minimum_purchase_quantity: int | None = None
    purchase_in_quantities_of: int | None = None
    country_of_origin: str | None = None
    active: bool = True
    tags: dict[str, dict[str, str | int]] = {}
    created: str = ""
    updated: str = ""
    stock: dict[int, Stock] = {}
    parts: list[Part] = []


class PurchaseLine(msgspec.Struct, kw_only=True, gc=False):
    """A line of a purchase order."""

    idpurchaseorder_product: int
    idproduct: int
    idvatgroup: int = 1
    productcode: str = ""
    productcode_supplier: str | None = ""
    name: str | None = ""
    price: Number | None = None
    amount: int = 0
    amountreceived: int = 0
    delivery_date: str | None = None
    weight: int | None = None


class PurchaseOrder(msgspec.Struct, kw_only=True, gc=False):
    """A purchase order: status concept, purchased, received or cancelled."""

    idpurchaseorder: int
    purchaseorderid: str
    idsupplier: int | None = None
    supplier_name: str | None = None
    idwarehouse: int = 0
    idtemplate: int | None = None
    supplier_orderid: str | None = None
    remarks: str | None = None
    status: str = "concept"
    delivery_date: str | None = None
    language: str = "nl"
    idfulfilment_customer: int | None = None
    created: str = ""
    updated: str = ""
    purchased_at: str | None = None
    purchased_by_iduser: int | None = None
    completed_at: str | None = None
    completed_by_iduser: int | None = None
    created_by_iduser: int | None = None
    products: list[PurchaseLine] = []


class ReceiptLine(msgspec.Struct, kw_only=True, gc=False):
    """A line of a receipt; `reverted_at` and `created_at` are told of version 2 only."""

    idreceipt_product: int
    idproduct: int
    idpurchaseorder_product: int | None = None
    idpurchaseorder: int | None = None
    amount: int = 0
    amount_ordered: int = 0
    added_by_receipt: bool = False
    created_at: str | None = None
    received_by_iduser: int | None = None
    reverted_at: str | None = None
    reverted_by_iduser: int | None = None


class Receipt(msgspec.Struct, kw_only=True, gc=False):
    """A receipt of goods, for a purchase order or for a supplier: status processing or completed."""

    idreceipt: int
    receiptid: str
    idwarehouse: int
    version: int = 2
    idsupplier: int | None = None
    idpurchaseorder: int | None = None
    idfulfilment_customer: int | None = None
    status: str = "processing"
    completed_by_iduser: int | None = None
    completed_at: str | None = None
    remarks: str | None = None
    created: str = ""
    updated: str = ""
    products: list[ReceiptLine] = []


class OrderLine(msgspec.Struct, kw_only=True, gc=False):
    """A line of a sales order; `held` is what is reserved for it: allocated, on a picklist, on backorder."""

    idorder_product: int
    idproduct: int
    idvatgroup: int = 1
    productcode: str = ""
    name: str | None = ""
    remarks: str | None = ""
    price: Number | None = None
    amount: int = 0
    amount_cancelled: int = 0
    weight: int | None = None
    partof_idorder_product: int | None = None
    has_parts: bool = False
    held: tuple[int, int, int] = (0, 0, 0)


class Order(msgspec.Struct, kw_only=True, gc=False):
    """A sales order: status concept, expected, processing, paused, completed or cancelled.

    `person` chooses the made-up customer whose name and address the answer shows.
    """

    idorder: int
    orderid: str
    idcustomer: int | None = None
    reference: str | None = None
    status: str = "concept"
    discount: Number = 0
    invoiced: bool = False
    warehouses: list[int] = []
    idfulfilment_customer: int | None = None
    preferred_delivery_date: str | None = None
    created: str = ""
    updated: str = ""
    person: int = 0
    products: list[OrderLine] = []


Row = Warehouse | Supplier | Product | PurchaseOrder | Receipt | Order
