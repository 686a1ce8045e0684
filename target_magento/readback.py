"""Reads back what was written, judges it, and writes again where a departure between reading and writing was undone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from target_magento.catalogue import Catalogue
from target_magento.stock import ShopStock
from target_magento.verdict import Fact, Verdict, judge
from target_magento.watch import Spot, StockMoment, watch

MOST_ROUNDS = 5


@dataclass(frozen=True)
class Expected:
    """A write: what stood before, what was written, the last departure that `before` knows of, what the shop said.

    `mends`: it takes off again what another write had undone. `in_stock`: the flag, where the record itself says it.
    """

    sku: str
    source: str
    before: Decimal
    after: Decimal
    departure: int
    since: datetime
    answered: bool = False
    mends: bool = False
    in_stock: bool | None = None

    @property
    def place(self) -> Spot:
        """The figure."""
        return Spot.of(self.sku, self.source)


@dataclass(frozen=True)
class RowToSet:
    """A figure to be set."""

    sku: str
    source: str
    quantity: Decimal
    in_stock: bool


Note = Callable[[Sequence[Expected], Mapping[Spot, Verdict]], None]
"""Told of each round: the figures that are about to be mended, and what became of those written before."""


def read_back(stock: ShopStock, catalogue: Catalogue, writes: Sequence[Expected], note: Note) -> dict[Spot, Verdict]:
    """What became of writes, each of another place, once all that they undid has been taken off again.

    One whose place is in doubt is left out, and is as open as before.

    Raises StreamError: the shop cannot be read or written; what was noted last is not known then.
    """
    first: dict[Spot, Verdict] = {}
    waiting = list(writes)
    for _ in range(MOST_ROUNDS):
        reading = watch(stock, [one.place for one in waiting], min(one.since for one in waiting))
        waiting = [one for one in waiting if one.place not in reading.doubts]
        found = {one.place: _judged(one, reading) for one in waiting}
        first = found | first
        mends = [
            replace(one, before=verdict.read, after=verdict.read - units, departure=reading.departure, mends=True)
            for one in waiting
            if (units := _to_mend(one, verdict := found[one.place]))
        ]
        note(mends, found)
        if not mends:
            break
        outcomes = stock.write_source_items([row_of(catalogue, one) for one in mends])
        waiting = [replace(one, answered=outcome.done) for one, outcome in zip(mends, outcomes, strict=True)]
    return first


def row_of(catalogue: Catalogue, one: Expected) -> RowToSet:
    """The figure to be set, with the flag that belongs to it."""
    product = catalogue.products.get(one.place.sku)
    flag = one.after > 0 if product is None else product.in_stock(one.after)
    return RowToSet(one.sku, one.source, one.after, flag if one.in_stock is None else one.in_stock)


def _judged(one: Expected, reading: StockMoment) -> Verdict:
    left = reading.left_since(one.place, one.departure, one.since)
    return judge(one.before, one.after, reading.quantity(one.place), left, answered=one.answered)


def _to_mend(one: Expected, verdict: Verdict) -> Decimal:
    """Units that a figure must fall by: those that the write undid, or those that a mending was to take off."""
    if verdict.fact is Fact.APPLIED:
        return verdict.restored
    return one.before - one.after if one.mends and verdict.fact is Fact.NOT_APPLIED else Decimal(0)
