"""What Optiply must hold of an EasyEcom account after each run, worked out row by row from what the tap read.

Readings of the rules, where the text leaves room:

* A SKU keeps the id under which it was first read; of several locations the first one named in the settings counts.
* Stock that cannot be read any more stays what it was when it was read last, and is sent until Optiply has it.
  A product whose stock was never read waits.
* What belongs to a product that is not created (its offers, its parts) counts from the next reading of it.
* A sell order keeps what was first offered of it, whatever happens to it until Optiply takes it.
* An order that sells nothing, or nothing that is known by the end of its wait, leaves no trace: what is read of it
  later counts alone.
* An order waits for what nobody knows since it began to wait, for whatever; a line that comes later has no wait of its
  own.
* A part that nobody knew when its combo was read counts from the next reading of the combo.
* The supplier of a purchase order is the one that was found when it was read last before it was created.
* A receipt that is deleted after it was sent stays; so does a line of a purchase order that vanished.
* `completed` of a purchase order is what was first read while it was done, until it is not done any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.easyecom_settings import EasySettings
from tests.oracle.picqer_ledger import LOAD_ORDER, NONE_REFUSED, Refusals, references
from tests.oracle.picqer_rules import LONGEST, cents, money

Row = dict[str, Any]
KEYS: Mapping[str, tuple[str, ...]] = {
    "products": ("cp_id",),
    "vendors": ("vendor_c_id",),
    "locations": ("company_id",),
    "orders": ("order_id", "invoice_id"),
    "purchase_orders": ("po_id",),
    "goods_receipts": ("grn_id",),
}
DONE, CANCELLED, SENT_OUT = (4, 5, 7), 9, (5, 6)


@dataclass
class EasyReading:
    """What one run of the tap put out, and which of its streams were read to their end."""

    rows: dict[str, list[Row]]
    complete: frozenset[str]
    now: datetime


class EasyLedger:
    """`wanted`: what there should be, by stream and remote id; `optiply`: what has been taken of it."""

    def __init__(self, settings: EasySettings) -> None:
        self.settings = settings
        self.products: dict[str, Row] = {}
        self.ids: dict[str, str] = {}
        self.by_number: dict[int, str] = {}
        self.by_copy: dict[int, str] = {}
        self.levels: dict[str, int] = {}
        self.offers: dict[str, Row] = {}
        self.parts: dict[str, list[Row]] = {}
        self.read: dict[str, list[Row]] = {}
        self.vendors: dict[int, Row] = {}
        self.places: dict[int, str | None] = {}
        self.sales: dict[int, dict[Any, Row]] = {}
        self.offered_sales: set[str] = set()
        self.purchases: dict[int, Row] = {}
        self.suppliers: dict[int, str | None] = {}
        self.done: dict[int, str] = {}
        self.receipts: dict[int, Row] = {}
        self.waits_since: dict[int, datetime] = {}
        self.wanted: dict[str, dict[str, Row]] = {stream: {} for stream in LOAD_ORDER}
        self.optiply: dict[str, dict[str, Row]] = {stream: {} for stream in LOAD_ORDER}

    def day(self, reading: EasyReading, refusals: Refusals = NONE_REFUSED) -> None:
        """One run: what was read, and what Optiply does not take of what it is offered."""
        self._take(reading)
        needed = self._needed(reading.now)
        self._take_belongings(reading, needed)
        wants = {
            "products": lambda: self._want_products(needed),
            "productCompositions": self._want_compositions,
            "suppliers": self._want_suppliers,
            "supplierProducts": self._want_offers,
            "sellOrders": lambda: self._want_sales(reading.now),
            "buyOrders": self._want_purchases,
            "receiptLines": self._want_receipts,
        }
        for stream, want in wants.items():
            if self.settings.syncs(stream):
                want()
        for stream in LOAD_ORDER:
            if self.settings.syncs(stream):
                self._deliver(stream, refusals)

    # What was read.

    def _take(self, reading: EasyReading) -> None:
        rows = reading.rows
        for sku, copies in self._by_sku(reading).items():
            row = copies[0]
            self.products[sku] = row
            self.ids.setdefault(sku, str(row["cp_id"]))
            self.by_number[row["product_id"]] = sku
            self.by_copy.update({one["cp_id"]: sku for one in copies})
            every = self.settings.sum_stock_of_locations
            counted = [one["inventory"] for one in (copies if every else copies[:1])]
            # What is missing of a reading that ended early may be a location with units of its own.
            all_there = "products" in reading.complete or {one["location_key"] for one in copies} == set(
                self.settings.location_key
            )
            if None not in counted and (all_there or not every):
                self.levels[sku] = sum(counted)
        self.read = {sku: self._named(row) for sku, (row, *_) in self._by_sku(reading).items()}
        for row in rows.get("products", []):
            if row["company_name"] is not None or row["c_id"] not in self.places:
                self.places[row["c_id"]] = row["company_name"]
        for row in rows.get("locations", []):
            if self.places.get(row["company_id"]) is None:
                self.places[row["company_id"]] = row["location_name"]
        self.vendors.update({row["vendor_c_id"]: row for row in rows.get("vendors", [])})
        for row in rows.get("orders", []):
            self.sales.setdefault(row["order_id"], {})[row["invoice_id"]] = row
        for row in rows.get("purchase_orders", []):
            self.purchases[row["po_id"]] = row
            self.suppliers.pop(row["po_id"], None)
            if row["po_status_id"] in DONE:
                self.done.setdefault(row["po_id"], row["po_updated_date"] or row["po_created_date"])
            else:
                self.done.pop(row["po_id"], None)
        self.receipts.update({row["grn_id"]: row for row in rows.get("goods_receipts", [])})

    def _by_sku(self, reading: EasyReading) -> dict[str, list[Row]]:
        """The rows of each SKU, the one that counts first."""
        found: dict[str, list[Row]] = {}
        for row in sorted(
            reading.rows.get("products", []),
            key=lambda one: self.settings.location_key.index(one["location_key"]),
        ):
            if row["sku"] is not None:
                found.setdefault(row["sku"], []).append(row)
        # What was sent from another location, and the first one does not list now, is left alone.
        main = self.settings.location_key[0]
        return {
            sku: copies
            for sku, copies in found.items()
            if copies[0]["location_key"] == main or self.ids.get(sku) in (None, str(copies[0]["cp_id"]))
        }

    def _take_belongings(self, reading: EasyReading, needed: set[str]) -> None:
        for sku, (row, *_) in self._by_sku(reading).items():
            comes = self._comes(sku, needed)
            self.offers[sku] = row if comes else {**row, "vendor_code": []}
            self.parts[sku] = self.read[sku] if comes else []

    def _sku(self, line: Row, copy: str) -> str | None:
        """The SKU of the product that a line names; None where nobody knows it."""
        if line["sku"] in self.products:
            return str(line["sku"])
        return self.by_number.get(line["product_id"]) or self.by_copy.get(line[copy])

    # What there should be.

    def _here(self, stream: str, key: object) -> bool:
        return str(key) in self.optiply[stream]

    def _usable(self, picture: Row) -> bool:
        return all(key in self.wanted[stream] for stream, key in references(picture))

    def _comes(self, sku: str, needed: set[str]) -> bool:
        return self._here("products", self.ids[sku]) or sku in needed or self.products[sku]["active"] == 1

    def _needed(self, now: datetime) -> set[str]:
        """The products that something which is due to be sent names."""
        named: set[str | None] = set()
        if self.settings.syncs("sellOrders"):
            skus = {remote_id: sku for sku, remote_id in self.ids.items()}
            for order in self.sales:
                if self._here("sellOrders", order):
                    continue
                if picture := self.wanted["sellOrders"].get(str(order)):
                    named |= {skus[line["productRemoteId"]] for line in picture["orderLines"]}
                else:
                    named |= {self._sku(line, "company_product_id") for line in self._sold(order)}
        if self.settings.syncs("buyOrders"):
            for row in self.purchases.values():
                named |= {self._sku(line, "cp_id") for line in row["po_items"]}
        needed = {sku for sku in named if sku is not None}
        if self.settings.syncs("productCompositions"):
            before: set[str] | None = None
            while needed != before:
                before = set(needed)
                for sku in self.products:
                    if self._comes(sku, before):
                        needed |= {part for part in self._units(self.read.get(sku, self.parts.get(sku, []))) if part}
        return needed

    def _want_products(self, needed: set[str]) -> None:
        wanted = self.wanted["products"]
        for sku, row in self.products.items():
            key, here = self.ids[sku], self._here("products", self.ids[sku])
            if row["active"] != 1 and not here and sku not in needed:
                wanted.pop(key, None)
            elif sku in self.levels or here:
                wanted[key] = self._product(sku, row)
            else:
                wanted.pop(key, None)

    def _product(self, sku: str, row: Row) -> Row:
        price, ean = row[self.settings.product_price], row["EANUPC"]
        if self.settings.custom_mappings:
            price = row["cost"]
            ean = next((one["value"] for one in row["custom_fields"] or [] if one["field_name"] == "EAN"), None)
        assembled = row["cp_sub_products_count"] > 0
        if self.settings.assembled_needs_parts:
            assembled = bool(row["sub_products"])
        picture = {
            "name": (row["product_name"] or sku)[:LONGEST],
            "skuCode": sku,
            "articleCode": str(row["product_id"]),
            "eanCode": ean,
            "price": money(price),
            "status": "enabled" if row["active"] == 1 else "disabled",
            "unlimitedStock": False,
            "assembled": assembled,
            "createdAtRemote": row["created_at"],
        }
        return picture | ({"stockLevel": self.levels[sku]} if sku in self.levels else {})

    def _units(self, parts: list[Row]) -> dict[str | None, int]:
        """How many of each part by its SKU, None standing for what nobody knows; less than one of a part is none."""
        found: dict[str | None, int] = {}
        for one in parts:
            if one["quantity"] >= 1:
                found[one["part"]] = found.get(one["part"], 0) + one["quantity"]
        return found

    def _named(self, row: Row) -> list[Row]:
        """The parts of a product that was read, each with the SKU of the part as it is known then."""
        return [{**one, "part": self._sku(one, "cpId")} for one in row["sub_products"] or []]

    def _want_compositions(self) -> None:
        wanted = self.wanted["productCompositions"]
        for sku, parts in self.parts.items():
            key = self.ids[sku]
            pairs = {
                f"{key}_{self.ids[part]}": {
                    "composedProductRemoteId": key,
                    "partProductRemoteId": self.ids[part],
                    "partQuantity": units,
                }
                for part, units in self._units(parts).items()
                if part is not None
            }
            for pair in [pair for pair, one in wanted.items() if one["composedProductRemoteId"] == key]:
                if pair not in pairs:
                    del wanted[pair]
            for pair, picture in pairs.items():
                if pair in wanted or self._usable(picture):
                    wanted[pair] = picture

    def _supplier_id(self, vendor: Row) -> str:
        return vendor["vendor_code"] or f"c:{vendor['vendor_c_id']}"

    def _want_suppliers(self) -> None:
        wanted = self.wanted["suppliers"]
        vendors = {self._supplier_id(one): one for one in self.vendors.values()}
        for company, name in self.places.items():
            if str(company) not in vendors:
                wanted[str(company)] = {"name": name or str(company)}
        for key, vendor in vendors.items():
            wanted[key] = {"name": (vendor["vendor_name"] or key).strip()[:LONGEST]}

    def _want_offers(self) -> None:
        wanted = self.wanted["supplierProducts"]
        for sku, row in self.offers.items():
            key = self.ids[sku]
            codes = {f"{key}_{code}": code for code in row["vendor_code"]}
            for old in [old for old, one in wanted.items() if one["productRemoteId"] == key and old not in codes]:
                if self._here("supplierProducts", old):
                    wanted[old]["status"] = "disabled"
                else:
                    del wanted[old]
            for pair, code in codes.items():
                picture = self._offer(sku, row, code)
                if pair in wanted or self._usable(picture):
                    wanted[pair] = picture

    def _offer(self, sku: str, row: Row, code: str) -> Row:
        picture = {
            "productRemoteId": self.ids[sku],
            "supplierRemoteId": code,
            "name": (row["product_name"] or sku)[:LONGEST],
            "skuCode": sku if self.settings.map_supplierProductSku else None,
            "eanCode": row["EANUPC"],
            "status": "enabled" if row["active"] == 1 else "disabled",
        }
        return picture if row["cost"] is None else {**picture, "price": cents(row["cost"])}

    # Documents.

    def _invoices(self, order: int) -> list[Row]:
        """The rows of an order that count."""
        rows = [row for row in self.sales[order].values() if row["order_status_id"] != CANCELLED]
        return [row for row in rows if self.settings.is_sale(row)]

    def _sold(self, order: int) -> list[Row]:
        """The lines of an order, each once, without those of nothing."""
        rows = sorted(self._invoices(order), key=lambda one: (one["last_update_date"], one["invoice_id"]))
        lines = {line["suborder_id"]: line for row in rows for line in row["suborders"]}
        return [line for line in lines.values() if line["item_quantity"] > 0]

    def _want_sales(self, now: datetime) -> None:
        wanted = self.wanted["sellOrders"]
        for order in list(self.sales):
            key = str(order)
            if key in wanted or self._here("sellOrders", order):
                continue
            lines = self._sold(order)
            if not lines:
                del self.sales[order]
                continue
            found: dict[str, list[Any]] = {}
            waits = False
            for line in lines:
                sku = self._sku(line, "company_product_id")
                if sku is not None and self.ids[sku] in self.wanted["products"]:
                    units = found.setdefault(self.ids[sku], [0, Decimal(0)])
                    units[0] += line["item_quantity"]
                    units[1] += Decimal(str(line["selling_price"]))
                    continue
                since = self.waits_since.setdefault(order, now)
                known = sku is not None and self.settings.syncs("products")
                waits = waits or known or now - since < timedelta(days=self.settings.order_wait_days)
            if found and not waits:
                wanted[key] = self._sale(order, found)
            elif not waits:
                del self.sales[order]

    def _sale(self, order: int, found: dict[str, list[Any]]) -> Row:
        rows = self._invoices(order)
        shipped = [row["order_date"] for row in rows if row["order_status_id"] in SENT_OUT]
        return {
            "placed": min(row["order_date"] for row in rows),
            "completed": max(shipped, default=None),
            "totalValue": cents(sum(Decimal(str(row["total_amount"])) for row in rows)),
            "orderLines": [
                {"productRemoteId": one, "quantity": units, "subtotalValue": cents(worth)}
                for one, (units, worth) in sorted(found.items())
            ],
        }

    def _supplier_of(self, row: Row) -> str | None:
        """By name where one has it, else by code, else by the vendor's id."""
        name = (row["vendor_name"] or "").strip()
        names = {self._supplier_id(one): (one["vendor_name"] or "").strip() for one in self.vendors.values()}
        taken = set(names)
        names |= {str(one): name or "" for one, name in self.places.items() if str(one) not in taken}
        same = [key for key, other in names.items() if other == name and name]
        if len(same) == 1:
            return same[0]
        if row["vendor_code"] in names:
            return str(row["vendor_code"])
        vendor = self.vendors.get(row["vendor_c_id"])
        return self._supplier_id(vendor) if vendor else None

    def _supplier_when_read(self, key: int) -> str | None:
        """Names and orders are compared as they were read together; what was not found then is looked for again."""
        if self.suppliers.get(key) is None:
            self.suppliers[key] = self._supplier_of(self.purchases[key])
        return self.suppliers[key]

    def _want_purchases(self) -> None:
        headers, lines = self.wanted["buyOrders"], self.wanted["buyOrderLines"]
        for key, row in self.purchases.items():
            remote_id, here = str(key), self._here("buyOrders", key)
            supplier = headers[remote_id]["supplierRemoteId"] if here else self._supplier_when_read(key)
            found = self._ordered(row)
            unclear = supplier is None or None in [line["productRemoteId"] for line in found.values()]
            worth = sum((line["subtotalValue"] for line in found.values()), Decimal(0))
            total = row["total_po_value"]
            header = {
                "supplierRemoteId": supplier,
                "placed": row["po_created_date"],
                "completed": self.done.get(key),
                "totalValue": cents(worth if total is None else total),
            }
            usable = (
                not unclear
                and self._usable(header)
                and all(line["productRemoteId"] in self.wanted["products"] for line in found.values())
            )
            if not here and not usable:
                headers.pop(remote_id, None)
                for line in found:
                    lines.pop(line, None)
                continue
            headers[remote_id] = header
            for number, picture in found.items():
                if number in lines or (picture["productRemoteId"] is not None and self._usable(picture)):
                    lines[number] = picture

    def _ordered(self, row: Row) -> dict[str, Row]:
        found: dict[str, Row] = {}
        for line in row["po_items"]:
            sku = self._sku(line, "cp_id")
            worth = Decimal(str(line["item_price"])) * line["original_quantity"]
            found[str(line["purchase_order_detail_id"])] = {
                "buyOrderRemoteId": str(row["po_id"]),
                "productRemoteId": None if sku is None else self.ids[sku],
                "quantity": line["original_quantity"],
                "subtotalValue": worth.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP),
            }
        return found

    def _want_receipts(self) -> None:
        wanted = self.wanted["receiptLines"]
        for row in self.receipts.values():
            for line in row["grn_items"]:
                key = str(line["grn_detail_id"])
                if row["grn_status"] == "Deleted" or line["received_quantity"] <= 0:
                    if not self._here("receiptLines", key):
                        wanted.pop(key, None)
                    continue
                picture = {
                    "buyOrderLineRemoteId": str(line["purchase_order_detail_id"]),
                    "quantity": line["received_quantity"],
                    "occurred": row["grn_created_at"],
                }
                if key in wanted or self._usable(picture):
                    wanted[key] = picture

    # What Optiply takes.

    def _deliver(self, stream: str, refusals: Refusals) -> None:
        wanted, held = self.wanted[stream], self.optiply[stream]
        for key in {*wanted, *held}:
            if refusals.get((stream, key)) is not None:
                continue
            picture: Any = wanted.get(key)
            if picture is None:
                del held[key]
            elif key in held:
                held[key].update(picture)
            elif all(other in self.optiply[kind] for kind, other in references(picture)):
                held[key] = dict(picture)
