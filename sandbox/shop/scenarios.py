"""What is ordered in a sandbox shop: one order per awkward case first, then ordinary ones made up by the seed."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.shop.order_lines import Line
from sandbox.shop.orders import Draft
from sandbox.shop.people import guest
from sandbox.shop.products import stamp_text
from sandbox.shop.world import BASE_TIME, ORDER_BATCH, Json

#: (state, status, weight) of ordinary orders; the last ones are statuses a merchant made.
_STATES: tuple[tuple[str, str, int], ...] = (
    ("complete", "complete", 60),
    ("processing", "processing", 10),
    ("new", "pending", 10),
    ("canceled", "canceled", 6),
    ("closed", "closed", 4),
    ("holded", "holded", 2),
    ("pending_payment", "pending_payment", 2),
    ("complete", "delivered", 2),
)

#: States and statuses that occur at least once.
_EVERY_STATE: tuple[tuple[str, str], ...] = (
    *((state, status) for state, status, _ in _STATES),
    ("payment_review", "payment_review"),
    ("payment_review", "fraud"),
    ("processing", "picked"),
    ("new", "pending_paypal"),
)


@dataclass
class Basket:
    """Builds lines from SKUs; `by_sku` also knows the product deleted long ago."""

    by_sku: Mapping[str, Json]

    def line(
        self,
        sku: str,
        qty: float = 1,
        *,
        price: float | None = None,
        discount: float = 0.0,
        tax: float = 0.0,
        kind: str | None = None,
        canceled: float = 0.0,
        refunded: float = 0.0,
        backordered: float = 0.0,
    ) -> Line:
        """Return a line of a product at its own price, unless `price` says otherwise."""
        product = self.by_sku[sku]
        line = Line(product, qty, float(product.get("price", 0) if price is None else price), discount, tax, kind)
        line.canceled, line.refunded, line.backordered = canceled, refunded, backordered
        return line

    def configurable(self, child: str, qty: float = 1, discount: float = 0.0, tax: float = 0.0) -> Line:
        """Return a shirt: the parent has the money and the child's SKU, the child the stock."""
        part = Line(self.by_sku[child], qty, 0.0, silent=True)
        option = {
            "configurable_item_options": [
                {"option_id": "87", "option_value": 58 if "RED" in child else 50},
                {"option_id": "88", "option_value": 167 if child.endswith("S") else 168},
            ]
        }
        price = float(part.product["price"])
        return Line(
            self.by_sku["SHIRT"], qty, price, discount=discount, tax=tax, sku=child, option=option, parts=[part]
        )

    def bundle(self, sku: str, qty: float = 1, choices: tuple[int, ...] = (), **more: float) -> Line:
        """Return a bundle of `qty`; `choices` picks a part per option, the first when not said."""
        product = self.by_sku[sku]
        fixed = bool(product["price"])
        options = product["extension_attributes"]["bundle_product_options"]
        picked = [
            option["product_links"][min(choices[n], len(option["product_links"]) - 1) if n < len(choices) else 0]
            for n, option in enumerate(options)
            if option["required"]
        ]
        parts = [self._part(link, qty, fixed, more) for link in picked]
        selections = [
            {"option_id": link["option_id"], "option_qty": link["qty"], "option_selections": [int(link["id"])]}
            for link in picked
        ]
        line = Line(product, qty, float(product["price"]), parts=parts, parts_carry_money=not fixed)
        line.option = {"bundle_options": selections}
        if fixed:
            line.discount, line.tax = more.get("discount", 0.0), more.get("tax", 0.0)
        else:
            line.sku = "-".join([sku, *(part.product["sku"] for part in parts)])
        return line

    def _part(self, link: Json, qty: float, fixed: bool, more: Mapping[str, float]) -> Line:
        product = self.by_sku[link["sku"]]
        units = link["qty"] * qty
        if fixed:
            return Line(product, units, 0.0, silent=True)
        return Line(product, units, float(product["price"]), more.get("discount", 0.0), more.get("tax", 0.0))

    def grouped(self, *parts: tuple[str, float]) -> list[Line]:
        """Return the lines of a grouped product: one per part, each of type `grouped`, without a parent."""
        return [self.line(sku, qty, kind="grouped") for sku, qty in parts]


