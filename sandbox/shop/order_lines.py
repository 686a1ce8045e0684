"""Order lines as Magento's REST gives them, with the money of each line in whole cents until it is written down."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import lru_cache

from sandbox.shop.products import number
from sandbox.shop.world import Json


@dataclass
class Line:
    """One line to be ordered. `price` is in the base currency; a `part` quantity is per unit of its parent.

    A line with `parts` is a configurable or a bundle: `parts_carry_money` says whether the money is theirs (a bundle
    with dynamic price) or the line's own; a `silent` line is a part whose money is its parent's. `discount` and `tax`
    are percentages. `canceled` and `refunded` are units. `kind` replaces the product's type on the line.
    """

    product: Json
    qty: float
    price: float
    discount: float = 0.0
    tax: float = 0.0
    kind: str | None = None
    sku: str | None = None
    option: Json | None = None
    parts: list[Line] = field(default_factory=list)
    parts_carry_money: bool = False
    silent: bool = False
    canceled: float = 0.0
    refunded: float = 0.0
    backordered: float = 0.0

    @property
    def cents(self) -> int:
        """The price of one unit in cents of the base currency."""
        return round(self.price * 100)

    def money(self) -> tuple[int, int, int, int]:
        """Return gross, discount, net and tax of the row in cents of the base currency.

        Net, the gross less the discount and without tax, is what REST calls `base_row_total`. A line whose parts
        carry the money shows their gross sum and no discount or tax of its own.
        """
        if self.parts_carry_money:
            gross = sum(part.money()[0] for part in self.parts)
            return gross, 0, gross, 0
        gross = round(round(self.price * 100) * self.qty)
        discount = round(gross * self.discount / 100) if self.discount else 0
        net = max(0, gross - discount)
        return gross, discount, net, round(net * self.tax / 100) if self.tax else 0

    def counting(self) -> list[Line]:
        """The rows whose money counts: the line, or its parts when they carry it."""
        return self.parts if self.parts_carry_money else [self]


@dataclass(frozen=True)
class Progress:
    """How far an order has come: its lines are invoiced and shipped wholly or not at all.

    `refunded` is in part or wholly, `closed` wholly.
    """

    invoiced: bool = False
    shipped: bool = False
    refunded: bool = False
    canceled: bool = False
    closed: bool = False


@lru_cache(maxsize=200_000)
def _amount(cents: float) -> float:
    return number(cents / 100)


class Purse:
    """Writes cents of the base currency as amounts of the base and of the order currency."""

    def __init__(self, rate: float) -> None:
        """Convert by `rate`: order currency per base currency."""
        self.rate = rate

    def base(self, cents: float) -> float:
        """Return an amount in the base currency."""
        return _amount(cents)

    def order(self, cents: float) -> float:
        """Return an amount in the order currency."""
        return _amount(cents) if self.rate == 1 else _amount(round(cents * self.rate))

    def both(self, **cents: float) -> Json:
        """Return for each name the field pair `<name>` and `base_<name>`."""
        fields: Json = {}
        for name, value in cents.items():
            amount = fields[_BASE_NAMES[name]] = _amount(value) if value else 0
            fields[name] = amount if self.rate == 1 or not value else _amount(round(value * self.rate))
        return fields


class _BaseNames(dict[str, str]):
    """Gives each field its `base_` name, one text for all records."""

    def __missing__(self, name: str) -> str:
        self[name] = sys.intern(f"base_{name}")
        return self[name]


_BASE_NAMES = _BaseNames()


def line_json(line: Line, header: Json, ids: tuple[int, int], purse: Purse, progress: Progress) -> Json:
    """Build one row of an order's `items`; `ids` are (item id, quote item id) (Magento REST, 2.4.7, section 10)."""
    gross, discount, net, tax = line.money()
    virtual = line.product["type_id"] in ("virtual", "downloadable")
    invoiced = line.qty - line.canceled if progress.invoiced else 0.0
    shipped = invoiced if progress.shipped and not virtual else 0.0
    item: Json = {
        **purse.both(
            amount_refunded=_refunded_cents(line),
            discount_amount=discount,
            discount_invoiced=discount if progress.invoiced else 0,
            price=line.cents if not line.parts_carry_money else round(gross / line.qty),
            row_invoiced=gross if progress.invoiced and not line.parts_carry_money else 0,
            row_total=net,
            row_total_incl_tax=net + tax,
            tax_amount=tax,
            tax_invoiced=tax if progress.invoiced else 0,
        ),
        "created_at": header["created_at"],
        "discount_percent": number(line.discount),
        "free_shipping": 0,
        "is_qty_decimal": int(line.qty != int(line.qty)),
        "is_virtual": int(virtual),
        "item_id": ids[0],
        "name": line.product["name"],
        "no_discount": 0,
        "order_id": header["entity_id"],
        "product_id": line.product["id"],
        "product_type": line.kind or line.product["type_id"],
        "qty_canceled": number(line.canceled),
        "qty_invoiced": number(invoiced),
        "qty_ordered": number(line.qty),
        "qty_refunded": number(line.refunded),
        "qty_shipped": number(shipped),
        "quote_item_id": ids[1],
        "row_weight": 0 if virtual else number(line.qty),
        "sku": line.sku if line.sku is not None else line.product["sku"],
        "updated_at": header["updated_at"],
        "extension_attributes": {"itemized_taxes": []},
    }
    if "store_id" in header:
        item["store_id"] = header["store_id"]
    item["original_price"] = item["price"]
    _add_optional(item, line, purse, progress)
    return item


def _refunded_cents(line: Line) -> int:
    if not line.refunded or line.parts_carry_money:
        return 0
    return round(line.cents * line.refunded)


def _add_optional(item: Json, line: Line, purse: Purse, progress: Progress) -> None:
    """Add the keys Magento leaves out when they are null; a child without money has fewer."""
    taxed = not line.silent and not line.parts_carry_money
    if taxed:
        item.update(purse.both(discount_tax_compensation_amount=0))
    if progress.invoiced:
        item.update(purse.both(discount_tax_compensation_invoiced=0))
    if not line.silent:
        item["base_original_price"] = item["base_price"]
        item["price_incl_tax"] = purse.order(line.cents * (100 + line.tax) / 100) if taxed else item["price"]
        item["base_price_incl_tax"] = purse.base(line.cents * (100 + line.tax) / 100) if taxed else item["base_price"]
        if progress.invoiced and taxed:
            item["weee_tax_applied"] = "[]"
    if not line.parts_carry_money:
        item["tax_percent"] = number(line.tax)
    if line.product["type_id"] not in ("virtual", "downloadable") and "weight" in line.product:
        item["weight"] = line.product["weight"]
    if line.refunded or progress.refunded:
        item.update(purse.both(discount_refunded=0, tax_refunded=0, discount_tax_compensation_refunded=0))
    if line.canceled or progress.canceled:
        item.update(discount_tax_compensation_canceled=0, tax_canceled=0)
    if line.discount:
        item["applied_rule_ids"] = "1"
    if line.backordered:
        item["qty_backordered"] = number(line.backordered)
    if line.option is not None:
        item["product_option"] = {"extension_attributes": line.option}
    cost = next((a["value"] for a in line.product["custom_attributes"] if a["attribute_code"] == "cost"), None)
    if cost is not None and not line.silent:
        item["base_cost"] = number(float(cost))
