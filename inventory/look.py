"""Reads from the shop what the figures of some keys depend on, at one moment."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.collation import folded
from inventory.arithmetic import World, first_source
from inventory.errors import ShopTrouble
from inventory.settings import InventorySettings
from inventory.shop import CartLine, Departure, Key, OrderLine, Product, Shop, SourceItem

OVERLAP = timedelta(seconds=60)
"""How far back departures are listed, so that one of this very second is told from a later one by its id."""
_TRIES = 5


@dataclass(frozen=True)
class View:
    """The shop at one moment; keys, SKUs and source codes are folded.

    `departure` is the last one that orders and reservations know of already; later ones are asked for from `since` on.
    `doubts`: why nothing can be concluded of a SKU.
    """

    now: datetime
    since: datetime
    departure: int
    manages_sources: bool
    products: Mapping[str, Product]
    sources: Mapping[str, str]
    items: Mapping[Key, SourceItem]
    orders: Mapping[str, Sequence[OrderLine]]
    carts: Mapping[str, Sequence[CartLine]]
    first: Mapping[str, str]
    doubts: Mapping[str, str]

    def world(self, sku: str) -> World:
        """What a figure of this SKU depends on."""
        orders, carts = self.orders.get(sku, ()), self.carts.get(sku, ())
        return World(self.manages_sources, self.now, orders, carts, self.first[sku])


def look(shop: Shop, keys: Collection[Key], settings: InventorySettings) -> View:
    """Reads catalogue, sources, stock, orders and carts for the keys; nothing departed while the orders were read.

    Raises ShopTrouble: something could not be read, or departures came too fast for one consistent reading.
    """
    now = shop.now()
    since = now - OVERLAP
    skus = {key.sku for key in keys}
    products = shop.products(skus)
    sources = shop.sources()
    items = {Key.of(item.sku, item.source): item for item in shop.source_items(keys)}
    carts: Sequence[CartLine] = ()
    if settings.adjust == "unsent_orders_and_quotes":
        carts = shop.carts(skus, now - timedelta(days=settings.active_quote_cutoff_days))
    departure, orders = _orders(shop, skus, since, settings)
    holding: dict[str, set[str]] = {}
    for key in (*keys, *items):
        holding.setdefault(key.sku, set()).add(key.source)
    return View(
        now,
        since,
        departure,
        shop.manages_sources,
        products,
        {folded(source.code): source.code for source in sources},
        items,
        _by_sku(orders),
        _by_sku(carts),
        {sku: first_source(sources, codes) for sku, codes in holding.items()},
        {sku: why for sku in skus if (why := shop.doubt(sku)) is not None},
    )


def _orders(
    shop: Shop, skus: Collection[str], since: datetime, settings: InventorySettings
) -> tuple[int, Sequence[OrderLine]]:
    """The open orders, with the last departure that they know of."""
    before = _last(shop.shipments_since(since))
    if settings.figure == "on_hand" and shop.manages_sources:
        return before, ()  # orders change nothing then
    for _ in range(_TRIES):
        orders = shop.open_orders(skus)
        after = shop.shipments_since(since)
        if not any(one.id > before and folded(one.sku) in skus for one in after):
            return before, orders
        before = _last(after)
    raise ShopTrouble("units left faster than the orders could be read; try again when the shop is less busy")


def _last(departures: Sequence[Departure]) -> int:
    return max((one.id for one in departures), default=0)


def _by_sku(lines: Sequence[OrderLine] | Sequence[CartLine]) -> dict[str, list]:  # type: ignore[type-arg]
    found: dict[str, list[OrderLine | CartLine]] = {}
    for line in lines:
        found.setdefault(folded(line.sku), []).append(line)
    return found