def _special_lines(basket: Basket) -> Iterator[tuple[list[Line], Json]]:
    """Yield (lines, what is special about the order); orders are complete unless they say otherwise."""
    line, bundle = basket.line, basket.bundle
    yield [line("ONLY-WAREHOUSE", 2)], {}
    yield [basket.configurable("SHIRT-RED-S", 2)], {}
    yield [bundle("BOX-DYN", 2, (1,))], {}
    yield [bundle("BOX-FIX", 1, (0,))], {}
    yield [bundle("KIT-DYN", 3)], {}
    yield [bundle("KIT-FIX", 2)], {}
    yield basket.grouped(("PART-C", 3), ("PART-D", 1)), {}
    yield [line("VIRTUAL-1", 3)], {}
    yield [_option(line("COST-1", 4), "AAA"), _option(line("COST-1", 6), "BBB")], {}
    discounted = [line("HUGE-1", 3, discount=10.0), line("COST-1", 1, price=15.5, discount=10.0)]
    yield discounted, {"coupon": "SAVE10"}
    yield [line("HUGE-1", 5, refunded=2.0)], {}
    yield [line("HUGE-1", 4, refunded=4.0)], {"state": "closed", "status": "closed"}
    yield [line("HUGE-1", 4, canceled=4.0)], {"state": "canceled", "status": "canceled"}
    yield [line("GONE-1", 2), line("HUGE-1", 1)], {}
    yield [line("DECIMAL-1", 2.5, price=4.0)], {}
    yield [line("FREE-1", 1), line("PART-A", 2)], {}
    yield [line("PART-B", 2, discount=100.0)], {"coupon": "GIFT100"}
    yield [line("PART-A", 3, tax=21.0), line("PART-B", 1, tax=21.0)], {}
    yield [line("COST-1", 2), line("PART-A", 1)], {"currency": "USD", "rate": 1.1}
    yield [line("PART-A", 2)], {"store_id": None}
    yield [line("BACKORDER-1", 3, backordered=3.0)], {"state": "new", "status": "pending"}
    yield [], {}
    yield [line("PART-A", 1)], {"paid": False}
    yield [bundle("BOX-DYN", 2, (0,), discount=10.0, tax=21.0), line("PART-D", 1, discount=10.0)], {"coupon": "SAVE10"}
    yield [bundle("BOX-FIX", 3, (1,), discount=15.0, tax=21.0)], {}
    yield [basket.configurable("SHIRT-BLUE-S", 3, 10.0, 21.0), line("SHIRT-BLUE-S", 1)], {"coupon": "SAVE10"}
    yield [bundle("KIT-DYN", 1, discount=15.0), bundle("KIT-FIX", 1, discount=15.0), line("PART-C", 2)], {}
    yield [bundle("BOX-FREE-QTY", 2), bundle("BOX-OPTIONAL", 1)], {}
    yield [line("ODD/SLASH-1"), line("ODD,COMMA", 2), line("Odd-Case-A"), line("0"), line("L" * 64)], {}
    yield [line("DISABLED-1", 1), line("SHIRT-BLUE-M", 1), line("UNINDEXED-1", 2)], {}
    yield [line("PART-A", 5, canceled=1.0), line("PART-B", 1)], {}
    yield [line("PRICE-4DEC", 3), line("NOMANAGE-0", 1), line("EBOOK-1", 1)], {"store_id": 2}
    yield [line("B2BONLY-1", 10), line("ONLY-DEFAULT", 5)], {"store_id": 3}
    yield [line("DECIMAL-1", 0.25, price=4.0)], {}
    for state, status in _EVERY_STATE:
        refunded = 2.0 if state == "closed" else 0.0
        canceled = 2.0 if state == "canceled" else 0.0
        yield [line("PART-A", 2, refunded=refunded, canceled=canceled)], {"state": state, "status": status}


def _option(line: Line, text: str) -> Line:
    line.option = {"custom_options": [{"option_id": "1", "option_value": text}]}
    return line


def special_orders(by_sku: Mapping[str, Json], customers: list[Json], rng: random.Random) -> Iterator[Draft]:
    """Yield one draft per awkward case; all were placed in the 20 days before the shop's clock starts."""
    cases = list(_special_lines(Basket(by_sku)))
    step = timedelta(days=20) / len(cases)
    for n, (lines, facts) in enumerate(cases):
        placed = BASE_TIME - timedelta(days=20, hours=1) + n * step
        person = customers[n % len(customers)]
        yield Draft(lines, person if n % 3 else guest(person), *_times(placed, BASE_TIME, rng), **facts)


def _times(placed: datetime, latest: datetime, rng: random.Random) -> tuple[str, str]:
    """Return (created_at, updated_at); a third of those old enough share the second of one nightly batch."""
    created = stamp_text(placed)
    if created < "2026-01-13 00:00:00" and rng.random() < 0.33:
        return created, ORDER_BATCH
    room = max(1, int((latest - placed).total_seconds()) - 60)
    return created, stamp_text(placed + timedelta(seconds=rng.randrange(min(room, 4 * 86400))))


def ordinary_order(
    sellable: list[Json],
    customers: list[Json],
    rng: random.Random,
    placed: datetime,
    compose: Callable[[], Line] | None = None,
    latest: datetime = BASE_TIME,
) -> Draft:
    """Make an order up: one to four lines, sometimes discounted or taxed, in any of the common states."""
    state, status = rng.choices([row[:2] for row in _STATES], [row[2] for row in _STATES])[0]
    discount = rng.choice((0.0, 0.0, 0.0, 10.0, 15.0))
    tax = rng.choice((0.0, 21.0))
    lines: list[Line] = []
    for product in rng.sample(sellable, min(len(sellable), rng.choice((1, 1, 2, 2, 3, 4)))):
        qty = float(rng.choice((1, 1, 1, 2, 3, 5)))
        line = Line(product, qty, float(product.get("price", 0)), discount=discount, tax=tax)
        line.canceled = qty if state == "canceled" else 0.0
        line.refunded = qty if state == "closed" else 0.0
        lines.append(line)
    if compose is not None and state not in ("canceled", "closed") and rng.random() < 0.25:
        lines.append(compose())
    return Draft(
        lines,
        rng.choice(customers),
        *_times(placed, latest, rng),
        state=state,
        status=status,
        store_id=rng.choice((1, 1, 1, 1, 2, 3)),
        coupon="SAVE10" if discount == 10.0 else None,
    )


def composite_line(basket: Basket, rng: random.Random) -> Line:
    """Make a line of a shirt, a box or a kit up."""
    qty = float(rng.choice((1, 1, 2)))
    if rng.random() < 0.4:
        return basket.configurable(rng.choice(("SHIRT-RED-S", "SHIRT-RED-M", "SHIRT-BLUE-S")), qty)
    return basket.bundle(rng.choice(("BOX-DYN", "BOX-FIX", "KIT-DYN", "KIT-FIX")), qty, (rng.randrange(2),))
