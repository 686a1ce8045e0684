"""What Optiply must hold of a Picqer account after each run, worked out row by row from what the tap read.

Readings of the rules, where the text leaves room:

* A document or a composition needs an inactive product only while it is due to be sent itself; a composition needs its
  parts, and not itself.
* What is missing from two complete listings of different runs in a row is gone; a listing that has it clears it. The
  limit counts what Optiply is to have in use.
* The money of a line is that of the day on which its order was read: a later price of the product changes nothing. Only
  where a line without a price names a product that nobody knew then, it is that of the day on which that one is known.
* Stock that cannot be read any more stays what it was when it was read last, and is sent until Optiply has it.
  A product whose stock was never read waits.
* An order waits for what nobody knows since it began to wait, for whatever; a line that comes later has no wait of its
  own.
* A product counts as known once it was read with a code.
* A product that has lost its code cannot be read, and stays as it was read last; so does the offer of one that is gone.
  Where it was inactive then and something needs it now, it is created like that.
* What belongs to a product that is not created (its offer, its parts) counts from the next reading of it.
* The parts of a composition that nobody knows, or whose type does not count, are not kept; where only one type counts,
  they are read together with their product. Where both count, parts alone say that their product is a composition now,
  whatever it was when its row was read last.
* What was read of a purchase order that does not count leaves no trace.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from tests.oracle.picqer_rules import (
    LONGEST,
    Row,
    expected,
    free_stock,
    offer_fields,
    own_lines,
    part_units,
    product_fields,
    purchase_lines,
    received,
    said,
    sale_lines,
)
from tests.oracle.picqer_settings import PicqerSettings

KEYS = {
    "warehouses": "idwarehouse",
    "suppliers": "idsupplier",
    "products": "idproduct",
    "product_parts": "idproduct",
    "purchase_orders": "idpurchaseorder",
    "receipts": "idreceipt",
    "orders": "idorder",
    "product_ids": "idproduct",
    "supplier_ids": "idsupplier",
}
LOAD_ORDER = (
    "products", "productCompositions", "suppliers", "supplierProducts", "sellOrders", "buyOrders", "buyOrderLines",
    "receiptLines",
)  # fmt: skip
REFERENCES = {
    "productRemoteId": "products",
    "composedProductRemoteId": "products",
    "partProductRemoteId": "products",
    "supplierRemoteId": "suppliers",
    "buyOrderRemoteId": "buyOrders",
    "buyOrderLineRemoteId": "buyOrderLines",
}
KITS = ("virtual_composition", "composition_with_stock")
ENDED = ("received", "cancelled")
ALWAYS_BELIEVED = 5


@dataclass
class PicqerReading:
    """What one run of the tap put out, and which of its streams were read to their end."""

    rows: dict[str, list[Row]]
    complete: frozenset[str]
    now: datetime


class Refusals(Protocol):
    """Which records Optiply does not take today."""

    def get(self, key: tuple[str, str], /) -> str | None:
        """None where the record is taken."""
        ...


NONE_REFUSED: Mapping[tuple[str, str], str] = {}


def references(picture: Row) -> list[tuple[str, str]]:
    """The records that must be there before: (stream, remote id)."""
    found = [(REFERENCES[name], value) for name, value in picture.items() if name in REFERENCES]
    return found + [("products", line["productRemoteId"]) for line in picture.get("orderLines", [])]


def sunday_noon(now: datetime) -> datetime:
    """The last Sunday 12:00 in Amsterdam that is not after now."""
    local = now.astimezone(ZoneInfo("Europe/Amsterdam"))
    noon = local.replace(hour=12, minute=0, second=0) - timedelta(days=(local.weekday() + 1) % 7)
    return noon if noon <= local else noon - timedelta(days=7)


class PicqerLedger:
    """`wanted`: what there should be, by stream and remote id; `optiply`: what has been taken of it."""

    def __init__(self, settings: PicqerSettings) -> None:
        self.settings = settings
        self.facts: dict[str, dict[int, Row]] = {stream: {} for stream in KEYS}
        self.levels: dict[int, int] = {}
        self.counted: set[int] | None = set(settings.warehouses) or None
        self.names_taken: datetime | None = None
        self.names: dict[int, str] = {}
        self.missing: dict[str, dict[int, int]] = {"products": {}, "suppliers": {}}
        self.offers: dict[int, Row] = {}
        self.gone: dict[str, set[int]] = {"products": set(), "suppliers": set()}
        self.readable: dict[int, Row] = {}
        self.composed: set[int] = set()
        self.sold: dict[int, list[Row] | None] = {}
        self.ended: dict[int, str] = {}
        self.worth: dict[int, dict[str, Row]] = {}
        self.unpriced: dict[str, set[int]] = {"purchase_orders": set(), "orders": set()}
        self.waits_since: dict[int, datetime] = {}
        self.wanted: dict[str, dict[str, Row]] = {stream: {} for stream in LOAD_ORDER}
        self.optiply: dict[str, dict[str, Row]] = {stream: {} for stream in LOAD_ORDER}

    def day(self, reading: PicqerReading, refusals: Refusals = NONE_REFUSED) -> None:
        """One run: what was read, and what Optiply does not take of what it is offered."""
        self._take(reading)
        needed = self._needed()
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

    def _take(self, reading: PicqerReading) -> None:
        rows, complete = reading.rows, reading.complete
        for stream in KEYS:
            self.facts[stream].update(
                {row[KEYS[stream]]: row for row in rows.get(stream, []) if self._tells(stream, row, rows)}
            )
        if "warehouses" in rows and "warehouses" in complete and not self.settings.warehouses:
            self.counted = {row["idwarehouse"] for row in rows["warehouses"] if row["active"]}
        for row in rows.get("products", []):
            level = free_stock(row, self.counted)
            if level is not None and said(row["productcode"]):
                self.levels[row["idproduct"]] = level
            self.gone["products"].discard(row["idproduct"])
            self.composed.discard(row["idproduct"])
            if row["type"] in self.settings.kit_types:
                self.composed.add(row["idproduct"])
            else:
                self.facts["product_parts"].pop(row["idproduct"], None)
        if set(self.settings.kit_types) == set(KITS):
            told = {row["idproduct"] for row in rows.get("products", [])}
            alone = {row["idproduct"] for row in rows.get("product_parts", [])} - told
            self.composed |= alone & self.readable.keys()
        for row in rows.get("suppliers", []):
            self.gone["suppliers"].discard(row["idsupplier"])
        priced = {**self.readable, **{row["idproduct"]: row for row in rows.get("products", [])}}
        self.readable = {key: row for key, row in priced.items() if said(row["productcode"])} | {
            key: row for key, row in self.readable.items() if not said(priced[key]["productcode"])
        }
        self._take_names(reading)
        for row in rows.get("purchase_orders", []):
            key = row["idpurchaseorder"]
            if row["status"] in ENDED:
                self.ended.setdefault(key, row["updated"])
            if row["status"] not in ENDED or not self._counts(row):
                self.ended.pop(key, None)
            self.unpriced["purchase_orders"].add(key)
        self.unpriced["orders"] |= {row["idorder"] for row in rows.get("orders", [])}
        for stream, work_out in (("purchase_orders", purchase_lines), ("orders", sale_lines)):
            for key in sorted(self.unpriced[stream]):
                row = self.facts[stream][key]
                values: dict[int, Any] = self.worth if stream == "purchase_orders" else self.sold
                values[key] = work_out(row, self.settings, priced)
                counted = row["products"] if stream == "purchase_orders" else own_lines(row, self.settings)
                if all(line["price"] is not None or line["idproduct"] in priced for line in counted):
                    self.unpriced[stream].remove(key)
        if self.settings.sync_product_deletions and self.settings.syncs("products"):
            self._take_listing("products", "product_ids", reading)
        if self.settings.sync_supplier_deletions and self.settings.syncs("suppliers"):
            self._take_listing("suppliers", "supplier_ids", reading)

    def _tells(self, stream: str, row: Row, rows: dict[str, list[Row]]) -> bool:
        """Parts are those of a composition that counts, by its type when they were read."""
        if stream != "product_parts":
            return True
        types = {one["idproduct"]: one["type"] for one in rows.get("products", [])}
        if row["idproduct"] not in types:
            return set(self.settings.kit_types) == set(KITS) and row["idproduct"] in self.readable
        return types[row["idproduct"]] in self.settings.kit_types

    def _take_belongings(self, reading: PicqerReading, needed: set[int]) -> None:
        for row in reading.rows.get("products", []):
            key = row["idproduct"]
            self.offers[key] = row if self._comes(key, needed) else {**row, "idsupplier": None}
        for row in reading.rows.get("product_parts", []):
            if not self._comes(row["idproduct"], needed):
                self.facts["product_parts"].pop(row["idproduct"], None)

    def _take_names(self, reading: PicqerReading) -> None:
        found = reading.rows.get("suppliers")
        if found is None or not self.settings.syncs("suppliers"):
            return
        due = self.names_taken is None or self.names_taken < sunday_noon(reading.now)
        due = due and "suppliers" in reading.complete
        for row in found:
            name = row["name"][:LONGEST] if said(row["name"]) else str(row["idsupplier"])
            if due or row["idsupplier"] not in self.names:
                self.names[row["idsupplier"]] = name
        if due:
            self.names_taken = reading.now

    def _take_listing(self, stream: str, listing: str, reading: PicqerReading) -> None:
        if listing not in reading.rows or listing not in reading.complete:
            return
        present = {row[KEYS[listing]] for row in reading.rows[listing]}
        in_use = self._in_use(stream) - self.gone[stream]
        if not present:
            return
        absent = self.missing[stream]
        for key in list(absent):
            if key in present:
                del absent[key]
        for key in in_use - present:
            absent[key] = absent.get(key, 0) + 1
        proven = {key for key in in_use if absent.get(key, 0) >= 2}
        if len(proven) <= max(ALWAYS_BELIEVED, self.settings.max_disable_share * len(in_use)):
            self.gone[stream] |= proven

    def _in_use(self, stream: str) -> set[int]:
        """What is to be in use once this reading counts, one whose stock was never known among it."""
        if stream == "products":
            return {key for key, row in self.readable.items() if row["active"]}
        ignores = self.settings.supplier_ignored_from_picqer
        return {key for key, row in self.facts["suppliers"].items() if row["active"] or not ignores}

    # What there should be.

    def _here(self, stream: str, key: object) -> bool:
        return str(key) in self.optiply[stream]

    def _usable(self, picture: Row) -> bool:
        return all(key in self.wanted[stream] for stream, key in references(picture))

    def _want_products(self, needed: set[int]) -> None:
        wanted = self.wanted["products"]
        for key, row in self.readable.items():
            before = wanted.get(str(key))
            if key in self.gone["products"]:
                if before is not None and not self._here("products", key):
                    del wanted[str(key)]
                elif before is not None:
                    before["status"] = "disabled"
            elif before is not None and not said(self.facts["products"][key]["productcode"]):
                continue
            elif not row["active"] and not self._here("products", key) and key not in needed:
                wanted.pop(str(key), None)
            elif key in self.levels or self._here("products", key):
                wanted[str(key)] = product_fields(row, self.levels.get(key), self.settings)
            else:
                wanted.pop(str(key), None)

    def _comes(self, key: int, needed: set[int]) -> bool:
        row = self.facts["products"].get(key)
        return self._here("products", key) or key in needed or (row is not None and row["active"])

    def _needed(self) -> set[int]:
        """The products that something which is due to be sent names."""
        needed: set[int] = set()
        if self.settings.syncs("sellOrders"):
            for key in self.facts["orders"]:
                if not self._here("sellOrders", key):
                    needed |= {int(line["productRemoteId"]) for line in self._lines_of_sale(key) or []}
        if self.settings.syncs("buyOrders"):
            for row in self.facts["purchase_orders"].values():
                if self._counts(row):
                    needed |= {line["idproduct"] for line in row["products"]}
        if self.settings.syncs("productCompositions") and self.settings.sync_compositions:
            before: set[int] | None = None
            while needed != before:
                before = set(needed)
                for key in self.facts["product_parts"]:
                    if self._comes(key, before):
                        needed |= set(self._parts_of(key) or {})
        return needed

    def _parts_of(self, key: int) -> dict[int, int] | None:
        """The parts of a composition, none of what is no composition; None where nobody can say."""
        row, parts = self.facts["products"].get(key), self.facts["product_parts"].get(key)
        if row is None or key in self.gone["products"]:
            return None
        if key not in self.composed:
            return {}
        return None if parts is None else part_units(parts["parts"])

    def _want_compositions(self) -> None:
        if not self.settings.sync_compositions:
            return
        wanted = self.wanted["productCompositions"]
        for key in self.facts["products"]:
            parts = self._parts_of(key)
            if parts is None:
                continue
            pairs = {
                f"{key}-{part}": {
                    "composedProductRemoteId": str(key),
                    "partProductRemoteId": str(part),
                    "partQuantity": units,
                }
                for part, units in parts.items()
            }
            for pair in [pair for pair, one in wanted.items() if one["composedProductRemoteId"] == str(key)]:
                if pair not in pairs:
                    del wanted[pair]
            for pair, picture in pairs.items():
                if pair in wanted or self._usable(picture):
                    wanted[pair] = picture

    def _want_suppliers(self) -> None:
        for key, row in self.facts["suppliers"].items():
            wanted, here = self.wanted["suppliers"], self._here("suppliers", key)
            if key not in self.gone["suppliers"]:
                picture = {"name": self.names[key]}
                if self.settings.supplier_ignored_from_picqer:
                    picture["ignored"] = not row["active"]
                elif self.optiply["suppliers"].get(str(key), {}).get("ignored"):
                    picture["ignored"] = False  # it was away, and nobody but us said so
                wanted[str(key)] = picture
            elif here:
                wanted[str(key)]["ignored"] = True
            else:
                wanted.pop(str(key), None)

    def _want_offers(self) -> None:
        wanted = self.wanted["supplierProducts"]
        for key, row in self.offers.items():
            pair = f"{key}-{row['idsupplier']}"
            for old in [old for old, one in wanted.items() if one["productRemoteId"] == str(key) and old != pair]:
                self._end_offer(old)
            if key in self.gone["products"] or row["idsupplier"] is None:
                continue
            picture = offer_fields(row, self.settings)
            if pair in wanted or self._usable(picture):
                wanted[pair] = picture

    def _end_offer(self, pair: str) -> None:
        """Another supplier delivers the product now."""
        wanted = self.wanted["supplierProducts"]
        if not self._here("supplierProducts", pair):
            del wanted[pair]
            return
        wanted[pair]["status"] = "disabled"
        if not self.settings.multisupplier:
            wanted[pair]["preferred"] = False

    # Documents.

    def _of_main(self, halls: list[int]) -> bool:
        return self.settings.main is None or self.settings.main in halls

    def _lines_of_sale(self, key: int) -> list[Row] | None:
        """What is to be sent of a sale, None where it is not to be sent at all."""
        row = self.facts["orders"][key]
        halls = row["warehouses"] or []
        if row["status"] == "cancelled" or (halls and not self._of_main(halls)):
            return None
        return self.sold[key]

    def _want_sales(self, now: datetime) -> None:
        wanted = self.wanted["sellOrders"]
        for key, row in self.facts["orders"].items():
            here = self._here("sellOrders", key)
            if row["status"] == "cancelled":
                self.waits_since.pop(key, None)
                wanted.pop(str(key), None)
                continue
            done = row["status"] == "completed" or not self.settings.completed_only_when_done
            picture = {
                "placed": row["created"],
                "completed": row["updated"] if done else None,
                "totalValue": 0,
            }
            found = self.optiply["sellOrders"][str(key)]["orderLines"] if here else self._lines_of_sale(key)
            known = [line for line in found or [] if line["productRemoteId"] in self.wanted["products"]]
            unknown = [int(line["productRemoteId"]) for line in found or [] if line not in known]
            since = self.waits_since.setdefault(key, now) if unknown else now
            in_time = now - since < timedelta(days=self.settings.order_wait_days)
            waits = any(self._still_waited_for(product, in_time=in_time) for product in unknown)
            if not here and not waits and found:
                # What it went without is left out until it is read again.
                self.sold[key] = known
                self.unpriced["orders"].discard(key)
            if known and not waits:
                self.waits_since.pop(key, None)
                wanted[str(key)] = picture | {"orderLines": found if here else known}
            elif not here:
                wanted.pop(str(key), None)

    def _still_waited_for(self, product: int, *, in_time: bool) -> bool:
        """One that Picqer has is waited for; one that nobody knows, for some days."""
        if product in self.readable and self.settings.syncs("products"):
            return product not in self.gone["products"]
        return in_time

    def _counts(self, row: Row) -> bool:
        """Whether a purchase order is one for Optiply; what Optiply has stays one."""
        if self._here("buyOrders", row["idpurchaseorder"]):
            return True
        statuses = ("purchased", "received", "concept") if self.settings.include_concept else ("purchased", "received")
        listed = row["status"] in statuses and bool(row["products"])
        return listed and row["idsupplier"] is not None and self._of_main([row["idwarehouse"]])

    def _want_purchases(self) -> None:
        headers, lines = self.wanted["buyOrders"], self.wanted["buyOrderLines"]
        for key, row in self.facts["purchase_orders"].items():
            remote_id, here = str(key), self._here("buyOrders", key)
            found = self.worth[key]
            header = {
                "supplierRemoteId": str(row["idsupplier"]),
                "placed": row["created"],
                "completed": self.ended.get(key),
                "totalValue": sum(line["subtotalValue"] for line in found.values()),
                **expected(row["delivery_date"]),
            }
            for old in [old for old, one in lines.items() if one["buyOrderRemoteId"] == remote_id]:
                if old not in found:
                    del lines[old]
            whole_order = all(line["productRemoteId"] in self.wanted["products"] for line in found.values())
            if not here and not (self._counts(row) and self._usable(header) and whole_order):
                headers.pop(remote_id, None)
                for line in found:
                    lines.pop(line, None)
                continue
            headers[remote_id] = header
            for line, picture in found.items():
                if line in lines or self._usable(picture):
                    lines[line] = picture

    def _want_receipts(self) -> None:
        wanted = self.wanted["receiptLines"]
        for row in self.facts["receipts"].values():
            for line in row["products"]:
                key, picture = str(line["idreceipt_product"]), received(row, line)
                if picture is None or not self._of_main([row["idwarehouse"]]):
                    wanted.pop(key, None)
                elif key in wanted or self._usable(picture):
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
