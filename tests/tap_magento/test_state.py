"""Bookmarks, windows and completeness marks: what a run remembers, and what the next one reads because of it."""

from collections.abc import Callable
from typing import Any

import pytest

from connector.errors import RunError
from connector.times import as_utc_text, earlier
from sandbox.magento.tables import rows_of
from sandbox.systems import Sandbox
from tap_magento.tap import STREAMS, TapMagento
from tests.tap_magento.reading import Reading, Record

Reader = Callable[..., Reading]
# Incremental stream -> the sandbox's own collection and the record's id.
INCREMENTAL = {
    "products": ("products", "id"),
    "orders": ("orders", "entity_id"),
    "order_items": ("orders/items", "item_id"),
    "invoices": ("invoices", "entity_id"),
    "shipments": ("shipments", "entity_id"),
    "credit_memos": ("creditmemos", "entity_id"),
    "customers": ("customers", "id"),
}


@pytest.mark.parametrize("lookback", [0, 300])
def test_a_second_run_reads_only_what_changed_for_every_incremental_stream(
    sandbox: Sandbox, reader: Reader, lookback: int
) -> None:
    shop = sandbox.shop
    assert shop is not None
    assert {str(vars(stream)["name"]) for stream in STREAMS if stream.changes} == set(INCREMENTAL)
    first = reader(*INCREMENTAL, lookback_seconds=lookback)
    second = reader(*INCREMENTAL, state=first.state, lookback_seconds=lookback)
    assert not second.records, "nothing changed, so nothing is read"
    assert second.report["requests"] == 1 + len(INCREMENTAL), "one look at the shop, one question per stream"
    sandbox.next_day()
    shop.customers[min(shop.customers)]["updated_at"] = "2026-01-16 07:00:00"
    order = max(shop.orders.values(), key=lambda row: len(row["items"]))
    order["items"][0]["updated_at"] = "2026-01-16 07:30:00"
    memo = min(shop.creditmemos)
    shop.creditmemos[memo]["updated_at"] = "2026-01-16 07:45:00"
    shop.touch("customers", "orders", "creditmemos")
    third = reader(*INCREMENTAL, state=second.state, lookback_seconds=lookback)
    for stream, (collection, key) in INCREMENTAL.items():
        start, end = (third.bookmarks[stream][name] for name in ("window_start", "replication_key_value"))
        rows = rows_of(shop, collection, "default")
        changed = [row[key] for row in rows if start <= row["updated_at"] <= end]
        assert changed, f"nothing changed in {stream}, so the test proves nothing"
        assert len(changed) < len(rows), f"everything changed in {stream}, so the test proves nothing"
        assert third.ids(stream, key) == sorted(changed), stream


def test_the_bookmark_is_the_windows_end_and_the_window_starts_the_look_back_before_it(reader: Reader) -> None:
    first = reader("products")
    end = first.bookmarks["products"]["replication_key_value"]
    assert "window_start" not in first.bookmarks["products"]
    second = reader("products", state=first.state, lookback_seconds=3600)
    assert second.bookmarks["products"]["window_start"] == end.replace(end[11:13], f"{int(end[11:13]) - 1:02d}", 1)
    assert second.bookmarks["products"]["replication_key_value"] >= end
    assert "complete" not in second.bookmarks["products"], "a window is no full read"


