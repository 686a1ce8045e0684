"""Shops that answer lists oddly: rows are never lost without a word, and what cannot be trusted is refused."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import connector.http.waits
from sandbox.magento.collection import Page, Table
from sandbox.magento.search import Criteria
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading

Reader = Callable[..., Reading]
Select = Callable[[Table, Criteria, random.Random, bool], Page]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


def misreading(monkeypatch: pytest.MonkeyPatch, change: Callable[[Criteria], Criteria]) -> None:
    """Lets the sandbox's lists answer another question than the one asked."""
    select = Table.select

    def changed(self: Table, criteria: Criteria, rng: random.Random, clamp: bool = False) -> Page:
        return select(self, change(criteria), rng, clamp)

    monkeypatch.setattr(Table, "select", changed)


def test_a_shop_that_cuts_every_page_short_without_a_word_is_read_to_the_end(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = sandbox.shop
    assert shop is not None
    misreading(monkeypatch, lambda asked: replace(asked, page_size=min(asked.page_size or 0, 4)))
    reading = reader("products", "orders", "source_items", max_concurrency=4)
    assert reading.ids("products") == sorted(shop.products)
    assert reading.ids("orders", "entity_id") == sorted(shop.orders)
    assert len(reading.records["source_items"]) == len(shop.stock.source_items)


def test_a_shop_that_ignores_a_descending_sort_is_read_to_the_end(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = sandbox.shop
    assert shop is not None
    misreading(monkeypatch, lambda asked: replace(asked, sorts=tuple((name, "ASC") for name, _ in asked.sorts)))
    assert reader("products", page_size=10).ids("products") == sorted(shop.products)


@pytest.mark.parametrize("ignored", ["gt", "lteq"])
def test_a_shop_that_ignores_the_range_asked_for_fails_its_stream(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, ignored: str
) -> None:
    def forget(asked: Criteria) -> Criteria:
        def kept(group: Any) -> bool:
            return not any(item.field == "entity_id" and item.condition == ignored for item in group)

        return replace(asked, groups=tuple(group for group in asked.groups if kept(group)))

    misreading(monkeypatch, forget)
    reading = reader("products", page_size=10)
    assert "rows would be lost" in reading.report["streams"]["products"]["error"]
    assert "complete" not in reading.bookmarks.get("products", {})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"items":[{"increment_id":"1"}],"total_count":1}', "the 'entity_id' of a record is nothing, not an id"),
        ('{"items":{"0":{"entity_id":1}},"total_count":1}', "not a list of records"),
        ('{"items":["1"],"total_count":1}', "a record of the list is text, not an object"),
        ('{"items":[1,2],"total_count":2}', "a record of the list is a number, not an object"),
        ('{"items":[]}', "the 'total_count' of the answer is nothing, not a number"),
        ('{"items":[],"total_count":"many"}', "the 'total_count' of the answer is not a number"),
        ('{"items":[],"total_count":[12]}', "the 'total_count' of the answer is a list, not a number"),
        ('{"items":[],"total_count":-1}', "the 'total_count' of the answer is less than 0"),
        ('{"items":[],"total_count":"12"}', "the shop counts 12 records and gives none"),
        ("[]", "not a list of records"),
        ("true", "not a list of records"),
    ],
)
def test_an_answer_that_is_no_list_of_records_fails_its_stream(
    sandbox: Sandbox, reader: Reader, body: str, says: str
) -> None:
    sandbox.faults_magento.add({"path": "/V1/orders$", "status": 200, "body": body})
    reading = reader("orders", "stores")
    assert says in reading.report["streams"]["orders"]["error"]
    assert "replication_key_value" not in reading.bookmarks.get("orders", {})
    assert reading.records["stores"]


def test_a_message_with_status_200_is_no_empty_list(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"path": "/V1/orders$", "status": 200, "body": '{"message":"Something went wrong"}'})
    assert "every request fails" in reader("orders").report["streams"]["orders"]["error"]


@pytest.mark.parametrize("size", [5, 300])
def test_an_old_shop_whose_last_record_is_bad_is_read_all_the_same(sandbox: Sandbox, reader: Reader, size: int) -> None:
    assert sandbox.magento is not None
    assert sandbox.shop is not None
    sandbox.magento.settings.legacy_paging = True
    bad = max(sandbox.shop.products)
    sandbox.shop.poison("products", bad)
    reading = reader("products", page_size=size)
    assert reading.ids("products") == sorted(set(sandbox.shop.products) - {bad})
    assert [item["id"] for item in reading.report["streams"]["products"]["isolated"]] == [bad]
