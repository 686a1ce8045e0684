"""Which orders are sold, and what their lines say, one order and one row at a time.

Readings of the rules, where the text leaves room:

* "Complete" is `state` or `status` equal to "complete"; a list in `order_statuses` is compared with both alike.
* A row whose `parent_item_id` names no row of the order, or the row itself, is a row of its own; so is a parent without
  children. Magento nests one level: a row that has children is a parent, whatever it says of a parent of its own.
* A parent's money goes to its children only when none of them carries money; it is split by their ordered units,
  each share cut to whole cents, and all remaining cents go to the lowest item id. Where the children have no units
  at all, the lowest item id takes everything.
* A child that a discount brought down to nothing carries money all the same: its row says 0 because `base_row_total`
  is after discount, while its parent's row is not discounted (a bundle with dynamic price).
* A fixed kit keeps its own units; its money is its own, or what its children carry in sum where they carry some.
* Units of one product are summed first and then rounded, half up and to at least 1.
* A row that names no product is a sale of nothing Optiply knows: it is left out.
* `as_listed` takes each row with its own product, units and money; a product that stands in two rows is still one line,
  because an order of Optiply holds each product once.
"""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.flow import Flow, decimal

CENT = Decimal("0.01")
Sale = tuple[int | None, Decimal, Decimal]  # product id, units, money


def money(value: object) -> Decimal:
    """Money to whole cents, half up."""
    return decimal(value).quantize(CENT, rounding=ROUND_HALF_UP)


def is_sold(order: dict[str, Any], flow: Flow) -> bool:
    """Whether the flow wants this order."""
    if flow.pullAllOrders:
        return True
    wanted = set(flow.order_statuses) or {"complete"}
    return order.get("status") in wanted or order.get("state") in wanted


def whole_units(quantity: Decimal) -> int:
    """Units of one product in one order: half up, at least 1."""
    return max(1, int(quantity.quantize(Decimal(1), rounding=ROUND_HALF_UP)))


def counted_rows(order: dict[str, Any], kits: set[int]) -> list[Sale]:
    """(product id, units, money) of each sale; `kits`: ids of the fixed kits whose composition is synced."""
    items = order.get("items") or []
    children: dict[Any, list[dict[str, Any]]] = {}
    for item in items:
        above = parent_of(item, items)
        if above is not None:
            children.setdefault(above, []).append(item)
    sales: list[Sale] = []
    for item in items:
        if parent_of(item, items) is None:
            parts = sorted(children.get(item["item_id"], []), key=lambda part: part["item_id"])
            sales.extend(_one_sale(item, parts, kits))
    return sales


def parent_of(item: dict[str, Any], items: list[dict[str, Any]]) -> object:
    """The item id of the row that this one belongs to, None for a row of its own."""
    named = {other.get("parent_item_id") for other in items if other.get("parent_item_id") != other["item_id"]}
    above = item.get("parent_item_id")
    there = any(other["item_id"] == above for other in items)
    return above if there and above != item["item_id"] and item["item_id"] not in named else None


def _one_sale(parent: dict[str, Any], parts: list[dict[str, Any]], kits: set[int]) -> list[Sale]:
    own_money = money(parent.get("base_row_total") or 0)
    own_units = decimal(parent["qty_ordered"])
    part_money = [money(part.get("base_row_total") or 0) for part in parts]
    carried = any(
        amount != 0 or money(part.get("base_discount_amount") or 0) != 0
        for part, amount in zip(parts, part_money, strict=True)
    )
    if not parts:
        return [(_product(parent), own_units, own_money)]
    if _product(parent) in kits:
        return [(_product(parent), own_units, sum(part_money, Decimal(0)) if carried else own_money)]
    if not carried:
        part_money = split_by_units(own_money, [decimal(part["qty_ordered"]) for part in parts])
    return [
        (_product(part), decimal(part["qty_ordered"]), amount) for part, amount in zip(parts, part_money, strict=True)
    ]


def products_above(order: dict[str, Any]) -> set[int]:
    """The products of the rows that have children."""
    items = order.get("items") or []
    above = {parent_of(item, items) for item in items}
    found = {_product(item) for item in items if item["item_id"] in above}
    return {product_id for product_id in found if product_id is not None}


def _product(row: dict[str, Any]) -> int | None:
    return None if row.get("product_id") is None else int(row["product_id"])


def split_by_units(amount: Decimal, units: list[Decimal]) -> list[Decimal]:
    """Shares of an amount in whole cents, by units; the first (the lowest item id) takes the remainder."""
    total = sum(units, Decimal(0))
    if total == 0:
        return [amount] + [Decimal(0)] * (len(units) - 1)
    shares = [(amount * unit / total).quantize(CENT, rounding=ROUND_DOWN) for unit in units]
    shares[0] += amount - sum(shares, Decimal(0))
    return shares


def listed_rows(order: dict[str, Any]) -> list[Sale]:
    """Magento's rows literally."""
    return [
        (_product(item), decimal(item["qty_ordered"]), money(item.get("base_row_total") or 0))
        for item in order.get("items") or []
    ]


def order_lines(order: dict[str, Any], flow: Flow, kits: set[int]) -> dict[int, tuple[int, Decimal]]:
    """Product id to (whole units, money): each product once, rows without a product not at all."""
    rows = listed_rows(order) if flow.order_lines == "as_listed" else counted_rows(order, kits)
    units: dict[int, Decimal] = {}
    amounts: dict[int, Decimal] = {}
    for product_id, quantity, amount in rows:
        if product_id is None:
            continue
        units[product_id] = units.get(product_id, Decimal(0)) + quantity
        amounts[product_id] = amounts.get(product_id, Decimal(0)) + amount
    return {product_id: (whole_units(units[product_id]), amounts[product_id]) for product_id in units}
