"""What hangs on an order beside its lines: addresses, payment, and the extension attributes that repeat the lines."""

from sandbox.shop.order_lines import Line, Progress
from sandbox.shop.products import number
from sandbox.shop.world import Json

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


def address_json(kind: str, customer: Json, order: Json, address_id: int) -> Json:
    """Build a billing or shipping address of an order."""
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


def payment_json(progress: Progress, order: Json) -> Json:
    """Build the payment of an order, paid by cheque once it is invoiced."""
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
    if progress.invoiced:
        payment.update(amount_paid=order["grand_total"], base_amount_paid=order["base_grand_total"])
        payment.update(
            shipping_captured=order["shipping_amount"], base_shipping_captured=order["base_shipping_amount"]
        )
    if progress.refunded:
        payment.update(amount_refunded=order["total_refunded"], base_amount_refunded=order["base_total_refunded"])
        payment.update(
            shipping_refunded=order["shipping_refunded"], base_shipping_refunded=order["base_shipping_refunded"]
        )
    return payment


def extension_json(lines: list[Line], customer: Json, order: Json) -> Json:
    """Build the part that repeats every line: Magento sends the whole `items` list once more per assignment."""
    shipping: Json = {"total": {name: order[name] for name in _SHIPPING_TOTALS if name in order}}
    if not order["is_virtual"]:
        address = address_json("shipping", customer, order, order["entity_id"] * 2 - 1)
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
        _add_taxes(extension, lines, order)
    return extension


def _add_taxes(extension: Json, lines: list[Line], order: Json) -> None:
    percent = max(number(row.tax) for line in lines for row in line.counting())
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
