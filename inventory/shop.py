"""Declares what the import asks of a shop; whoever speaks with a real one supplies it.

What a shop gives back is declared by attributes only, so that it may use classes of its own. Quantities are exact
`Decimal`s in units of the product, moments are aware `datetime`s, SKUs are written as the shop writes them. Every
method may raise `ShopTrouble`: nothing is concluded then, and the work is tried again later.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from connector.collation import folded


class Key(NamedTuple):
    """One stock figure: a SKU at a source, in the form in which the shop's database compares them."""

    sku: str
    source: str

    @classmethod
    def of(cls, sku: str, source: str) -> Key:
        """The key of a SKU and a source code, however they are written."""
        return cls(folded(sku), folded(source))


class Product(Protocol):
    """A product of the catalogue."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def refusal(self) -> str | None:
        """Why stock must not be written for it ("is a bundle, which has no stock of its own"); None: it may."""

    @property
    def decimals(self) -> bool:
        """Whether it is sold in decimal quantities."""

    @property
    def backorders(self) -> bool:
        """Whether back orders are on: its own setting, or the shop's where it uses that one."""

    @property
    def min_qty(self) -> Decimal:
        """Its out-of-stock threshold: its own, or the shop's where it uses that one."""

    def unclear(self, quantity: Decimal) -> str | None:
        """Why a quantity cannot be written though the product may have stock, without a full stop; None: it can."""


class Source(Protocol):
    """A place that holds stock. A shop without inventory management has one, whose code is `default`."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def priority(self) -> int:
        """1 is asked first; where the source serves several stocks, its best."""


class SourceItem(Protocol):
    """What stands in the shop for one key."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def quantity(self) -> Decimal: ...  # noqa: D102
    @property
    def in_stock(self) -> bool: ...  # noqa: D102


class OrderLine(Protocol):
    """The open part of an order's line: simple rows only (the child of a configurable), one product each."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def open(self) -> Decimal:
        """Ordered less cancelled, shipped and refunded units; never below 0."""

    @property
    def created_at(self) -> datetime:
        """Of the order."""

    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def exported(self) -> datetime | bool | None:
        """When the order was handed to the warehouse system; False: not yet; None (or True): the shop cannot say."""

    @property
    def source(self) -> str | None:
        """The source that it will ship from, where that is known."""


class CartLine(Protocol):
    """A line of an active cart that has not become an order."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def quantity(self) -> Decimal:
        """In units of the simple product: that of a configurable's child times that of its parent."""

    @property
    def updated_at(self) -> datetime: ...  # noqa: D102


class Departure(Protocol):
    """Units by which the shop itself has lowered a figure."""

    @property
    def id(self) -> int:
        """Grows from one departure to the next."""

    @property
    def at(self) -> datetime:
        """When, by the shop's clock; what `shipments_since` compares."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def quantity(self) -> Decimal: ...  # noqa: D102


@dataclass(frozen=True)
class Write:
    """A figure to be written: absolute."""

    sku: str
    source: str
    quantity: Decimal
    in_stock: bool

    @property
    def key(self) -> Key:
        """The figure's key."""
        return Key.of(self.sku, self.source)


class WriteOutcome(Protocol):
    """What became of one `Write`."""

    @property
    def done(self) -> bool: ...  # noqa: D102
    @property
    def reason(self) -> str | None:
        """Why it was not done, as a sentence without a full stop."""


class Shop(Protocol):
    """A shop, as the import needs it."""

    @property
    def manages_sources(self) -> bool:
        """Whether it has inventory management: its stock then falls at shipment, otherwise at order."""

    @property
    def requests(self) -> int:
        """How many requests it took so far."""

    @property
    def retries(self) -> Mapping[str, int]:
        """How many of them were repetitions, by cause."""

    def now(self) -> datetime:
        """The time by the shop's own clock."""

    def products(self, skus: Collection[str]) -> Mapping[str, Product]:
        """The products with these SKUs, by `connector.collation.folded` SKU; what the catalogue lacks is left out."""

    def sources(self) -> Sequence[Source]:
        """All sources."""

    def source_items(self, keys: Collection[Key]) -> Sequence[SourceItem]:
        """What stands for these keys now, and for the same SKUs at other sources."""

    def open_orders(self, skus: Collection[str]) -> Sequence[OrderLine]:
        """The lines with open units of these SKUs (folded), of orders in a state that still binds stock."""

    def carts(self, skus: Collection[str], since: datetime) -> Sequence[CartLine]:
        """The lines of active carts with these SKUs (folded) that were changed at `since` or later."""

    def write_source_items(self, batch: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Writes the figures in one call where it can; one outcome for each, in their order.

        One bad row must not cost the others. Called by one writer at a time.
        """

    def shipments_since(self, moment: datetime) -> Sequence[Departure]:
        """What the shop itself took off its figures at `moment` or later.

        With inventory management that is what was shipped; without it, what was ordered.
        """

    def given_back_since(self, moment: datetime) -> Collection[str]:
        """The SKUs (folded) of which orders that changed at `moment` or later have given units back to the stock."""

    def doubt(self, sku: str) -> str | None:
        """Why nothing can be concluded of a SKU (folded) from the last reading, without a full stop; None: it can."""
