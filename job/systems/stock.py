"""Stock of Magento as something to write: how the shop is opened, and what `doctor` checks of the rights for it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager

from connector.findings import Finding
from inventory.shop import Shop
from job.systems.held import Held
from job.systems.system import Config, StockWriting
from store.snapshot import Where


def _shop(config: Config) -> AbstractContextManager[Shop]:
    from inventory.magento import magento_shop

    return magento_shop(config, logging.getLogger("target-magento"))


def _checks(config: Config) -> Iterator[Finding]:
    from target_magento.rights import findings

    inventory = config.get("inventory")
    adjust = inventory.get("adjust") if isinstance(inventory, dict) else None
    yield from findings(config, carts=adjust == "unsent_orders_and_quotes")


def _held(snapshots: Where) -> Sequence[Held]:
    from target_magento.intents import held

    return held(snapshots)


def _release(snapshots: Where, sku: str, applied: bool) -> Sequence[Held]:
    from target_magento.intents import release

    return release(snapshots, sku, applied=applied)


MAGENTO_STOCK = StockWriting(shop=_shop, checks=_checks, held=_held, release=_release)
