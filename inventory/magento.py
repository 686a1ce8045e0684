"""The shop of `inventory.shop`, played by a real one: Magento over its REST API."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from connector.errors import AccessDenied, ProgramError
from inventory.errors import ShopTrouble
from inventory.shop import (
    CartLine,
    Departure,
    Key,
    OrderLine,
    Product,
    Source,
    SourceItem,
    Write,
    WriteOutcome,
)
from target_magento.stock import ShopStock


@contextmanager
def magento_shop(config: Mapping[str, Any], logger: logging.Logger) -> Iterator[MagentoShop]:
    """The shop that a folder's configuration names. Raises ShopTrouble: its address or credentials cannot be used."""
    with _told():
        stock = ShopStock.of(config, logger)
    try:
        yield MagentoShop(stock)
    finally:
        stock.close()


@contextmanager
def _told() -> Iterator[None]:
    """Whatever ends a question to the shop is trouble to the import."""
    try:
        yield
    except AccessDenied as denied:
        raise ShopTrouble(f"the shop refuses access (401): {denied.remedy}, or the login is wrong") from denied
    except ProgramError as error:
        raise ShopTrouble(str(error)) from error


class MagentoShop:
    """A `Shop`. `stock` is who speaks with it."""

    def __init__(self, stock: ShopStock) -> None:
        self.stock = stock

    @property
    def manages_sources(self) -> bool:
        """Whether it has inventory management."""
        with _told():
            return self.stock.manages_sources

    @property
    def requests(self) -> int:
        """How many requests it took so far."""
        return self.stock.report.requests

    @property
    def retries(self) -> Mapping[str, int]:
        """How many of them were repetitions, by cause."""
        return self.stock.report.retries

    def now(self) -> datetime:
        """The time by its own clock."""
        with _told():
            return self.stock.now()

    def products(self, skus: Collection[str]) -> Mapping[str, Product]:
        """The products with these SKUs."""
        with _told():
            return self.stock.products(skus)

    def sources(self) -> Sequence[Source]:
        """All sources."""
        with _told():
            return self.stock.sources()

    def source_items(self, keys: Collection[Key]) -> Sequence[SourceItem]:
        """What stands for these keys, and for their SKUs at other sources."""
        with _told():
            return self.stock.source_items(keys)

    def open_orders(self, skus: Collection[str]) -> Sequence[OrderLine]:
        """The lines with open units of these SKUs."""
        with _told():
            return self.stock.open_orders(skus)

    def carts(self, skus: Collection[str], since: datetime) -> Sequence[CartLine]:
        """The lines of active carts with these SKUs."""
        with _told():
            return self.stock.carts(skus, since)

    def write_source_items(self, batch: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Sets the figures."""
        with _told():
            return self.stock.write_source_items(batch)

    def shipments_since(self, moment: datetime) -> Sequence[Departure]:
        """What the shop itself took off its figures."""
        with _told():
            return self.stock.shipments_since(moment)

    def given_back_since(self, moment: datetime) -> Collection[str]:
        """The SKUs of which orders have given units back."""
        with _told():
            return self.stock.given_back_since(moment)

    def doubt(self, sku: str) -> str | None:
        """Why nothing can be concluded of a SKU."""
        return self.stock.doubts.why(sku)
