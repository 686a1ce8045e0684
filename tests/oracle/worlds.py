"""Random shops that live on from day to day, and what the tap would read of them.

Given the same random source the same days come out. The ids of a shop begin at `first`, so that many shops fit into
one reading. No two products have one SKU, as in Magento; but a new one may get that of a vanished one, which may come
back.
"""

import copy
from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from random import Random

from tests.oracle.magento_rows import (
    Row,
    bundle,
    line,
    listing,
    option,
    order,
    product,
    source_item,
    stock_item,
    stock_status,
)

FIRST_DAY = datetime(2026, 2, 1, 6, 0, tzinfo=timezone.utc)
UNKNOWN_PRODUCT = 900
ROOM = 1_000  # ids from one shop to the next
SKU_SHAPES = ("SKU-{}", "odd case {}", "Slash/{}", "50% {}", "A+B {}", "Straße {}", "é-{}", "00{}", " padded {} ")
QUANTITIES = (0, 1, 7, 12, 250, -3, -10.5, 0.1, 0.7, 0.2, 2.755, 99.9999, -0.5)
PRICES = (0, 1, 9.99, 10.005, 19.9, 1234.5, 0.1)
ODD_PRICES = (-1, "ask us", 1e9, None, "12.345")
ODD_STOCK = 10_000_000
STREAMS = (
    "products", "product_ids", "product_checks", "orders", "product_stock_statuses", "source_items",
    "product_item_stocks",
)  # fmt: skip
Rows = dict[str, list[Row]]
SOURCES = ("default", "ams", "rtm", "old")


def moment(day: float) -> str:
    """A Magento time on that day."""
    return (FIRST_DAY + timedelta(days=day)).strftime("%Y-%m-%d %H:%M:%S")


