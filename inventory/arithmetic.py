"""Calculates what is to be written for one figure of a warehouse system; pure functions, every deduction kept.

| the shop's stock | figure | written |
|---|---|---|
| falls at shipment (inventory management) | available | received + known - carts; the shop subtracts what is reserved |
| falls at shipment (inventory management) | on hand | received |
| falls at order | available | received - unsent - carts |
| falls at order | on hand | received - known - unsent - carts |

Known are the open units of orders that the warehouse system had seen, unsent those of orders it had not. `adjust` says
whether unsent units and carts are taken off; known ones are never a matter of choice, since a figure has them in it or
not. The sum comes first; it is cut to what the product may have, and raised to 0 where negative figures are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

import msgspec

from connector.collation import folded
from inventory.settings import InventorySettings
from inventory.shop import CartLine, OrderLine, Product, Source
from vocabulary.magento import sells

_PLACES = Decimal("0.0001")
_NONE = Decimal(0)


@dataclass(frozen=True)
class World:
    """What the shop said that figures depend on; `first` is the folded source of units whose source is not known."""

    manages_sources: bool
    now: datetime
    orders: Sequence[OrderLine]
    carts: Sequence[CartLine]
    first: str


@dataclass(frozen=True)
class Calculation:
    """A figure with all that changed it. `known`, `unsent` and `carts` are units found, `*_effect` what they did.

    `total` is the sum, `quantity` what is to be written, with the flag `in_stock`. `cut`: decimals were left out;
    `raised`: it was below 0. `notes` are sentences without a full stop. `previous` is what stood in the shop.
    """

    received: Decimal
    known: Decimal
    known_effect: Decimal
    unsent: Decimal
    unsent_effect: Decimal
    carts: Decimal
    carts_effect: Decimal
    total: Decimal
    quantity: Decimal
    in_stock: bool
    cut: bool = False
    raised: bool = False
    previous: Decimal | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The text that is kept; quantities as exact decimal texts."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Calculation:
        """The same from the kept text."""
        return msgspec.json.decode(text, type=cls)


def calculate(
    received: Decimal,
    exported: datetime,
    source: str,
    product: Product,
    world: World,
    settings: InventorySettings,
) -> Calculation:
    """What is to be written for `received` units at a folded `source`.

    `exported` is the moment up to which the warehouse system had seen the shop's orders.
    """
    at_source = [line for line in world.orders if _ships_from(line, world.first) == source]
    known = _units([line for line in at_source if is_known(line, exported)])
    unsent = _units([line for line in at_source if is_unsent(line, exported, world.now, settings)])
    carts = _NONE
    if source == world.first:
        oldest = world.now - timedelta(days=settings.active_quote_cutoff_days)
        carts = sum((line.quantity for line in world.carts if line.updated_at >= oldest), _NONE)
    on_hand = settings.figure == "on_hand"
    effects = [_NONE, _NONE, _NONE]
    if world.manages_sources and not on_hand:
        effects = [known, _NONE, -carts if settings.adjust == "unsent_orders_and_quotes" else _NONE]
    elif not world.manages_sources:
        effects = [
            -known if on_hand else _NONE,
            -unsent if settings.adjust != "no" else _NONE,
            -carts if settings.adjust == "unsent_orders_and_quotes" else _NONE,
        ]
    total = received + sum(effects, _NONE)
    quantity = total.quantize(_PLACES if product.decimals else Decimal(1), ROUND_DOWN)
    raised = quantity < 0 and not settings.negative_quantities
    if raised or not quantity:
        quantity = _NONE
    return Calculation(
        received,
        known,
        effects[0],
        unsent,
        effects[1],
        carts,
        effects[2],
        total,
        quantity,
        is_in_stock(quantity, product),
        cut=not raised and quantity != total,
        raised=raised,
    )


def is_known(line: OrderLine, exported: datetime) -> bool:
    """Whether the warehouse system had seen the order when it took its figure; at the very moment counts as seen."""
    if isinstance(line.exported, datetime):
        return line.exported <= exported
    return line.exported is not False and line.created_at <= exported


def is_unsent(line: OrderLine, exported: datetime, now: datetime, settings: InventorySettings) -> bool:
    """Whether the order was not seen, is in a status that counts, and is young enough (at the cutoff still is)."""
    statuses = settings.unsent_order_statuses
    return (
        not is_known(line, exported)
        and (statuses is None or line.status in statuses)
        and line.created_at >= now - timedelta(days=settings.unsent_order_cutoff_days)
    )


def is_in_stock(quantity: Decimal, product: Product) -> bool:
    """The flag that belongs to a quantity of the product."""
    return sells(quantity, backorders=product.backorders, min_qty=product.min_qty)


def first_source(sources: Sequence[Source], holding: set[str]) -> str:
    """The folded code of the source that ships first among those `holding` the SKU (folded codes)."""
    ranked = sorted((source.priority, folded(source.code)) for source in sources)
    return next((code for _, code in ranked if code in holding), min(holding))


def _ships_from(line: OrderLine, first: str) -> str:
    return first if line.source is None else folded(line.source)


def _units(lines: Sequence[OrderLine]) -> Decimal:
    return sum((max(line.open, _NONE) for line in lines), _NONE)
