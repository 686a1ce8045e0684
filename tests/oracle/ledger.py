"""What Optiply must hold after each run of a sequence of days, computed row by row from the readings of the tap.

Readings of the rules, where the text leaves room:

* A product counts as known to Magento once its record was read; from then on complete readings that lack it count.
* Proven gone: two complete listings of different runs in a row lack the product, or one does and so does a complete
  answer when it was asked for by id. A listing or an answer that holds it clears it, and so does its record in the
  products stream. An answer without a listing beside it says nothing.
* The limit counts the products that would go from enabled to disabled by absence alone; beyond it none of them goes.
* A line is left out for a product that is proven gone or refused for good only if Optiply does not hold that product:
  what Optiply holds, disabled or not, can be sold there.
* With `sync_product_deletions` off, absence means nothing at all: no product is ever gone.
* A kit that is proven gone is none any more: its sale goes to its parts. The compositions Optiply holds of it stay, and
  no new ones are made.
* An unknown product is one whose record was never read. The waiting time starts with the run that first saw the order.
* An order that was wanted once stays wanted until it is sent (law 1), also when its state moves on while it waits;
  it is sent as it was when it was last wanted. What is a kit for its lines is decided when it is sent.
* A composition waits as long as Optiply lacks its parent or its part.
* Price that Magento does not give (grouped products) is an empty price.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.flow import Flow, Reading, decimal, sku_key, utc
from tests.oracle.kit_rules import kit_parts
from tests.oracle.order_rules import is_sold, money, order_lines
from tests.oracle.stock_rules import StockBook, cut

HIGHEST_STOCK = 9_999_999
HIGHEST_PRICE = Decimal("999999999.99")
ALWAYS_DISABLED_TOGETHER = 5

Attributes = dict[str, Any]
Failing = Collection[tuple[str, str]]


def price_of(product: dict[str, Any]) -> Decimal | None:
    """The price to cents, or None where Magento gives none or one that is no price."""
    value = product.get("price")
    if value is None or isinstance(value, bool):
        return None
    try:
        price = money(value)
    except ArithmeticError:
        return None
    return price if Decimal(0) <= price <= HIGHEST_PRICE else None


class Ledger:
    """Optiply as it must be, day by day.

    `optiply`: stream to remote id to attributes; `waiting` and `refused`: stream to remote id to a reason.
    """

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.products: dict[int, dict[str, Any]] = {}
        self.orders: dict[int, dict[str, Any]] = {}
        self.first_seen: dict[int, datetime] = {}
        self.stock = StockBook(flow)
        self.absent: dict[int, int] = {}
        self.gone: set[int] = set()
        self.unusable: set[int] = set()
        self.limit_hit = False
        self.assumed_stock: set[int] = set()
        self.optiply: dict[str, dict[str, Attributes]] = {"products": {}, "productCompositions": {}, "sellOrders": {}}
        self.waiting: dict[str, dict[str, str]] = {}
        self.refused: dict[str, dict[str, str]] = {}
        self.left_out: list[tuple[str, int, str]] = []

    # One run.

    def day(self, reading: Reading, failing: Failing = ()) -> None:
        """Take one run's records; every offered record is accepted but those in `failing` (stream, remote id)."""
        self.waiting = {"products": {}, "productCompositions": {}, "sellOrders": {}}
        self.refused = {"products": {}, "productCompositions": {}, "sellOrders": {}}
        self.left_out = []
        for product in reading.rows.get("products", []):
            if not str(product.get("sku") or "").strip():
                self.refused["products"][str(product.get("id"))] = "no sku"
                self.unusable.add(int(product["id"]))
                continue
            self.unusable.discard(int(product["id"]))
            self.products[int(product["id"])] = product
            self.absent[int(product["id"])] = 0
            self.gone.discard(int(product["id"]))
        there = {int(row["id"]) for row in reading.rows.get("product_checks", []) if row["found"] is True}
        lacking = {int(row["id"]) for row in reading.full("product_checks") or [] if row["found"] is False}
        self._take_listing(reading.full("product_ids"), there, lacking)
        self.stock.take(reading, self.products)
        for order in reading.rows.get("orders", []):
            if is_sold(order, self.flow):
                self.orders[int(order["entity_id"])] = order
                self.first_seen.setdefault(int(order["entity_id"]), reading.now)
        for product_id in sorted(self.products):
            self._settle_product(product_id, failing)
        self._settle_compositions(failing)
        for order_id in sorted(self.orders):
            self._settle_order(order_id, reading.now, failing)

    # Deletions.

    def _take_listing(self, listing: list[dict[str, Any]] | None, there: set[int], lacking: set[int]) -> None:
        if listing is None or not self.flow.sync_product_deletions:
            return
        listed = {int(row["id"]) for row in listing}
        for product_id in self.products:
            times = self.absent.get(product_id, 0) + (2 if product_id in lacking else 1)
            self.absent[product_id] = 0 if product_id in listed | there else times
        proven = {product_id for product_id, times in self.absent.items() if times >= 2}
        held = self.optiply["products"]
        enabled = {int(remote_id) for remote_id, product in held.items() if product["status"] == "enabled"}
        to_disable = proven & enabled
        limit = max(ALWAYS_DISABLED_TOGETHER, self.flow.max_disable_share * len(enabled))
        self.limit_hit = len(to_disable) > limit
        self.gone = proven - to_disable if self.limit_hit else proven

    # Products.

    def _needed_by_orders(self) -> set[int]:
        if "sellOrders" in self.flow.not_sync_entities:
            return set()
        needed = set()
        for order_id, order in self.orders.items():
            if str(order_id) not in self.optiply["sellOrders"]:
                needed |= set(order_lines(order, self.flow, self.kits()))
        return needed

    def kits(self) -> set[int]:
        """Ids of the fixed kits whose composition is synced."""
        if not self.flow.sync_compositions:
            return set()
        return {
            product_id
            for product_id, product in self.products.items()
            if kit_parts(product) is not None and product_id not in self.gone
        }

    def _disabled(self, product_id: int) -> bool:
        if int(self.products[product_id]["status"]) == 2:
            return True
        return product_id in self.gone

    def _stock_level(self, product_id: int) -> int | None:
        if self.products[product_id]["type_id"] != "simple":
            return 0
        quantity = self.stock.quantity.get(product_id)
        return None if quantity is None else cut(quantity)

    def _wanted(self, product_id: int) -> Attributes:
        product = self.products[product_id]
        simple = product["type_id"] == "simple"
        wanted: Attributes = {
            "name": product.get("name"),
            "skuCode": product["sku"],
            "articleCode": str(product_id),
            "price": price_of(product),
            "status": "disabled" if self._disabled(product_id) else "enabled",
            "unlimitedStock": not simple or self.stock.managed.get(product_id) is False,
            "createdAtRemote": utc(product["created_at"]),
        }
        if self.flow.sync_compositions:
            wanted["assembled"] = kit_parts(product) is not None
        return wanted

    def _settle_product(self, product_id: int, failing: Failing) -> None:
        if "products" in self.flow.not_sync_entities:
            return
        remote_id = str(product_id)
        held = self.optiply["products"].get(remote_id)
        wanted = self._wanted(product_id)
        level = self._stock_level(product_id)
        if level is not None and abs(level) > HIGHEST_STOCK:
            self.refused["products"][remote_id] = "stockLevel beyond what Optiply takes"
            if held is None:
                return
            level = held["stockLevel"]
        if held is None:
            self._create_product(product_id, wanted, level, failing)
            return
        if ("products", remote_id) in failing:
            return
        if level is not None:
            self.assumed_stock.discard(product_id)
            if self.flow.map_stockLevel:
                wanted["stockLevel"] = level
        elif product_id in self.assumed_stock:
            wanted["status"] = "disabled"
        self.optiply["products"][remote_id] = {**held, **wanted}

    def _create_product(self, product_id: int, wanted: Attributes, level: int | None, failing: Failing) -> None:
        remote_id = str(product_id)
        needed = product_id in self._needed_by_orders()
        if product_id in self.gone:
            return
        if wanted["status"] == "disabled":
            if not needed and not self.flow.create_disabled_products:
                self.waiting["products"][remote_id] = "disabled and unknown to Optiply"
                return
            if level is None and needed:
                level = 0
                self.assumed_stock.add(product_id)
        if level is None:
            self.waiting["products"][remote_id] = "stock not known"
            return
        if ("products", remote_id) in failing:
            return
        self.optiply["products"][remote_id] = {**wanted, "stockLevel": level}

    # Compositions.

    def _settle_compositions(self, failing: Failing) -> None:
        if not self.flow.sync_compositions or "productCompositions" in self.flow.not_sync_entities:
            return
        by_sku = {sku_key(product["sku"]): product_id for product_id, product in self.products.items()}
        wanted: dict[str, Attributes] = {}
        for parent_id, parent in self.products.items():
            for key, quantity in (kit_parts(parent) or {}).items():
                part_id = by_sku.get(key)
                wanted[f"{parent_id}-{part_id or key}"] = {
                    "composedProductRemoteId": str(parent_id),
                    "partProductRemoteId": str(part_id),
                    "partQuantity": quantity,
                }
        held = self.optiply["productCompositions"]
        for remote_id in sorted(set(held) - set(wanted)):
            if ("productCompositions", remote_id) not in failing:
                del held[remote_id]
        for remote_id, composition in wanted.items():
            ends = {composition["composedProductRemoteId"], composition["partProductRemoteId"]}
            if remote_id not in held and int(composition["composedProductRemoteId"]) in self.gone:
                continue
            if not ends <= set(self.optiply["products"]):
                self.waiting["productCompositions"][remote_id] = "a product is not in Optiply"
            elif ("productCompositions", remote_id) not in failing:
                held[remote_id] = composition

    # Orders.

    def _settle_order(self, order_id: int, now: datetime, failing: Failing) -> None:
        remote_id = str(order_id)
        order = self.orders[order_id]
        if "sellOrders" in self.flow.not_sync_entities or remote_id in self.optiply["sellOrders"]:
            return
        lines = {}
        for product_id, (units, amount) in order_lines(order, self.flow, self.kits()).items():
            verdict = self._line_verdict(product_id, now - self.first_seen[order_id])
            if verdict == "waits":
                self.waiting["sellOrders"][remote_id] = f"product {product_id} is not in Optiply"
            elif verdict == "goes":
                lines[product_id] = (units, amount)
            else:
                self.left_out.append((remote_id, product_id, verdict))
        if not lines and remote_id not in self.waiting["sellOrders"]:
            self.refused["sellOrders"][remote_id] = "no lines"
        if remote_id in self.waiting["sellOrders"] or not lines or ("sellOrders", remote_id) in failing:
            return
        self.optiply["sellOrders"][remote_id] = {
            "placed": utc(order["created_at"]),
            "completed": utc(order["updated_at"]),
            "totalValue": money(order["subtotal"]),
            "orderLines": [
                {"productRemoteId": str(product_id), "quantity": units, "subtotalValue": amount}
                for product_id, (units, amount) in sorted(lines.items())
            ],
        }

    def _line_verdict(self, product_id: int, waited: timedelta) -> str:
        if str(product_id) in self.optiply["products"]:
            return "goes"
        if product_id in self.unusable:
            return "product refused for good"
        if product_id not in self.products:
            late = waited > timedelta(days=self.flow.order_wait_days)
            return "unknown product, waited long enough" if late else "waits"
        if product_id in self.gone:
            return "product proven gone"
        level = self._stock_level(product_id)
        if level is not None and abs(level) > HIGHEST_STOCK:
            return "product refused for good"
        return "waits"


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
