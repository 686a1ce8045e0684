"""Which orders Optiply must hold: those that are sold, wait, go without a line, or stay behind. One order at a time.

Readings of the rules, where the text leaves room:

* A line is left out for a product that is proven gone or refused for good only if Optiply does not hold that product:
  what Optiply holds, disabled or not, can be sold there. Refused for good is a product that our own rules refuse, and
  one that Optiply has refused with the very values that are still wanted.
* An unknown product is one whose record was never read, or that is not sent from here at all. The waiting time starts
  with the run that first saw the order, and is over when it has passed: with 0 days there is no waiting.
* What an order says depends on the products of its rows with children: while one of them was never read, nobody knows
  whether it is a fixed kit, and the order waits as for an unknown product.
* An order that was wanted once stays wanted until it is sent (law 1), also when its state moves on while it waits;
  it is sent as it was when it was last wanted. An order of which no line is left is still wanted: it goes when one of
  its products comes after all.
* Once an order was offered, its lines are what was offered, until Magento sends it again or Optiply has it.
"""

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.flow import Flow, utc
from tests.oracle.order_rules import is_sold, money, order_lines, products_above

GOES, WAITS = "goes", "waits"
Lines = dict[int, tuple[int, Decimal]]
# What may be done with a line of this product; the second argument: whether the order has waited long enough.
Verdict = Callable[[int, bool], str]


class OrderBook:
    """The orders that are wanted, since when, and what was offered of them."""

    def __init__(self) -> None:
        self.orders: dict[int, dict[str, Any]] = {}
        self.first_seen: dict[int, datetime] = {}
        self.offered: dict[int, Lines] = {}
        self.left_out: list[tuple[str, int, str]] = []

    def take(self, orders: list[dict[str, Any]], flow: Flow, now: datetime) -> None:
        """Remember the orders of one run that count."""
        if not flow.syncs("sellOrders"):
            return
        for order in orders:
            if is_sold(order, flow) and order.get("items"):
                order_id = int(order["entity_id"])
                self.orders[order_id] = order
                self.first_seen.setdefault(order_id, now)
                self.offered.pop(order_id, None)

    def lines(self, order_id: int, flow: Flow, kits: set[int]) -> Lines:
        """Product id to units and money."""
        offered = self.offered.get(order_id)
        return order_lines(self.orders[order_id], flow, kits) if offered is None else offered

    def picture(
        self, order_id: int, flow: Flow, kits: set[int], now: datetime, verdict: Verdict, read: Container[int]
    ) -> dict[str, Any] | str:
        """What Optiply is offered of the order, or why it is offered nothing."""
        waited = now - self.first_seen[order_id] >= timedelta(days=flow.order_wait_days)
        kept: Lines = {}
        waiting = ""
        if order_id not in self.offered and flow.composes and flow.order_lines == "counted" and not waited:
            for product_id in products_above(self.orders[order_id]):
                if product_id not in read:
                    waiting = f"product {product_id} may be a fixed kit"
        for product_id, sold in self.lines(order_id, flow, kits).items():
            found = verdict(product_id, waited)
            if found == WAITS:
                waiting = f"product {product_id} is not in Optiply"
            elif found == GOES:
                kept[product_id] = sold
            else:
                self.left_out.append((str(order_id), product_id, found))
        if waiting or not kept:
            return waiting or "no lines"
        self.offered[order_id] = kept
        order = self.orders[order_id]
        return {
            "placed": utc(order["created_at"]),
            "completed": utc(order["updated_at"]),
            "totalValue": money(order["subtotal"]),
            "orderLines": [
                {"productRemoteId": str(product_id), "quantity": units, "subtotalValue": amount}
                for product_id, (units, amount) in sorted(kept.items())
            ],
        }
