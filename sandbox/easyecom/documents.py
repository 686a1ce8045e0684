"""The JSON of the EasyEcom sandbox for what is kept: locations, vendors, products and kits."""

from typing import Any

from sandbox.easyecom.rows import Kit, Location, Product, Vendor
from sandbox.easyecom.store import EasyStore
from sandbox.server.oddities import with_values

Json = dict[str, Any]


def untidy(told: Json, said: dict[str, Any]) -> Json:
    """Put what a row says wrongly in place of what is true."""
    return with_values(told, said) if said else told


def location_json(row: Location) -> Json:
    """Tell a location as the list of all of them does."""
    told = {
        "company_id": row.company_id,
        "location_key": row.location_key,
        "location_name": row.location_name,
        "is_store": row.is_store,
        "city": row.city,
        "state": "Maharashtra",
        "country": "India",
        "zip": "400001",
        "copy_master_from_primary": 1,
        "address": "1 Sandbox Road",
        "api_token": "",
        "userId": row.company_id + 5,
        "phone number": "0000000000",
        "address type": {"billing_address": {}, "pickup_address": {}},
        "stockHandle": 1,
    }
    return untidy(told, row.said)


def vendor_json(row: Vendor) -> Json:
    """Tell a vendor."""
    place = {"address": "2 Mill Lane", "city": "Pune", "state_id": 21, "state_name": "Maharashtra"}
    place |= {"zip": "411001", "country": "India"}
    told = {
        "vendor_name": row.vendor_name,
        "vendor_c_id": row.vendor_c_id,
        "vendor_code": row.vendor_code,
        "firstname ": "",
        "lastname": "",
        "email": f"vendor{row.vendor_c_id}@example.com",
        "contact_number": "0000000000",
        "active": row.active,
        "api_token": "a-credential-of-the-vendor",
        "tax_identification_number": "NA",
        "currency_code": "INR",
        "address": {"dispatch": place, "billing": place},
        "prep_days": 2,
        "freight_forwarding_days": "",
        "shipment_Intransit_days": None,
        "warehouse_checkin_time": 1,
        "paymentTerm": "",
        "deliveryTerm": "",
        "unregisteredVendor": 0,
    }
    return untidy(told, row.said)


def product_json(store: EasyStore, row: Product, c_id: int, *, custom_fields: bool = False) -> Json:
    """Tell a product as the location of a company id has it."""
    copy = row.copies[c_id]
    variants = store.products.where("variant_of", row.product_id)
    told: Json = {
        "cp_id": copy.cp_id,
        "product_id": row.product_id,
        "sku": row.sku,
        "product_name": row.product_name,
        "description": row.description,
        "active": row.active,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        "inventory": copy.inventory,
        "cp_inventory": 0,
        "product_type": row.product_type,
        "brand": "Acme",
        "brand_id": 41,
        "colour": "NA",
        "category_id": 7,
        "category_name": "General",
        "size": "",
        "model_no": f"M-{row.product_id}",
        "weight": row.weight,
        "height": 10,
        "length": 10,
        "width": 10,
        "cost": row.cost,
        "mrp": row.mrp,
        "tax_rule_name": "GST 18",
        "tax_rate": row.tax_rate,
        "cess": 0,
        "hsn_code": "4901",
        "EANUPC": row.EANUPC,
        "accounting_sku": None,
        "accounting_unit": "-",
        "company_name": store.locations.rows[c_id].location_name,
        "c_id": c_id,
        "vendor_code": row.vendor_code,
        "expiry_type": 0,
        "product shelf life": "NA",
        "product_image_url": "",
        "additional_images": [],
        "cp_sub_products_count": len(row.parts) or len(variants),
    }
    if custom_fields:
        told["custom_fields"] = [{"cp_id": copy.cp_id, "field_name": "Season", "value": "All", "enabled": 1}]
    if row.parts:
        known = [part for part in row.parts if part.product_id in store.products.rows]
        told["sub_products"] = [_part(store, row, part.product_id, part.quantity, c_id) for part in known]
    if variants:
        told["variants"] = [
            {"parent_cpId": copy.cp_id, "cpId": other.copies[c_id].cp_id, "sku": other.sku}
            for other in variants
            if c_id in other.copies
        ]
    return untidy(told, row.said)


def _part(store: EasyStore, parent: Product, product_id: int, quantity: int, c_id: int) -> Json:
    part = store.products.rows[product_id]
    copy = part.copies.get(c_id)
    return {
        "sku": part.sku,
        "cpId": copy.cp_id if copy is not None else None,
        "product_id": product_id,
        "combo_cp_id": parent.copies[c_id].cp_id,
        "quantity": quantity,
        "product_name": part.product_name,
        "cost": part.cost,
        "mrp": part.mrp,
        "tax_rate": part.tax_rate,
        "EANUPC": part.EANUPC,
        "vendor_code": part.vendor_code,
    }


def kit_json(store: EasyStore, row: Kit) -> Json:
    """Tell a kit."""
    products = store.products.rows
    parts = [(products[part.product_id], part.quantity) for part in row.parts if part.product_id in products]
    told = {
        "productId": row.productId,
        "sku": row.sku,
        "accountingSku": None,
        "mrp": row.mrp,
        "cost": row.cost,
        "add_date": row.add_date,
        "lastUpdateDate": row.lastUpdateDate,
        "c_id": row.c_id,
        "category": "General",
        "brand": "Acme",
        "subProducts": [
            {"sku": part.sku, "productId": part.product_id, "qty": quantity, "cost": part.cost, "availableInventory": 0}
            for part, quantity in parts
        ],
    }
    return untidy(told, row.said)
