"""Changes of stock: each reference counts once, for ever, whatever happens on the way."""

from decimal import Decimal
from typing import Any

import pytest

from target_magento.intents import open_skus, release
from tests.target_magento.conftest import Bench, stream

SKU = "ONLY-WAREHOUSE"  # 100 at ams


def test_a_change_is_applied_once_and_never_again(bench: Bench):
    first = bench.change(("r1", SKU, 5), ("r2", SKU, "2.5"))
    assert (first.code, first.count("stock_changes")) == (0, {"updated": 2})
    assert bench.shop.standing(SKU) == (Decimal("107.5"), True)
    assert bench.shop.writes() == 1, "two changes of one figure are one write"
    again = bench.change(("r1", SKU, 5), ("r2", SKU, "2.5"))
    assert again.count("stock_changes") == {"existing": 2}
    assert bench.shop.writes() == 1
    assert bench.shop.standing(SKU) == (Decimal("107.5"), True)


def test_the_ledger_outlives_the_answers(bench: Bench):
    bench.change(("r1", SKU, 5))
    for name in ("target-state.json",):
        (bench.folder / name).unlink()
    forget_records(bench)
    assert bench.change(("r1", SKU, 5)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (105, True)
    assert bench.shop.writes() == 1


def forget_records(bench: Bench) -> None:
    from store.snapshot import Snapshot

    with Snapshot.open(bench.folder / "snapshots", "magento") as store, store.transaction():
        store.change("DELETE FROM records")


def test_a_reference_that_says_something_else_is_refused(bench: Bench):
    bench.change(("r1", SKU, 5))
    run = bench.change(("r1", SKU, 8))
    assert run.count("stock_changes") == {"refused": 1}
    assert "said something else" in run.reasons()
    assert bench.shop.standing(SKU) == (105, True)


def test_receipts_of_5_then_8_then_3_then_none(bench: Bench):
    for reference, delta in (("line1:5", 5), ("line1:8", 3), ("line1:3", -5), ("line1:0", -3)):
        assert bench.change((reference, SKU, delta)).code == 0
    assert bench.shop.standing(SKU) == (100, True)


def test_two_receipts_of_one_sku_in_one_batch_are_added_up(bench: Bench):
    bench.change(("a", SKU, 1), ("b", SKU.lower(), 2), ("c", "PART-A", 4))
    assert bench.shop.standing(SKU) == (103, True)
    assert bench.shop.writes() == 1


def test_changes_that_cancel_each_other_need_no_write(bench: Bench):
    assert bench.change(("a", SKU, 5), ("b", SKU, -5)).count("stock_changes") == {"updated": 2}
    assert bench.shop.writes() == 0
    assert bench.change(("a", SKU, 5)).count("stock_changes") == {"existing": 1}


def test_an_unknown_sku_waits_and_is_applied_when_the_product_is_there(bench: Bench):
    run = bench.change(("a", "GHOST", 5), ("b", SKU, 1))
    assert run.count("stock_changes") == {"waiting": 1, "updated": 1}
    assert "no product with this SKU" in run.reasons()
    assert bench.shop.standing("GHOST") is None, "no orphan row"
    product = bench.shop.sandbox.shop.product("PART-A")
    bench.shop.sandbox.call(lambda: rename(bench, product, "GHOST"))
    assert bench.change(("a", "GHOST", 5)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing("GHOST") == (5, True)


def rename(bench: Bench, product: dict[str, Any], sku: str) -> None:
    shop = bench.shop.sandbox.shop
    shop.by_sku[sku.lower()] = shop.by_sku.pop(product["sku"].lower())
    product["sku"] = sku
    shop.touch("products")


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"sku": SKU, "source_code": "nowhere", "delta": 1}, "no source 'nowhere'"),
        ({"sku": SKU, "source_code": "ams", "delta": "many"}, "delta is not a number"),
        ({"sku": SKU, "source_code": "ams", "delta": 1e12}, "delta is more than"),
        ({"sku": SKU, "source_code": "ams", "delta": None}, "delta"),
        ({"sku": SKU, "source_code": "ams"}, "delta is missing"),
        ({"source_code": "ams", "delta": 1}, "sku is missing"),
        ({"sku": "x" * 65, "source_code": "ams", "delta": 1}, "65 characters"),
        ({"sku": ["A"], "source_code": "ams", "delta": 1}, "sku is a list"),
        ({"reference": None, "sku": SKU, "source_code": "ams", "delta": 1}, "reference is missing"),
        ({"reference": [], "sku": SKU, "source_code": "ams", "delta": 1}, "reference is a list"),
        ({"sku": SKU, "source_code": "ams", "delta": 1, "deleted_at": "2026-01-01"}, "cannot be taken back"),
    ],
)
def test_a_bad_change_costs_itself_alone_and_is_named(bench: Bench, record: dict[str, Any], words: str):
    good = {"reference": "good", "sku": SKU, "source_code": "ams", "delta": 1}
    run = bench.run(*stream("stock_changes", {"reference": "bad", **record}, good, keys=("reference",)))
    assert run.code == 0
    assert run.count("stock_changes") == {"refused": 1, "updated": 1}
    assert words in run.reasons()
    assert bench.shop.standing(SKU) == (101, True)


