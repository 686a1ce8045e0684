"""Builds orders as Magento's REST gives them, with their invoices, shipments and credit memos."""

import hashlib
from dataclasses import dataclass, field

from sandbox.shop.documents import creditmemo_json, invoice_json, shipment_json
from sandbox.shop.order_extras import address_json, extension_json, payment_json
from sandbox.shop.order_lines import Line, Progress, Purse, line_json
from sandbox.shop.order_totals import Sums, sums_of, totals_json
from sandbox.shop.products import Ids, number
from sandbox.shop.world import Json

_STORE_NAMES = {
    1: "Main Website\nMain Website Store\nDefault Store View",
    2: "Main Website\nMain Website Store\nNederlands",
    3: "B2B Website\nB2B Store\nB2B EN",
}
_LASTING = ("created_at", "entity_id", "store_id", "increment_id")


@dataclass
class Draft:
    """An order before Magento writes it as JSON.

    `state` and `status` are Magento's; `rate` is order currency per base currency (EUR). A store of None is one that
    has been deleted since. `paid` False leaves out the payment row.
    """

    lines: list[Line]
    customer: Json
    created_at: str
    updated_at: str
    state: str = "complete"
    status: str = "complete"
    store_id: int | None = 1
    currency: str = "EUR"
    rate: float = 1.0
    coupon: str | None = None
    paid: bool = True
    progress: Progress = field(init=False)

    def __post_init__(self) -> None:
        """Derive how far the order has come from its state."""
        done = self.state in ("complete", "closed")
        self.progress = Progress(
            invoiced=done or self.state == "processing",
            shipped=done,
            refunded=self.state == "closed" or any(line.refunded for line in self.lines),
            canceled=self.state == "canceled",
            closed=self.state == "closed",
        )


@dataclass
class Written:
    """An order with the documents that belong to it."""

    order: Json
    invoices: list[Json]
    shipments: list[Json]
    creditmemos: list[Json]


def write_order(draft: Draft, ids: Ids) -> Written:
    """Write a draft as a new order."""
    store = draft.store_id or 1
    header: Json = {
        "created_at": draft.created_at,
        "entity_id": ids.next("order"),
        "updated_at": draft.updated_at,
    }
    if draft.store_id is not None:
        header["store_id"] = draft.store_id
    header["increment_id"] = _increment_id(store, ids)
    return _write(draft, header, ids)


def rewrite_order(draft: Draft, old: Json, ids: Ids) -> Written:
    """Write an existing order again at a later state: ids and numbers stay, documents may be added."""
    header: Json = {name: old[name] for name in _LASTING if name in old}
    header["updated_at"] = draft.updated_at
    kept = [(item["item_id"], item["quote_item_id"]) for item in old["items"]]
    return _write(draft, header, ids, kept)


def _increment_id(store: int, ids: Ids) -> str:
    """Number an order per store view: 000000001, 2000000001, 3000000001."""
    count = ids.next(f"increment {store}")
    return f"{count:09d}" if store == 1 else f"{store}{count:09d}"


def _write(draft: Draft, header: Json, ids: Ids, kept: list[tuple[int, int]] | None = None) -> Written:
    purse = Purse(draft.rate)
    sums = sums_of(draft.lines)
    items = _items(draft, header, purse, ids, kept)
    order = _header(draft, header, items, sums, purse)
    order["items"] = items
    order["billing_address"] = address_json("billing", draft.customer, order, order["entity_id"] * 2)
    if draft.paid:
        order["payment"] = payment_json(draft.progress, order)
    order["status_histories"] = []
    order["extension_attributes"] = extension_json(draft.lines, draft.customer, order)
    invoices = [invoice_json(order, ids)] if draft.progress.invoiced and items else []
    shipments = [shipment_json(order, ids)] if draft.progress.shipped and items and not order["is_virtual"] else []
    memos = [creditmemo_json(order, ids)] if draft.progress.refunded and items else []
    return Written(order, invoices, shipments, memos)


def _items(
    draft: Draft, header: Json, purse: Purse, ids: Ids, kept: list[tuple[int, int]] | None
) -> list[Json]:
    """Build the rows: each line, followed by its parts with the line embedded as `parent_item`."""
    given = iter(kept or ())

    def next_ids() -> tuple[int, int]:
        return next(given, None) or (ids.next("order item"), ids.next("quote item"))

    items: list[Json] = []
    for line in draft.lines:
        parent = line_json(line, header, next_ids(), purse, draft.progress)
        items.append(parent)
        for part in line.parts:
            child = line_json(part, header, next_ids(), purse, draft.progress)
            if line.product["type_id"] == "configurable":
                child["qty_shipped"] = 0
            child["parent_item_id"] = parent["item_id"]
            child["parent_item"] = parent
            items.append(child)
    return items


def _header(draft: Draft, header: Json, items: list[Json], sums: Sums, purse: Purse) -> Json:
    order = {
        **totals_json(draft.lines, draft.progress, sums, purse),
        **header,
        **_people(draft),
        "base_currency_code": "EUR",
        "base_to_global_rate": 1,
        "base_to_order_rate": number(draft.rate),
        "billing_address_id": header["entity_id"] * 2,
        "email_sent": 1,
        "global_currency_code": "EUR",
        "is_virtual": int(sums.shipping == 0 and bool(items)),
        "order_currency_code": draft.currency,
        "protect_code": hashlib.blake2s(str(header["entity_id"]).encode(), digest_size=16).hexdigest(),
        "quote_id": header["entity_id"] + 2,
        "state": draft.state,
        "status": draft.status,
        "store_currency_code": "EUR",
        "store_to_base_rate": 0,
        "store_to_order_rate": 0,
        "total_item_count": sum("parent_item_id" not in item for item in items),
        "total_qty_ordered": number(sum(line.qty for line in draft.lines)),
        "weight": number(sum(line.qty for line in draft.lines if "weight" in line.product)),
    }
    if draft.store_id is not None:
        order["store_name"] = _STORE_NAMES[draft.store_id]
    if sums.discount:
        order["applied_rule_ids"] = "1"
    if draft.coupon is not None:
        order.update(coupon_code=draft.coupon, discount_description=draft.coupon)
    if not order["is_virtual"]:
        order["shipping_description"] = "Flat Rate - Fixed"
    return order


def _people(draft: Draft) -> Json:
    customer = draft.customer
    person: Json = {
        "customer_email": customer["email"],
        "customer_firstname": customer["firstname"],
        "customer_group_id": 1 if customer.get("id") else 0,
        "customer_is_guest": 0 if customer.get("id") else 1,
        "customer_lastname": customer["lastname"],
        "customer_note_notify": 1,
        "remote_ip": "127.0.0.1",
    }
    if customer.get("id"):
        person["customer_id"] = customer["id"]
    return person
