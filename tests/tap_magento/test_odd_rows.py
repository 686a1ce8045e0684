"""Rows of an answer that are no records, or lack what tells them from others: each costs itself alone."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import connector.http.waits
from connector.http.answers import Answer
from connector.http.client import HttpClient
from connector.http.request import Request
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading

Reader = Callable[..., Reading]
ODD: dict[str, Any] = {
    "a text": "A",
    "a number": 7,
    "a flag": False,
    "nothing": None,
    "a list": [],
    "an empty object": {},
    "an id that is a list": {"id": [1], "entity_id": [1], "sku": ["a"], "source_code": ["b"], "attribute_id": {}},
    "an id that is a flag": {"id": True, "entity_id": True, "sku": True, "source_code": False, "attribute_id": True},
}


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


def spoil(monkeypatch: pytest.MonkeyPatch, path: str, name: str, key: object, odd: object) -> None:
    """Puts something else into every answer where the row with this key stands."""
    get = HttpClient.get

    def spoilt(self: HttpClient, address: Request, **more: Any) -> Answer:
        answer = get(self, address, **more)
        if address.path == path:
            rows = answer.value if isinstance(answer.value, list) else answer.value["items"] or []
            rows[:] = [odd if row[name] == key else row for row in rows]
        return answer

    monkeypatch.setattr(HttpClient, "get", spoilt)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_an_order_that_is_none_is_isolated_by_its_id(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, odd: object
) -> None:
    assert sandbox.shop is not None
    bad = sorted(sandbox.shop.orders)[5]
    spoil(monkeypatch, "/orders", "entity_id", bad, odd)
    reading = reader("orders", page_size=20)
    assert reading.ids("orders", "entity_id") == [one for one in sorted(sandbox.shop.orders) if one != bad]
    assert reading.bookmarks["orders"]["isolated"] == [bad]
    assert reading.bookmarks["orders"]["replication_key_value"]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_a_listed_product_that_is_none_counts_as_present(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, odd: object
) -> None:
    assert sandbox.shop is not None
    bad = sorted(sandbox.shop.products)[9]
    spoil(monkeypatch, "/products", "id", bad, odd)
    reading = reader("product_ids", "product_stock_statuses")
    assert {"id": bad} in reading.records["product_ids"]
    assert reading.bookmarks["product_ids"]["complete"] is True
    assert len(reading.records["product_stock_statuses"]) == len(sandbox.shop.products) - 1


@pytest.mark.parametrize("sku", [["a"], [], False, None, {"a": 1}])
def test_a_listed_product_whose_sku_is_no_text_counts_as_unreadable(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, sku: object
) -> None:
    assert sandbox.shop is not None
    bad = sorted(sandbox.shop.products)[9]
    odd = {"id": bad, "sku": sku, "status": [], "type_id": {}}
    spoil(monkeypatch, "/products", "id", bad, odd)
    reading = reader("product_ids", "product_stock_statuses")
    assert {"id": bad} in reading.records["product_ids"]
    assert reading.bookmarks["product_ids"]["isolated"] == [bad]
    assert reading.report["streams"]["product_stock_statuses"]["error"] is None


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_a_source_item_that_is_none_takes_the_mark_and_nothing_else(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, odd: object
) -> None:
    assert sandbox.shop is not None
    sku = next(iter(sandbox.shop.stock.source_items.values()))["sku"]
    count = sum(item["sku"] == sku for item in sandbox.shop.stock.source_items.values())
    spoil(monkeypatch, "/inventory/source-items", "sku", sku, odd)
    reading = reader("source_items")
    assert len(reading.records["source_items"]) == len(sandbox.shop.stock.source_items) - count
    assert len(reading.bookmarks["source_items"]["isolated"]) == count
    assert "complete" not in reading.bookmarks["source_items"]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize(
    ("stream", "path", "name", "key"),
    [
        ("product_attributes", "/products/attributes", "attribute_code", "sku"),
        ("websites", "/store/websites", "code", "base"),
        ("store_configs", "/store/storeConfigs", "code", "nl"),
        ("categories", "/categories/list", "id", 2),
    ],
)
def test_rows_of_other_lists_that_are_none_cost_themselves(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, stream: str, path: str, name: str, key: object, odd: object
) -> None:
    usual = reader(stream).records[stream]
    spoil(monkeypatch, path, name, key, odd)
    reading = reader(stream)
    assert len(reading.records[stream]) == len(usual) - 1
    assert len(reading.bookmarks[stream]["isolated"]) == 1
    assert reading.error is None


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        ("/store/websites", "code", "base"),
        ("/inventory/stocks", "stock_id", 2),
        ("/inventory/stock-source-links", "source_code", "ams"),
        ("/inventory/source-items", "sku", "PART-A"),
    ],
)
def test_what_bulk_stock_asks_may_be_odd(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, path: str, name: str, key: object, odd: object
) -> None:
    skus = reader("product_stock_statuses", stock_reading="per_sku").ids("product_stock_statuses", "sku")
    spoil(monkeypatch, path, name, key, odd)
    reading = reader("product_stock_statuses")
    assert reading.ids("product_stock_statuses", "sku") == skus
    assert reading.bookmarks["product_stock_statuses"]["complete"] is True


@pytest.mark.parametrize("raw", ["NaN", "1e999999999", '"\\ud800"', "[" * 3000 + "]" * 3000], ids=lambda raw: raw[:12])
def test_the_settings_of_one_store_view_that_spoil_the_answer_stop_no_run(
    sandbox: Sandbox, reader: Reader, raw: str
) -> None:
    """A bare list cannot be asked for in parts; and this one is asked before everything else."""
    usual = reader("stores", "store_configs").records
    rows = json.dumps(usual["store_configs"])
    body = rows.replace('"locale": "en_US"', f'"locale": {raw}', 1)
    assert body != rows
    sandbox.faults_magento.add({"path": "storeConfigs$", "status": 200, "body": body})
    reading = reader("stores", "store_configs", "products")
    assert reading.error is None
    assert len(reading.records["stores"]) >= len(usual["stores"]) - 1
    assert reading.records["products"]


@pytest.mark.parametrize("value", [{}, {"items": []}, "x", 7, None])
def test_settings_of_store_views_that_are_no_list_are_not_called_a_missing_right(
    sandbox: Sandbox, reader: Reader, monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    get = HttpClient.get

    def spoilt(self: HttpClient, address: Request, **more: Any) -> Answer:
        answer = get(self, address, **more)
        return replace(answer, value=value) if address.path == "/store/storeConfigs" else answer

    monkeypatch.setattr(HttpClient, "get", spoilt)
    reading = reader("stores", "product_stock_statuses", store_code="nl", stock_reading="bulk")
    assert "the answer is not a list of records" in reading.report["streams"]["stores"]["error"]
    assert "right" not in reading.report["streams"]["stores"]["error"]
    assert "right" not in str(reading.report["streams"]["product_stock_statuses"]["how"])
    assert reading.records["product_stock_statuses"]
