"""Fixtures of the tests that write stock: a fresh Magento shop, a hand that sells in it, and its stock."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from sandbox.systems import Sandbox
from target_magento.stock import ShopStock

TOKEN = "sandbox-integration-token"
LOGGER = logging.getLogger("test")


class Keeper:
    """Does in the shop what people do there, and says what stands in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    @property
    def config(self) -> dict[str, Any]:
        return {"store_url": self.sandbox.magento_url, "access_token": TOKEN, "retry_seconds": 3}

    def __call__(self, verb: str, *arguments: Any, **more: Any) -> Any:
        return self.sandbox.call(lambda: getattr(self.sandbox.selling, verb)(*arguments, **more))

    def at(self, verb: str, *arguments: Any, method: str, path: str, nth: int = 1, **more: Any) -> None:
        """Does it just before the nth request to a path is answered."""
        selling = self.sandbox.selling
        self.sandbox.apis["magento"].moments.on(
            lambda: getattr(selling, verb)(*arguments, **more), method=method, path=path, nth=nth
        )

    def standing(self, sku: str, source: str = "ams") -> tuple[Decimal, bool] | None:
        row = self.sandbox.shop.stock.source_items.get((source, sku.lower()))
        return None if row is None else (Decimal(str(row["quantity"])), bool(row["status"]))

    def asked(self, path: str = "", method: str | None = None) -> int:
        """How many requests with this in their path the shop was sent."""
        entries = self.sandbox.requests.entries
        return sum(1 for one in entries if path in one.path and method in (None, one.method) and one.api == "magento")

    def writes(self) -> int:
        return sum(1 for one in self.sandbox.requests.entries if one.api == "magento" and one.is_write)


@pytest.fixture
def shop(sandbox: Sandbox) -> Keeper:
    return Keeper(sandbox)


@pytest.fixture
def stock(shop: Keeper) -> Iterator[ShopStock]:
    opened = ShopStock.of(shop.config, LOGGER)
    yield opened
    opened.close()
