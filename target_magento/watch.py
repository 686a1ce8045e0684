"""Reads figures together with what left the shop, so that each departure is known to be in a figure or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from connector.collation import folded
from connector.errors import StreamError
from target_magento.departures import Left
from target_magento.rows import StockFigure
from target_magento.stock import ShopStock

OVERLAP = timedelta(seconds=60)
"""How far back departures are listed, so that one of this very second is told from a later one by its id."""
_TRIES = 5


class Spot(NamedTuple):
    """One figure: a SKU at a source, in the form in which the shop's database compares them."""

    sku: str
    source: str

    @classmethod
    def of(cls, sku: str, source: str) -> Spot:
        """The place of a SKU and a source code, however they are written."""
        return cls(folded(sku), folded(source))


@dataclass(frozen=True)
class StockMoment:
    """The figures of some places at one moment, and what left since `since`; all of `left` is in the figures.

    `doubts`: places of which nothing can be concluded, and why.
    """

    since: datetime
    departure: int
    figures: Mapping[Spot, StockFigure]
    left: Mapping[Spot, list[Left]]
    doubts: Mapping[Spot, str]

    def quantity(self, place: Spot) -> Decimal:
        """What stands there; no row is 0."""
        found = self.figures.get(place)
        return Decimal(0) if found is None else found.quantity

    def left_since(self, place: Spot, departure: int, since: datetime) -> list[Decimal]:
        """Units that left a place after a departure, in order."""
        return [one.quantity for one in self.left.get(place, ()) if one.id > departure and one.at >= since]


def watch(stock: ShopStock, places: Collection[Spot], since: datetime | None = None) -> StockMoment:
    """Reads the places' figures with all departures since a moment, or those of the last minute.

    Raises StreamError: they cannot be read, or departures come too fast for one consistent reading.
    """
    since = stock.now() - OVERLAP if since is None else since
    listed = stock.shipments_since(since)
    for _ in range(_TRIES):
        rows = stock.source_items(places)
        before, listed = {one.id for one in listed}, stock.shipments_since(since)
        left: dict[Spot, list[Left]] = {}
        for one in sorted(listed, key=lambda one: one.id):
            left.setdefault(Spot.of(one.sku, one.source), []).append(one)
        if not any(one.id not in before for place in places for one in left.get(place, ())):
            figures = {Spot.of(row.sku, row.source): row for row in rows}
            doubts = {place: why for place in places if (why := stock.doubts.why(place.sku)) is not None}
            return StockMoment(since, max((one.id for one in listed), default=0), figures, left, doubts)
    raise StreamError("Units left faster than the figures could be read; try again when the shop is less busy.")
