"""What the import must never get wrong: order, replays, crashes, two workers, races with shipments."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from inventory.audit import status, why
from inventory.errors import ShopTrouble
from inventory.process import planned, process
from inventory.queue import Receipt, claim, receive, renew
from inventory.sequence import stamp
from inventory.settings import InventorySettings
from inventory.settle import Planned, Settlement, settle
from inventory.tables import Store, applied, figures
from inventory.verify import everything, verify
from tests.inventory.conftest import message
from tests.inventory.shop_double import START, Clock, ShopDouble

Send = Callable[..., Receipt]
Work = Callable[..., Any]
BOUNDARIES = ("claimed", "looked", "noted", "written", "settled", "verified")
SETTINGS = InventorySettings()


class Stopped(BaseException):
    """The end of a program at a boundary."""


def states(store: Store) -> dict[str, int]:
    return status(store).states


def test_message_99_comes_before_message_100(shop: ShopDouble, send: Send, work: Work, store: Store) -> None:
    shop.product("A")
    shop.product("B")
    send(100, ("A", "1", 7))
    send(99, ("B", "1", 8))
    send(9, ("A", "2", 6))
    taken = claim(store, "w", START, START, most=1)
    assert [one.message_id for one in taken.figures] == [100]  # A's newest; its message 9 came first and is outdated
    taken = claim(store, "w", START, START, most=5)
    assert [one.message_id for one in taken.figures] == [99]


def test_sequences_compare_as_numbers_not_as_texts(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.product("A")
    for number, order in enumerate(permutations(("9", "99", "100", "1000000000000000000"))):
        for step, sequence in enumerate(order):
            send(10 * number + step, ("A", sequence[:2], sequence))
    work()
    assert shop.standing("A") == 10
    assert shop.writes() == 1


def test_a_replay_after_cleaning_is_not_applied(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    send(1, ("A", "3", 50))
    work()
    send(2, ("A", "9", 51))
    work()
    clock.pass_(days=91)
    assert work().cleaned == 2
    assert status(store).messages == 0
    assert send(1, ("A", "3", 50)) is Receipt.QUEUED
    assert send(2, ("A", "9", 51)) is Receipt.QUEUED
    found = work()
    assert (found.superseded, found.duplicate, found.applied) == (1, 1, 0)
    assert shop.standing("A") == 9


def test_open_messages_are_not_cleaned_however_old(send: Send, work: Work, store: Store, clock: Clock) -> None:
    send(1, ("UNKNOWN", "3", 50))
    work()
    clock.pass_(days=400)
    assert work().cleaned == 0
    assert states(store) == {"waiting": 1}


def test_two_sources_may_share_one_sequence_also_in_later_messages(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.data["sources"] = [["west", 1], ["east", 2], ["north", 3]]
    shop.product("A")
    send(1, ("A", "1", 50, "west"), ("A", "2", 50, "east"))
    assert work().applied == 2
    send(2, ("A", "3", 50, "north"))
    assert work().applied == 1
    assert [shop.standing("A", code) for code in ("west", "east", "north")] == [1, 2, 3]


def test_another_case_of_letters_is_the_same_figure(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.product("Shirt-A")
    send(1, ("SHIRT-a", "1", 51))
    send(2, ("shirt-A ", "2", 50))
    found = work()
    assert (found.applied, found.superseded) == (1, 1)
    assert [item[0] for item in shop.data["items"]] == ["Shirt-A"]


def test_of_one_sku_twice_in_a_message_the_later_row_counts(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.product("A")
    send(1, ("A", "1", 50), ("A", "2", 50))
    found = work()
    assert (found.applied, found.duplicate, shop.standing("A")) == (1, 1, 2)


def test_the_same_message_again_changes_nothing_and_another_content_is_not_taken(send: Send) -> None:
    assert send(71, ("A", "1", 50)) is Receipt.QUEUED
    assert send(71, ("A", "1", 50)) is Receipt.KNOWN
    assert send(71, ("A", "2", 50)) is Receipt.CONTRADICTS
    assert send(71, ("A", "2", 50), channel="push") is Receipt.QUEUED


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_stop_at_any_boundary_loses_nothing_and_applies_nothing_twice(
    boundary: str, shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    for sku in "ABC":
        shop.product(sku, "1")
    send(1, *((sku, "5", 50) for sku in "ABC"))
    send(2, *((sku, "7", 51) for sku in "ABC"))

    def reached(point: str) -> None:
        if point == boundary:
            raise Stopped

    with pytest.raises(Stopped):
        process(store, shop, InventorySettings(batch_size=2), now=clock, reached=reached)
    assert work(batch_size=2).applied + states(store).get("claimed", 0) <= 3
    clock.pass_(seconds=61)
    work(batch_size=2)
    assert [shop.standing(sku) for sku in "ABC"] == [7, 7, 7]
    assert states(store) == {"applied": 3, "superseded": 3}
    assert status(store).unverified == 0
    clock.pass_(seconds=61)
    assert work(batch_size=2).written == 0


def test_a_crash_between_the_write_and_its_record_gives_one_success(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A", "1")
    order = shop.order("A", 4, at=START - timedelta(hours=1))
    send(1, ("A", "10", 50), exported=START.isoformat())

    def reached(point: str) -> None:
        if point == "written":
            raise Stopped

    with pytest.raises(Stopped):
        process(store, shop, SETTINGS, now=clock, reached=reached)
    assert shop.standing("A") == 14
    shop.ship(order, 3)
    clock.pass_(seconds=61)
    work()
    assert (shop.standing("A"), shop.salable("A")) == (11, 10)
    assert [entry.state for entry in why(store, "A").entries] == ["applied"]


def _worker(folder: Path, boundary: str | None, passed: float) -> None:
    clock = Clock()
    clock.pass_(seconds=passed)

    def reached(point: str) -> None:
        if point == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    with Store.open(folder / "snapshots") as store:
        process(store, ShopDouble(folder / "shop.json"), InventorySettings(batch_size=2), now=clock, reached=reached)


@pytest.mark.parametrize("boundary", ["noted", "written", "settled"])
def test_a_killed_process_loses_nothing(boundary: str, tmp_path: Path) -> None:
    shop = ShopDouble(tmp_path / "shop.json")
    for number in range(5):
        shop.product(f"S{number}", "1")
    shop._keep()
    with Store.open(tmp_path / "snapshots") as store:
        receive(store, message(1, *((f"S{number}", "5", 50) for number in range(5))), START)
    spawn = multiprocessing.get_context("spawn")
    for stop, passed, code in ((boundary, 0, -signal.SIGKILL), (boundary, 61, None), (None, 130, 0)):
        program = spawn.Process(target=_worker, args=(tmp_path, stop, passed))
        program.start()
        program.join(30)
        assert code is None or program.exitcode == code
    after = ShopDouble(tmp_path / "shop.json")
    assert [after.standing(f"S{number}") for number in range(5)] == [5] * 5
    with Store.open(tmp_path / "snapshots") as store:
        assert states(store) == {"applied": 5}


def test_two_processes_at_once_share_the_work(tmp_path: Path) -> None:
    with Store.open(tmp_path / "snapshots") as store:
        for number in range(1, 21):
            receive(store, message(number, *((f"S{sku}", str(number), number) for sku in range(20))), START)
    shop = ShopDouble(tmp_path / "shop.json")
    for sku in range(20):
        shop.product(f"S{sku}")
    shop._keep()
    spawn = multiprocessing.get_context("spawn")
    programs = [spawn.Process(target=_claimer, args=(tmp_path, number)) for number in range(2)]
    for program in programs:
        program.start()
    for program in programs:
        program.join(60)
        assert program.exitcode == 0
    taken = [(tmp_path / f"taken-{number}").read_text().split() for number in range(2)]
    assert sorted(taken[0] + taken[1]) == sorted({f"s{sku}" for sku in range(20)})


def _claimer(folder: Path, number: int) -> None:
    taken = []
    with Store.open(folder / "snapshots") as store:
        while found := claim(store, f"worker {number}", START, START, most=3).figures:
            taken += [one.key.sku for one in found]
    (folder / f"taken-{number}").write_text(" ".join(taken))


def test_a_second_worker_leaves_claimed_figures_alone_until_the_lease_ends(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    shop.product("B")
    send(1, ("A", "1", 50))
    claim(store, "another", clock(), clock(), most=10)
    send(2, ("A", "2", 51), ("B", "3", 52))
    found = work()
    assert (found.applied, found.busy, shop.standing("A"), shop.standing("B")) == (1, 1, None, 3)
    clock.pass_(seconds=61)
    assert work().applied == 1
    assert shop.standing("A") == 2


def test_a_worker_that_comes_back_too_late_records_nothing_and_is_put_right(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A", "1")
    send(1, ("A", "3", 50))
    slow = claim(store, "slow", clock(), clock(), most=10).figures
    view = _view(store, shop, slow)
    clock.pass_(seconds=61)
    send(2, ("A", "9", 51))
    work()
    assert shop.standing("A") == 9
    assert renew(store, "slow", clock(), [(slow[0], "{}")]) == []  # it would stop here; say it had stalled in the write
    planned, _ = view
    shop._set("A", "default", "3", True)
    assert settle(store, "slow", [Settlement(slow[0], "applied", None, planned[0])], _look(shop, slow), clock()) == {}
    assert status(store).unverified == 1
    work()
    assert (shop.standing("A"), status(store).unverified) == (9, 0)


def _look(shop: ShopDouble, taken: Any) -> Any:
    from inventory.look import look

    return look(shop, [one.key for one in taken], SETTINGS)


def _view(store: Store, shop: ShopDouble, taken: Any) -> tuple[list[Planned], list[Settlement]]:
    from inventory.plan import plan

    return plan(taken, _look(shop, taken), SETTINGS)


@pytest.mark.parametrize("moment", ["before the write", "after the write", "both"])
@pytest.mark.parametrize("figure", ["available", "on_hand"])
@pytest.mark.parametrize("again", [False, True])
def test_a_shipment_between_read_and_write_is_not_undone(
    moment: str, figure: str, again: bool, shop: ShopDouble, send: Send, work: Work, store: Store
) -> None:
    shop.product("A", "95")
    order = shop.order("A", 40, at=START - timedelta(hours=1))
    send(1, ("A", "100", 50), exported=START.isoformat())
    full = 100 if figure == "on_hand" else 140
    shipped = 0
    for when, hooks in (("before the write", shop.before), ("after the write", shop.after)):
        if moment in (when, "both"):
            hooks["write_source_items"] = [lambda: shop.ship(order, 10)]
            shipped += 10
    if again:  # and once more while it is put right
        shop.before["source_items"] = [lambda: shop.before.update(source_items=[lambda: shop.ship(order, 5)])]
        shipped += 5
    work(figure=figure)
    assert shop.standing("A") == full - shipped
    assert status(store).unverified == 0
    shop.ship(order, 2)
    assert verify(store, shop, everything(store), batch_size=200).differences == []


def test_an_order_placed_between_read_and_write_is_not_undone_where_stock_falls_at_order(
    shop: ShopDouble, send: Send, work: Work
) -> None:
    shop.data["msi"] = False
    shop.product("A", "95")
    send(1, ("A", "100", 50), exported=START.isoformat())
    shop.before["write_source_items"] = [lambda: shop.order("A", 3)]
    work(adjust="unsent_orders")
    assert shop.standing("A") == 97


def test_units_that_left_while_orders_were_read_are_read_again(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.product("A", "95")
    order = shop.order("A", 40, at=START - timedelta(hours=1))
    send(1, ("A", "100", 50), exported=START.isoformat())
    shop.before["open_orders"] = [lambda: shop.ship(order, 10)]
    work()
    assert (shop.standing("A"), shop.salable("A")) == (130, 100)


def test_an_unknown_sku_waits_for_its_product_and_never_makes_a_ghost_row(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("B")
    send(1, ("A", "5", 50), ("B", "1", 50))
    found = work()
    assert (found.waiting, found.applied, shop.standing("A")) == (1, 1, None)
    clock.pass_(minutes=1)
    shop.product("A")
    assert work().applied == 1
    assert shop.standing("A") == 5


def test_an_unknown_sku_may_be_refused(shop: ShopDouble, send: Send, work: Work, store: Store) -> None:
    send(1, ("A", "5", 50))
    assert work(unknown_sku="refuse").dead == 1
    assert "no product with this SKU" in str(status(store).problems[0].reason)


def test_an_unknown_source_and_a_product_without_stock_of_its_own_are_told(
    shop: ShopDouble, send: Send, work: Work, store: Store
) -> None:
    shop.product("A")
    shop.product("KIT", refusal="is a bundle, which has no stock of its own")
    send(1, ("A", "5", 50, "moon"), ("KIT", "1", 50))
    assert work().dead == 2
    reasons = {problem.sku: problem.reason for problem in status(store).problems}
    assert "no source 'moon'" in str(reasons["A"])
    assert "is a bundle" in str(reasons["KIT"])


def test_a_refused_row_is_tried_again_after_5_30_and_120_seconds_then_each_run_and_is_dead_after_10(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    shop.product("B")
    shop.refuse["A"] = "Could not save Source Item"
    send(1, ("A", "5", 50), ("B", "1", 50))
    found = work()
    assert (found.failed, found.applied) == (1, 1)
    for seconds in (5, 30, 120):
        clock.pass_(seconds=seconds - 1)
        assert work().failed == 0
        clock.pass_(seconds=2)
        assert work().failed == 1
    for _ in range(5):
        clock.pass_(seconds=1)
        assert work().failed == 1
    clock.pass_(seconds=1)
    assert work().dead == 1
    assert "given up after 10 tries" in str(why(store, "A").entries[0].reason)
    clock.pass_(days=1)
    assert work().dead == 0


def test_a_failed_row_gives_way_to_a_newer_sequence(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    shop.refuse["A"] = "locked"
    send(1, ("A", "5", 50))
    work()
    shop.refuse.clear()
    send(2, ("A", "6", 51))
    work()
    assert (shop.standing("A"), states(store)) == (6, {"applied": 1, "superseded": 1})


def test_a_newer_failed_row_keeps_an_older_one_from_being_applied(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    shop.refuse["A"] = "locked"
    send(2, ("A", "6", 51))
    work()
    shop.refuse.clear()
    send(1, ("A", "5", 50))
    assert work().superseded == 1
    clock.pass_(seconds=6)
    work()
    assert shop.standing("A") == 6


@pytest.mark.parametrize("call", ["products", "source_items", "open_orders", "shipments_since"])
def test_a_shop_that_cannot_be_read_costs_no_try(
    call: str, shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    send(1, ("A", "5", 50))
    shop.down.add(call)
    for _ in range(12):
        assert work().trouble == "the shop does not answer"
        clock.pass_(minutes=1)
    assert states(store) == {"received": 1}
    shop.down.clear()
    assert work().applied == 1


def test_a_write_without_an_answer_is_tried_again(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")

    def lose_the_answer() -> None:
        raise ShopTrouble("no answer")

    shop.after["write_source_items"] = [lose_the_answer]
    send(1, ("A", "5", 50))
    assert work().trouble == "no answer"
    assert states(store) == {"failed": 1}
    clock.pass_(seconds=6)
    assert work().applied == 1
    assert (shop.standing("A"), shop.writes()) == (5, 1)


def test_a_plan_shows_each_deduction_and_changes_nothing(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.data["msi"] = False
    shop.product("A", "8")
    shop.order("A", 3, at=START - timedelta(minutes=30))
    shop.cart("A", "2")
    send(1, ("A", "9", 49), ("UNKNOWN", "1", 49))
    send(2, ("A", "10", 50), exported=(START - timedelta(hours=1)).isoformat())
    settings = InventorySettings(adjust="unsent_orders_and_quotes")
    for _ in range(2):
        (one,), (hindered,) = planned(store, shop, settings, clock)
        kept = one.calculation
        assert (one.figure.message_id, kept.received, kept.unsent_effect, kept.carts_effect) == (2, 10, -3, -2)
        assert (kept.quantity, kept.in_stock, kept.previous) == (5, True, 5)
        assert (hindered.figure.sku, hindered.state) == ("UNKNOWN", "waiting")
    assert states(store) == {"received": 3}
    assert shop.writes() == 0


def test_a_poison_request_blocks_no_other(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    for number in range(1, 120):
        shop.product(f"BAD{number}")
        shop.refuse[f"BAD{number}"] = "500"
        send(number, (f"BAD{number}", "1", number))
    send(500, ("A", "7", 500))
    found = work(batch_size=10)
    assert (found.applied, found.failed, shop.standing("A")) == (1, 119, 7)
    for _ in range(12):
        clock.pass_(minutes=3)
        work(batch_size=10)
    assert states(store) == {"applied": 1, "dead": 119}


def test_decimals_keep_their_order_too(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.product("A", decimals=True)
    send(2, ("A", "2.75", 51))
    send(1, ("A", "1.5", 50))
    work()
    assert shop.standing("A") == Decimal("2.75")


def test_a_figure_that_stands_already_is_not_written(shop: ShopDouble, send: Send, work: Work) -> None:
    shop.product("A", "5")
    send(1, ("A", "5", 50))
    found = work()
    assert (found.applied, found.written, shop.writes()) == (1, 0, 0)


def test_10_000_figures_are_written_in_batches_from_one_reading(
    shop: ShopDouble, send: Send, work: Work, store: Store
) -> None:
    rows = [(f"S{number}", str(number % 50), number) for number in range(10_000)]
    shop.data["items"] = []
    shop.data["products"] = {f"s{number}": {"sku": f"S{number}"} for number in range(10_000)}
    shop._item = lambda sku, source: None  # type: ignore[method-assign]
    for start in range(0, len(rows), 500):
        send(start, *rows[start : start + 500])
    shop.write_source_items = _counted(shop)  # type: ignore[method-assign]
    assert work().applied == 10_000
    calls = [name for name, _ in shop.calls]
    assert calls.count("write_source_items") == 50
    assert len(calls) < 65


def _counted(shop: ShopDouble) -> Any:
    from tests.inventory.shop_double import Thing

    def write(batch: Any) -> list[Thing]:
        shop.calls.append(("write_source_items", len(batch)))
        shop.data["items"] += [[one.sku, one.source, str(one.quantity), one.in_stock] for one in batch]
        return [Thing() for _ in batch]

    return write


def test_what_another_program_writes_is_found_and_repaired_by_compare(
    shop: ShopDouble, send: Send, work: Work, store: Store
) -> None:
    shop.product("A")
    shop.product("B")
    order = shop.order("A", 4, at=START - timedelta(hours=1))
    send(1, ("A", "5", 50), ("B", "6", 51), exported=START.isoformat())
    work()
    shop.ship(order, 1)
    shop._set("A", "default", "77", True)
    found = verify(store, shop, everything(store), batch_size=200, dry_run=True)
    assert [(one.sku, one.expected, one.found, one.repaired) for one in found.differences] == [("A", 8, 77, False)]
    assert shop.standing("A") == 77
    found = verify(store, shop, everything(store), batch_size=200)
    assert [(one.sku, one.repaired) for one in found.differences] == [("A", True)]
    assert (shop.standing("A"), found.compared) == (8, 2)
    assert verify(store, shop, everything(store, "a"), batch_size=200).differences == []


def test_a_record_that_cannot_be_used_holds_the_figures_of_its_sku_alone(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A", "1")
    shop.product("B", "1")
    shop.doubts["a"] = "a record of the shop has no 'quantity'"
    send(1, ("A", "5", 50), ("B", "6", 51))
    done = work()
    assert (done.waiting, done.applied, shop.standing("A"), shop.standing("B")) == (1, 1, 1, 6)
    (problem,) = status(store).problems
    assert "no 'quantity'" in str(problem)
    shop.doubts.clear()
    clock.pass_(seconds=1)
    work()
    assert shop.standing("A") == 5


def test_what_cannot_be_read_back_stays_marked(shop: ShopDouble, send: Send, work: Work, store: Store) -> None:
    shop.product("A", "1")
    send(1, ("A", "5", 50))
    shop.after["write_source_items"] = [lambda: shop.doubts.update(a="a record of the shop has no 'quantity'")]
    assert work().applied == 1
    assert status(store).unverified == 1
    shop.doubts.clear()
    shop._set("A", "default", "7", True)
    work()
    assert (status(store).unverified, shop.standing("A")) == (0, 5)


def test_without_the_rules_of_a_product_only_what_does_not_hang_on_them_is_written(
    shop: ShopDouble, send: Send, work: Work, store: Store
) -> None:
    shop.product("A", "1", unknown="the shop shows no stock item of it")
    shop.product("B", "1", unknown="the shop shows no stock item of it")
    send(1, ("A", "0", 50), ("B", "6", 51))
    done = work()
    assert (done.waiting, done.applied, shop.standing("A"), shop.standing("B")) == (1, 1, 1, 6)


def test_more_in_the_shop_after_units_were_given_back_is_reported_and_left_alone(
    shop: ShopDouble, send: Send, work: Work, store: Store
) -> None:
    for sku in "ABC":
        shop.product(sku)
    order = shop.order("C", 2)
    send(1, ("A", "5", 50), ("B", "6", 51), ("C", "7", 52))
    work()
    shop.given_back = {"a", "b", "c"}
    shop._set("A", "default", "7", True)  # refunded into stock, or raised by somebody: nobody can tell
    shop._set("B", "default", "4", True)  # less than it: no order has done that
    shop.ship(order, 2)
    shop._set("C", "default", "9", True)  # as our own write would have left it
    found = {one.sku: one for one in verify(store, shop, everything(store), batch_size=200).differences}
    assert {sku: one.repaired for sku, one in found.items()} == {"A": False, "B": True, "C": True}
    assert "canceled or refunded" in str(found["A"].reason)
    assert [shop.standing(sku) for sku in "ABC"] == [7, 6, 7]


def test_the_audit_tells_why_the_number_stands(shop: ShopDouble, send: Send, work: Work, store: Store) -> None:
    shop.product("A", "2")
    shop.order("A", 4, at=START - timedelta(hours=1))
    send(71, ("A", "10.9", 50))
    work()
    found = why(store, " a ")
    (standing,), (entry,) = found.standing, found.entries
    assert (standing.message_id, standing.sequence) == (71, 50)
    assert (standing.quantity, standing.expected) == (Decimal("10.9"), 14)
    assert entry.calculation is not None
    kept = entry.calculation
    assert (kept.received, kept.known_effect, kept.previous, kept.quantity) == (Decimal("10.9"), 4, 2, 14)
    assert "moment of receipt" in str(entry.reason)
    assert "decimals" in str(entry.reason)


def test_a_last_order_in_the_future_is_not_believed(shop: ShopDouble, send: Send, work: Work, store: Store) -> None:
    shop.product("A", "0")
    send(1, ("A", "10", 50), exported="2031-01-01T00:00:00Z")
    shop.order("A", 2, at=START + timedelta(seconds=30))
    work()
    assert shop.standing("A") == 10
    assert "lies in the future" in str(why(store, "A").entries[0].reason)


def test_the_memory_holds_what_was_applied_and_no_cleaning_touches_it(
    shop: ShopDouble, send: Send, work: Work, store: Store, clock: Clock
) -> None:
    shop.product("A")
    send(1, ("A", "3", 50))
    work()
    clock.pass_(days=3000)
    work()
    with store.reading() as connection:
        assert connection.execute(select(applied.c.last_seq)).scalars().all() == [50]
        assert connection.execute(select(figures.c.id)).first() is None
    assert why(store, "A").standing[0].quantity == 3


def test_moments_compare_as_texts(clock: Clock) -> None:
    moments = [START + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000, 10**12)]
    assert [stamp(one) for one in moments] == sorted(stamp(one) for one in moments)
