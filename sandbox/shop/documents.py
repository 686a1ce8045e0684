"""Invoices, shipments and credit memos of an order as Magento's REST gives them."""

from sandbox.shop.products import Ids, number
from sandbox.shop.world import Json

_FROM_ORDER = (
    "base_currency_code",
    "base_to_global_rate",
    "base_to_order_rate",
    "billing_address_id",
    "global_currency_code",
    "order_currency_code",
    "store_currency_code",
    "store_id",
    "store_to_base_rate",
    "store_to_order_rate",
)

_AMOUNTS = (
    "base_discount_amount",
    "base_grand_total",
    "base_discount_tax_compensation_amount",
    "base_shipping_amount",
    "base_shipping_incl_tax",
    "base_shipping_tax_amount",
    "base_subtotal",
    "base_subtotal_incl_tax",
    "base_tax_amount",
    "discount_amount",
    "grand_total",
    "discount_tax_compensation_amount",
    "shipping_amount",
    "shipping_incl_tax",
    "shipping_tax_amount",
    "subtotal",
    "subtotal_incl_tax",
    "tax_amount",
)

_ROW_AMOUNTS = (
    "base_discount_tax_compensation_amount",
    "base_price",
    "base_price_incl_tax",
    "base_row_total",
    "base_row_total_incl_tax",
    "base_tax_amount",
    "discount_tax_compensation_amount",
    "name",
    "price",
    "price_incl_tax",
    "product_id",
    "row_total",
    "row_total_incl_tax",
    "sku",
    "tax_amount",
)


def _document(kind: str, order: Json, ids: Ids, names: tuple[str, ...]) -> Json:
    document_id = ids.next(kind)
    document = {name: order[name] for name in names if name in order}
    document.update(
        created_at=order["updated_at"],
        entity_id=document_id,
        increment_id=f"{document_id:09d}",
        order_id=order["entity_id"],
        updated_at=order["updated_at"],
    )
    if not order["is_virtual"]:
        document["shipping_address_id"] = order["billing_address_id"] - 1
    return document


def _row(kind: str, item: Json, parent_id: int, ids: Ids, qty: float) -> Json:
    row = {name: item[name] for name in _ROW_AMOUNTS if name in item}
    row.update(entity_id=ids.next(f"{kind} item"), parent_id=parent_id, order_item_id=item["item_id"], qty=number(qty))
    return row


def invoice_json(order: Json, ids: Ids) -> Json:
    """Build the invoice of all that an order has invoiced."""
    invoice = _document("invoice", order, ids, _FROM_ORDER + _AMOUNTS)
    rows = [_row("invoice", item, invoice["entity_id"], ids, item["qty_invoiced"]) for item in order["items"]]
    invoice.update(
        can_void_flag=0,
        shipping_discount_tax_compensation_amount=0,
        base_shipping_discount_tax_compensation_amnt=0,
        state=2,
        total_qty=number(sum(row["qty"] for row in rows)),
        items=rows,
        comments=[],
    )
    return invoice


def shipment_json(order: Json, ids: Ids) -> Json:
    """Build the shipment of an order's goods, sent from one source."""
    shipment = _document("shipment", order, ids, ("billing_address_id", "customer_id", "store_id"))
    rows: list[Json] = []
    for item in order["items"]:
        if not item["qty_shipped"]:
            continue
        row = {name: item[name] for name in ("name", "price", "product_id", "sku", "weight") if name in item}
        row.update(
            entity_id=ids.next("shipment item"),
            parent_id=shipment["entity_id"],
            order_item_id=item["item_id"],
            qty=item["qty_shipped"],
        )
        rows.append(row)
    shipment.update(
        packages=[],
        total_qty=number(sum(row["qty"] for row in rows)),
        items=rows,
        tracks=[],
        comments=[],
        extension_attributes={"source_code": "default" if order.get("store_id") == 3 else "ams"},
    )
    return shipment


def creditmemo_json(order: Json, ids: Ids) -> Json:
    """Build the credit memo of what an order has refunded."""
    memo = _document("creditmemo", order, ids, _FROM_ORDER + _AMOUNTS)
    whole = order["state"] == "closed"
    if not whole:
        for prefix in ("", "base_"):
            for name in ("shipping_amount", "shipping_incl_tax", "tax_amount", "discount_amount"):
                memo[prefix + name] = 0
            refunded = order[f"{prefix}total_refunded"]
            memo.update({f"{prefix}{name}": refunded for name in ("grand_total", "subtotal", "subtotal_incl_tax")})
    rows: list[Json] = []
    for item in order["items"]:
        if not item["qty_refunded"]:
            continue
        row = _row("creditmemo", item, memo["entity_id"], ids, item["qty_refunded"])
        row.update(
            base_cost=item.get("base_cost"),
            base_weee_tax_row_disposition=0,
            weee_tax_applied="[]",
            weee_tax_applied_row_amount=0,
            weee_tax_row_disposition=0,
        )
        rows.append(row)
    memo.update(adjustment=0, base_adjustment=0, state=2, items=rows, comments=[])
    return memo
