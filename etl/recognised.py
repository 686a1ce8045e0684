"""Which system a SCHEMA message is of, by the name and key properties of its stream. Loads nothing else of etl."""

from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec

from connector.messages import UNREADABLE

KEYS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "magento": {
        "stores": ("id",),
        "products": ("id",),
        "product_ids": ("id",),
        "product_checks": ("id",),
        "product_stock_statuses": ("sku",),
        "product_item_stocks": ("item_id",),
        "source_items": ("source_code", "sku"),
        "sources": ("source_code",),
        "orders": ("entity_id",),
    },
    "picqer": {
        "warehouses": ("idwarehouse",),
        "suppliers": ("idsupplier",),
        "products": ("idproduct",),
        "product_parts": ("idproduct",),
        "purchase_orders": ("idpurchaseorder",),
        "receipts": ("idreceipt",),
        "orders": ("idorder",),
        "product_ids": ("idproduct",),
        "supplier_ids": ("idsupplier",),
    },
    "easyecom": {
        "vendors": ("vendor_c_id",),
        "locations": ("company_id",),
        "products": ("cp_id",),
        "kits": ("productId",),
        "orders": ("order_id", "invoice_id"),
        "purchase_orders": ("po_id",),
        "goods_receipts": ("grn_id",),
    },
}
_ENOUGH = 1 << 20  # a SCHEMA comes before the records


def shape_of(message: Mapping[str, Any]) -> str | None:
    """The system whose stream has this name and key; None for a record of the destination, which has a remoteId."""
    schema = message.get("schema")
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if "remoteId" in (properties or {}):
        return None
    stream, keys = message.get("stream"), message.get("key_properties")
    if not isinstance(stream, str) or not isinstance(keys, list):
        return None
    return next((system for system, known in KEYS.items() if known.get(stream) == tuple(keys)), None)


def shape_of_input(file: BinaryIO) -> str | None:
    """The system of the first SCHEMA in a Singer file that is one's; the file is at its beginning again afterwards."""
    read = 0
    try:
        for line in file:
            read += len(line)
            if b'"SCHEMA"' in line:
                try:
                    message = msgspec.json.decode(line)
                except UNREADABLE:
                    continue
                if isinstance(message, dict) and (found := shape_of(message)):
                    return found
            if read > _ENOUGH:
                break
    finally:
        file.seek(0)
    return None
