"""What was done to the Magento sandbox's shop besides its days, kept so that a shop started again has it too."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from sandbox.server.clock import Clock
from sandbox.server.journal import Journal
from sandbox.shop.carts import end_cart, fill_cart
from sandbox.shop.days import next_day
from sandbox.shop.selling import Selling
from sandbox.shop.shop import Shop
from sandbox.shop.source_items import remove_source_item, write_source_item, write_stock_item


class Deed(msgspec.Struct, array_like=True):
    """The shop's day, what was done, and with which values."""

    day: int
    name: str
    values: dict[str, Any]


class Deeds:
    """The journal of one shop's deeds; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        """Open the journal, if there is one already; else it begins with the first deed."""
        self._path = path
        self._journal = Journal(path, Deed) if path is not None and path.exists() else None

    def live(self, shop: Shop, days: int) -> None:
        """Bring a shop of the first day to where it was: `days` days on, with all that was done on each."""
        for deed in self._journal.replay() if self._journal is not None else ():
            if deed.day > shop.day:
                next_day(shop, deed.day - shop.day)
            _do_again(shop, deed.name, deed.values)
        if days > shop.day:
            next_day(shop, days - shop.day)

    def watch(self, shop: Shop) -> None:
        """Keep what is done to a shop from now on."""
        if self._path is not None:
            shop.noted = lambda name, values: self._keep(Deed(shop.day, name, values))

    def _keep(self, deed: Deed) -> None:
        if self._journal is None and self._path is not None:
            self._journal = Journal(self._path, Deed)
        if self._journal is not None:
            self._journal.append(deed)

    def forget(self) -> None:
        """Forget every deed."""
        if self._journal is not None:
            self._journal.clear()

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()


def _do_again(shop: Shop, name: str, values: dict[str, Any]) -> None:
    given = dict(values)
    selling = Selling(shop, Clock(ticking=False), msi=given.pop("msi", True))
    again: dict[str, Callable[..., object]] = {
        "source_item": lambda **row: write_source_item(shop, **row),
        "no_source_item": lambda **row: remove_source_item(shop, **row),
        "stock_item": lambda product_id, values: write_stock_item(shop, shop.products[product_id], values),
        "place": selling.place,
        "invoice": selling.invoice,
        "ship": selling.ship,
        "cancel": selling.cancel,
        "refund": selling.refund,
        "export": selling.export,
        "cart": lambda **cart: fill_cart(shop, **cart),
        "end_cart": lambda **cart: end_cart(shop, **cart),
    }
    again[name](**given)
