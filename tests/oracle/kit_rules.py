"""Which bundles are fixed kits, and what they are made of.

A fixed kit: every option is required, holds exactly one product, and its quantity is not the customer's choice.
Readings: a bundle without any option is no kit, nor is one with a part without SKU; a product that stands in two
options is one part with both quantities; a part's quantity is rounded half up and to at least 1, after the sum, because
Optiply knows whole parts.
"""

from decimal import Decimal
from typing import Any

from tests.oracle.flow import decimal, sku_key


def truth(value: object) -> bool:
    """Magento writes yes and no as booleans, 0/1 or "0"/"1"."""
    return value not in (None, False, 0, "0", "", "false")


def kit_parts(product: dict[str, Any]) -> list[tuple[str, Decimal]] | None:
    """SKU and quantity of each choice of a fixed kit; None where the product is none."""
    if product.get("type_id") != "bundle":
        return None
    options = (product.get("extension_attributes") or {}).get("bundle_product_options") or []
    if not options:
        return None
    parts: list[tuple[str, Decimal]] = []
    for option in options:
        links = option.get("product_links") or []
        if not truth(option.get("required")) or len(links) != 1 or truth(links[0].get("can_change_quantity")):
            return None
        if not sku_key(links[0]["sku"]):
            return None
        parts.append((links[0]["sku"], decimal(links[0]["qty"])))
    return parts
