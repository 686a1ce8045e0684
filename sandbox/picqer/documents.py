"""How rows of the Picqer sandbox are answered: the objects of the API, as lists and single requests show them."""

from typing import Any

import msgspec

from sandbox.picqer import people
from sandbox.picqer.rows import Order, Part, Product, PurchaseOrder, Receipt, ReceiptLine, Stock, Supplier
from sandbox.picqer.stock import level
from sandbox.picqer.store import PicqerStore

Json = dict[str, Any]


def stock_json(row: Stock) -> Json:
    """Return a stock row without its warehouse."""
    return {
        "stock": row.stock,
        "reserved": row.backorders + row.picklists + row.allocations,
        "reservedbackorders": row.backorders,
        "reservedpicklists": row.picklists,
        "reservedallocations": row.allocations,
        "freestock": row.free,
        "freepickablestock": row.free,
    }


def product_stock(store: PicqerStore, product: Product) -> list[Json]:
    """Return the stock of a product by warehouse: a virtual composition has that of its parts everywhere."""
    if product.type == "virtual_composition":
        warehouses = store.warehouses.ids if product.parts else []
    else:
        warehouses = sorted(product.stock)
    found = ((number, level(store, product, number)) for number in warehouses)
    return [{"idwarehouse": number, **stock_json(row)} for number, row in found if row is not None]


def product_json(store: PicqerStore, product: Product) -> Json:
    """Return a product with its stock; its parts have an address of their own."""
    return {
        "idproduct": product.idproduct,
        "idvatgroup": product.idvatgroup,
        "name": product.name,
        "price": product.price,
        "fixedstockprice": product.fixedstockprice,
        "idsupplier": product.idsupplier,
        "productcode": product.productcode,
        "productcode_supplier": product.productcode_supplier,
        "deliverytime": product.deliverytime,
        "description": product.description,
        "barcode": product.barcode,
        "type": product.type,
        "unlimitedstock": product.unlimitedstock,
        "assembled": product.assembled,
        "weight": product.weight,
        "length": None,
        "width": None,
        "height": None,
        "minimum_purchase_quantity": product.minimum_purchase_quantity,
        "purchase_in_quantities_of": product.purchase_in_quantities_of,
        "hs_code": None,
        "country_of_origin": product.country_of_origin,
        "active": product.active,
        "idfulfilment_customer": product.idfulfilment_customer,
        "analysis_pick_amount_per_day": None,
        "analysis_abc_classification": None,
        "productfields": [],
        "images": [],
        "pricelists": [],
        "tags": product.tags or [],
        "stock": product_stock(store, product),
        "comment_count": 0,
        "show_on_portal": False,
        "created": product.created,
        "updated": product.updated,
    }


def part_json(store: PicqerStore, part: Part, *, nested: bool, above: frozenset[int] = frozenset()) -> Json:
    """Return a part; `nested` adds the parts of a virtual composition inside. `above` ends a circle of compositions."""
    product = store.products.rows.get(part.idproduct)
    told: Json = {
        "idproduct_part": part.idproduct_part,
        "idproduct": part.idproduct,
        "amount": part.amount,
        "productcode": product.productcode if product is not None else "",
        "name": product.name if product is not None else "",
        "type": product.type if product is not None else "normal",
    }
    if nested and product is not None and product.type == "virtual_composition" and product.idproduct not in above:
        deeper = above | {product.idproduct}
        told["parts"] = [part_json(store, inner, nested=True, above=deeper) for inner in product.parts]
    return told


def supplier_json(supplier: Supplier) -> Json:
    """Return a supplier."""
    told: Json = msgspec.structs.asdict(supplier)
    full = ", ".join(text for text in (supplier.address, supplier.zipcode, supplier.city) if text)
    return {**told, "full_address": full, "comment_count": 0}


def purchase_order_json(order: PurchaseOrder) -> Json:
    """Return a purchase order with all its lines."""
    told: Json = msgspec.to_builtins(order)
    return told