def test_a_bundle_has_no_stock_of_its_own(bench: Bench):
    bundle = next(p["sku"] for p in bench.shop.sandbox.shop.products.values() if p["type_id"] == "bundle")
    run = bench.change(("a", bundle, 5))
    assert run.count("stock_changes") == {"refused": 1}
    assert "is a bundle" in run.reasons()
    assert bench.shop.writes() == 0


def test_what_would_leave_less_than_nothing_waits_and_what_comes_in_does_not(bench: Bench):
    run = bench.change(("out", SKU, -120), ("in", SKU, 10))
    assert run.count("stock_changes") == {"waiting": 1, "updated": 1}
    assert "would leave -10 in stock" in run.reasons()
    assert bench.shop.standing(SKU) == (110, True)
    assert bench.change(("in2", SKU, 10)).code == 0
    assert bench.change(("out", SKU, -120)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (0, False)
    assert bench.change(("more", SKU, -3), negative_quantities=True).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (-3, False)
    assert bench.change(("back", SKU, 1)).count("stock_changes") == {"updated": 1}, "it does not lower anything"
    assert bench.shop.standing(SKU) == (-2, False)


def test_the_flag_says_in_stock_while_back_orders_sell(bench: Bench):
    bench.shop.sandbox.shop.stock.items[bench.shop.sandbox.shop.by_sku[SKU.lower()]]["backorders"] = 1
    bench.change(("a", SKU, -104), negative_quantities=True)
    assert bench.shop.standing(SKU) == (-4, True)


def test_a_figure_that_stands_nowhere_begins_at_nothing(bench: Bench):
    assert bench.shop.standing(SKU, "rtm") is None
    bench.change(("a", SKU, 4), source="rtm")
    assert bench.shop.standing(SKU, "rtm") == (4, True)


def test_a_shipment_between_read_and_write(bench: Bench):
    order = bench.shop("place", {SKU: 10})
    bench.shop.at("ship", order, method="POST", path="source-items")
    run = bench.change(("a", SKU, 5))
    assert run.count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (95, True), "the ten that left do not come back"
    assert bench.shop.writes() == 2
    assert "1 figure of stock had units shipped" in run.reasons()
    assert not bench.ledger("open", "held")


def test_a_shipment_between_write_and_read_back_is_right_already(bench: Bench):
    order = bench.shop("place", {SKU: 10})
    bench.shop.at("ship", order, method="GET", path="source-items", nth=2)
    assert bench.change(("a", SKU, 5)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (95, True)
    assert bench.shop.writes() == 1


def test_shipments_before_and_after_the_write(bench: Bench):
    first, second = bench.shop("place", {SKU: 10}), bench.shop("place", {SKU: 7})
    bench.shop.at("ship", first, method="POST", path="source-items")
    bench.shop.at("ship", second, method="GET", path="source-items", nth=2)
    bench.change(("a", SKU, 5))
    assert bench.shop.standing(SKU) == (88, True)


def test_a_shipment_while_a_shipment_is_mended(bench: Bench):
    orders = [bench.shop("place", {SKU: units}) for units in (10, 7, 3)]
    for number, order in enumerate(orders, start=1):
        bench.shop.at("ship", order, method="POST", path="source-items", nth=number)
    bench.change(("a", SKU, 5))
    assert bench.shop.standing(SKU) == (85, True)
    assert not bench.ledger("open", "held")


def test_another_writer_between_write_and_read_back_is_held_and_never_guessed(bench: Bench):
    bench.shop.at("write", SKU, "ams", 42, method="GET", path="source-items", nth=2)
    run = bench.change(("a", SKU, 5), ("b", "PART-A", 1))
    assert run.count("stock_changes") == {"waiting": 1, "updated": 1}
    assert "held: 100 stood there, 105 was written and 42 was read" in run.reasons()
    assert open_skus(bench.folder / "snapshots") == {SKU.lower()}
    writes = bench.shop.writes()
    later = bench.change(("a", SKU, 5), ("newer", SKU, 2), ("other", "PART-B", 2))
    assert later.count("stock_changes") == {"waiting": 2, "updated": 1}, "newer ones of the SKU wait, others go on"
    assert bench.shop.standing(SKU) == (42, True)
    assert bench.shop.writes() == writes + 1


@pytest.mark.parametrize(("applied", "stands"), [(True, 44), (False, 49)])
def test_what_is_held_goes_on_as_a_person_says(bench: Bench, applied: bool, stands: int):
    bench.shop.at("write", SKU, "ams", 42, method="GET", path="source-items", nth=2)
    bench.change(("a", SKU, 5))
    (released,) = release(bench.folder / "snapshots", SKU.lower(), applied=applied)
    assert [change.reference for change in released.changes] == ["a"]
    assert not open_skus(bench.folder / "snapshots")
    run = bench.change(("a", SKU, 5), ("newer", SKU, 2))
    assert run.count("stock_changes") == {"updated": 2}
    assert bench.shop.standing(SKU) == (stands, True)


def test_a_lost_answer_after_the_shop_has_written(bench: Bench):
    bench.shop.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "cut": "after"})
    run = bench.change(("a", SKU, 5))
    assert run.count("stock_changes") == {"updated": 1}, "it was read back"
    assert bench.shop.standing(SKU) == (105, True)


