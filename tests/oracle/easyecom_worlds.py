"""Random EasyEcom accounts that live on from day to day, and what the tap would read of them.

Given the same random source the same days come out. Ids begin at `first`, so that many accounts fit into one reading;
the locations are shared by all of them.
"""

import copy
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

Row = dict[str, Any]
FIRST_RUN = datetime(2026, 1, 16, 6, tzinfo=timezone.utc)
APART = 1_000  # ids from one account to the next
PLACES = {"one": 501, "two": 502, "three": 503, "four": 504}
NAMES = {501: "Hall One", 502: "Hall Two", 503: "Hall Three", 504: None}
PRICES = (0, 1, 9.99, 10.005, 0.333, 1234.5, None)
DOCUMENTS = {"orders": ("order_id", "invoice_id"), "purchase_orders": ("po_id",), "goods_receipts": ("grn_id",)}
DONE = (4, 5, 7)


class Account:
    """One account; `next_day` changes it, `reading` is what a run of the tap puts out."""

    def __init__(self, random: Random, first: int) -> None:
        self.random = random
        self.first = first
        self.now = FIRST_RUN
        kinds = ("vendor", "cp", "product", "purchase", "receipt", "order", "invoice", "line")
        self.last = dict.fromkeys(kinds, first)
        self.vendors: dict[int, Row] = {}
        self.products: dict[str, Row] = {}
        self.rows: dict[str, dict[Any, Row]] = {stream: {} for stream in DOCUMENTS}
        self.unread: dict[str, set[Any]] = {stream: set() for stream in DOCUMENTS}
        self._several(self._add_vendor, 1, 4)
        self._several(self._add_product, 1, 6)
        self._several(self._add_purchase, 0, 3)
        self._several(self._add_sale, 0, 4)

    # What changes.

    def next_day(self, now: datetime) -> None:
        """Time passes: everything is edited and added, a few products vanish, goods come in and go out."""
        self.now = now
        for vendor in self.vendors.values():
            if self._chance(0.1):
                vendor["vendor_name"] = f"Renamed {vendor['vendor_c_id']} {now:%d %H}"
            if self._chance(0.1):
                vendor["active"] = 1 - vendor["active"]
        for product in self.products.values():
            self._edit_product(product)
        for purchase in list(self.rows["purchase_orders"].values()):
            self._edit_purchase(purchase)
        for receipt in self.rows["goods_receipts"].values():
            self._edit_receipt(receipt)
        for sale in list(self.rows["orders"].values()):
            self._edit_sale(sale)
        self._several(self._add_vendor, -1, 1)
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
        """A moment of the last hours, the later of two calls not always the later one."""
        return (self.now - timedelta(seconds=self.random.randint(0, 900))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _touch(self, stream: str, row: Row) -> None:
        self.unread[stream].add(tuple(row[name] for name in DOCUMENTS[stream]))

    # The catalogue.

    def _add_vendor(self) -> None:
        key = self._next("vendor")
        code = self._one(f"V-{key}", f"V-{key}", f"0{key}", None)
        if self.first == APART and self._chance(0.1):  # all accounts share the locations, so one of them alone
            code = str(PLACES["four"])
        if code in [one["vendor_code"] for one in self.vendors.values()] and code is not None:
            code = f"V-{key}"
        name = self._one(f"Vendor {key}", f"Vendor {key}", f"Same {self.first}", f" Vendor {key} ", None, "N" * 260)
        if name == "N" * 260:
            name = f"{key}{name}"
        vendor = {"vendor_c_id": key, "vendor_code": code, "vendor_name": name, "active": self._one(1, 1, 0)}
        self.vendors[key] = vendor

    def _add_product(self) -> None:
        number = self._next("product")
        sku = f"SKU-{number}"
        kind = self._one(*("normal_product",) * 5, "combo_product", "combo_product", "variant_parent")
        places = [PLACES["one"], *([PLACES["two"]] if self._chance(0.5) else [])]
        if self._chance(0.15):
            places = [PLACES["two"]]
        product = {
            "sku": None if self._chance(0.02) else sku,
            "product_id": number,
            "product_name": self._one(f"Product {number}", f"Product {number}", None, "P" * 260),
            "product_type": kind,
            "active": self._one(1, 1, 1, 0),
            "mrp": self._one(*PRICES),
            "cost": self._one(*PRICES),
            "EANUPC": self._one(f"87{number}", None, "junk"),
            "created_at": self._one(self._moment(), None),
            "vendor_code": self._codes(),
            "custom_fields": self._one([], None, [{"field_name": "EAN", "value": f"99{number}"}]),
            "cp_sub_products_count": {"normal_product": 0, "variant_parent": 3}.get(kind, 2),
            "copies": {place: [self._next("cp"), self._stock()] for place in places},
        }
        product["sub_products"] = self._parts(sku) if kind == "combo_product" else self._one(None, [])
        self.products[sku] = product

    def _stock(self) -> int | None:
        return self._one(0, 1, 7, 250, -3, 40, 40, 40, None) if self._chance(0.3) else self._one(0, 5, 25, -2)

    def _codes(self) -> list[str]:
        known = [one["vendor_code"] for one in self.vendors.values() if one["vendor_code"]]
        known = [code for code in known if code not in map(str, PLACES.values())]
        found = [code for code in known if self._chance(0.5)]
        return [*found, "nobody"] if self._chance(0.05) else found

    def _parts(self, own: str) -> list[Row]:
        parts = [
            self._named(one) | {"quantity": self._one(1, 2, 2, 5, 0)}
            for one in self.products.values()
            if one["sku"] != own and one["sku"] is not None and self._chance(0.4)
        ]
        if parts and self._chance(0.2):
            parts.append({**parts[0], "quantity": 3})
        if self._chance(0.05):
            ghost = f"GHOST-{self.first}"
            parts.append({"sku": ghost, "cpId": self.first + 990, "product_id": self.first + 990, "quantity": 1})
        return parts

    def _named(self, product: Row) -> Row:
        """How a part names a product."""
        cp_id = next(iter(product["copies"].values()))[0]
        found = {"sku": product["sku"], "cpId": cp_id, "product_id": product["product_id"]}
        if self._chance(0.1):
            found["sku"] = None
        return found

    def _edit_product(self, row: Row) -> None:
        for copied in row["copies"].values():
            if self._chance(0.4):
                copied[1] = self._stock()
        if not self._chance(0.4):
            return
        number = row["product_id"]
        change = self._one("name", "mrp", "cost", "active", "active", "codes", "codes", "parts", "ean", "copy", "more")
        if change == "name":
            row["product_name"] = self._one(f"Renamed {number}", None)
        elif change in ("mrp", "cost"):
            row[change] = self._one(*PRICES)
        elif change == "active":
            row["active"] = 1 - row["active"]
        elif change == "codes":
            row["vendor_code"] = self._codes()
        elif change == "parts" and row["product_type"] == "combo_product":
            row["sub_products"] = self._parts(str(row["sku"]))
        elif change == "ean":
            row["EANUPC"] = None
        elif change == "copy":
            place = self._one(*row["copies"])
            row["copies"][place][0] = self._next("cp")
        elif change == "more":
            row["copies"].setdefault(self._one(PLACES["one"], PLACES["two"]), [self._next("cp"), self._stock()])

    # Documents.

    def _line(self) -> Row:
        """How a line names a product."""
        known = [one for one in self.products.values() if one["sku"] is not None]
        if not known or self._chance(0.04):
            ghost = self.first + 991
            return {"sku": f"LOST-{self.first}", "product_id": ghost, "cp_id": ghost}
        named = self._named(self._one(*known))
        return {"sku": named["sku"], "product_id": named["product_id"], "cp_id": named["cpId"]}

    def _a_place(self) -> str:
        return str(self._one("one", "one", "two"))

    def _purchase_line(self) -> Row:
        return self._line() | {
            "purchase_order_detail_id": self._next("line"),
            "original_quantity": self._one(1, 3, 12),
            "item_price": self._one(0, 1, 9.99, 10.005, 0.333, 17.7),
        }

    def _add_purchase(self) -> None:
        key = self._next("purchase")
        known = list(self.vendors.values())
        vendor = self._one(*known, *known, *known, {"vendor_name": "Nobody", "vendor_code": "no", "vendor_c_id": 1})
        items = [self._purchase_line() for _ in range(self._one(1, 1, 2, 3))]
        made = self._moment()
        name = vendor["vendor_name"]
        self.rows["purchase_orders"][key,] = {
            "po_id": key,
            "po_number": key % 50,
            "po_ref_num": self._one("Auto PO", None, f"R{key}"),
            "total_po_value": self._one(self._worth(items), self._worth(items), None),
            "po_status_id": self._one(1, 2, 3, 3, 3, 4, 5, 7),
            "po_created_date": made,
            "po_updated_date": self._one(made, None),
            "vendor_name": name,
            "vendor_c_id": vendor["vendor_c_id"],
            "vendor_code": vendor["vendor_code"],
            "location_key": self._a_place(),
            "po_items": items,
        }
        self._touch("purchase_orders", self.rows["purchase_orders"][key,])

    def _worth(self, items: Sequence[Row]) -> float:
        return round(sum(line["original_quantity"] * line["item_price"] for line in items), 4)

    def _edit_purchase(self, row: Row) -> None:
        if row["po_status_id"] in (3, 5) and self._chance(0.3):
            self._add_receipt(row)
        if not self._chance(0.5):
            return
        change = self._one("status", "status", "status", "amount", "line", "touch")
        if change == "status":
            row["po_status_id"] = self._one(3, 3, 5, 5, 7, 4, 6)
        elif change == "amount":
            self._one(*row["po_items"]).update(original_quantity=self._one(2, 4, 40))
        elif change == "line":
            row["po_items"].append(self._purchase_line())
        if row["total_po_value"] is not None:
            row["total_po_value"] = self._worth(row["po_items"])
        row["po_updated_date"] = self._one(self._moment(), self._moment(), None)
        self._touch("purchase_orders", row)

    def _add_receipt(self, purchase: Row) -> None:
        key = self._next("receipt")
        items = [
            self._line()
            | {
                "grn_detail_id": self._next("line"),
                "purchase_order_detail_id": line["purchase_order_detail_id"],
                "received_quantity": self._one(0, 1, 1, 3, 50),
            }
            for line in purchase["po_items"]
            if self._chance(0.7)
        ]
        self.rows["goods_receipts"][key,] = {
            "grn_id": key,
            "grn_status_id": 2,
            "grn_status": "In Progress",
            "grn_created_at": self._moment(),
            "po_id": purchase["po_id"],
            "location_key": purchase["location_key"],
            "grn_items": items,
        }
        self._touch("goods_receipts", self.rows["goods_receipts"][key,])

    def _edit_receipt(self, row: Row) -> None:
        if row["grn_status"] != "In Progress" or not self._chance(0.5):
            return
        if row["grn_items"] and self._chance(0.5):
            self._one(*row["grn_items"]).update(received_quantity=self._one(2, 7))
        status, number = self._one(("Completed", 5), ("Completed", 5), ("Deleted", 4), ("In Progress", 2))
        row.update(grn_status=status, grn_status_id=number)
        self._touch("goods_receipts", row)

    def _sale_line(self) -> Row:
        named = self._line()
        return {
            "suborder_id": self._next("line"),
            "sku": named["sku"],
            "product_id": named["product_id"],
            "company_product_id": named["cp_id"],
            "item_quantity": self._one(0, 1, 1, 2, 5),
            "selling_price": self._one(0, 10, 99.99, 100.005, 0.333),
        }

    def _sale(self, order: int, placed: str, lines: list[Row]) -> None:
        status = self._one((2, "Open"), (2, "Assigned"), (5, "Shipped"), (6, "Delivered"), (9, "Cancelled"), (7, "R"))
        kind = self._one(*(("B2C", "retailorder"),) * 5, ("B2B", "businessorder"), ("B2B", "stocktransferorder"))
        row = {
            "order_id": order,
            "invoice_id": self._next("invoice"),
            "order_type": kind[0],
            "order_type_key": kind[1],
            "order_date": placed,
            "last_update_date": self._moment(),
            "order_status": status[1],
            "order_status_id": status[0],
            "total_amount": self._one(0, 10, 99.99, 150.005),
            "location_key": self._a_place(),
            "suborders": lines,
        }
        self.rows["orders"][order, row["invoice_id"]] = row
        self._touch("orders", row)

    def _add_sale(self) -> None:
        key, placed = self._next("order"), self._moment()
        self._sale(key, placed, [self._sale_line() for _ in range(self._one(0, 1, 1, 2, 3))])
        if self._chance(0.25):
            self._sale(key, self._one(placed, self._moment()), [self._sale_line()])

    def _edit_sale(self, row: Row) -> None:
        if self._chance(0.1):
            self._sale(row["order_id"], row["order_date"], [self._sale_line()])
        if not self._chance(0.4):
            return
        row["order_status_id"], row["order_status"] = self._one((2, "Open"), (5, "Shipped"), (6, "D"), (9, "Cancelled"))
        if self._chance(0.2):
            row["suborders"] = [*row["suborders"], self._sale_line()]
        row["last_update_date"] = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        self._touch("orders", row)

    # What the tap puts out.

    def reading(self, streams: Collection[str], places: Sequence[str]) -> dict[str, list[Row]]:
        """The rows of one run: lists in full, documents since the run that last read them."""
        found: dict[str, list[Row]] = {
            "products": [
                self._told(product, place, *product["copies"][PLACES[place]])
                for place in places
                for product in self.products.values()
                if PLACES[place] in product["copies"]
            ],
            "vendors": [*self.vendors.values()],
        }
        for stream, unread in self.unread.items():
            if stream in streams:
                late = {key for key in unread if self._chance(0.05)}
                again = {key for key in self.rows[stream] if self._chance(0.03)}
                rows = [self.rows[stream][key] for key in sorted((unread - late) | again)]
                found[stream] = [row for row in rows if row["location_key"] in places]
                self.unread[stream] = late
        return copy.deepcopy({stream: rows for stream, rows in found.items() if stream in streams})

    def _told(self, product: Row, place: str, cp_id: int, stock: int | None) -> Row:
        told = {name: value for name, value in product.items() if name != "copies"}
        told |= {"cp_id": cp_id, "inventory": stock, "location_key": place}
        return told | {"c_id": PLACES[place], "company_name": NAMES[PLACES[place]]}
