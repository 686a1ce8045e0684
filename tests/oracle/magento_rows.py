"""Short ways to write Magento records in tests, in the shape the tap puts them out."""

from typing import Any

Row = dict[str, Any]


def product(product_id: int, sku: str | None = None, *, type_id: str = "simple", status: int = 1, **more: Any) -> Row:
    """A product record."""
    return {
        "id": product_id,
        "sku": sku if sku is not None else f"SKU-{product_id}",
        "name": f"Product {product_id}",
        "price": 10.5,
        "status": status,
        "type_id": type_id,
        "created_at": "2026-01-01 10:00:00",
        "updated_at": "2026-01-02 10:00:00",
        "extension_attributes": {"website_ids": [1]},
        **more,
    }


def option(*skus: str, qty: float = 1, required: bool = True, can_change: int = 0) -> Row:
    """One option of a bundle."""
    links = [{"id": str(n), "sku": sku, "qty": qty, "can_change_quantity": can_change} for n, sku in enumerate(skus)]
    return {"option_id": len(skus), "required": required, "type": "select", "product_links": links}


def bundle(product_id: int, *options: Row, **more: Any) -> Row:
    """A bundle with its options."""
    extension = {"website_ids": [1], "bundle_product_options": list(options)}
    return product(product_id, type_id="bundle", extension_attributes=extension, **more)


def stock_status(
    product_id: int | None, sku: str, qty: float, physical: float | None = None, *, manage_stock: bool = True
) -> Row:
    """One answer of stockStatuses; `product_id` None is a phantom."""
    held = qty if physical is None else physical
    return {
        "product_id": product_id,
        "stock_id": 1,
        "qty": qty,
        "stock_status": int(qty > 0),
        "sku": sku,
        "stock_item": {"product_id": product_id or 0, "qty": held, "is_in_stock": True, "manage_stock": manage_stock},
    }


def source_item(sku: str | None, source_code: str, quantity: float, status: int = 1) -> Row:
    """One SKU in one source."""
    return {"sku": sku, "source_code": source_code, "quantity": quantity, "status": status}


def source(source_code: str, *, enabled: bool = True) -> Row:
    """One source."""
    return {"source_code": source_code, "name": source_code, "enabled": enabled}


def stock_item(product_id: int, qty: float, *, manage_stock: bool = True) -> Row:
    """One bulk stock item."""
    return {
        "item_id": 1000 + product_id,
        "product_id": product_id,
        "qty": qty,
        "is_in_stock": True,
        "manage_stock": manage_stock,
    }


def line(
    item_id: int,
    product_id: int,
    qty: float,
    total: float,
    *,
    parent: int | None = None,
    product_type: str = "simple",
) -> Row:
    """One row of an order."""
    return {
        "item_id": item_id,
        "parent_item_id": parent,
        "product_id": product_id,
        "product_type": product_type,
        "sku": f"SKU-{product_id}",
        "qty_ordered": qty,
        "qty_canceled": 0,
        "qty_refunded": 0,
        "base_row_total": total,
        "row_total": total,
        "base_discount_amount": 0,
    }


def order(order_id: int, *items: Row, state: str = "complete", status: str | None = None, **more: Any) -> Row:
    """An order with its rows; the subtotal is that of the top-level rows unless given."""
    subtotal = round(sum(item["base_row_total"] for item in items if item["parent_item_id"] is None), 2)
    return {
        "entity_id": order_id,
        "increment_id": f"{order_id:09d}",
        "state": state,
        "status": status or state,
        "created_at": "2026-01-03 08:00:00",
        "updated_at": "2026-01-04 09:30:00",
        "subtotal": subtotal,
        "base_subtotal": subtotal,
        "base_currency_code": "EUR",
        "order_currency_code": "EUR",
        "store_id": 1,
        "items": list(items),
        **more,
    }


def listing(*products: Row) -> list[Row]:
    """The complete listing of these products."""
    return [{"id": one["id"], "sku": one["sku"], "status": one["status"]} for one in products]
