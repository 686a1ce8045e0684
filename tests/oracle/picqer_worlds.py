"""Random Picqer accounts that live on from day to day, and what the tap would read of them.

Given the same random source the same days come out. Ids begin at `first`, so that many accounts fit into one reading.
"""

import copy
from collections.abc import Collection
from datetime import datetime, timezone
from random import Random
from typing import Any

Row = dict[str, Any]
FIRST_RUN = datetime(2026, 1, 16, 6, tzinfo=timezone.utc)  # a Friday: a Sunday follows soon
APART = 1_000  # ids from one account to the next
NEVER_MADE = 900
PRICES = (0, 1, 9.99, 10.005, 0.333, 1234.5, None)
KINDS = ("normal",) * 6 + ("unlimited_stock", "virtual_composition", "composition_with_stock")
KITS = ("virtual_composition", "composition_with_stock")
UNDER_WAY = ("concept", "expected", "processing", "paused")
LISTS = {"suppliers": "idsupplier", "products": "idproduct", "product_parts": "idproduct"}
DOCUMENTS = {"purchase_orders": "idpurchaseorder", "receipts": "idreceipt", "orders": "idorder"}


class Account:
    """One account; `next_day` changes it, `reading` is what a run of the tap puts out."""

    def __init__(self, random: Random, first: int) -> None:
        self.random = random
        self.first = first
        self.now = FIRST_RUN
        self.last = dict.fromkeys(("supplier", "product", "purchase", "receipt", "order", "line"), first)
        self.rows: dict[str, dict[int, Row]] = {stream: {} for stream in (*LISTS, *DOCUMENTS)}
        self.removed: dict[str, dict[int, Row]] = {"suppliers": {}, "products": {}}
        self.unread: dict[str, set[int]] = {stream: set() for stream in DOCUMENTS}
        self._several(self._add_supplier, 1, 3)
        self._several(self._add_product, 1, 6)
        self._several(self._add_purchase, 0, 3)
        self._several(self._add_sale, 0, 4)

    # What changes.

    def next_day(self, now: datetime) -> None:
        """Time passes: everything is edited, added, removed and brought back, goods come in and go out."""
        self.now = now
        for stream in ("products", "suppliers"):
            here, away = self.rows[stream], self.removed[stream]
            for key in [key for key in here if self._chance(0.06)]:
                away[key] = here.pop(key)
            for key in [key for key in away if self._chance(0.15)]:
                here[key] = away.pop(key)
        for one in self.rows["products"].values():
            self._edit_product(one)
        for one in self.rows["suppliers"].values():
            if self._chance(0.2):
                one["name"] = self._one(f"Renamed {now:%d %H}", "", None, "N" * 260)
            if self._chance(0.1):
                one["active"] = not one["active"]
        for purchase in list(self.rows["purchase_orders"].values()):
            self._edit_purchase(purchase)
        for receipt in self.rows["receipts"].values():
            self._edit_receipt(receipt)
        for sale in self.rows["orders"].values():
            self._edit_sale(sale)
        self._several(self._add_supplier, -1, 1)
        self._several(self._add_product, -1, 1)
        self._several(self._add_purchase, 0, 1)
        self._several(self._add_sale, 0, 2)

    def _several(self, make: Any, least: int, most: int) -> None:
        for _ in range(self.random.randint(least, most)):
            make()

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def _next(self, kind: str) -> int:
        self.last[kind] += 1
        return self.last[kind]

    def _moment(self) -> str:
        return self.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    def _day(self) -> str | None:
        return self._one(None, None, f"2026-02-{self.random.randint(1, 28):02d}")

    def _touch(self, stream: str, row: Row) -> None:
        row["updated"] = self._moment()
        self.unread[stream].add(row[DOCUMENTS[stream]])

    # Lists.

    def _add_supplier(self) -> None:
        key = self._next("supplier")
        row = {"idsupplier": key, "name": self._one(f"Supplier {key}", "One name", ""), "active": not self._chance(0.2)}
        self.rows["suppliers"][key] = row

    def _add_product(self) -> None:
        key = self._next("product")
        kind = self._one(*KINDS)
        self.rows["products"][key] = {
            "idproduct": key,
            "name": self._one(f"Product {key}", f"Product {key}", "", None, "P" * 260),
            "productcode": " " if self._chance(0.02) else self._one(f"P-{key}", f"00{key}"),
            "barcode": self._one(f"87{key}", "", None),
            "price": self._one(*PRICES),
            "fixedstockprice": self._one(*PRICES),
            "type": kind,
            "unlimitedstock": kind == "unlimited_stock" or self._chance(0.05),
            "assembled": kind in KITS or self._chance(0.05),
            "active": not self._chance(0.2),
            "idsupplier": self._a_supplier(),
            "productcode_supplier": self._one("", " ", None, f"S-{key}"),
            "minimum_purchase_quantity": self._one(None, 0, 1, 24),
            "purchase_in_quantities_of": self._one(None, 0, 12),
            "productfields": self._one([], [{"idproductfield": 3, "title": "EAN", "value": f"99{key}"}]),
            "created": self._moment(),
            "updated": self._moment(),
        }
        if self.rows["products"][key]["productcode"] == " ":
            self.rows["products"][key]["active"] = True
        self._set_stock(self.rows["products"][key])
        self._set_parts(key)

    def _a_supplier(self) -> int | None:
        return self._one(None, self.first + NEVER_MADE, *[*self.rows["suppliers"]] * 4)

    def _set_stock(self, row: Row) -> None:
        free = (0, 1, 7, 250, -3)
        halls = [hall for hall in (11, 12, 13, 14) if self._chance(0.7)]
        found = [{"idwarehouse": hall, "freestock": self._one(*free), "stock": 9} for hall in halls]
        if found and self._chance(0.03):
            found[0]["freestock"] = None
        row["stock"] = None if self._chance(0.03) else found

    def _set_parts(self, key: int) -> None:
        parts = [
            {"idproduct_part": self._next("line"), "idproduct": one, "amount": self._one(1, 1, 2, 5, 1.5, 0.4)}
            for one in self.rows["products"]
            if one != key and self._chance(0.4)
        ]
        if parts and self._chance(0.2):
            parts.append({**parts[0], "amount": 3})
        self.rows["product_parts"][key] = {"idproduct": key, "parts": parts}

    def _edit_product(self, row: Row) -> None:
        if self._chance(0.4):
            self._set_stock(row)
        if not self._chance(0.4):
            return
        key = row["idproduct"]
        changes = {
            "name": f"Renamed {key}",
            "price": self._one(*PRICES),
            "fixedstockprice": self._one(*PRICES),
            "active": row["productcode"] == " " or not row["active"],
            "idsupplier": self._a_supplier(),
            "productcode_supplier": f"T-{key}",
            "type": self._one(*KINDS),
            "productcode": " " if row["active"] and self._chance(0.1) else f"Q-{key}",
            "barcode": None,
            "minimum_purchase_quantity": self._one(0, 6),
        }
        name = self._one(*changes, "active", "active", "parts", "idsupplier")
        if name == "parts":
            self._set_parts(key)
        else:
            row[name] = changes[name]
        row["updated"] = self._moment()

    # Documents.

    def _a_product(self) -> int:
        never = self.first + NEVER_MADE
        return never if self._chance(0.04) else self._one(*(self.rows["products"] or [never]))

    def _purchase_line(self) -> Row:
        return {
            "idpurchaseorder_product": self._next("line"),
            "idproduct": self._a_product(),
            "amount": self._one(0, 1, 3, 12),
            "price": self._one(None, *PRICES),
            "delivery_date": self._day(),
        }

    def _add_purchase(self) -> None:
        key = self._next("purchase")
        found = [self._purchase_line() for _ in range(self._one(0, 1, 1, 2, 3))]
        supplier = self._a_supplier()
        self.rows["purchase_orders"][key] = {
            "idpurchaseorder": key,
            "idsupplier": supplier,
            "supplier_name": self._one(None, "Jansen") if supplier is None else None,
            "idwarehouse": self._one(11, 11, 11, 12),
            "status": self._one("concept", "purchased", "purchased", "received", "cancelled"),
            "delivery_date": self._day(),
            "created": self._moment(),
            "products": found,
        }
        self._touch("purchase_orders", self.rows["purchase_orders"][key])

    def _edit_purchase(self, row: Row) -> None:
        if row["status"] == "purchased" and self._chance(0.4):
            self._add_receipt(row)
        if not self._chance(0.5):
            return
        received = {
            line["idpurchaseorder_product"] for one in self.rows["receipts"].values() for line in one["products"]
        }
        change = self._one("status", "status", "amount", "line", "remove", "day", "touch")
        if change == "status":
            following = {"concept": ("purchased", "purchased", "cancelled"), "purchased": ("received", "cancelled")}
            row["status"] = self._one(*following.get(row["status"], ("purchased",)))
        elif change == "amount" and row["products"]:
            self._one(*row["products"]).update(amount=self._one(0, 4, 40))
        elif change == "line":
            row["products"].append(self._purchase_line())
        elif change == "remove":
            row["products"] = [
                line for line in row["products"]
                if line["idpurchaseorder_product"] in received or self._chance(0.5)
            ]  # fmt: skip
        elif change == "day":
            row["delivery_date"] = self._day()
        self._touch("purchase_orders", row)

    def _add_receipt(self, purchase: Row) -> None:
        key = self._next("receipt")
        version = self._one(1, 2, 2, 2)
        found = [
            {
                "idreceipt_product": self._next("line"),
                "idpurchaseorder_product": None if self._chance(0.05) else line["idpurchaseorder_product"],
                "idproduct": line["idproduct"],
                "amount": self._one(0, 1, 1, 3, 50),
                "created_at": self._one(self._moment(), None) if version == 2 else None,
                "reverted_at": self._moment() if version == 2 and self._chance(0.1) else None,
            }
            for line in purchase["products"]
            if self._chance(0.7)
        ]
        self.rows["receipts"][key] = {
            "idreceipt": key,
            "idwarehouse": purchase["idwarehouse"],
            "version": version,
            "status": "processing",
            "completed_at": None,
            "created": self._moment(),
            "products": found,
        }
        self._touch("receipts", self.rows["receipts"][key])

    def _edit_receipt(self, row: Row) -> None:
        if not self._chance(0.4):
            return
        if row["status"] == "processing":
            row.update(status="completed", completed_at=self._moment())
        if row["version"] == 2 and row["products"] and self._chance(0.3):
            self._one(*row["products"])["reverted_at"] = self._moment()
        self._touch("receipts", row)

    def _sale_line(self, part_of: int | None = None) -> Row:
        amount = self._one(0, 1, 1, 2, 5, 1.5)
        return {
            "idorder_product": self._next("line"),
            "idproduct": None if self._chance(0.01) else self._a_product(),
            "amount": amount,
            "amount_cancelled": self._one(0, 0, None, min(1, amount)),
            "price": self._one(None, *PRICES),
            "partof_idorder_product": part_of,
        }

    def _add_sale(self) -> None:
        key = self._next("order")
        found = [self._sale_line() for _ in range(self._one(0, 1, 1, 2, 3))]
        if found and self._chance(0.2):
            found.append(self._sale_line(part_of=found[0]["idorder_product"]))
        self.rows["orders"][key] = {
            "idorder": key,
            "status": self._one(*UNDER_WAY, "completed", "completed", "cancelled"),
            "warehouses": self._one([], [11], [11, 12], [12], None),
            "created": self._moment(),
            "products": found,
        }
        self._touch("orders", self.rows["orders"][key])

    def _edit_sale(self, row: Row) -> None:
        if not self._chance(0.4):
            return
        if self._chance(0.6):
            row["status"] = self._one("processing", "completed", "completed", "cancelled")
        if self._chance(0.2):
            row["products"].append(self._sale_line())
        self._touch("orders", row)

    # What the tap puts out.

    def reading(self, streams: Collection[str]) -> dict[str, list[Row]]:
        """The rows of one run: lists in full, documents since the run that last read them."""
        products = self.rows["products"]
        found: dict[str, list[Row]] = {
            "suppliers": [*self.rows["suppliers"].values()],
            "products": [*products.values()],
            "product_parts": [self.rows["product_parts"][key] for key, one in products.items() if one["type"] in KITS],
            "product_ids": [{"idproduct": key} for key in products],
            "supplier_ids": [{"idsupplier": key} for key in self.rows["suppliers"]],
        }
        for stream, unread in self.unread.items():
            if stream in streams:
                late = {key for key in unread if self._chance(0.05)}
                again = {key for key in self.rows[stream] if self._chance(0.03)}
                found[stream] = [self.rows[stream][key] for key in sorted((unread - late) | again)]
                self.unread[stream] = late
        return copy.deepcopy({stream: rows for stream, rows in found.items() if stream in streams})
