"""The rights of Magento's admin that writing stock needs, by rights.csv: `doctor` asks for each, the docs show them."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from connector.errors import ProgramError
from connector.files import table_beside
from connector.findings import Finding, fail, ok
from connector.http.answers import Answer, Ending
from connector.http.request import Request
from magento_api.search import STOCK_ITEMS, count_query, low_stock_query
from target_magento.stock import ShopStock
from target_magento.writing import ADMIN_SCOPE, SOURCE_ITEMS

CHECK = "stock: rights"
NOTHING = msgspec.json.encode({"sourceItems": []})
"""A write of nothing: a shop refuses it, where the right is there, for being empty."""


class StockRight(msgspec.Struct, frozen=True):
    """A resource of Magento's access lists; `path` is read to ask for it, `sources`: inventory management alone."""

    resource: str
    tick: str
    needed_for: str
    path: str = ""
    sources: bool = False

    @property
    def question(self) -> Request:
        """What is asked to learn whether the right is there; nothing is changed by it."""
        if not self.path:
            return Request(SOURCE_ITEMS, method="POST", body=NOTHING, scope=ADMIN_SCOPE)
        query = low_stock_query(size=1, page=1) if self.path == STOCK_ITEMS else count_query()
        return Request(self.path, lambda _size: query)


RIGHTS: tuple[StockRight, ...] = tuple(
    StockRight(**{**row, "sources": "sources" in row})  # type: ignore[arg-type] # a text but for the last
    for row in table_beside(__file__, "rights.csv")
)


def findings(config: Mapping[str, Any], *, carts: bool = False) -> Iterator[Finding]:
    """What `doctor` says of the rights that writing stock needs; `carts`: those of customers count."""
    try:
        stock = ShopStock.of(config, logging.getLogger("target-magento"))
    except ProgramError as error:
        yield fail(CHECK, str(error), "correct config.json")
        return
    try:
        missing = [right for right in _needed(stock, carts=carts) if _is_denied(stock, right)]
        for right in missing:
            yield fail(CHECK, f"{right.resource} is missing: {right.needed_for}", f"tick {right.tick}")
        if not missing:
            how = "source by source" if stock.manages_sources else "through its stock items"
            yield ok(CHECK, f"stock can be written, {how}")
    except ProgramError as error:
        yield fail(CHECK, str(error), "see the sentence")
    finally:
        stock.close()


def _needed(stock: ShopStock, *, carts: bool) -> list[StockRight]:
    wanted = [right for right in RIGHTS if carts or right.path != "/carts/search"]
    sources = next(right for right in RIGHTS if right.path == "/inventory/sources")
    if not _is_denied(stock, sources) and not stock.manages_sources:
        wanted = [right for right in wanted if not right.sources]
    return wanted


def _is_denied(stock: ShopStock, right: StockRight) -> bool:
    ending: Answer | Ending = stock.pool.one(lambda asked: stock.client.send(asked, tries=1), right.question)
    return isinstance(ending, Ending) and ending.failure.cause == 401
