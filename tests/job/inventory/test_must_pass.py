"""What an inventory import must do, each by its name: a real receiver, real commands, and a shop over HTTP."""

import os
import signal
import subprocess
import threading
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from inventory.process import process
from inventory.sequence import moment_of
from inventory.settings import InventorySettings
from inventory.tables import Store, figures
from job.folder import read_json_object
from job.systems import system_of
from sandbox.wms.sender import Mishaps
from sandbox.wms.warehouse import Warehouse
from tests.job.inventory.house import House, at
from tests.job.shop_folder import sync


def without_sources(house: House, **settings: Any) -> str:
    """A shop without inventory management; returns a product of it."""
    house.sandbox.magento.settings.msi = False
    house.configure(default_source="default", **settings)
    return house.quiet[0]


# 7.1


def test_7_1_without_sources_unsent_orders_and_carts_come_off(house: House) -> None:
    sku = without_sources(house, adjust="unsent_orders_and_quotes")
    house.order({sku: 3}, at("07:00"))
    house.cart({sku: 2}, at("07:30"))
    house.send(1, (sku, "10", 1, "default"), exported="2026-01-15T06:00:00")
    house.process()
    assert house.stock_item(sku) == (5, True)


def test_7_1_an_order_25_hours_old_is_beyond_a_cutoff_of_a_day(house: House) -> None:
    sku = without_sources(house, adjust="unsent_orders")
    house.order({sku: 3}, at("-07:00"))
    house.send(1, (sku, "10", 1, "default"), exported="2026-01-14T06:00:00")
    house.process()
    assert house.stock_item(sku) == (10, True)


# 7.2, 7.3


def test_7_2_known_orders_are_added_and_unsent_ones_left_to_the_reservations(house: House) -> None:
    sku = house.quiet[0]
    house.order({sku: 4}, at("06:00"))
    house.order({sku: 2}, at("07:00"))
    house.send(1, (sku, "10", 1), exported="2026-01-15T06:30:00")
    house.process()
    assert (house.stands(sku), house.salable(sku)) == ((14, 1), 8)


def test_7_2_where_the_shop_tells_the_export_it_decides(house: House) -> None:
    sku = house.quiet[0]
    house.order({sku: 4}, at("06:00"), exported_at=at("06:10"))
    house.order({sku: 2}, at("06:00"), exported_at=at("07:10"))
    house.send(1, (sku, "10", 1), exported="2026-01-15T06:30:00")
    house.process()
    assert (house.stands(sku), house.salable(sku)) == ((14, 1), 8)


def test_7_3_a_known_unit_counts_once_over_several_sources(house: House) -> None:
    sku = house.quiet[0]
    house.set(sku, 0, "rtm")
    house.order({sku: 6}, at("06:00"))
    house.send(1, (sku, "10", 1), (sku, "5", 1, "rtm"))
    house.process()
    assert (house.stands(sku), house.stands(sku, "rtm"), house.salable(sku)) == ((16, 1), (5, 1), 15)


# 7.4


def test_7_4_an_older_sequence_that_comes_later_is_superseded(house: House) -> None:
    sku = house.quiet[0]
    house.send(1, (sku, "9", 51))
    assert house.process()["applied"] == 1
    house.send(2, (sku, "3", 50))
    assert house.process()["superseded"] == 1
    house.send(3, (sku, "9", 51))
    assert house.process()["duplicate"] == 1
    assert house.stands(sku) == (9, 1)


# 7.5


def test_7_5_below_nothing_is_nothing_and_out_of_stock(house: House) -> None:
    sku = without_sources(house, adjust="unsent_orders")
    house.order({sku: 5}, at("07:00"))
    house.send(1, (sku, "3", 1, "default"), exported="2026-01-15T06:00:00")
    house.process()
    assert house.stock_item(sku) == (0, False)


def test_7_5_with_negatives_on_and_back_orders_it_stays_in_stock(house: House) -> None:
    without_sources(house, adjust="unsent_orders", negative_quantities=True)
    house.order({"BACKORDER-1": 5}, at("07:00"))
    house.send(1, ("BACKORDER-1", "3", 1, "default"), exported="2026-01-15T06:00:00")
    house.process()
    assert house.stock_item("BACKORDER-1") == (-2, True)


# The order of messages


