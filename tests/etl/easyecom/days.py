"""Days of an account: its records as the tap puts them out, on which the flow of EasyEcom is run."""

from collections.abc import Mapping
from typing import Any

from etl.easyecom.flow import EASYECOM
from tests.etl.picqer.days import PicqerDays


class EasyDays(PicqerDays):
    """A folder with an Optiply that accepts everything it is offered."""

    flow = EASYECOM


def product(number: int, **values: Any) -> dict[str, Any]:
    """An ordinary product: active, with 5 in the north, of vendor V1."""
    return {
        "cp_id": number,
        "product_id": 1000 + number,
        "sku": f"S-{number}",
        "product_name": f"Product {number}",
        "active": 1,
        "created_at": "2026-01-01T08:00:00Z",
        "updated_at": "2026-01-02T08:00:00Z",
        "inventory": 5,
        "mrp": 10,
        "cost": 4,
        "tax_rate": 0.18,
        "EANUPC": f"87{number}",
        "company_name": "North",
        "c_id": 900,
        "vendor_code": ["V1"],
        "cp_sub_products_count": 0,
        "sub_products": None,
        "location_key": "north",
    } | values


def combo(number: int, *parts: tuple[int, Any], **values: Any) -> dict[str, Any]:
    """A product that is made of others, each so many times."""
    found = [{"cpId": part, "sku": f"S-{part}", "product_id": 1000 + part, "quantity": n} for part, n in parts]
    return product(number, cp_sub_products_count=len(found), sub_products=found, **values)


def vendor(number: int = 1, **values: Any) -> dict[str, Any]:
    return {"vendor_c_id": 700 + number, "vendor_code": f"V{number}", "vendor_name": f"Vendor {number}"} | values


def sold(number: int, of: int, amount: Any = 1, money: Any = 10, **values: Any) -> dict[str, Any]:
    """A line of an invoice; `money` is of the whole line."""
    named = {"suborder_id": number, "sku": f"S-{of}", "product_id": 1000 + of, "company_product_id": of}
    return {**named, "item_quantity": amount, "selling_price": money} | values


def invoice(order: int, number: int, *lines: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "order_id": order,
        "invoice_id": number,
        "order_type": "B2C",
        "order_type_key": "retailorder",
        "order_date": "2026-01-07T09:00:00Z",
        "last_update_date": "2026-01-08T09:00:00Z",
        "order_status": "Open",
        "order_status_id": 2,
        "total_amount": sum(float(line["selling_price"] or 0) for line in lines),
        "suborders": list(lines),
    } | values


def bought(number: int, of: int, amount: Any = 2, price: Any = "3.0000", **values: Any) -> dict[str, Any]:
    """A line of a purchase order."""
    named = {"purchase_order_detail_id": number, "sku": f"S-{of}", "product_id": 1000 + of, "cp_id": of}
    return {**named, "original_quantity": amount, "item_price": price} | values


def purchase(number: int, *lines: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "po_id": number,
        "po_ref_num": "Auto PO",
        "total_po_value": None,
        "po_status_id": 3,
        "po_created_date": "2026-01-05T09:00:00Z",
        "po_updated_date": "2026-01-06T09:00:00Z",
        "vendor_name": "Vendor 1",
        "vendor_c_id": 701,
        "vendor_code": "V1",
        "po_items": list(lines),
    } | values


def receipt(number: int, *lines: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    made = {"grn_status_id": 5, "grn_status": "Completed", "grn_created_at": "2026-01-09T09:00:00Z"}
    return {"grn_id": number, **made, "grn_items": list(lines)} | values


def came(number: int, on: int, amount: Any = 1) -> dict[str, Any]:
    """A line of a receipt."""
    return {"grn_detail_id": number, "purchase_order_detail_id": on, "received_quantity": amount}
