"""Builds orders as Magento's REST gives them, with their invoices, shipments and credit memos."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sandbox.shop_documents import creditmemo_json, invoice_json, shipment_json
from sandbox.shop_order_lines import Line, Progress, Purse, line_json
from sandbox.shop_products import Ids, number
from sandbox.shop_world import Json

_STORE_NAMES = {
    1: "Main Website\nMain Website Store\nDefault Store View",
    2: "Main Website\nMain Website Store\nNederlands",
    3: "B2B Website\nB2B Store\nB2B EN",
}
_FLAT_RATE = 500
_SHIPPING_TOTALS = tuple(
    f"{prefix}shipping_{name}"
    for prefix in ("base_", "")
    for name in (
        "amount",
        "canceled",
        "discount_amount",
        "discount_tax_compensation_amnt",
        "discount_tax_compensation_amount",
        "incl_tax",
        "invoiced",
        "refunded",
        "tax_amount",
        "tax_refunded",
    )
)
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
        )


@dataclass
class Written:
    """An order with the documents that belong to it."""

    order: Json
    invoices: list[Json]
    shipments: list[Json]
    creditmemos: list[Json]


@dataclass(frozen=True)
class _Sums:
    """Totals of an order in cents of the base currency."""

    subtotal: int
    discount: int
    tax: int
    shipping: int

    @property
    def grand(self) -> int:
        return self.subtotal - self.discount + self.tax + self.shipping


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
    sums = _sums(draft)
    items = _items(draft, header, purse, ids, kept)
    order = _header(draft, header, items, sums, purse)
    order["items"] = items
    order["billing_address"] = _address("billing", draft.customer, order, order["entity_id"] * 2)
    if draft.paid:
        order["payment"] = _payment(draft, order)
    order["status_histories"] = []
    order["extension_attributes"] = _extension(draft, order)
    invoices = [invoice_json(order, ids)] if draft.progress.invoiced and items else []
    shipments = [shipment_json(order, ids)] if draft.progress.shipped and items and not order["is_virtual"] else []
    memos = [creditmemo_json(order, ids)] if draft.progress.refunded and items else []
    return Written(order, invoices, shipments, memos)


def _sums(draft: Draft) -> _Sums:
    counting = [row.money() for line in draft.lines for row in line.counting()]
    virtual = all(line.product["type_id"] in ("virtual", "downloadable") for line in draft.lines)
    return _Sums(
        subtotal=sum(gross for gross, _, _, _ in counting),
        discount=sum(discount for _, discount, _, _ in counting),
        tax=sum(tax for _, _, _, tax in counting),
        shipping=0 if virtual else _FLAT_RATE * len(draft.lines),
    )


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


def _header(draft: Draft, header: Json, items: list[Json], sums: _Sums, purse: Purse) -> Json:
    order = {
        **_totals(draft, sums, purse),
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


def _totals(draft: Draft, sums: _Sums, purse: Purse) -> Json:
    """Build the amounts; what a state has not brought yet is left out, as Magento leaves nulls out."""
    totals = purse.both(
        discount_amount=-sums.discount,
        grand_total=sums.grand,
        discount_tax_compensation_amount=0,
        subtotal=sums.subtotal,
        subtotal_incl_tax=sums.subtotal + sums.tax,
        tax_amount=sums.tax,
        total_due=0 if draft.progress.invoiced else sums.grand,
    )
    totals.update(_shipping(sums, purse))
    if draft.progress.invoiced:
        invoiced = purse.both(
            discount_invoiced=-sums.discount,
            discount_tax_compensation_invoiced=0,
            shipping_invoiced=sums.shipping,
            subtotal_invoiced=sums.subtotal,
            tax_invoiced=sums.tax,
            total_invoiced=sums.grand,
            total_paid=sums.grand,
        )
        totals.update(invoiced, base_total_invoiced_cost=0)
    if draft.progress.canceled:
        canceled = purse.both(
            discount_canceled=-sums.discount,
            shipping_canceled=sums.shipping,
            subtotal_canceled=sums.subtotal,
            tax_canceled=sums.tax,
            total_canceled=sums.grand,
        )
        totals.update(canceled)
    if draft.progress.refunded:
        totals.update(_refunds(draft, sums, purse))
    return totals


def _refunds(draft: Draft, sums: _Sums, purse: Purse) -> Json:
    whole = draft.state == "closed"
    rows = [row for line in draft.lines for row in line.counting()]
    goods = sums.subtotal if whole else sum(round(row.cents * row.refunded) for row in rows)
    refunded = sums.grand if whole else goods
    return purse.both(
        adjustment_negative=0,
        adjustment_positive=0,
        discount_refunded=0,
        discount_tax_compensation_refunded=0,
        shipping_refunded=sums.shipping if whole else 0,
        shipping_tax_refunded=0,
        subtotal_refunded=goods,
        tax_refunded=sums.tax if whole else 0,
        total_offline_refunded=refunded,
        total_refunded=refunded,
    )


def _shipping(sums: _Sums, purse: Purse) -> Json:
    return {
        **purse.both(
            shipping_amount=sums.shipping,
            shipping_discount_amount=0,
            shipping_incl_tax=sums.shipping,
            shipping_tax_amount=0,
        ),
        "base_shipping_discount_tax_compensation_amnt": 0,
        "shipping_discount_tax_compensation_amount": 0,
    }


def _address(kind: str, customer: Json, order: Json, address_id: int) -> Json:
    home = customer["addresses"][0]
    return {
        "address_type": kind,
        "city": home["city"],
        "country_id": home["country_id"],
        "email": customer["email"],
        "entity_id": address_id,
        "firstname": customer["firstname"],
        "lastname": customer["lastname"],
        "parent_id": order["entity_id"],
        "postcode": home["postcode"],
        "region": "Noord-Holland",
        "region_code": "Noord-Holland",
        "street": home["street"],
        "telephone": home["telephone"],
    }


def _payment(draft: Draft, order: Json) -> Json:
    payment: Json = {
        "account_status": None,
        "additional_information": ["Check / Money order"],
        "amount_ordered": order["grand_total"],
        "base_amount_ordered": order["base_grand_total"],
        "base_shipping_amount": order["base_shipping_amount"],
        "cc_last4": None,
        "entity_id": order["entity_id"],
        "method": "checkmo",
        "parent_id": order["entity_id"],
        "shipping_amount": order["shipping_amount"],
    }
    if draft.progress.invoiced:
        payment.update(amount_paid=order["grand_total"], base_amount_paid=order["base_grand_total"])
        payment.update(
            shipping_captured=order["shipping_amount"], base_shipping_captured=order["base_shipping_amount"]
        )
    if draft.progress.refunded:
        payment.update(amount_refunded=order["total_refunded"], base_amount_refunded=order["base_total_refunded"])
        payment.update(
            shipping_refunded=order["shipping_refunded"], base_shipping_refunded=order["base_shipping_refunded"]
        )
    return payment


def _extension(draft: Draft, order: Json) -> Json:
    """Build the part that repeats every line: Magento sends the whole `items` list once more per assignment."""
    shipping: Json = {"total": {name: order[name] for name in _SHIPPING_TOTALS if name in order}}
    if not order["is_virtual"]:
        address = _address("shipping", draft.customer, order, order["entity_id"] * 2 - 1)
        shipping = {"address": address, "method": "flatrate_flatrate", **shipping}
    extension: Json = {
        "shipping_assignments": [{"shipping": shipping, "items": order["items"]}],
        "payment_additional_info": [{"key": "method_title", "value": "Check / Money order"}],
        "applied_taxes": [],
        "item_applied_taxes": [],
        "converting_from_quote": False,
        "taxes": [],
        "additional_itemized_taxes": [],
    }
    if order["base_tax_amount"]:
        _add_taxes(extension, draft, order)
    return extension


def _add_taxes(extension: Json, draft: Draft, order: Json) -> None:
    percent = max(number(row.tax) for line in draft.lines for row in line.counting())
    name = "NL VAT"
    amounts = {"amount": order["tax_amount"], "base_amount": order["base_tax_amount"]}
    applied = {"code": name, "title": name, "percent": percent, **amounts}
    extension["applied_taxes"] = [applied]
    extension["item_applied_taxes"] = [{"type": "product", "applied_taxes": [applied]}]
    extension["taxes"] = [
        {
            "tax_id": order["entity_id"],
            "order_id": order["entity_id"],
            **applied,
            "base_real_amount": order["base_tax_amount"],
            "priority": 0,
            "position": 0,
            "process": 0,
        }
    ]
    extension["additional_itemized_taxes"] = [
        {
            "tax_item_id": order["entity_id"],
            "tax_id": order["entity_id"],
            "tax_code": name,
            "tax_percent": percent,
            **amounts,
            "real_amount": order["tax_amount"],
            "real_base_amount": order["base_tax_amount"],
            "taxable_item_type": "product",
        }
    ]