@pytest.mark.parametrize("boundary", [9, 99])
def test_message_99_is_worked_off_before_message_100(house: House, boundary: int) -> None:
    first, second = house.quiet[:2]
    house.configure(batch_size=1)
    house.send(boundary + 1, (second, "2", 2))
    house.send(boundary, (first, "1", 1))
    written: list[str] = []
    settings = InventorySettings(batch_size=1)
    with Store.open(house.job.snapshots) as store, shop_of(house) as shop:
        plain = shop.write_source_items
        shop.write_source_items = lambda batch: written.extend(one.sku for one in batch) or plain(batch)
        assert process(store, shop, settings).applied == 2
    assert written == [first, second]


@pytest.mark.parametrize("soap", [None, "1.1", "1.2"])
def test_a_sender_that_crosses_from_99_to_100_with_swapped_messages(house: House, soap: str | None) -> None:
    skus = house.quiet[:3]
    warehouse = Warehouse(house.sandbox.clock)
    warehouse.stock(dict.fromkeys(skus, 1), "ams")
    sender = house.sender(warehouse, chunk=1, soap=soap)
    sender.next_message = 98
    sender.mishaps = Mishaps(swap=True)
    for moved in (5, 7):
        for sku in skus:
            warehouse.move(sku, moved, "ams")
        assert {reply.status for reply in sender.incremental()} == {200}
    house.process()
    assert [house.stands(sku) for sku in skus] == [(13, 1)] * 3


def test_an_old_message_replayed_after_cleaning_changes_nothing(house: House) -> None:
    sku = house.quiet[0]
    house.send(1, (sku, "3", 50))
    house.process()
    house.send(2, (sku, "9", 51))
    house.process()
    with Store.open(house.job.snapshots) as store, shop_of(house) as shop:
        later = datetime.now(timezone.utc) + timedelta(days=400)
        assert process(store, shop, InventorySettings(), now=lambda: later).cleaned == 2
    assert house.status().messages == 0
    # Nothing remembers the messages any more, only the sequences.
    house.send(1, (sku, "3", 50))
    house.send(2, (sku, "9", 51))
    done = house.process()
    assert (done["superseded"], done["duplicate"], done["applied"]) == (1, 1, 0)
    assert house.stands(sku) == (9, 1)


@pytest.mark.parametrize("apart", [False, True])
def test_two_sources_with_one_sequence_are_both_applied(house: House, apart: bool) -> None:
    sku = house.quiet[0]
    warehouse = Warehouse(house.sandbox.clock)
    warehouse.stock({sku: 4}, "ams")
    warehouse.stock({sku: 6}, "rtm")
    sender = house.sender(warehouse)
    sender.mishaps = Mishaps(split_sources=apart)
    sender.single(sku)
    assert house.process()["applied"] == 2
    assert (house.stands(sku), house.stands(sku, "rtm")) == ((4, 1), (6, 1))
    assert len({entry.sequence for entry in house.why(sku).entries}) == 1


# Crashes and two workers


def test_a_crash_between_the_stock_write_and_the_audit_ends_with_one_success(house: House) -> None:
    sku = house.quiet[0]
    house.send(1, (sku, "7", 1))
    worker: list[subprocess.Popen[str]] = []
    house.sandbox.apis["magento"].moments.on(
        lambda: os.kill(worker[0].pid, signal.SIGKILL), method="POST", path="source-items", after=True
    )
    house.sandbox.faults_magento.add({"method": "GET", "path": "sources$", "delay": 0.3, "times": 1})
    worker.append(house.program("process"))
    worker[0].communicate(timeout=60)
    assert worker[0].returncode == -signal.SIGKILL
    assert house.stands(sku) == (7, 1)
    assert house.status().states == {"claimed": 1}
    house.set(sku, 99)  # as somebody else would, before the rerun
    with Store.open(house.job.snapshots) as store, shop_of(house) as shop:
        with store.reading() as connection:
            lease = moment_of(connection.execute(select(figures.c.lease_until)).scalar_one())
        moment = timedelta(milliseconds=1)
        assert process(store, shop, InventorySettings(), now=lambda: lease - moment).busy == 1
        assert process(store, shop, InventorySettings(), now=lambda: lease + moment).applied == 1
    assert house.stands(sku) == (7, 1)
    assert [entry.state for entry in house.why(sku).entries] == ["applied"]
    assert house.why(sku).standing[0].verified


