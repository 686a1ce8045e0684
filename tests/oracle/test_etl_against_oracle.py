"""The ETL against the oracle: incomplete input, and cases of single rules. Random shops are in test_colonies.py."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.etl_days import EtlDays
from tests.oracle.flow import FULL_TABLE_STREAMS, Flow, Reading
from tests.oracle.magento_rows import (
    bundle,
    line,
    listing,
    option,
    order,
    product,
    source,
    source_item,
    stock_item,
    stock_status,
)
from tests.oracle.optiply_model import write_outcomes
from tests.oracle.singer_lines import messages, state_of
from tests.oracle.worlds import FIRST_DAY

# Incomplete input.

SIMPLE = [product(n) for n in (1, 2, 3)]
FIRST_ROWS: dict[str, list[dict[str, Any]]] = {
    "products": [*SIMPLE, product(4, status=2)],
    "product_ids": listing(*SIMPLE, product(4, status=2)),
    "product_checks": [],
    "product_stock_statuses": [stock_status(n, f"SKU-{n}", 10 + n) for n in (1, 2, 3)],
    "source_items": [source_item(f"SKU-{n}", "ams", 20 + n) for n in (1, 2, 3)],
    "sources": [source("ams"), source("rtm")],
    "product_item_stocks": [stock_item(n, 0) for n in (1, 2, 3)],
}
LATER_ROWS: dict[str, list[dict[str, Any]]] = {
    "products": [],
    "product_ids": listing(SIMPLE[0]),
    "product_checks": [{"id": key, "found": False} for key in (2, 3)],
    "product_stock_statuses": [stock_status(n, f"SKU-{n}", 90 + n, manage_stock=False) for n in (1, 2, 3)],
    "source_items": [source_item(f"SKU-{n}", "rtm", 70 + n) for n in (1, 2, 3)],
    "sources": [source("ams", enabled=False), source("rtm")],
    "product_item_stocks": [stock_item(n, 0, manage_stock=False) for n in (1, 2, 3)],
}
USED_BY = {
    "product_stock_statuses": Flow(),
    "source_items": Flow(use_inventory_source_items=True),
    "sources": Flow(use_inventory_source_items=True),
    "product_item_stocks": Flow(use_inventory_source_items=True),
    "product_ids": Flow(),
    "product_checks": Flow(),
}


def reading_of(rows: dict[str, list[dict[str, Any]]], complete: set[str], day: int) -> Reading:
    return Reading(rows=rows, complete=frozenset(complete), now=FIRST_DAY + timedelta(days=day))


@pytest.mark.parametrize("stream", USED_BY)
def test_a_full_table_stream_cut_at_any_line_leaves_stock_and_products_as_they_were(
    tmp_path: Path, stream: str
) -> None:
    before = EtlDays(tmp_path / "before", USED_BY[stream])
    before.day(reading_of(FIRST_ROWS, set(FULL_TABLE_STREAMS), 0))
    assert before.differences() == []
    # An answer by id says something beside a complete listing only, and two of those would prove by themselves.
    beside = {"product_ids"} if stream == "product_checks" else set()
    for kept in range(len(LATER_ROWS[stream]) + 1):
        folder = tmp_path / f"cut after {kept}"
        shutil.copytree(before.folder, folder)
        cut = EtlDays.__new__(EtlDays)
        cut.__dict__.update(before.__dict__, folder=folder)
        rows = {"products": [], **{name: LATER_ROWS[name] for name in beside}, stream: LATER_ROWS[stream][:kept]}
        for again in (1,) if beside else (1, 2):
            reading = reading_of(rows, beside, again)
            offered = [message for message in cut.offer(reading) if message["type"] == "RECORD"]
            assert offered == [], f"{stream} cut after {kept} rows, reading {again}"


def test_complete_streams_do_change_what_cut_ones_left_alone(tmp_path: Path) -> None:
    """The opposite of the test above, so that it cannot pass because nothing is ever read."""
    for number, flow in enumerate((Flow(), Flow(use_inventory_source_items=True))):
        days = EtlDays(tmp_path / str(number), flow)
        days.day(reading_of(FIRST_ROWS, set(FULL_TABLE_STREAMS), 0))
        before = json.dumps(days.optiply.objects)
        days.day(reading_of(LATER_ROWS, set(FULL_TABLE_STREAMS), 1))
        assert days.differences() == []
        assert json.dumps(days.optiply.objects) != before


@pytest.mark.parametrize("flow", [Flow(), Flow(use_inventory_source_items=True)], ids=["statuses", "source items"])
def test_the_tap_s_output_cut_at_any_line_is_made_good_by_the_next_run(tmp_path: Path, flow: Flow) -> None:
    first = EtlDays(tmp_path / "first", flow)
    first.day(reading_of(FIRST_ROWS, set(FULL_TABLE_STREAMS), 0))
    later = reading_of(LATER_ROWS, set(FULL_TABLE_STREAMS), 1)
    texts = [json.dumps(message) + "\n" for message in messages(later, "cut")]
    for kept in range(len(texts)):
        folder = tmp_path / f"cut after {kept}"
        shutil.copytree(first.folder, folder)
        cut = EtlDays.__new__(EtlDays)
        cut.__dict__.update(first.__dict__, folder=folder)
        text = "".join(texts[:kept]) + json.dumps({"type": "STATE", "value": {"run_id": "cut", "bookmarks": {}}}) + "\n"
        offered = [message for message in cut.offer(later, text=text) if message["type"] == "RECORD"]
        assert offered == [], f"cut after {kept} lines"


# Rules that the random shops keep out, one case each.


def test_beyond_the_limit_nothing_is_disabled_by_absence(tmp_path: Path) -> None:
    everything = [product(n, type_id="virtual") for n in range(1, 31)]
    days = EtlDays(tmp_path / "job", Flow())
    complete = set(FULL_TABLE_STREAMS)
    days.day(reading_of({"products": everything, "product_ids": listing(*everything)}, complete, 0))
    for day in (1, 2, 3):
        days.day(reading_of({"products": [], "product_ids": listing(*everything[10:])}, complete, day))
    assert days.differences() == []
    assert all(held["status"] == "enabled" for held in days.optiply.objects["products"].values())


def test_five_of_few_products_may_vanish_and_come_back(tmp_path: Path) -> None:
    everything = [product(n, type_id="virtual") for n in range(1, 11)]
    days = EtlDays(tmp_path / "job", Flow())
    complete = set(FULL_TABLE_STREAMS)
    days.day(reading_of({"products": everything, "product_ids": listing(*everything)}, complete, 0))
    for day in (1, 2):
        days.day(reading_of({"products": [], "product_ids": listing(*everything[5:])}, complete, day))
    assert days.differences() == []
    assert sum(held["status"] == "disabled" for held in days.optiply.objects["products"].values()) == 5
    days.day(reading_of({"products": [], "product_ids": listing(*everything)}, complete, 3))
    assert days.differences() == []
    assert all(held["status"] == "enabled" for held in days.optiply.objects["products"].values())


def test_an_isolated_record_in_the_listing_counts_as_present(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    complete = set(FULL_TABLE_STREAMS)
    two = [product(1, type_id="virtual"), product(2, type_id="virtual")]
    days.day(reading_of({"products": two, "product_ids": listing(*two)}, complete, 0))
    for day in (1, 2, 3):
        days.day(reading_of({"products": [], "product_ids": [*listing(two[0]), {"id": 2}]}, complete, day))
    assert days.differences() == []
    assert days.optiply.objects["products"]["2"]["status"] == "enabled"


def test_orders_that_are_not_synced_need_no_products(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow(not_sync_entities=("sellOrders",)))
    rows = {"products": [product(1, status=2)], "orders": [order(1, line(1, 1, 2, 10))]}
    days.day(reading_of(rows, set(FULL_TABLE_STREAMS), 0))
    assert days.differences() == []


def test_the_same_listing_read_twice_proves_nothing(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    complete = set(FULL_TABLE_STREAMS)
    two = [product(1, type_id="virtual"), product(2, type_id="virtual")]
    days.day(reading_of({"products": two, "product_ids": listing(*two)}, complete, 0))
    lacking = reading_of({"products": [], "product_ids": listing(two[0])}, complete, 1)
    text = "".join(json.dumps(message) + "\n" for message in messages(lacking, "one and the same run"))
    for _ in range(3):
        offered = [message for message in days.offer(lacking, text=text) if message["type"] == "RECORD"]
        assert offered == []


def test_the_sale_of_a_vanished_kit_goes_to_its_parts(tmp_path: Path) -> None:
    parts = [product(n, type_id="virtual") for n in (1, 2)]
    everything = [*parts, bundle(3, option("SKU-1"), option("SKU-2"))]
    days = EtlDays(tmp_path / "job", Flow())
    complete = set(FULL_TABLE_STREAMS)
    days.day(reading_of({"products": everything, "product_ids": listing(*everything)}, complete, 0))
    for day in (1, 2):
        days.day(reading_of({"products": [], "product_ids": listing(*parts)}, complete, day))
    rows = [line(1, 3, 1, 9.99, product_type="bundle"), line(2, 1, 1, 0, parent=1), line(3, 2, 1, 0, parent=1)]
    days.day(reading_of({"orders": [order(1, *rows)]}, complete, 3))
    assert days.differences() == []
    assert [one["subtotalValue"] for one in days.optiply.objects["sellOrders"]["1"]["orderLines"]] == [5.0, 4.99]
    assert len(days.optiply.objects["productCompositions"]) == 2


def test_an_order_waits_for_an_unknown_product_and_then_goes_without_it(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    rows = {
        "products": [product(1, type_id="virtual")],
        "orders": [order(1, line(1, 1, 2, 10), line(2, 404, 1, 5)), order(2, line(3, 404, 1, 5))],
    }
    days.day(reading_of(rows, set(FULL_TABLE_STREAMS), 0))
    for day in (3, 6, 8):
        days.day(reading_of({}, set(), day))
        assert days.differences() == [], f"day {day}"
    assert set(days.optiply.objects["sellOrders"]) == {"1"}


def test_an_order_read_again_every_day_does_not_wait_longer_for_an_unknown_product(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    sold = order(1, line(1, 1, 2, 10), line(2, 404, 1, 5))
    days.day(reading_of({"products": [product(1, type_id="virtual")], "orders": [sold]}, set(), 0))
    for day in (1, 2, 3, 4, 5, 6, 8):
        days.day(reading_of({"orders": [{**sold, "updated_at": f"2026-02-{day:02d} 09:00:00"}]}, set(), day))
    assert days.differences() == []
    assert set(days.optiply.objects["sellOrders"]) == {"1"}


def test_an_order_that_was_refused_after_its_waiting_time_does_not_wait_again_when_it_is_read_again(
    tmp_path: Path,
) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    sold = order(1, line(1, 1, 2, 10), line(2, 404, 1, 5))
    days.day(reading_of({"products": [product(1, type_id="virtual")], "orders": [sold]}, set(), 0))
    days.day(reading_of({}, set(), 8), answers={("sellOrders", "1"): "failed"})
    days.day(reading_of({"orders": [{**sold, "updated_at": "2026-02-09 09:00:00"}]}, set(), 9))
    assert days.differences() == []
    assert set(days.optiply.objects["sellOrders"]) == {"1"}


def test_a_product_that_was_refused_and_is_another_since_is_not_refused_for_good(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    days.day(reading_of({"products": [product(1, type_id="virtual")]}, set(), 0), {("products", "1"): "refused"})
    mended = {"products": [product(1, type_id="virtual", name="Mended")], "orders": [order(1, line(1, 1, 2, 10))]}
    days.day(reading_of(mended, set(), 1), {("products", "1"): "missing"})
    days.day(reading_of({}, set(), 2))
    assert days.differences() == []
    assert set(days.optiply.objects["sellOrders"]) == {"1"}


def test_a_disabled_product_needed_by_an_order_is_enabled_only_when_its_stock_is_known(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    complete = set(FULL_TABLE_STREAMS)
    phantom = {"product_stock_statuses": [stock_status(None, "SKU-1", 0)]}
    sold = {"products": [product(1, status=2)], "orders": [order(1, line(1, 1, 2, 10))]}
    days.day(reading_of({**sold, **phantom}, complete, 0))
    assert days.differences() == []
    assert days.optiply.objects["products"]["1"]["stockLevel"] == 0
    days.day(reading_of({"products": [product(1, status=1)], **phantom}, complete, 1))
    assert days.differences() == []
    assert days.optiply.objects["products"]["1"]["status"] == "disabled"
    days.day(reading_of({"product_stock_statuses": [stock_status(1, "SKU-1", -4)]}, complete, 2))
    assert days.differences() == []
    assert days.optiply.objects["products"]["1"]["status"] == "enabled"


def test_a_bundle_whose_parts_are_discounted_to_nothing_is_sold_for_nothing(tmp_path: Path) -> None:
    parts = [product(n, type_id="virtual") for n in (2, 3)]
    free = [{**line(n, n, 1, 0, parent=1), "base_discount_amount": 6.0} for n in (2, 3)]
    sold = order(1, line(1, 9, 1, 12, product_type="bundle"), *free)
    rows = {"products": [*parts, bundle(9, option("SKU-2", "SKU-3"))], "orders": [sold]}
    days = EtlDays(tmp_path / "job", Flow())
    days.day(reading_of(rows, set(FULL_TABLE_STREAMS), 0))
    assert days.differences() == []


def test_sums_of_decimal_quantities_are_cut_after_the_sum_and_not_by_a_float_error(tmp_path: Path) -> None:
    rows = {
        "products": [product(1)],
        "sources": [source("ams"), source("rtm"), source("default")],
        "source_items": [
            source_item("SKU-1", "ams", 0.7),
            source_item("SKU-1", "rtm", 0.1),
            source_item("SKU-1", "default", 0.2),
        ],
        "product_item_stocks": [stock_item(1, 0)],
    }
    days = EtlDays(tmp_path / "job", Flow(use_inventory_source_items=True))
    days.day(reading_of(rows, set(FULL_TABLE_STREAMS), 0))
    assert days.differences() == []
    assert days.optiply.objects["products"]["1"]["stockLevel"] == 1


def test_the_state_comes_last_and_is_the_tap_s_own(tmp_path: Path) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    reading = reading_of(FIRST_ROWS, set(FULL_TABLE_STREAMS), 0)
    offered = days.offer(reading)
    assert offered[-1] == {"type": "STATE", "value": state_of(reading, f"{1:032x}")}
    assert [message["type"] for message in offered].count("STATE") == 1


@pytest.mark.parametrize("read_again", [True, False], ids=["everything read again", "nothing read"])
def test_a_disabled_product_whose_create_failed_is_offered_again_with_its_assumed_stock(
    tmp_path: Path, read_again: bool
) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    rows = {
        "products": [product(1, status=2)],
        "product_ids": listing(product(1, status=2)),
        "product_stock_statuses": [stock_status(None, "SKU-1", 0)],
        "orders": [order(1, line(1, 1, 2, 10))],
    }
    complete = set(FULL_TABLE_STREAMS)
    days.day(reading_of(rows, complete, 0), answers={("products", "1"): "failed"})
    days.day(reading_of(rows if read_again else {}, complete if read_again else set(), 1))
    assert days.differences() == []
    assert days.optiply.objects["products"]["1"]["stockLevel"] == 0


@pytest.mark.parametrize("settled", [False, True], ids=["no outcome at all", "announced, then killed"])
def test_what_a_killed_target_left_unanswered_is_offered_again_in_full(tmp_path: Path, settled: bool) -> None:
    days = EtlDays(tmp_path / "job", Flow())
    rows = {
        "products": [product(1, status=2), product(2)],
        "product_ids": listing(product(1, status=2), product(2)),
        "product_stock_statuses": [stock_status(None, "SKU-1", 0), stock_status(2, "SKU-2", 4)],
        "orders": [order(1, line(1, 1, 2, 10), line(2, 2, 1, 5))],
    }
    first = [one for one in days.offer(reading_of(rows, set(FULL_TABLE_STREAMS), 0)) if one["type"] == "RECORD"]
    if settled:
        blank = {"event": "announced", "action": "create", "status": None, "id": None, "reason": None, "hash": None}
        announced = [
            {
                **blank,
                "stream": one["stream"],
                "remoteId": one["record"]["remoteId"],
                "sent": {name: value for name, value in one["record"].items() if name != "remoteId"},
                "at": "2026-02-01T06:00:00Z",
            }
            for one in first
        ]
        write_outcomes(days.folder / "snapshots" / "outcomes-20260201T060000Z-1.jsonl", announced)
    second = [one for one in days.offer(reading_of(rows, set(FULL_TABLE_STREAMS), 1)) if one["type"] == "RECORD"]
    assert second == first