def test_a_row_committed_late_is_read_by_the_look_back(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    first = reader("products", "product_ids")
    end = first.bookmarks["products"]["replication_key_value"]
    late = min(shop.products)
    shop.edit_product(late, earlier(end, 100), name="committed late")
    assert not reader("products", state=first.state, lookback_seconds=99).records["products"]
    assert reader("products", state=first.state).ids("products") == [late]


EMPTY = {"path": "/V1/products$", "status": 200, "body": '{"items":[],"search_criteria":{},"total_count":0}'}


def test_a_catalogue_that_was_empty_at_first_leaves_no_bookmark_and_comes_whole_later(
    sandbox: Sandbox, reader: Reader
) -> None:
    sandbox.faults_magento.add({"api": "magento", **EMPTY})
    first = reader("products", "orders")
    assert not first.records["products"]
    assert "replication_key_value" not in first.bookmarks["products"]
    assert first.bookmarks["orders"]["replication_key_value"]
    sandbox.faults_magento.clear()
    assert sandbox.shop is not None
    assert reader("products", state=first.state).ids("products") == sorted(sandbox.shop.products)


@pytest.mark.parametrize("limit", [{"start_date": "2026-01-01"}, {"end_date": "2026-01-14"}])
def test_what_a_date_limits_is_no_complete_reading(reader: Reader, limit: Record) -> None:
    assert "complete" in reader("orders").bookmarks["orders"]
    assert "complete" not in reader("orders", **limit).bookmarks["orders"]


def test_the_window_ends_behind_the_servers_own_clock_not_this_machines(sandbox: Sandbox, reader: Reader) -> None:
    end = reader("products").bookmarks["products"]["replication_key_value"]
    assert end < sandbox.clock.now().strftime("%Y-%m-%d %H:%M:%S")
    assert end.startswith("2026-01-15")


def test_orders_and_products_share_one_window_end(reader: Reader) -> None:
    bookmarks = reader("products", "orders").bookmarks
    assert bookmarks["orders"]["replication_key_value"] <= bookmarks["products"]["replication_key_value"]


@pytest.mark.parametrize(
    "value",
    ["2026-01-14T08:00:00Z", "2026-01-14T08:00:00.000000Z", "2026-01-14T09:00:00+01:00", "2026-01-14 08:00:00"],
)
def test_bookmarks_of_the_older_tap_are_understood(reader: Reader, value: str) -> None:
    state = {"bookmarks": {"orders": {"replication_key": "updated_at", "replication_key_value": value}}}
    reading = reader("orders", state=state, lookback_seconds=0)
    assert reading.bookmarks["orders"]["window_start"] == "2026-01-14 08:00:00"


@pytest.mark.parametrize("wrap", [lambda state: state, lambda state: {"singer_state": state}, lambda _: {}])
def test_state_comes_in_each_known_wrapping(reader: Reader, wrap: Callable[[Record], Record]) -> None:
    first = reader("products")
    second = reader("products", state=wrap(first.state))
    assert bool(second.records["products"]) is (wrap(first.state) == {})


@pytest.mark.parametrize(
    "state",
    [{"bookmarks": {"orders": None}}, {"bookmarks": ["orders"]}, {"singer_state": [1]}],
)
def test_a_state_that_is_none_is_refused_with_the_option(state: Record) -> None:
    with pytest.raises(RunError, match="--state"):
        TapMagento(config={"store_url": "http://127.0.0.1", "access_token": "x"}, state=state)


def test_what_the_older_tap_kept_of_its_streams_is_no_trouble(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    moment = sorted(row["updated_at"] for row in shop.products.values())[-3]
    kept = {
        "products": {
            "replication_key": "updated_at",
            "replication_key_value": moment,
            "starting_replication_value": "2020-01-01T00:00:00Z",
            "progress_markers": {"Note": "...", "replication_key": "updated_at", "replication_key_value": moment},
        },
        "product_stock_statuses": {"partitions": [{"context": {"product_sku": "PART-A"}}]},
        "users": {"replication_key": "id", "replication_key_value": 7},
    }
    reading = reader("products", "product_stock_statuses", state={"bookmarks": kept}, lookback_seconds=0)
    assert reading.ids("products") == sorted(n for n, row in shop.products.items() if row["updated_at"] >= moment)
    assert len(reading.records["product_stock_statuses"]) == len(shop.products)


def test_marks_of_an_older_run_are_gone_before_anything_is_read(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("sources", "product_ids")
    assert first.bookmarks["product_ids"]["complete"]
    sandbox.faults_magento.add({"path": "/V1/products$", "status": 500})
    second = reader("sources", "product_ids", state=first.state)
    assert second.messages[0]["type"] == "STATE"
    assert "complete" not in second.messages[0]["value"]["bookmarks"]["product_ids"]
    assert "complete" not in second.bookmarks["product_ids"]
    assert second.bookmarks["sources"]["run_id"] == second.state["run_id"] != first.state["run_id"]


def test_no_bookmark_moves_before_its_stream_ended(reader: Reader) -> None:
    reading = reader("products", "orders", page_size=5)
    for position, message in enumerate(reading.messages):
        if message["type"] == "STATE" and "complete" in message["value"]["bookmarks"].get("orders", {}):
            assert not [later for later in reading.messages[position:] if later["type"] == "RECORD"]
            break
    else:
        pytest.fail("orders never became complete")


def test_start_date_limits_documents_and_never_products(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    moment = sorted(row["updated_at"] for row in shop.orders.values())[len(shop.orders) // 2]
    reading = reader("orders", "products", start_date=moment.replace(" ", "T") + "Z")
    assert reading.ids("orders", "entity_id") == sorted(
        n for n, row in shop.orders.items() if row["updated_at"] >= moment
    )
    assert len(reading.records["products"]) == len(shop.products)


def test_end_date_is_the_windows_end_where_it_is_earlier(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    moment = sorted(row["updated_at"] for row in shop.orders.values())[len(shop.orders) // 2]
    reading = reader("orders", end_date=moment)
    assert reading.ids("orders", "entity_id") == sorted(
        n for n, row in shop.orders.items() if row["updated_at"] <= moment
    )
    assert reading.bookmarks["orders"]["replication_key_value"] == moment


@pytest.mark.parametrize(
    "form", [lambda ids: ids, lambda ids: ",".join(map(str, ids)), lambda ids: [str(n) for n in ids]]
)
def test_order_ids_reads_these_and_leaves_the_bookmark(
    sandbox: Sandbox, reader: Reader, form: Callable[[list[int]], Any]
) -> None:
    assert sandbox.shop is not None
    wanted = sorted(sandbox.shop.orders)[2:5]
    first = reader("orders")
    reading = reader("orders", state=first.state, order_ids=form(wanted))
    assert reading.ids("orders", "entity_id") == wanted
    old = first.bookmarks["orders"]
    assert reading.bookmarks["orders"]["replication_key_value"] == old["replication_key_value"]
    assert "complete" not in reading.bookmarks["orders"]


def test_an_order_that_order_ids_names_and_the_shop_has_not_is_reported(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.shop is not None
    here = min(sandbox.shop.orders)
    reading = reader("orders", order_ids=[here, 98765])
    assert reading.ids("orders", "entity_id") == [here]
    assert reading.report["notes"] == ["orders: the shop has none with the ids 98765."]


@pytest.mark.parametrize("store", ["nl", "2", 2, ["nl"]])
def test_store_id_takes_ids_and_codes_and_limits_only_what_knows_it(
    sandbox: Sandbox, reader: Reader, store: Any
) -> None:
    shop = sandbox.shop
    assert shop is not None
    reading = reader(*INCREMENTAL, "sources", "sales_rules", store_id=store)
    for stream, (collection, key) in INCREMENTAL.items():
        rows = rows_of(shop, collection, "default")
        of_the_store = [row[key] for row in rows if row.get("store_id") == 2 or stream == "products"]
        assert reading.ids(stream, key) == sorted(of_the_store), stream
    assert reading.records["sources"]
    assert reading.records["sales_rules"]
    assert not [name for name, entry in reading.report["streams"].items() if entry["error"]]
    everywhere = reader("orders", store_id=store, fetch_all_stores=True)
    assert len(everywhere.records["orders"]) == len(shop.orders)


def test_an_unknown_store_code_fails_its_streams_with_the_known_ones_named(reader: Reader) -> None:
    reading = reader("orders", "products", store_id="belgium")
    assert "b2b_en, default, nl" in reading.report["streams"]["orders"]["error"]
    assert reading.records["products"]


def test_throttle_keeps_requests_apart(sandbox: Sandbox, reader: Reader) -> None:
    reading = reader("products", throttle_seconds=0.05, page_size=10)
    assert reading.error is None
    assert reading.report["seconds"] >= 0.05 * (reading.report["requests"] - 1)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-01", "2026-01-01 00:00:00"),
        ("2026-01-01T10:00:00+02:00", "2026-01-01 08:00:00"),
        ("2026-01-01T10:00:00.5Z", "2026-01-01 10:00:00"),
    ],
)
def test_dates_of_settings_become_naive_utc(text: str, wanted: str) -> None:
    assert as_utc_text(text) == wanted
