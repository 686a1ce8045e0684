"""A shop in one JSON file for the tests of the import: sources, reservations, orders, carts, shipments."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.collation import folded
from inventory.errors import ShopTrouble
from inventory.shop import Key, Write

START = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Thing:
    """Any record that the shop gives back."""

    sku: str = ""
    refusal: str | None = None
    decimals: bool = False
    backorders: bool = False
    min_qty: Decimal = Decimal(0)
    code: str = ""
    priority: int = 1
    source: Any = None
    quantity: Decimal = Decimal(0)
    in_stock: bool = False
    open: Decimal = Decimal(0)
    created_at: datetime = START
    updated_at: datetime = START
    status: str = "processing"
    exported: Any = None
    id: int = 0
    at: datetime = START
    done: bool = True
    reason: str | None = None
    unknown: str | None = None

    def unclear(self, quantity: Decimal) -> str | None:
        return self.unknown if quantity <= 0 else None


class ShopDouble:
    """Stock falls at shipment or, with `msi` off, at order. Its clock is the test's."""

    def __init__(self, path: Path | None = None, *, clock: Callable[[], datetime] | None = None) -> None:
        self.path = path
        self.clock = clock or (lambda: START)
        self.calls: list[tuple[str, int]] = []
        self.before: dict[str, list[Callable[[], None]]] = {}
        self.after: dict[str, list[Callable[[], None]]] = {}
        self.down: set[str] = set()
        self.refuse: dict[str, str] = {}
        self.doubts: dict[str, str] = {}
        self.given_back: set[str] = set()
        if path is not None and path.exists():
            self.data = json.loads(path.read_text())
            return
        self.data: dict[str, Any] = {
            name: [] for name in ("items", "orders", "carts", "left")
        }  # fmt: skip
        self.data |= {"msi": True, "products": {}, "sources": [["default", 1]]}

    # -- what happens in the shop ----------------------------------------------------------------------------------
    def product(self, sku: str, quantity: str | None = None, source: str = "default", **facts: Any) -> None:
        self.data["products"][folded(sku)] = {"sku": sku, **facts}
        if quantity is not None:
            self._set(sku, source, quantity, Decimal(quantity) > 0)

    def order(self, sku: str, units: int, at: datetime | None = None, status: str = "processing", **facts: Any) -> int:
        orders = self.data["orders"]
        at = at or self.clock()
        orders.append({"sku": sku, "ordered": units, "gone": 0, "at": at.isoformat(), "status": status, **facts})
        if not self.data["msi"]:
            self._leave(sku, "default", units)
        self._keep()
        return len(orders) - 1

    def ship(self, order: int, units: int, source: str = "default") -> None:
        line = self.data["orders"][order]
        line["gone"] += units
        if self.data["msi"]:
            self._leave(line["sku"], source, units)
        self._keep()

    def cart(self, sku: str, units: str, at: datetime | None = None) -> None:
        self.data["carts"].append([sku, units, (at or self.clock()).isoformat()])

    def standing(self, sku: str, source: str = "default") -> Decimal | None:
        found = self._item(sku, source)
        return None if found is None else Decimal(found[2])

    def flag(self, sku: str, source: str = "default") -> bool | None:
        found = self._item(sku, source)
        return None if found is None else found[3]

    def salable(self, sku: str) -> Decimal:
        """What customers can buy: all sources together less what is reserved."""
        stock = sum((Decimal(item[2]) for item in self.data["items"] if item[0] == sku and item[3]), Decimal(0))
        lines = [line for line in self.data["orders"] if line["sku"] == sku] if self.data["msi"] else []
        return stock - sum((Decimal(line["ordered"] - line["gone"]) for line in lines), Decimal(0))

    def writes(self) -> int:
        return sum(rows for name, rows in self.calls if name == "write_source_items")

    # -- what the import asks --------------------------------------------------------------------------------------
    @property
    def manages_sources(self) -> bool:
        return bool(self.data["msi"])

    @property
    def requests(self) -> int:
        return len(self.calls)

    @property
    def retries(self) -> Mapping[str, int]:
        return {}

    def now(self) -> datetime:
        return self.clock()

    def products(self, skus: Collection[str]) -> Mapping[str, Thing]:
        self._called("products", len(skus))
        found = {}
        for sku in skus & self.data["products"].keys():
            facts = dict(self.data["products"][sku])
            facts["min_qty"] = Decimal(facts.get("min_qty", 0))
            found[sku] = Thing(**facts)
        return found

    def sources(self) -> Sequence[Thing]:
        return [Thing(code=code, priority=priority) for code, priority in self.data["sources"]]

    def source_items(self, keys: Collection[Key]) -> Sequence[Thing]:
        self._called("source_items", len(keys))
        skus = {key.sku for key in keys}
        rows = [item for item in self.data["items"] if folded(item[0]) in skus]
        return [Thing(sku=sku, source=code, quantity=Decimal(units), in_stock=flag) for sku, code, units, flag in rows]

    def open_orders(self, skus: Collection[str]) -> Sequence[Thing]:
        self._called("open_orders", len(skus))
        return [
            Thing(
                sku=line["sku"],
                open=Decimal(line["ordered"] - line["gone"]),
                created_at=datetime.fromisoformat(line["at"]),
                status=line["status"],
                exported=line.get("exported"),
                source=line.get("source"),
            )
            for line in self.data["orders"]
            if folded(line["sku"]) in skus and line["ordered"] > line["gone"]
        ]

    def carts(self, skus: Collection[str], since: datetime) -> Sequence[Thing]:
        self._called("carts", len(skus))
        return [
            Thing(sku=sku, quantity=Decimal(units), updated_at=datetime.fromisoformat(at))
            for sku, units, at in self.data["carts"]
            if folded(sku) in skus
        ]

    def write_source_items(self, batch: Sequence[Write]) -> Sequence[Thing]:
        self._called("write_source_items", len(batch))
        outcomes = []
        for one in batch:
            if one.sku in self.refuse:
                outcomes.append(Thing(done=False, reason=self.refuse[one.sku]))
                continue
            self._set(one.sku, one.source, format(one.quantity, "f"), one.in_stock)
            outcomes.append(Thing(done=True))
        self._keep()
        for act in self.after.pop("write_source_items", []):
            act()
        return outcomes

    def shipments_since(self, moment: datetime) -> Sequence[Thing]:
        self._called("shipments_since", 0)
        return [
            Thing(id=number, sku=sku, source=code, quantity=Decimal(units), at=datetime.fromisoformat(at))
            for number, sku, code, units, at in self.data["left"]
            if datetime.fromisoformat(at) >= moment
        ]

    def given_back_since(self, moment: datetime) -> Collection[str]:
        self._called("given_back_since", 0)
        return self.given_back

    def doubt(self, sku: str) -> str | None:
        return self.doubts.get(sku)

    # --------------------------------------------------------------------------------------------------------------
    def _called(self, name: str, size: int) -> None:
        if name in self.down:
            raise ShopTrouble("the shop does not answer")
        for act in self.before.pop(name, []):
            act()
        self.calls.append((name, size))

    def _item(self, sku: str, source: str) -> list[Any] | None:
        return next((item for item in self.data["items"] if folded(item[0]) == folded(sku) and item[1] == source), None)

    def _set(self, sku: str, source: str, quantity: str, flag: bool) -> None:
        item = self._item(sku, source)
        if item is None:
            self.data["items"].append([sku, source, quantity, flag])
        else:
            item[2:] = [quantity, flag]

    def _leave(self, sku: str, source: str, units: int) -> None:
        item = self._item(sku, source)
        if item is not None:
            item[2] = str(Decimal(item[2]) - units)
        self.data["left"].append([len(self.data["left"]) + 1, sku, source, str(units), self.clock().isoformat()])

    def _keep(self) -> None:
        if self.path is not None:
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps(self.data))
            new.replace(self.path)


class Clock:
    """A clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, **much: float) -> None:
        self.at += timedelta(**much)