def test_two_workers_on_one_request_write_it_once(house: House) -> None:
    """Without the folder's lock: the leases alone keep the second from the first one's figures."""
    sku = house.quiet[0]
    house.send(1, (sku, "7", 1))
    claimed, go = threading.Event(), threading.Event()
    done: list[int] = []

    def reached(point: str) -> None:
        if point == "claimed":
            claimed.set()
            assert go.wait(30)

    def first() -> None:
        with Store.open(house.job.snapshots) as store, shop_of(house) as shop:
            done.append(process(store, shop, InventorySettings(), reached=reached).written)

    worker = threading.Thread(target=first)
    worker.start()
    assert claimed.wait(30)
    with Store.open(house.job.snapshots) as store, shop_of(house) as shop:
        second = process(store, shop, InventorySettings())
    assert (second.busy, second.written) == (1, 0)
    go.set()
    worker.join(30)
    assert (done, house.writes(), house.stands(sku)) == ([1], 1, (7, 1))


def test_a_second_process_ends_well_with_a_sentence_while_the_first_is_at_work(house: House) -> None:
    sku = house.quiet[0]
    house.send(1, (sku, "7", 1))
    second: list[tuple[int, str]] = []

    def call() -> None:
        other = house.program("process")
        printed, _ = other.communicate(timeout=60)
        second.append((other.returncode, printed))

    house.sandbox.apis["magento"].moments.on(call, method="POST", path="source-items")
    assert house.process()["written"] == 1
    ((code, printed),) = second
    assert code == 0
    assert '"busy"' in printed
    assert "is locked by the run" in printed


# Poison


def test_a_poison_request_is_turned_away_and_those_behind_it_are_worked_off(house: House) -> None:
    sku = house.quiet[0]
    assert house.post(b'{"productQtys": 7}').status_code == 422
    assert house.post(b"\xff\xfe{").status_code == 400
    house.send(2, (sku, "7", 1))
    assert house.process()["applied"] == 1
    assert house.status().turned_away == 2


def test_a_poison_row_costs_itself_alone_and_is_dead_after_ten_tries(house: House) -> None:
    bad, *good = house.quiet[:5]
    house.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "record": f'"{bad}"', "status": 500})
    house.send(1, (bad, "1", 1), *((sku, "7", 1) for sku in good))
    done = house.process()
    assert (done["written"], done["failed"]) == (len(good), 1)
    assert [house.stands(sku) for sku in good] == [(7, 1)] * len(good)
    moment = datetime.now(timezone.utc)
    with Store.open(house.job.snapshots) as store, shop_of(house) as shop:
        for _ in range(9):
            moment += timedelta(minutes=5)
            found = process(store, shop, InventorySettings(), now=lambda moment=moment: moment)
        assert found.dead == 1
    (entry,) = house.why(bad).entries
    assert (entry.state, entry.attempts) == ("dead", 10)
    assert "given up after 10 tries" in (entry.reason or "")


# Statuses and cutoffs


@pytest.mark.parametrize(
    ("statuses", "written"),
    [(["processing"], 8), (["processing", "pending", "holded"], 4), (None, 4)],
    ids=["one status", "three statuses", "every open status"],
)
def test_the_list_of_statuses_says_which_unsent_orders_count(
    house: House, statuses: list[str] | None, written: int
) -> None:
    sku = without_sources(house, adjust="unsent_orders", unsent_order_statuses=statuses)
    house.order({sku: 2}, at("07:00"))
    house.order({sku: 3}, at("07:00"), state="new", status="pending")
    house.order({sku: 1}, at("07:00"), state="holded", status="holded")
    house.send(1, (sku, "10", 1, "default"), exported="2026-01-15T06:00:00")
    house.process()
    assert house.stock_item(sku)[0] == written


def test_an_empty_list_of_statuses_is_refused_with_the_remedy(house: House) -> None:
    house.configure(unsent_order_statuses=[])
    found = sync("inventory", "process", house.job.root, expected=1)
    assert "'inventory.unsent_order_statuses' is []" in found.output
    assert "set 'adjust' to \"no\" for none" in found.output


@pytest.mark.parametrize(("touched", "written"), [("-08:00:00", 8), ("-07:59:59", 10)])
def test_a_cart_exactly_at_the_cutoff_counts_and_one_a_second_older_does_not(
    house: House, touched: str, written: int
) -> None:
    sku = house.quiet[0]
    house.configure(adjust="unsent_orders_and_quotes")
    house.cart({sku: 2}, at(touched))
    house.send(1, (sku, "10", 1))
    house.process()
    assert house.stands(sku) == (written, 1)


@pytest.mark.parametrize(("placed", "written"), [("-08:00:00", 7), ("-07:59:59", 10)])
def test_an_unsent_order_exactly_at_the_cutoff_counts_and_one_a_second_older_does_not(
    house: House, placed: str, written: int
) -> None:
    sku = without_sources(house, adjust="unsent_orders")
    house.order({sku: 3}, at(placed))
    house.send(1, (sku, "10", 1, "default"), exported="2026-01-13T06:00:00")
    house.process()
    assert house.stock_item(sku)[0] == written


