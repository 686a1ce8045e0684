"""What came is held against the shop's own count; a count that is always wrong by a few stops nothing for ever."""

import random
from collections.abc import Callable

import pytest

import connector.http.waits
from sandbox.magento.collection import Page, Table
from sandbox.magento.search import Criteria
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading

Reader = Callable[..., Reading]
STOCK = "product_stock_statuses"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


def miscounting(monkeypatch: pytest.MonkeyPatch, change: Callable[[str, Page], Page]) -> None:
    """Lets the sandbox's lists answer with other rows or counts than they have."""
    select = Table.select

    def changed(self: Table, criteria: Criteria, rng: random.Random, clamp: bool = False) -> Page:
        return change(self.layout.name, select(self, criteria, rng, clamp))

    monkeypatch.setattr(Table, "select", changed)


EVERY_KIND = ("orders", "products", "categories", "sales_rules", "coupons", "customers", "stocks")


@pytest.mark.parametrize("stream", EVERY_KIND)
def test_nothing_beside_a_count_fails_the_stream_and_leaves_the_bookmark(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    first = reader(stream)
    sandbox.next_day()
    miscounting(monkeypatch, lambda _, page: Page([], 12))
    second = reader(stream, state=first.state)
    third = reader(stream, state=second.state)
    for reading in (second, third):
        assert "12 records and gives none" in reading.report["streams"][stream]["error"]
        assert "complete" not in reading.bookmarks[stream]
        kept = first.bookmarks[stream].get("replication_key_value")
        assert reading.bookmarks[stream].get("replication_key_value") == kept


def test_rows_that_come_and_are_too_few_leave_the_bookmark_until_they_come(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox.shop is not None
    hidden = sorted(sandbox.shop.orders)[7]

    def hide(_: str, page: Page) -> Page:
        return Page([row for row in page.rows if row.get("entity_id") != hidden], page.total)

    with monkeypatch.context() as patch:
        miscounting(patch, hide)
        first = reader("orders", page_size=20)
    assert "replication_key_value" not in first.bookmarks["orders"]
    assert [note for note in first.report["notes"] if "does not count as read to its end" in note]
    second = reader("orders", state=first.state)
    assert hidden in second.ids("orders", "entity_id")
    assert second.bookmarks["orders"]["replication_key_value"]
    assert "count_off" not in second.bookmarks["orders"]


@pytest.mark.parametrize("off", [1, -1])
def test_a_count_of_products_that_is_always_off_by_one_blocks_nothing_for_ever(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, off: int
) -> None:
    shop = sandbox.shop
    assert shop is not None

    def change(name: str, page: Page) -> Page:
        return Page(page.rows, max(0, page.total + off)) if name == "products" else page

    miscounting(monkeypatch, change)
    streams = ("products", "product_ids", STOCK)
    first = reader(*streams, stock_reading="per_sku")
    assert first.report["streams"][STOCK]["complete"] is True, "stock was read SKU by SKU"
    assert sorted(first.ids("products")) == sorted(shop.products)
    second = reader(*streams, stock_reading="per_sku", state=first.state)
    assert second.bookmarks["products"]["replication_key_value"]
    assert second.bookmarks[STOCK]["complete"] is True
    for reading in (first, second):
        assert "complete" not in reading.bookmarks["product_ids"], "absence is not believed"
        assert [note for note in reading.report["notes"] if "its count is wrong" in note]
    sandbox.clock.advance(seconds=3600)
    third = reader("products", state=second.state)
    assert third.report["streams"]["products"]["error"] is None, "an empty window says 1 by the same mistake"
    assert third.bookmarks["products"]["replication_key_value"] > second.bookmarks["products"]["replication_key_value"]


def test_a_count_of_sources_that_is_always_off_leaves_them_usable_and_source_items_are_never_guessed(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    miscounting(monkeypatch, lambda _, page: Page(page.rows, page.total + 1))
    reading = reader("sources", "source_items")
    assert reading.bookmarks["sources"]["complete"] is True
    assert "complete" not in reading.bookmarks.get("source_items", {})
    assert "cannot be trusted" in reading.report["streams"]["source_items"]["error"]
