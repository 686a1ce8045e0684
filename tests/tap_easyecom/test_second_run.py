"""What later runs read: windows of seven days, the look-back, changes and receipts that were not final."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from sandbox.easyecom.account import Size
from sandbox.easyecom.changes import insert_copy
from sandbox.easyecom.rows import Receipt
from sandbox.systems import Sandbox
from tests.tap_easyecom.reading import MAIN, account_rows, good, keys_in

SIZE = Size(products=80, combos=10, vendors=12, purchase_orders=80, orders=300)
ORDERS = "getAllOrders"


def asked(sandbox: Sandbox, path: str) -> list[dict[str, str]]:
    """The first questions (those without a cursor) that came at a path."""
    sent = [entry for entry in sandbox.requests.select(api="easyecom") if path in entry.path]
    found = [{name: values[0] for name, values in parse_qs(entry.query).items()} for entry in sent]
    return [query for query in found if "cursor" not in query]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_windows_of_orders_touch_and_are_seven_days_at_most() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        good(sandbox, "products", "orders", location_key=MAIN)
        windows = sorted(asked(sandbox, ORDERS), key=lambda query: query["start_date"])
        oldest = min(row.created_at for row in sandbox.easyecom.products.rows.values() if 24_001 in row.copies)
        assert moment(windows[0]["start_date"]) < moment(oldest)
        for window, following in pairwise(windows):
            assert moment(window["end_date"]) - moment(window["start_date"]) == timedelta(days=7)
            assert moment(following["start_date"]) < moment(window["end_date"])
        assert moment(windows[-1]["end_date"]) > moment(sandbox.easyecom.stamp())
        days = (moment(sandbox.easyecom.stamp()) - moment(windows[0]["start_date"])).days
        assert len(windows) == days // 7 + 1


def test_a_second_run_asks_each_location_once_for_what_changed_in_the_last_days() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        first = good(sandbox)
        sandbox.requests.clear()
        second = good(sandbox, state=first.state)
        for path, name in ((ORDERS, "updated_after"), ("getPurchaseOrderDetails", "updated_after")):
            questions = asked(sandbox, path)
            assert len(questions) == 3
            for query in questions:
                since = moment(sandbox.easyecom.stamp()) - moment(query[name])
                assert timedelta(days=3) < since < timedelta(days=3, minutes=5)
        assert second.report["requests"] < 25


def test_what_happens_between_two_runs_is_read_by_the_second() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        first = good(sandbox)
        store = sandbox.easyecom
        sandbox.clock.advance(days=5)
        changed: dict[str, Any] = {}

        def live() -> None:
            order = next(iter(store.orders.rows.values()))
            purchase = next(iter(store.purchase_orders.rows.values()))
            insert_copy(store, order)
            insert_copy(store, purchase)
            insert_copy(store, next(iter(store.receipts.rows.values())))
            insert_copy(store, next(iter(store.products.rows.values())))
            store.change(order, order_status_id=9, last_update_date=store.stamp())
            store.change(purchase, po_status_id=7, po_updated_date=store.stamp())
            changed.update(order=(order.order_id, order.invoice_id), purchase=purchase.po_id)

        before = {stream: set(account_rows(sandbox, stream)) for stream in first.records}
        sandbox.call(live)
        second = good(sandbox, state=first.state)
        for stream in before:
            new = set(account_rows(sandbox, stream)) - before[stream]
            assert new <= set(keys_in(second, stream)), stream
            if stream in ("orders", "purchase_orders", "goods_receipts"):
                assert new
        assert changed["order"] in keys_in(second, "orders")
        assert changed["purchase"] in keys_in(second, "purchase_orders")


def finish(sandbox: Sandbox) -> Receipt:
    """Lets every receipt be final, and gives one."""
    store = sandbox.easyecom

    def complete() -> None:
        for row in list(store.receipts.rows.values()):
            store.change(row, grn_status="Completed", grn_status_id=5)

    sandbox.call(complete)
    return next(iter(store.receipts.rows.values()))


@pytest.mark.parametrize("days_later", [0, 9])
def test_a_receipt_that_was_not_final_is_asked_for_until_it_is(days_later: int) -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        store, row = sandbox.easyecom, finish(sandbox)
        place = store.locations.rows[row.c_id].location_key

        def change(**values: Any) -> None:
            sandbox.call(lambda: store.change(store.receipts.rows[row.grn_id], **values))

        change(grn_status="In Progress", grn_status_id=2)
        first = good(sandbox, "goods_receipts")
        assert first.state["bookmarks"]["goods_receipts"]["unfinished"][place] == [row.grn_id]
        sandbox.clock.advance(days=days_later)
        second = good(sandbox, "goods_receipts", state=first.state)
        assert row.grn_id in keys_in(second, "goods_receipts")
        more = [msgspec.structs.replace(one, received_quantity=77) for one in row.items]
        change(grn_status="completed ", grn_status_id=5, items=more)
        third = good(sandbox, "goods_receipts", state=second.state)
        (record,) = [one for one in third.records["goods_receipts"] if one["grn_id"] == row.grn_id]
        assert {line["received_quantity"] for line in record["grn_items"]} == {77}
        assert "unfinished" not in third.state["bookmarks"]["goods_receipts"]
        sandbox.requests.clear()
        good(sandbox, "goods_receipts", state=third.state)
        assert not [query for query in asked(sandbox, "getGrnDetails") if "grn_ids" in query]


def test_a_receipt_that_is_gone_is_asked_for_twice_and_then_let_go() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        store, row = sandbox.easyecom, finish(sandbox)
        sandbox.call(lambda: store.change(row, grn_status="QC Pending", grn_status_id=2))
        reading = good(sandbox, "goods_receipts")
        sandbox.call(lambda: store.remove(store.receipts.rows[row.grn_id]))
        reading = good(sandbox, "goods_receipts", state=reading.state)
        assert "gone" not in reading.notes
        assert reading.state["bookmarks"]["goods_receipts"]["unfinished"]
        reading = good(sandbox, "goods_receipts", state=reading.state)
        assert f"are gone from EasyEcom ({row.grn_id})" in reading.notes
        assert "unfinished" not in reading.state["bookmarks"]["goods_receipts"]


def test_a_receipt_that_is_dated_back_within_the_look_back_is_read() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        first = good(sandbox, "goods_receipts")
        store = sandbox.easyecom
        pattern: Receipt = next(iter(store.receipts.rows.values()))
        back = store.stamp(store.clock.now() - timedelta(days=2, hours=20))
        goods = [msgspec.structs.replace(one, grn_detail_id=store.new_id("grn lines")) for one in pattern.items]
        number = store.new_id("receipts")
        sandbox.call(lambda: store.change(pattern, grn_id=number, items=goods, grn_created_at=back))
        assert number in keys_in(good(sandbox, "goods_receipts", state=first.state), "goods_receipts")


@pytest.mark.parametrize("start", ["2026-01-10", "2026-01-09T18:30:00Z", "2026-01-10T00:00:00+05:30"])
def test_documents_before_start_date_are_left_out(start: str) -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        reading = good(sandbox, start_date=start)
        first = "2026-01-10T00:00:00Z" if start == "2026-01-10" else "2026-01-09T18:30:00Z"
        placed = {"orders": "order_date", "purchase_orders": "po_created_date", "goods_receipts": "grn_created_at"}
        all_of_it = good(sandbox)
        for stream, name in placed.items():
            wanted = [record for record in all_of_it.records[stream] if record[name] >= first]
            assert len(wanted) < len(all_of_it.records[stream])
            assert sorted(map(str, wanted)) == sorted(map(str, reading.records[stream])), stream
        for stream in ("products", "vendors", "locations"):
            assert len(reading.records[stream]) == len(all_of_it.records[stream])


def test_old_purchase_orders_and_receipts_come_too_since_a_date_is_always_named() -> None:
    with Sandbox(magento=False, easyecom=SIZE) as sandbox:
        reading = good(sandbox, "purchase_orders", "goods_receipts")
        week = sandbox.easyecom.stamp(sandbox.clock.now() - timedelta(days=8))
        assert any(row.po_created_date < week for row in sandbox.easyecom.purchase_orders.rows.values())
        for stream in ("purchase_orders", "goods_receipts"):
            assert keys_in(reading, stream) == sorted(account_rows(sandbox, stream))
        for path in ("getPurchaseOrderDetails", "getGrnDetails"):
            assert all("created_after" in query for query in asked(sandbox, path))