# Daylight saving time


@pytest.mark.parametrize(
    ("night", "exported"),
    [
        ("2026-03-29", "2026-03-29T01:00:00"),
        ("2026-03-29", "2026-03-29T03:00:00+02:00"),
        ("2026-03-29", "2026-03-29T01:00:00Z"),
        ("2026-10-25", "2026-10-25T01:00:00"),
        ("2026-10-25", "2026-10-25T02:00:00+01:00"),
        ("2026-10-25", "2026-10-25T03:00:00+02:00"),
    ],
)
def test_on_the_nights_when_clocks_change_times_are_utc(house: House, night: str, exported: str) -> None:
    sku = house.quiet[0]
    wanted = datetime.fromisoformat(f"{night}T02:00:00+00:00")
    house.sandbox.call(
        lambda: house.sandbox.clock.advance(seconds=(wanted - house.sandbox.clock.now()).total_seconds())
    )
    house.order({sku: 4}, f"{night} 01:00:00")
    house.order({sku: 2}, f"{night} 01:00:01")
    house.send(1, (sku, "10", 1), exported=exported)
    house.process()
    assert (house.stands(sku), house.salable(sku)) == ((14, 1), 8)


def test_a_cutoff_of_a_day_is_24_hours_on_the_night_when_an_hour_is_missing(house: House) -> None:
    sku = without_sources(house, adjust="unsent_orders")
    wanted = datetime.fromisoformat("2026-03-29T06:00:00+00:00")
    house.sandbox.call(
        lambda: house.sandbox.clock.advance(seconds=(wanted - house.sandbox.clock.now()).total_seconds())
    )
    house.order({sku: 2}, "2026-03-28 06:00:00")
    house.order({sku: 5}, "2026-03-28 05:59:59")
    house.send(1, (sku, "10", 1, "default"), exported="2026-03-27T00:00:00")
    house.process()
    assert house.stock_item(sku)[0] == 8


# The race with a shipment


@pytest.mark.parametrize("path", ["orders", "shipments", "source-items"])
def test_a_shipment_between_read_and_write_is_found_and_mended(house: House, path: str) -> None:
    sku = house.quiet[0]
    order = house.order({sku: 4}, at("06:00"))
    house.send(1, (sku, "10", 1), exported="2026-01-15T06:30:00")
    method = "POST" if path == "source-items" else "GET"
    house.sandbox.apis["magento"].moments.on(
        lambda: house.sandbox.selling.ship(order, source="ams"), method=method, path=f"{path}$"
    )
    house.process()
    assert (house.stands(sku), house.salable(sku)) == ((10, 1), 10)
    (standing,) = house.why(sku).standing
    assert (standing.expected, standing.verified) == (Decimal(10), True)


def test_a_shipment_after_the_write_is_no_difference(house: House) -> None:
    sku = house.quiet[0]
    order = house.order({sku: 4}, at("06:00"))
    house.send(1, (sku, "10", 1), exported="2026-01-15T06:30:00")
    house.process()
    house.sandbox.call(lambda: house.sandbox.clock.advance(seconds=120))
    house.ship(order)
    assert house.command("compare")["differences"] == []
    assert house.stands(sku) == (10, 1)


def shop_of(house: House) -> Any:
    """The shop as the commands open it."""
    stock = system_of(house.job).stock
    assert stock is not None
    return stock.shop(read_json_object(house.job.config))


def test_a_refund_into_stock_is_held_and_reported_and_the_next_figure_settles_it(house: House) -> None:
    sku = house.quiet[0]
    house.send(1, (sku, "7", 1))
    house.process()
    order = house.sandbox.call(lambda: house.sandbox.selling.place({sku: 2}))
    house.sandbox.call(lambda: house.sandbox.selling.ship(order, None, "ams"))
    assert house.command("compare")["differences"] == [], "what was shipped is no difference"
    house.sandbox.call(lambda: house.sandbox.selling.refund(order, {sku: 2}, back_to="ams"))
    (found,) = house.command("compare")["differences"]
    assert (found["repaired"], float(found["expected"]), float(found["found"])) == (False, 5, 7)
    assert "refunded" in found["reason"]
    assert house.stands(sku) == (7, 1), "left alone"
    house.send(2, (sku, "6", 2))
    house.process()
    assert house.stands(sku) == (6, 1)
    assert house.command("compare")["differences"] == []