class World:
    """One shop; `next_day` changes it, `reading` is what a run of the tap puts out."""

    def __init__(self, random: Random, products: int, orders: int, first: int = 0) -> None:
        self.random = random
        self.rare = Random(copy.copy(random).random())  # what is rare leaves the rest of the shop as it is
        self.first = first
        self.day_number = 0
        self.products: dict[int, Row] = {}
        self.vanished: dict[int, Row] = {}
        self.statuses: dict[int, Row] = {}
        self.items: dict[int, list[Row]] = {}
        self.stock_items: dict[int, Row] = {}
        self.orders: dict[int, Row] = {}
        self.next_product = first + 1
        self.next_order = first + 1
        self.next_item = first + 1
        self.unread_products: set[int] = set()
        self.unread_orders: set[int] = set()
        for _ in range(products):
            self._add_product()
        for _ in range(orders):
            self._add_order()

    # What changes.

    def next_day(self) -> None:
        """A day passes: products are edited, added, removed and brought back, stock moves, orders come and complete."""
        self.day_number += 1
        for product_id in list(self.products):
            if self._chance(0.15):
                self._edit(product_id)
            if self._chance(0.4):
                self._set_stock(product_id)
            if self._chance(0.08):
                self.vanished[product_id] = self.products.pop(product_id)
        for product_id in list(self.vanished):
            if self._chance(0.15):
                self.products[product_id] = self.vanished.pop(product_id)
        for _ in range(self.random.randint(0, 1 + len(self.products) // 10)):
            self._add_product()
        for _ in range(self.random.randint(0, 1 + len(self.orders) // 6)):
            self._add_order()
        for order_id, one in self.orders.items():
            if one["state"] != "complete" and self._chance(0.4):
                one["state"] = one["status"] = "complete"
                self._touch_order(order_id)
            elif self._chance(0.05):
                self._touch_order(order_id)

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _touch_order(self, order_id: int) -> None:
        self.orders[order_id]["updated_at"] = moment(self.day_number)
        self.unread_orders.add(order_id)

    def _add_product(self) -> None:
        product_id = self.next_product
        self.next_product += 1
        sku = self.random.choice(SKU_SHAPES).format(product_id)
        if self.vanished and self.rare.random() < 0.02:
            shape = self.rare.choice((str, str.upper, str.lower))
            sku = shape(self.rare.choice(list(self.vanished.values()))["sku"]) or sku
        more: Row = {
            "status": 2 if self._chance(0.2) else 1,
            "price": self._price(),
            "created_at": moment(-30),
            "updated_at": moment(self.day_number),
            "custom_attributes": [{"attribute_code": "cost", "value": str(self.random.choice(PRICES))}],
        }
        kind = self.random.choice(["simple"] * 6 + ["virtual", "configurable", "grouped", "bundle", "bundle"])
        if kind == "grouped":
            del more["price"]
        if kind == "bundle":
            one = bundle(product_id, *self._options(), sku=sku, **more)
        else:
            one = product(product_id, sku, type_id=kind, **more)
        if kind == "grouped":
            del one["price"]
        self.products[product_id] = one
        self.unread_products.add(product_id)
        self._set_stock(product_id)

    def _options(self) -> list[Row]:
        parts = [one for one in self.products.values() if one["type_id"] in ("simple", "virtual")]
        if not parts:
            return []
        options = []
        for _ in range(self.random.randint(1, 3)):
            choices = 2 if self._chance(0.1) else 1
            skus = [self.random.choice(parts)["sku"] for _ in range(choices)]
            options.append(
                option(
                    *(sku.upper() if self._chance(0.1) else sku for sku in skus),
                    qty=self.random.choice((1, 1, 1, 2, 5, 0.5, 1.25)),
                    required=not self._chance(0.1),
                    can_change=int(self._chance(0.1)),
                )
            )
        return options

    def _edit(self, product_id: int) -> None:
        one = self.products[product_id]
        change = self.random.choice(("name", "price", "cost", "status", "options", "sku", "type", "touch"))
        if change == "name":
            odd = self.random.choice((None, "  ", "N" * 300)) if self._chance(0.2) else None
            one["name"] = odd if self._chance(0.2) else f"Renamed on day {self.day_number}"
        elif change == "price" and "price" in one:
            one["price"] = self._price()
        elif change == "cost":
            value = self.random.choice((*PRICES, *ODD_PRICES))
            one["custom_attributes"] = [{"attribute_code": "cost", "value": str(value)}] if value is not None else []
        elif change == "sku":
            self._rename(product_id)
        elif change == "type" and one["type_id"] in ("simple", "virtual"):
            one["type_id"] = "virtual" if one["type_id"] == "simple" else "simple"
            self._set_stock(product_id)
        elif change == "status":
            one["status"] = 3 - one["status"]
        elif change == "options" and one["type_id"] == "bundle":
            one["extension_attributes"]["bundle_product_options"] = self._options()
        one["updated_at"] = moment(self.day_number)
        self.unread_products.add(product_id)

    def _price(self) -> object:
        return self.random.choice(ODD_PRICES if self._chance(0.04) else PRICES)

    def _rename(self, product_id: int) -> None:
        """Another SKU; Magento's bundles and stock rows follow at once, without being touched."""
        one = self.products[product_id]
        old, new = one["sku"], f"Renamed {product_id} on {self.day_number}"
        if self._chance(0.1):
            new = self.random.choice(("", "S" * 256 + str(product_id)))
        one["sku"] = new
        self.statuses[product_id]["sku"] = new
        for row in self.items[product_id]:
            row["sku"] = new
        for bundle_of in self.products.values():
            for choice in bundle_of["extension_attributes"].get("bundle_product_options", []):
                for link in choice["product_links"]:
                    if link["sku"].casefold() == str(old).casefold():
                        link["sku"] = new

    def _set_stock(self, product_id: int) -> None:
        one = self.products[product_id]
        sku, simple = one["sku"], one["type_id"] == "simple"
        phantom = self._chance(0.8) if one["status"] == 2 else self._chance(0.07)
        salable = int(self.random.choice(QUANTITIES)) if simple else 0
        if simple and self._chance(0.02):
            salable = self.random.choice((ODD_STOCK, -ODD_STOCK))
        managed = not self._chance(0.1)
        self.statuses[product_id] = stock_status(
            None if phantom else product_id,
            sku,
            0 if phantom else salable,
            None if phantom else self.random.choice(QUANTITIES) if simple else 0,
            manage_stock=managed and not phantom,
        )
        self.stock_items[product_id] = stock_item(product_id, 0, manage_stock=managed)
        shape = self.random.choice((str.upper, str.lower, str, str, str.strip))
        self.items[product_id] = [
            source_item(shape(sku), code, self.random.choice(QUANTITIES), 0 if self._chance(0.2) else 1)
            for code in SOURCES
            if simple and self._chance(0.5)
        ]

    # Orders.

    def _add_order(self) -> None:
        order_id = self.next_order
        self.next_order += 1
        rows: list[Row] = []
        for _ in range(self.random.randint(1, 3)):
            rows += self._sale()
        if self._chance(0.02):
            rows = []
        if self._chance(0.1):
            rows += [{**copy.deepcopy(rows[0]), "item_id": self._item_id(), "parent_item_id": None}] if rows else []
        for row in rows:
            if self._chance(0.1):
                row["qty_canceled"] = row["qty_refunded"] = row["qty_ordered"]
        self.random.shuffle(rows)
        state = "complete" if self._chance(0.6) else self.random.choice(("processing", "new", "closed"))
        status = self.random.choice((state, state, state, "on_its_way"))
        self.orders[order_id] = order(
            order_id,
            *rows,
            state=state,
            status=status,
            created_at=moment(self.day_number - 0.5),
            updated_at=moment(self.day_number - 0.25),
            order_currency_code="USD" if self._chance(0.05) else "EUR",
        )
        self.unread_orders.add(order_id)

    def _item_id(self) -> int:
        self.next_item += 1
        return self.next_item

    def _cents(self) -> float:
        return self.random.randint(0, 9_999) / 100

    def _some_product(self) -> int:
        if self._chance(0.03):
            return self.first + UNKNOWN_PRODUCT + self.random.randint(1, 3)
        pool = self.vanished if self.vanished and self._chance(0.05) else self.products
        return self.random.choice(list(pool)) if pool else self.first + UNKNOWN_PRODUCT

    def _sale(self) -> list[Row]:
        product_id = self._some_product()
        one = self.products.get(product_id) or self.vanished.get(product_id) or {"type_id": "simple"}
        units = self.random.choice((1, 1, 2, 3, 10, 0.4, 2.5))
        kind = one["type_id"]
        if kind in ("configurable", "bundle") and not self._chance(0.05):
            return self._parent_and_children(product_id, kind)
        sold = line(self._item_id(), product_id, units, self._cents(), product_type=kind)
        return [{**sold, "product_id": None} if self._chance(0.01) else sold]

    def _parent_and_children(self, product_id: int, kind: str) -> list[Row]:
        simples = [key for key, one in self.products.items() if one["type_id"] == "simple"]
        if not simples:
            return []
        parent_item = self._item_id()
        units = self.random.randint(1, 3)
        count = 1 if kind == "configurable" else self.random.randint(1, 4)
        carried = self._chance(0.5) if kind == "bundle" else self._chance(0.2)
        children = [
            line(
                self._item_id(),
                self.random.choice(simples),
                units * (1 if kind == "configurable" else self.random.randint(1, 3)),
                self._cents() if carried else 0,
                parent=parent_item,
            )
            for _ in range(count)
        ]
        for child in children:
            if not carried and self._chance(0.2):
                child["base_row_total"] = None
            elif carried and self._chance(0.1):
                child.update(base_row_total=0, base_discount_amount=5.0)
        if self.rare.random() < 0.02:
            children[-1]["parent_item_id"] = self.rare.choice((children[0]["item_id"], children[-1]["item_id"]))
        return [line(parent_item, product_id, units, self._cents(), product_type=kind), *children]

    # What the tap puts out.

    def _checks(self) -> list[Row]:
        """On every other day the missing products are asked for by id; some answers prove nothing."""
        if self._chance(0.5):
            return []
        asked = [{"id": key, "found": None if self._chance(0.2) else False} for key in self.vanished]
        return [*asked, *({"id": key, "found": True} for key in self.products if self._chance(0.05))]

    def reading(self, streams: Collection[str] = STREAMS) -> Rows:
        """The rows of one run: products and orders since the run that last read them, everything else in full."""
        present = list(self.products)
        # One row per SKU and source: that is the key of a source item.
        items = {(row["sku"], row["source_code"]): row for key in present for row in self.items[key]}.values()
        rows: Rows = {
            "products": [self.products[key] for key in sorted(self.unread_products) if key in self.products],
            "product_ids": listing(*self.products.values()),
            "product_stock_statuses": [self.statuses[key] for key in present if not self._chance(0.03)],
            "source_items": [*items, source_item(f"GHOST-{self.first}", "ams", 5)],
            "product_item_stocks": [self.stock_items[key] for key in present if not self._chance(0.03)]
            + [self.stock_items[key] for key in self.vanished if self._chance(0.1)],
            "orders": [self.orders[key] for key in sorted(self.unread_orders)],
            "product_checks": self._checks(),
        }
        if "products" in streams:
            self.unread_products.clear()
        if "orders" in streams:
            self.unread_orders.clear()
        return copy.deepcopy({stream: found for stream, found in rows.items() if stream in streams})
