"""What Optiply should have of one product: its fields, and why it cannot be sent. One record at a time.

Readings of the rules, where the text leaves room:

* A value of an optional field that does not fit is left out: what Optiply has in that field stays. A price that Magento
  does not give at all (grouped products) is an empty price.
* A value of a required field that does not fit refuses the record: Optiply keeps what it has, but a product that is
  disabled or gone is still disabled.
"""

from decimal import Decimal
from typing import Any

from tests.oracle.flow import Flow, utc
from tests.oracle.kit_rules import kit_parts
from tests.oracle.order_rules import money

HIGHEST_STOCK = 9_999_999
HIGHEST_PRICE = Decimal("999999999.99")
LONGEST_TEXT = 255

Product = dict[str, Any]
Attributes = dict[str, Any]


def custom(product: Product, code: str) -> object:
    """The value of one of the shop's own attributes, None where the product has none."""
    for attribute in product.get("custom_attributes") or []:
        if attribute["attribute_code"] == code and attribute["value"] not in (None, ""):
            return attribute["value"]
    return None


def source(product: Product, flow: Flow, field: str, magento: str) -> object:
    """The Magento value for an Optiply field: by the tenant's own mapping, else by the table's."""
    name = dict(flow.custom_mappings).get(field, magento)
    if name.startswith("custom_attributes."):
        return custom(product, name.removeprefix("custom_attributes."))
    return product.get(name)


def prices(value: object) -> Attributes:
    """The price to cents; None where Magento gives none; nothing at all where it gives one that is no price."""
    if value is None or value == "":
        return {"price": None}
    try:
        price = money(value)
    except ArithmeticError:
        return {}
    return {"price": price} if Decimal(0) <= price <= HIGHEST_PRICE else {}


def refusal(product: Product, level: int | None) -> str | None:
    """Why the product cannot be sent at all, or None."""
    sku = str(product.get("sku") or "")
    if not sku.strip():
        return "no sku"
    if len(sku) > LONGEST_TEXT:
        return "sku too long"
    if not str(product.get("name") or "").strip():
        return "no name"
    if level is not None and abs(level) > HIGHEST_STOCK:
        return "stockLevel beyond what Optiply takes"
    return None


def fields(product: Product, flow: Flow, *, disabled: bool, managed: bool | None) -> Attributes:
    """Every attribute but stockLevel. `managed`: whether Magento manages its stock, None where nobody has said."""
    wanted: Attributes = {
        "name": str(product["name"])[:LONGEST_TEXT],
        "skuCode": product["sku"],
        "articleCode": str(product["id"]),
        "status": "disabled" if disabled else "enabled",
        "unlimitedStock": product["type_id"] != "simple" or managed is False,
        "createdAtRemote": utc(product["created_at"]),
        **prices(source(product, flow, "price", "price")),
    }
    if "eanCode" in dict(flow.custom_mappings):
        wanted["eanCode"] = source(product, flow, "eanCode", "")
    if flow.composes:
        wanted["assembled"] = kit_parts(product) is not None
    return wanted