def receipt_json(store: PicqerStore, receipt: Receipt) -> Json:
    """Return a receipt in the shape of its version."""
    none: object = None if store.settings.empty_object == "null" else []
    supplier = store.suppliers.rows.get(receipt.idsupplier or 0)
    order = store.purchaseorders.rows.get(receipt.idpurchaseorder or 0)
    told: Json = {
        "idreceipt": receipt.idreceipt,
        "receiptid": receipt.receiptid,
        "idwarehouse": receipt.idwarehouse,
        "version": receipt.version,
        "supplier": {"idsupplier": supplier.idsupplier, "name": supplier.name} if supplier is not None else none,
        "purchaseorder": (
            {"idpurchaseorder": order.idpurchaseorder, "purchaseorderid": order.purchaseorderid}
            if order is not None
            else none
        ),
        "status": receipt.status,
        "completed_by": (
            {"iduser": receipt.completed_by_iduser, "name": "Sandbox"} if receipt.completed_by_iduser else none
        ),
        "completed_at": receipt.completed_at,
        "amount_received": sum(line.amount for line in receipt.products if line.reverted_at is None),
        "created": receipt.created,
        "updated": receipt.updated,
        "products": [receipt_line_json(store, receipt, line) for line in receipt.products],
    }
    if receipt.version == 1:
        excess = sum(max(0, line.amount - line.amount_ordered) for line in receipt.products)
        told |= {"amount_received_excessive": excess, "remarks": receipt.remarks}
    return told


def receipt_line_json(store: PicqerStore, receipt: Receipt, line: ReceiptLine) -> Json:
    """Return a line of a receipt in the shape of the receipt's version."""
    product = store.products.rows.get(line.idproduct)
    told: Json = {
        "idreceipt_product": line.idreceipt_product,
        "idpurchaseorder_product": line.idpurchaseorder_product,
        "idproduct": line.idproduct,
        "idpurchaseorder": line.idpurchaseorder,
        "productcode": product.productcode if product is not None else "",
        "productcode_supplier": product.productcode_supplier if product is not None else "",
        "name": product.name if product is not None else "",
        "barcode": product.barcode if product is not None else "",
        "amount": line.amount,
        "amount_ordered": line.amount_ordered,
        "added_by_receipt": line.added_by_receipt,
        "abc_classification": None,
        "image": None,
    }
    if receipt.version == 1:
        beyond = max(0, line.amount - line.amount_ordered)
        return told | {
            "stock_location": None,
            "amount_receiving": 0 if receipt.status == "completed" else line.amount,
            "amount_previously_received": 0,
            "amount_more_than_ordered": beyond,
            "amount_backorders": 0,
            "locations": [],
        }
    return told | {
        "location": None,
        "created_at": line.created_at,
        "received_by_iduser": line.received_by_iduser,
        "reverted_at": line.reverted_at,
        "reverted_by_iduser": line.reverted_by_iduser,
    }


def order_json(store: PicqerStore, order: Order) -> Json:
    """Return a sales order with its lines and the person who placed it."""
    told: Json = {
        "idorder": order.idorder,
        "orderid": order.orderid,
        "idcustomer": order.idcustomer,
        "reference": order.reference,
        **people.address(order.person),
        "status": order.status,
        "discount": order.discount,
        "invoiced": order.invoiced,
        "partialdelivery": True,
        "auto_split": True,
        "warehouses": order.warehouses,
        "idfulfilment_customer": order.idfulfilment_customer,
        "preferred_delivery_date": order.preferred_delivery_date,
        "language": "nl",
        "created": order.created,
        "updated": order.updated,
        "products": [],
        "picklists": [],
        "orderfields": [],
        "tags": [],
        "pricelists": [],
    }
    for line in order.products:
        shown: Json = msgspec.structs.asdict(line)
        del shown["held"]
        told["products"].append(shown)
    if order.status in ("processing", "paused", "completed"):
        warehouse = order.warehouses[0] if order.warehouses else store.main_warehouse().idwarehouse
        told["picklists"] = [
            {"idpicklist": order.idorder + 1_000_000, "picklistid": f"K{order.orderid}", "idwarehouse": warehouse}
        ]
    return told