def test_a_lost_answer_before_the_shop_has_written(bench: Bench):
    bench.shop.sandbox.faults_magento.add({"method": "POST", "path": "source-items", "cut": "before"})
    run = bench.change(("a", SKU, 5))
    assert run.count("stock_changes") == {"failed": 1}
    assert bench.shop.standing(SKU) == (100, True)
    bench.shop.sandbox.faults_magento.clear()
    assert bench.change(("a", SKU, 5)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU) == (105, True)


def test_a_bad_row_in_a_batch_costs_itself_alone(bench: Bench):
    bench.shop.sandbox.magento.settings.one_source_skus = {"PART-A"}
    run = bench.change(("a", "PART-A", 5), ("b", SKU, 1), ("c", "PART-B", 2), source="rtm")
    assert run.count("stock_changes") == {"refused": 1, "updated": 2}
    assert "Not able to assign" in run.reasons()
    assert (bench.shop.standing(SKU, "rtm"), bench.shop.standing("PART-B", "rtm")) == ((1, True), (42, True))
    bench.shop.sandbox.magento.settings.one_source_skus = set()
    assert bench.change(("a", "PART-A", 5), source="rtm").count("stock_changes") == {"updated": 1}


def test_a_deadlock_that_wrote_part_of_the_call_applies_each_change_once(bench: Bench):
    bench.shop.sandbox.magento.settings.deadlocks = 3
    run = bench.change(("a", SKU, 5), ("b", "PART-B", 2))
    assert run.count("stock_changes") == {"updated": 2}
    assert bench.shop.standing(SKU) == (105, True)


def test_a_shop_without_inventory_management(bench: Bench):
    bench.shop.sandbox.magento.settings.msi = False
    before = bench.shop.standing(SKU, "default")
    assert before is not None
    order = {SKU: 2}
    bench.change(("a", SKU, 9), source="default")
    assert bench.shop.standing(SKU, "default") == (before[0] + 9, True)
    bench.shop.at("place", order, method="PUT", path="stockItems")
    run = bench.change(("b", SKU, 1), source="default")
    assert run.count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(SKU, "default") == (before[0] + 9 + 1 - 2, True), "what was ordered meanwhile is gone"
    assert bench.change(("c", SKU, 1), source="ams").count("stock_changes") == {"refused": 1}


def test_a_shop_that_goes_away_in_the_middle_fails_the_rest_and_keeps_the_ledger(bench: Bench):
    rows = [(f"r{number}", SKU, 1) for number in range(3)]
    fault = {"method": "POST", "path": "source-items", "status": 503, "nth": [2, 3, 4, 5]}
    bench.shop.sandbox.faults_magento.add(fault)
    bench.shop.sandbox.faults_magento.add({"path": "shipments", "status": 503, "nth": list(range(5, 60))})
    run = bench.change(*rows, batch_size=1, retry_time=0.05)
    assert run.code == 0
    assert run.count("stock_changes")["updated"] >= 1
    bench.shop.sandbox.faults_magento.clear()
    assert bench.change(*rows, batch_size=1).code == 0
    assert bench.shop.standing(SKU) == (103, True)


def test_a_shop_that_cannot_be_reached_ends_the_run(bench: Bench):
    bench.shop.sandbox.faults_magento.add({"path": "/V1/", "status": 503})
    run = bench.change(("a", SKU, 5), retry_time=0.05)
    assert run.code == 1
    bench.shop.sandbox.faults_magento.clear()
    assert bench.change(("a", SKU, 5)).count("stock_changes") == {"updated": 1}


def test_a_dry_run_writes_nothing_and_notes_nothing(bench: Bench):
    run = bench.change(("a", SKU, 5), dry_run=True)
    assert run.code == 0
    assert bench.shop.writes() == 0
    assert "stock_changes" in (bench.folder / "target-requests.jsonl").read_text()
    assert not (bench.folder / "snapshots" / "magento.sqlite").exists()
    assert bench.change(("a", SKU, 5)).count("stock_changes") == {"updated": 1}
