"""What Optiply must hold after each run of a sequence of days, computed row by row from the readings of the tap.

Readings of the rules, where the text leaves room:

* A product counts as known to Magento once its record was read; from then on complete readings that lack it count.
* Proven gone: two complete listings of different runs in a row lack the product, or one does and so does a complete
  answer when it was asked for by id. A listing or an answer that holds it clears it, and so does its record in the
  products stream. A bulk stock item clears a suspicion, too, but brings nothing back that is gone. An answer without a
  listing beside it says nothing.
* The limit counts the newly proven products that Magento had as enabled, against all it has as enabled; beyond the
  limit none of the newly proven is believed to be gone.
* With `sync_product_deletions` off listings mean nothing: no product becomes gone, none returns by being listed.
* A kit that is proven gone is none any more: its sale goes to its parts. The compositions Optiply holds of it stay, and
  no new ones are made.
* A composition waits as long as its parent or its part is neither in Optiply nor on its way. While the SKU of a part
  belongs to no product (Magento renamed it), nobody can say which composition of that kit is over: all stay wanted.
* While the stock of a product that Optiply has is unknown, the stock that was wanted last stays wanted (law 1), and it
  is not enabled if Optiply has it as disabled or was last to have it so. The same holds for a whole product that is
  refused: what was wanted before stays wanted, except that it is still disabled when Magento says so.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from tests.oracle.flow import Flow, Reading, decimal, product_of_sku
from tests.oracle.kit_rules import kit_parts
from tests.oracle.order_book import GOES, WAITS, OrderBook
from tests.oracle.order_rules import whole_units
from tests.oracle.product_rules import Attributes, fields, refusal
from tests.oracle.stock_rules import StockBook, cut

ALWAYS_DISABLED_TOGETHER = 5
Rows = list[dict[str, Any]]


class Answers(Protocol):
    """What Optiply answers to a record (stream, remote id): None where it accepts it, else `failed`, `refused`, or
    `missing` where no answer is left."""

    def get(self, key: tuple[str, str], /) -> str | None:
        """The answer to one record."""
        ...


ACCEPTED: Mapping[tuple[str, str], str] = {}


class Ledger:
    """Optiply as it must be, day by day; `flow` may be changed between two days.

    `optiply`: stream to remote id to attributes; `waiting` and `refused`: stream to remote id to a reason.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.products: dict[int, dict[str, Any]] = {}
        self.stock = StockBook()
        self.book = OrderBook()
        self.absent: dict[int, int] = {}
        self.gone: set[int] = set()
        self.refused_with: dict[int, Attributes] = {}
        self.offered: set[int] = set()
        self.hopeless: set[int] = set()
        self.last_wanted: dict[int, Attributes] = {}
        self.composed: dict[str, Attributes] = {}
        self.optiply: dict[str, dict[str, Attributes]] = {"products": {}, "productCompositions": {}, "sellOrders": {}}
        self.waiting: dict[str, dict[str, str]] = {}
        self.refused: dict[str, dict[str, str]] = {}

    # One run.

    def day(self, reading: Reading, answers: Answers = ACCEPTED) -> None:
        """Take one run's records and what Optiply answers to what it is offered."""
        self.waiting = {"products": {}, "productCompositions": {}, "sellOrders": {}}
        self.refused = {"products": {}, "productCompositions": {}, "sellOrders": {}}
        self.offered, self.hopeless = set(), set()
        self.book.left_out = []
        known = set(self.optiply["products"])
        for product in reading.rows.get("products", []):
            self.products[int(product["id"])] = product
            self.absent[int(product["id"])] = 0
            self.gone.discard(int(product["id"]))
        there = {int(row["id"]) for row in reading.rows.get("product_checks", []) if row["found"] is True}
        lacking = {int(row["id"]) for row in reading.full("product_checks") or [] if row["found"] is False}
        shown = {int(row["product_id"]) for row in reading.rows.get("product_item_stocks", [])}
        self._take_listing(reading.full("product_ids"), there, lacking, shown)
        self.stock.take(reading, self.products, self.gone, self.flow)
        self.book.take(reading.rows.get("orders", []), self.flow, reading.now)
        if self.flow.syncs("products"):
            needed = self._needed_by_orders()
            for product_id in sorted(self.products):
                self._settle_product(product_id, product_id in needed, answers)
        if self.flow.composes:
            self._settle_compositions(answers)
        if self.flow.syncs("sellOrders"):
            self._settle_orders(reading.now, known, answers)

    # Deletions.

    def _take_listing(self, listing: Rows | None, there: set[int], lacking: set[int], shown: set[int]) -> None:
        if listing is None or not self.flow.sync_product_deletions or not self.flow.syncs("products"):
            return
        present = {int(row["id"]) for row in listing} | there
        for product_id in self.products:
            times = self.absent.get(product_id, 0) + (2 if product_id in lacking else 1)
            self.absent[product_id] = 0 if product_id in present | shown else times
        self.gone -= present
        proven = {product_id for product_id, times in self.absent.items() if times >= 2} - self.gone
        enabled = {key for key, product in self.products.items() if int(product["status"]) == 1} - self.gone
        if len(proven & enabled) <= max(ALWAYS_DISABLED_TOGETHER, self.flow.max_disable_share * len(enabled)):
            self.gone |= proven

    # Products.

    def _needed_by_orders(self) -> set[int]:
        needed: set[int] = set()
        if self.flow.syncs("sellOrders"):
            kits = self.kits()
            for order_id in self.book.orders:
                if str(order_id) not in self.optiply["sellOrders"]:
                    needed |= set(self.book.lines(order_id, self.flow, kits))
        return needed

    def kits(self) -> set[int]:
        """Ids of the fixed kits whose composition is synced."""
        if not self.flow.composes:
            return set()
        return {key for key, product in self.products.items() if kit_parts(product) is not None} - self.gone

    def _stock_level(self, product_id: int) -> int | None:
        product = self.products[product_id]
        if product["type_id"] != "simple":
            return 0
        if self.stock.managed.get(product_id) is False:
            return 0
        quantity = self.stock.quantity.get(product_id)
        return None if quantity is None else cut(quantity)

    def _settle_product(self, product_id: int, needed: bool, answers: Answers) -> None:
        product = self.products[product_id]
        remote_id = str(product_id)
        held = self.optiply["products"].get(remote_id)
        level = self._stock_level(product_id)
        disabled = int(product["status"]) == 2 or product_id in self.gone
        why = refusal(product, level)
        if why is not None:
            self.refused["products"][remote_id] = why
            if held is not None:
                wanted = self.last_wanted[product_id] | ({"status": "disabled"} if disabled else {})
                self._update(product_id, held, wanted, answers)
            return
        managed = self.stock.managed.get(product_id)
        if held is None:
            wanted = fields(product, self.flow, disabled=disabled, managed=managed)
            self._create(product_id, wanted, level, needed, answers)
            return
        if level is None:
            before = self.last_wanted[product_id]
            level = before.get("stockLevel")
            disabled |= "disabled" in (held["status"], before["status"])
        wanted = fields(product, self.flow, disabled=disabled, managed=managed)
        self._update(product_id, held, wanted | ({} if level is None else {"stockLevel": level}), answers)

    def _update(self, product_id: int, held: Attributes, wanted: Attributes, answers: Answers) -> None:
        self.last_wanted[product_id] = wanted
        if answers.get(("products", str(product_id))) is None:
            held.update(
                {name: value for name, value in wanted.items() if self.flow.map_stockLevel or name != "stockLevel"}
            )

    def _create(self, product_id: int, wanted: Attributes, level: int | None, needed: bool, answers: Answers) -> None:
        remote_id = str(product_id)
        if product_id in self.gone:
            return
        if wanted["status"] == "disabled":
            if not needed and not self.flow.create_disabled_products:
                self.waiting["products"][remote_id] = "disabled and unknown to Optiply"
                return
            if level is None and needed:
                level = 0
        if level is None:
            self.waiting["products"][remote_id] = "stock not known"
            return
        picture = {**wanted, "stockLevel": level}
        self.last_wanted[product_id] = picture
        self.offered.add(product_id)
        if self.refused_with.get(product_id) == picture:
            self.hopeless.add(product_id)
        answer = answers.get(("products", remote_id))
        if answer is None:
            self.optiply["products"][remote_id] = dict(picture)
        elif answer == "refused":
            self.refused_with[product_id] = picture
        elif answer == "failed":
            self.refused_with.pop(product_id, None)

    # Compositions.

    def _settle_compositions(self, answers: Answers) -> None:
        wanted: dict[str, Attributes] = {}
        doubtful: set[int] = set()
        for parent_id in self.kits():
            parts: dict[int, Decimal] = {}
            for sku, quantity in kit_parts(self.products[parent_id]) or []:
                part_id = product_of_sku(sku, self.products, self.gone)
                if part_id is None:
                    doubtful.add(parent_id)
                else:
                    parts[part_id] = parts.get(part_id, Decimal(0)) + quantity
            for part_id, units in parts.items():
                wanted[f"{parent_id}-{part_id}"] = {
                    "composedProductRemoteId": str(parent_id),
                    "partProductRemoteId": str(part_id),
                    "partQuantity": whole_units(units),
                }
        for remote_id in set(self.composed) - set(wanted):
            parent_id = int(self.composed[remote_id]["composedProductRemoteId"])
            if parent_id in self.gone:
                stays = remote_id in self.optiply["productCompositions"]
            else:
                stays = parent_id in doubtful
            if not stays:
                del self.composed[remote_id]
        there = self.optiply["products"]
        for remote_id, composition in wanted.items():
            self.composed.pop(remote_id, None)
            if ends(composition) <= {*there, *map(str, self.offered)}:
                self.composed[remote_id] = composition
            else:
                self.waiting["productCompositions"][remote_id] = "a product is not in Optiply"
        held = self.optiply["productCompositions"]
        for remote_id in {*held, *self.composed}:
            if answers.get(("productCompositions", remote_id)) is not None:
                continue
            if remote_id not in self.composed:
                del held[remote_id]
            elif ends(self.composed[remote_id]) <= set(there):
                held[remote_id] = self.composed[remote_id]

    # Orders.

    def _settle_orders(self, now: datetime, known: set[str], answers: Answers) -> None:
        held = self.optiply["sellOrders"]
        kits = self.kits()

        def verdict(product_id: int, waited: bool) -> str:
            if str(product_id) in known:
                return GOES
            if product_id not in self.products or not self.flow.syncs("products"):
                return "unknown product, waited long enough" if waited else WAITS
            if product_id in self.gone:
                return "product proven gone"
            if str(product_id) in self.refused["products"] or product_id in self.hopeless:
                return "product refused for good"
            return GOES if product_id in self.offered else WAITS

        for order_id in sorted(self.book.orders):
            remote_id = str(order_id)
            if remote_id in held:
                continue
            picture = self.book.picture(order_id, self.flow, kits, now, verdict, self.products)
            if isinstance(picture, str):
                reasons = self.refused if picture == "no lines" else self.waiting
                reasons["sellOrders"][remote_id] = picture
                continue
            lacking = [one for one in picture["orderLines"] if one["productRemoteId"] not in self.optiply["products"]]
            if not lacking and answers.get(("sellOrders", remote_id)) is None:
                held[remote_id] = picture


def ends(composition: Attributes) -> set[str]:
    """Remote ids of the two products."""
    return {composition["composedProductRemoteId"], composition["partProductRemoteId"]}


def decimals(picture: object) -> object:
    """The same picture with every number that stands for money or units as a decimal, for comparing."""
    if isinstance(picture, bool) or picture is None or isinstance(picture, str):
        return picture
    if isinstance(picture, int | float | Decimal):
        return decimal(picture)
    if isinstance(picture, dict):
        return {key: decimals(value) for key, value in picture.items()}
    if isinstance(picture, list | tuple):
        return [decimals(value) for value in picture]
    raise TypeError(f"nothing to compare in {type(picture).__name__}")
