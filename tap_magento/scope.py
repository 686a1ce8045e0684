"""Which stock the scope in the path speaks of, and by which website it can be read in bulk.

The scope decides whose salable quantity Magento answers: `all` means the default stock, a store view code its website's
stock, no scope the default website's. Source: Magento REST, 2.4.7 with inventory management.
"""

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from connector.errors import AccessDenied, StreamError
from connector.http.pool import Json, Row
from connector.lists.pages import row_number, with_number
from connector.lists.question import Ask
from connector.values import Unfit, fit
from tap_magento.shop import Shop

LOGGER = logging.getLogger("tap-magento")
DEFAULT_STOCK = 1
ENOUGH_STOCKS = 300


@dataclass(frozen=True)
class ScopeStock:
    """A stock and a website that sells from it; `sure` unless the default website had to be guessed."""

    stock_id: int
    name: str
    website: str | None
    sure: bool


def stock_of_scope(shop: Shop) -> ScopeStock | None:
    """The stock behind this run's path, or None where the shop does not tell (no inventory management).

    Raises AccessDenied: the right to read stocks or websites is missing.
    """
    try:
        return _told(shop)
    except AccessDenied:
        raise
    except StreamError as error:
        LOGGER.info("Which stock it is cannot be told: %s", error)
        return None


def _told(shop: Shop) -> ScopeStock | None:
    stocks, websites = _stocks_and_websites(shop)
    code = shop.config.get("store_code")
    if code == "all":
        found = next((stock for stock in stocks if row_number(stock, "stock_id") == DEFAULT_STOCK), None)
        sold_by = sorted(set(_sold_by(found)) & set(websites.values())) if found else []
        return _described(found, sold_by[0] if sold_by else None, sure=True)
    website = websites.get(_website_id(shop, code, websites))
    found = next((stock for stock in stocks if website in _sold_by(stock)), None)
    return _described(found, website, sure=bool(code) or len(stocks) == 1 or len(websites) == 1)


def websites_with_stock(shop: Shop) -> list[str]:
    """Codes of the websites that sell from a stock, in order."""
    stocks, websites = _stocks_and_websites(shop)
    return sorted({code for stock in stocks for code in _sold_by(stock)} & set(websites.values()))


def say_which_stock(shop: Shop, stock: ScopeStock | None) -> None:
    """The line at the start of a run."""
    code = shop.config.get("store_code")
    scope = f"store_code '{code}'" if code else "no store_code, so the default website"
    if stock is None:
        LOGGER.info("Stock is what the shop answers for %s.", scope)
        return
    website = f"website '{stock.website}'" if stock.website else "no website"
    guess = "" if stock.sure else " (taken to be the default website; set store_code to be sure)"
    LOGGER.info("Stock is '%s' (id %d), sold by %s%s, for %s.", stock.name, stock.stock_id, website, guess, scope)


def _described(stock: Row | None, website: str | None, *, sure: bool) -> ScopeStock | None:
    return ScopeStock(row_number(stock, "stock_id"), str(stock.get("name")), website, sure) if stock else None


def _stocks_and_websites(shop: Shop) -> tuple[list[Row], dict[int, str]]:
    """The stocks, and website codes by id with the admin's left out; asked side by side."""
    otherwise = "set stock_reading to per_sku, which does not need the list"
    stocks = shop.pool.submit(
        lambda ask: shop.whole(ask, with_number("stock_id"), otherwise), Ask("/inventory/stocks", size=ENOUGH_STOCKS)
    )
    websites = shop.pool.submit(shop.client.get, shop.address(Ask("/store/websites", fields="id,code", paged=False)))
    listed = shop.pool.wait(stocks)
    answer = shop.pool.wait(websites).value
    return listed, {number: code for number, code in _numbers_and_codes(answer, "code") if number > 0}


def _numbers_and_codes(rows: Json, name: str) -> Iterator[tuple[int, str]]:
    """The id and a text of each row that has both."""
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get(name), str):
            with suppress(Unfit):
                yield row_number(row, "id"), row[name]


def _sold_by(stock: Row) -> list[str]:
    attributes = stock.get("extension_attributes")
    channels = attributes.get("sales_channels") if isinstance(attributes, dict) else None
    return [
        channel["code"]
        for channel in (channels if isinstance(channels, list) else [])
        if isinstance(channel, dict) and channel.get("type") == "website" and isinstance(channel.get("code"), str)
    ]


def _website_id(shop: Shop, code: str | None, websites: dict[int, str]) -> int:
    """The website of a store view, or the one with the lowest id, which Magento installs as the default."""
    if code is None:
        return min(websites, default=0)
    found = next((row for row in shop.store_configs if isinstance(row, dict) and row.get("code") == code), {})
    return fit(lambda row: row_number(row, "website_id"), found) or 0
