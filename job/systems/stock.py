"""Stock of Magento as something to write: how the shop is opened, and what `doctor` checks of the rights for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from connector.findings import Finding
from inventory.shop import Shop
from job.systems.system import Config, StockWriting


@contextmanager
def _shop(config: Config) -> Iterator[Shop]:
    from target_magento.stock import ShopStock

    with closing(ShopStock.of(config, logging.getLogger("target-magento"))) as shop:
        yield shop


def _checks(config: Config) -> Iterator[Finding]:
    return iter(())


MAGENTO_STOCK = StockWriting(shop=_shop, checks=_checks)
