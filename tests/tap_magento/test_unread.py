"""What could not be read in one run is asked for in every later one, until it is read or proven gone."""

from collections.abc import Callable
from typing import Any

import pytest

import connector.http.waits
from connector.lists.unread import Unread
from sandbox.systems import Sandbox
from tap_magento.listing import Listed, ProductListing
from tests.tap_magento.reading import Reading, Record

Reader = Callable[..., Reading]
STOCK = "product_stock_statuses"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


def isolated(reading: Reading, stream: str) -> list[Any]:
    """Ids that a stream's report names as unreadable."""
    return [entry["id"] for entry in reading.report["streams"][stream]["isolated"]]


@pytest.mark.parametrize("status", [500, 200])
def test_an_order_unreadable_for_some_runs_comes_as_soon_as_it_can_be_read(
    sandbox: Sandbox, reader: Reader, status: int
) -> None:
    shop = sandbox.shop
    assert shop is not None
    bad = sorted(shop.orders)[4]
    shop.poison("orders", bad, status)
    first = reader("orders", page_size=8)
    assert first.ids("orders", "entity_id") == [number for number in sorted(shop.orders) if number != bad]
    assert first.bookmarks["orders"]["isolated"] == [bad]
    assert isolated(first, "orders") == [bad]
    sandbox.clock.advance(seconds=7200)
    second = reader("orders", state=first.state)
    assert second.bookmarks["orders"]["replication_key_value"] > first.bookmarks["orders"]["replication_key_value"]
    assert second.bookmarks["orders"]["isolated"] == [bad]
    assert isolated(second, "orders") == [bad]
    shop.heal("orders", bad)
    sandbox.clock.advance(seconds=7200)
    third = reader("orders", state=second.state)
    assert third.ids("orders", "entity_id") == [bad]
    assert "isolated" not in third.bookmarks["orders"]
    assert not reader("orders", state=third.state).records["orders"]


def test_what_is_read_again_comes_once_also_where_the_window_holds_it(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    bad = sorted(shop.products)[2]
    shop.poison("products", bad)
    first = reader("products")
    shop.heal()
    sandbox.clock.advance(seconds=3600)
    shop.edit_product(bad, "2026-01-15 08:30:00", name="healed")
    second = reader("products", state=first.state)
    assert second.ids("products") == [bad]
    state = {"bookmarks": {"products": {"isolated": [bad]}}}
    assert sorted(reader("products", state=state).ids("products")) == sorted(shop.products)


def test_what_is_gone_is_asked_for_with_what_is_there_and_then_no_more(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    first = reader("products")
    first.state["bookmarks"]["products"]["isolated"] = [99_999]
    sandbox.requests.clear()
    second = reader("products", state=first.state)
    assert "isolated" not in second.bookmarks["products"]
    assert [note for note in second.report["notes"] if "99999" in note and "gone" in note]
    asked = [entry.query for entry in sandbox.requests.entries if "99999" in entry.query]
    assert len(asked) == 2
    assert "%2C99999" in asked[1] or ",99999" in asked[1]


def test_an_answer_without_anything_proves_no_absence(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("orders")
    first.state["bookmarks"]["orders"]["isolated"] = [99_999]
    sandbox.faults_magento.add(
        {"path": "/V1/orders$", "record": "99999", "status": 200, "body": '{"items":[],"total_count":0}'}
    )
    second = reader("orders", state=first.state)
    assert second.bookmarks["orders"]["isolated"] == [99_999]
    assert isolated(second, "orders") == [99_999]


def test_ids_of_the_state_that_are_none_do_not_stop_the_run(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("orders")
    for odd in ([None, [1], {"a": 1}, True, "x", 1.5, -3, "7"], "text", {"7": 7}, None):
        first.state["bookmarks"]["orders"]["isolated"] = odd
        second = reader("orders", state=first.state)
        assert second.error is None
        assert second.report["streams"]["orders"]["error"] is None
        assert second.ids("orders", "entity_id") == ([7] if isinstance(odd, list) else [])


def test_some_orders_by_id_leave_the_list_but_for_what_they_read(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("orders")
    first.state["bookmarks"]["orders"]["isolated"] = [3, 5]
    second = reader("orders", state=first.state, order_ids="5,6")
    assert second.ids("orders", "entity_id") == [5, 6]
    assert second.bookmarks["orders"]["isolated"] == [3]


def test_those_known_to_be_bad_do_not_count_against_the_limit(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    for number in sorted(shop.orders)[:3]:
        shop.poison("orders", number)
    first = reader("orders", max_isolated=3)
    sandbox.clock.advance(seconds=60)
    second = reader("orders", state=first.state, max_isolated=0)
    assert second.report["streams"]["orders"]["error"] is None
    assert second.bookmarks["orders"]["isolated"] == sorted(shop.orders)[:3]


def test_a_full_table_keeps_what_is_unreadable_now(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    product = next(row for row in shop.products.values() if row["sku"].isalnum() and row["status"] == 1)
    item = next(iter(shop.stock.source_items.values()))["source_item_id"]
    shop.poison("stock", product["id"])
    shop.poison("source-items", item)
    first = reader(STOCK, "source_items", stock_reading="per_sku")
    assert first.bookmarks[STOCK]["isolated"] == [product["sku"]]
    assert first.bookmarks["source_items"]["isolated"] == [item]
    shop.heal()
    second = reader(STOCK, "source_items", stock_reading="per_sku", state=first.state)
    assert "isolated" not in second.bookmarks[STOCK]
    assert "isolated" not in second.bookmarks["source_items"]
    assert product["sku"] in second.ids(STOCK, "sku")


def test_a_sku_that_could_not_be_read_is_asked_for_though_the_listing_lacks_it(
    sandbox: Sandbox, reader: Reader
) -> None:
    shop = sandbox.shop
    assert shop is not None
    product = next(row for row in shop.products.values() if row["sku"].isalnum() and row["status"] == 1)
    shop.poison("products", product["id"])
    state = {"bookmarks": {STOCK: {"isolated": [product["sku"], "GONE-1"]}}}
    reading = reader(STOCK, state=state)
    assert product["sku"] in reading.ids(STOCK, "sku")
    assert "GONE-1" in isolated(reading, STOCK)
    asked = [entry for entry in sandbox.requests.entries if entry.path.endswith("/GONE-1")]
    assert len(asked) == 2, "gone only after two answers"
    assert reading.bookmarks[STOCK]["isolated"] == [product["id"]], "the product itself, by its id"


@pytest.mark.parametrize("kept", [7, "7"])
@pytest.mark.parametrize("written", [7, 7.0, "7"])
def test_an_id_is_the_same_however_the_shop_and_the_state_write_it(kept: Any, written: Any) -> None:
    unread = Unread({kept})
    rows = [{"entity_id": written, "state": "complete"}, {"entity_id": [7], "state": "complete"}]
    unread.note_read(rows, ["entity_id"])
    state: Record = {"isolated": [kept]}
    unread.save(state, whole=False)
    assert state == {}


@pytest.mark.parametrize(("written", "known"), [(2, 2), ("2", 2), (2.0, 2), ("on", None), ([2], None), (None, None)])
def test_a_status_says_whether_a_product_is_disabled_however_it_is_written(written: Any, known: int | None) -> None:
    met: dict[int, Listed] = {}
    row: Record = {"id": 7, "sku": "S", "status": written, "type_id": "simple"}
    assert ProductListing._listed(7, row, met, lambda _id, _trouble: None)
    assert met[7].status == known
