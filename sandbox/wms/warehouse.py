"""The stock of a warehouse system: goods on hand, what of them is unusable, orders it knows, and inventory records.

A record is the figure of one product at one moment. Records are never changed; their ids grow over all products, and
one is made where a figure changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.server.clock import Clock

DEFAULT_SOURCE = "default"


@dataclass(frozen=True)
class Record:
    """The figures of one product by source, with the time of the last order that they count."""

    number: int
    sku: str
    quantities: Mapping[str, float]
    last_order_exported: str


class Warehouse:
    """All goods of one warehouse system.

    Attributes:
        figure: What records hold: `available` (on hand, less unusable, less known orders) or `on_hand` (less unusable).
        floor: Available figures below 0 are sent as 0, as newer versions do.
        records: Every record ever made, by ascending id.
        next_record: The id of the next record; raise it to leave a gap.
    """

    def __init__(self, clock: Clock, figure: Literal["available", "on_hand"] = "available", floor: bool = True) -> None:
        """Start empty."""
        self.clock, self.figure, self.floor = clock, figure, floor
        self.on_hand: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.unusable: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.known: defaultdict[tuple[str, str], float] = defaultdict(float)
        self.records: list[Record] = []
        self._last: dict[str, Record] = {}
        self._sources: dict[str, dict[str, None]] = {}
        self.next_record = 1
        self.last_order_exported = self._now()

    def _now(self) -> str:
        return self.clock.now().isoformat(timespec="seconds").removesuffix("+00:00")

    def stock(self, goods: Mapping[str, float], source: str = DEFAULT_SOURCE) -> None:
        """Enter units of products by SKU as a count gives them."""
        for sku, quantity in goods.items():
            self.on_hand[sku, source] = quantity
        self._record(goods, source)

    def move(self, sku: str, by: float, source: str = DEFAULT_SOURCE) -> None:
        """Receive goods, or take them out."""
        self.on_hand[sku, source] += by
        self._record([sku], source)

    def spoil(self, sku: str, units: float, source: str = DEFAULT_SOURCE) -> None:
        """Put units where they cannot be sold from."""
        self.unusable[sku, source] += units
        self._record([sku], source)

    def hear(self, units: Mapping[str, float], at: str | None = None, source: str = DEFAULT_SOURCE) -> None:
        """Take an order in; `at` is when the shop exported it (UTC, `YYYY-MM-DDTHH:MM:SS`)."""
        self.last_order_exported = max(self.last_order_exported, at or self._now())
        for sku, quantity in units.items():
            self.known[sku, source] += quantity
        self._record(units, source)

    def despatch(self, units: Mapping[str, float], source: str = DEFAULT_SOURCE) -> None:
        """Send units of known orders out."""
        for sku, quantity in units.items():
            self.on_hand[sku, source] -= quantity
            self.known[sku, source] -= quantity
        self._record(units, source)

    def initialise(self) -> None:
        """Make a new record of every product, changed or not."""
        self._record(self.skus())

    def skus(self) -> list[str]:
        """Return every product's SKU in the order in which they came."""
        return list(self._sources)

    def quantities(self, sku: str) -> dict[str, float]:
        """Return a product's figures by source, as they are now."""
        return {source: self._figure(sku, source) for source in self._sources.get(sku, ())}

    def _figure(self, sku: str, source: str) -> float:
        value = self.on_hand[sku, source] - self.unusable[sku, source]
        if self.figure == "on_hand":
            return value
        value -= self.known[sku, source]
        return max(0, value) if self.floor else value

    def latest(self, sku: str) -> Record | None:
        """Return the last record of a product."""
        return self._last.get(sku)

    def since(self, number: int) -> list[Record]:
        """Return the records made after one."""
        return [record for record in self.records if record.number > number]

    def _record(self, skus: Iterable[str], source: str | None = None) -> None:
        """Make a record of each product whose figures changed; without a source of every one."""
        for sku in skus:
            if source is not None:
                self._sources.setdefault(sku, {})[source] = None
            quantities, last = self.quantities(sku), self.latest(sku)
            if source is not None and last is not None and last.quantities == quantities:
                continue
            self._last[sku] = Record(self.next_record, sku, quantities, self.last_order_exported)
            self.records.append(self._last[sku])
            self.next_record += 1
