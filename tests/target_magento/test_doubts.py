"""A record of the shop that cannot be used costs the SKUs that it names, and only as long as it is so."""

import pytest

from connector.errors import StreamError
from target_magento.departures import given_back
from target_magento.doubts import Doubts
from target_magento.intents import APPLIED, OPEN
from tests.target_magento.conftest import Bench, Keeper

SKU, OTHER = "ONLY-WAREHOUSE", "SHIRT-RED-M"  # both at ams


def lose(shop: Keeper, sku: str, value: object = None) -> None:
    shop.sandbox.shop.stock.source_items["ams", sku.lower()]["quantity"] = value


def test_a_figure_without_a_quantity_holds_its_own_change(bench: Bench):
    lose(bench.shop, OTHER)
    run = bench.change(("a", SKU, 5), ("b", OTHER, 3))
    assert run.count("stock_changes") == {"updated": 1, "waiting": 1}
    assert "no 'quantity'" in run.reasons()
    lose(bench.shop, OTHER, 40)
    assert bench.change(("a", SKU, 5), ("b", OTHER, 3)).count("stock_changes") == {"updated": 1, "existing": 1}
    assert bench.shop.standing(OTHER) == (43, True)
    assert bench.shop.standing(SKU) == (105, True)


def test_what_cannot_be_read_back_stays_open_and_is_settled_once(bench: Bench):
    moments = bench.shop.sandbox.apis["magento"].moments
    moments.on(lambda: lose(bench.shop, OTHER), method="POST", path="source-items", after=True)
    run = bench.change(("a", SKU, 5), ("b", OTHER, 3))
    assert run.count("stock_changes") == {"updated": 1, "waiting": 1}
    assert "not read back yet" in run.reasons()
    (left,) = bench.ledger(OPEN)
    lose(bench.shop, OTHER, left.after)
    assert bench.change(("b", OTHER, 3)).count("stock_changes") == {"updated": 1}
    assert bench.shop.standing(OTHER) == (left.after, True)
    assert len(bench.ledger(APPLIED)) == 2


def test_a_figure_to_be_set_is_refused_while_the_shop_leaves_out_what_stands(bench: Bench):
    lose(bench.shop, OTHER, "many")
    run = bench.put((SKU, 7), (OTHER, 3))
    assert run.count("source_items") == {"refused": 1, "updated": 1}
    assert "'quantity'" in run.reasons()


def test_a_shipment_without_units_holds_its_skus(bench: Bench):
    shop = bench.shop
    shop("ship", shop("place", {OTHER: 1}), None, "ams")
    list(shop.sandbox.shop.shipments.values())[-1]["items"][0]["qty"] = None
    assert bench.change(("a", SKU, 5), ("b", OTHER, 3)).count("stock_changes") == {"updated": 1, "waiting": 1}


def test_without_its_stock_item_a_product_is_not_taken_for_one_without_back_orders(bench: Bench):
    bench.shop.sandbox.faults_magento.add({"method": "GET", "path": f"stockItems/{OTHER}", "status": 404})
    there = bench.shop.standing(OTHER)
    assert there is not None
    run = bench.change(("a", SKU, 5), ("b", OTHER, -int(there[0])))
    assert run.count("stock_changes") == {"updated": 1, "waiting": 1}
    assert "back orders" in run.reasons()
    assert bench.change(("c", OTHER, 3)).count("stock_changes") == {"updated": 1}, "above 0 nothing hangs on them"
    run = bench.put((OTHER, 0))
    assert run.count("source_items") == {"refused": 1}


def test_a_record_that_names_no_sku_may_be_about_any():
    def judge(row: dict[str, object]) -> str:
        raise StreamError(f"{row} cannot be used.")

    doubts = Doubts()
    assert doubts.judged("orders", [{"items": [{"sku": "A"}, {"sku": "b"}]}], judge) == []
    assert (doubts.why("a"), doubts.why("c")) == ("{'items': [{'sku': 'A'}, {'sku': 'b'}]} cannot be used", None)
    for row in ({"items": [{"sku": "A"}, {"sku": None}]}, {"items": []}, {}, {"items": [None]}):
        with pytest.raises(StreamError, match="cannot be used"):
            doubts.judged("orders", [row], judge)
    assert doubts.judged("orders", [], judge) == []
    assert doubts.why("a") is None, "it was read again since"


def test_units_that_orders_gave_back_are_told_by_what_moves_the_stock():
    order = {"items": [{"sku": "A", "qty_canceled": 1}, {"sku": "B", "qty_refunded": 1}, {"sku": "C"}]}
    assert given_back(order, canceled=False) == ["B"]
    assert given_back(order, canceled=True) == ["A", "B"]
