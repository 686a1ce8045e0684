"""Golden cases of the oracle: each is a sentence of the rules with numbers one can check by hand."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from tests.oracle.flow import FULL_TABLE_STREAMS, Flow, Reading
from tests.oracle.ledger import Ledger
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
from tests.oracle.order_rules import order_lines, products_above, split_by_units

START = datetime(2026, 2, 1, 6, 0, tzinfo=timezone.utc)
INVENTORY = Flow(use_inventory_source_items=True)


def reading(day: int = 0, *, incomplete: tuple[str, ...] = (), **rows: list[dict[str, Any]]) -> Reading:
    complete = frozenset(FULL_TABLE_STREAMS) - set(incomplete)
    return Reading(rows=rows, complete=complete & set(rows), now=START + timedelta(days=day))


def levels(ledger: Ledger) -> dict[str, int]:
    return {remote_id: held["stockLevel"] for remote_id, held in ledger.optiply["products"].items()}


def test_salable_stock_is_the_top_quantity_and_physical_stock_the_stock_item_cut_toward_zero() -> None:
    rows = {
        "products": [product(1), product(2)],
        "product_stock_statuses": [stock_status(1, "SKU-1", 7, 9.75), stock_status(2, "SKU-2", -3, -10.5)],
    }
    salable, physical = Ledger(Flow()), Ledger(Flow(use_salable_quantity=False))
    salable.day(reading(**rows))
    physical.day(reading(**rows))
    assert levels(salable) == {"1": 7, "2": -3}
    assert levels(physical) == {"1": 9, "2": -10}


def test_a_phantom_says_nothing_and_a_new_simple_product_waits_for_its_stock() -> None:
    ledger = Ledger(Flow())
    ledger.day(reading(products=[product(1)], product_stock_statuses=[stock_status(None, "SKU-1", 0)]))
    assert ledger.optiply["products"] == {}
    assert ledger.waiting["products"] == {"1": "stock not known"}
    ledger.day(reading(1, product_stock_statuses=[stock_status(1, "SKU-1", 4)]))
    ledger.day(reading(2, product_stock_statuses=[stock_status(None, "SKU-1", 0)]))
    assert levels(ledger) == {"1": 4}
    assert ledger.optiply["products"]["1"]["unlimitedStock"] is False
    ledger.day(reading(3, product_stock_statuses=[stock_status(1, "SKU-1", 4, manage_stock=False)]))
    assert levels(ledger) == {"1": 0}
    assert ledger.optiply["products"]["1"]["unlimitedStock"] is True


def test_source_items_are_summed_over_the_counted_sources_whatever_the_case_of_the_sku() -> None:
    rows = {
        "products": [product(1, "Odd-Case"), product(2)],
        "sources": [source("ams"), source("rtm"), source("old", enabled=False)],
        "source_items": [
            source_item("odd-case", "ams", 0.7),
            source_item("ODD-CASE ", "rtm", 0.3),
            source_item("Odd-Case", "old", 999),
            source_item("SKU-2", "ams", 50, status=0),
            source_item("SKU-2", "rtm", -12.5),
            source_item("GHOST", "ams", 5),
        ],
        "product_item_stocks": [stock_item(1, 0), stock_item(2, 0)],
    }
    everywhere, only_amsterdam = (
        Ledger(INVENTORY),
        Ledger(Flow(use_inventory_source_items=True, warehouse_ids=("ams",))),
    )
    everywhere.day(reading(**rows))
    only_amsterdam.day(reading(**rows))
    assert levels(everywhere) == {"1": 1, "2": -12}
    assert levels(only_amsterdam) == {"1": 0, "2": 0}
    unmanaged = {**rows, "product_item_stocks": [stock_item(1, 0, manage_stock=False)]}
    everywhere.day(reading(1, **unmanaged))
    assert levels(everywhere) == {"1": 0, "2": -12}
    assert everywhere.optiply["products"]["1"]["unlimitedStock"] is True
    assert everywhere.optiply["products"]["2"]["unlimitedStock"] is False


def test_without_a_counted_row_the_stock_is_kept_once_and_zero_after_the_second_complete_reading() -> None:
    ledger = Ledger(INVENTORY)
    rows = {"sources": [source("ams")], "source_items": [source_item("SKU-1", "ams", 8)]}
    empty: dict[str, list[dict[str, Any]]] = {"sources": [source("ams")], "source_items": []}
    ledger.day(reading(products=[product(1), product(2)], **rows))
    assert levels(ledger) == {"1": 8}
    ledger.day(reading(1, **empty))
    assert levels(ledger) == {"1": 8, "2": 0}
    ledger.day(reading(2, incomplete=("source_items",), **empty))
    assert levels(ledger) == {"1": 8, "2": 0}
    ledger.day(reading(3, **empty))
    assert levels(ledger) == {"1": 0, "2": 0}


@pytest.mark.parametrize("unclear", [(None, "ams"), ("", "rtm"), ("  ", "ams"), ("tee ", "ams")])
def test_a_row_that_names_no_one_product_proves_no_absence(unclear: tuple[str, str]) -> None:
    ledger = Ledger(INVENTORY)
    rows = {"sources": [source("ams")], "source_items": [source_item("Tee", "ams", 8), source_item("TEE", "ams", 2)]}
    ledger.day(reading(products=[product(1, "Tee"), product(2, "TEE")], **rows))
    assert levels(ledger) == {"1": 8, "2": 2}, "the very SKU comes first"
    for day in (1, 2):
        ledger.day(reading(day, sources=[source("ams")], source_items=[source_item(*unclear, 3)]))
    assert levels(ledger) == {"1": 8, "2": 2}
    for day in (3, 4):
        ledger.day(reading(day, sources=[source("ams")], source_items=[]))
    assert levels(ledger) == {"1": 0, "2": 0}


def test_all_rows_read_before_their_product_are_its_stock_however_they_write_the_sku() -> None:
    ledger = Ledger(INVENTORY)
    rows = [source_item("tee", "ams", 8), source_item("TEE", "rtm", 2), source_item("Tee", "old", 100)]
    sources = [source("ams"), source("rtm"), source("old", enabled=False)]
    ledger.day(reading(sources=sources, source_items=rows))
    ledger.day(reading(1, products=[product(1, "Tee")]))
    assert levels(ledger) == {"1": 10}


def test_a_product_that_is_not_simple_is_unlimited_with_stock_zero() -> None:
    ledger = Ledger(Flow())
    ledger.day(reading(products=[product(1, type_id="virtual", price=None)]))
    held = ledger.optiply["products"]["1"]
    assert (held["stockLevel"], held["unlimitedStock"], held["price"]) == (0, True, None)


def test_a_disabled_product_is_created_only_for_an_order_and_enabled_only_with_known_stock() -> None:
    ledger = Ledger(Flow())
    ledger.day(reading(products=[product(1, status=2), product(2, status=2)], orders=[order(9, line(1, 1, 2, 20))]))
    assert {key: held["status"] for key, held in ledger.optiply["products"].items()} == {"1": "disabled"}
    assert levels(ledger) == {"1": 0}
    assert set(ledger.optiply["sellOrders"]) == {"9"}
    ledger.day(reading(1, products=[product(1, status=1)]))
    assert ledger.optiply["products"]["1"]["status"] == "disabled"
    ledger.day(reading(2, product_stock_statuses=[stock_status(1, "SKU-1", 3)]))
    assert ledger.optiply["products"]["1"]["status"] == "enabled"
    assert levels(ledger) == {"1": 3}


def test_stock_left_to_a_third_party_is_sent_once() -> None:
    ledger = Ledger(Flow(map_stockLevel=False))
    ledger.day(reading(products=[product(1)], product_stock_statuses=[stock_status(1, "SKU-1", 3)]))
    ledger.day(reading(1, product_stock_statuses=[stock_status(1, "SKU-1", 8)]))
    assert levels(ledger) == {"1": 3}


def test_a_vanished_product_is_disabled_by_the_second_complete_listing_and_enabled_when_it_returns() -> None:
    one, two = product(1), product(2)
    stock = [stock_status(1, "SKU-1", 3), stock_status(2, "SKU-2", 3)]
    ledger = Ledger(Flow())

    def status_after(day: int, *listed: dict[str, Any], incomplete: tuple[str, ...] = ()) -> str:
        ledger.day(reading(day, incomplete=incomplete, product_ids=listing(*listed)))
        return str(ledger.optiply["products"]["2"]["status"])

    ledger.day(reading(products=[one, two], product_stock_statuses=stock, product_ids=listing(one, two)))
    assert status_after(1, one) == "enabled"
    assert status_after(2, one, incomplete=("product_ids",)) == "enabled"
    assert status_after(3, one) == "disabled"
    assert status_after(4, one, two) == "enabled"


@pytest.mark.parametrize(
    ("found", "incomplete", "status"),
    [
        (False, (), "disabled"),
        (None, (), "enabled"),
        (True, (), "enabled"),
        (False, ("product_checks",), "enabled"),
        (False, ("product_ids",), "enabled"),
    ],
)
def test_an_answer_to_a_question_by_id_settles_what_one_listing_lacked(
    found: bool | None, incomplete: tuple[str, ...], status: str
) -> None:
    two = [product(n, type_id="virtual") for n in (1, 2)]
    ledger = Ledger(Flow())
    ledger.day(reading(products=two, product_ids=listing(*two)))
    answer = [{"id": 2, "found": found}]
    ledger.day(reading(1, incomplete=incomplete, product_ids=listing(two[0]), product_checks=answer))
    assert ledger.optiply["products"]["2"]["status"] == status


@pytest.mark.parametrize(("vanished", "disabled"), [(5, 5), (6, 0)])
def test_beyond_the_limit_no_vanished_product_is_disabled(vanished: int, disabled: int) -> None:
    everything = [product(n, type_id="virtual") for n in range(1, 21)]
    ledger = Ledger(Flow())
    ledger.day(reading(products=everything, product_ids=listing(*everything)))
    for day in (1, 2):
        ledger.day(reading(day, product_ids=listing(*everything[vanished:])))
    states = [held["status"] for held in ledger.optiply["products"].values()]
    assert states.count("disabled") == disabled


def test_a_configurable_and_its_child_are_one_sale() -> None:
    sold = order(1, line(1, 68, 1, 52, product_type="configurable"), line(2, 53, 1, 0, parent=1))
    newer = order(1, line(1, 68, 1, 52, product_type="configurable"), line(2, 53, 1, 52, parent=1))
    for one in (sold, newer):
        assert order_lines(one, Flow(), set()) == {53: (1, Decimal(52))}
    listed = order_lines(sold, Flow(order_lines="as_listed"), set())
    assert listed == {68: (1, Decimal(52)), 53: (1, Decimal(0))}


def test_a_bundle_is_sold_as_its_parts_unless_it_is_a_kit() -> None:
    fixed = order(
        1,
        line(1, 5832, 1, 59, product_type="bundle"),
        line(2, 5826, 1, 0, parent=1),
        line(3, 5828, 2, 0, parent=1),
    )
    dynamic = order(
        1,
        line(1, 5831, 2, 44, product_type="bundle"),
        line(2, 5826, 2, 12, parent=1),
        line(3, 5828, 4, 32, parent=1),
    )
    assert order_lines(fixed, Flow(), set()) == {5826: (1, Decimal("19.67")), 5828: (2, Decimal("39.33"))}
    assert order_lines(dynamic, Flow(), set()) == {5826: (2, Decimal(12)), 5828: (4, Decimal(32))}
    assert order_lines(fixed, Flow(), {5832}) == {5832: (1, Decimal(59))}
    assert order_lines(dynamic, Flow(), {5831}) == {5831: (2, Decimal(44))}


def test_a_bundle_whose_parts_are_discounted_to_nothing_is_sold_for_nothing() -> None:
    parts = [{**line(n, 10 + n, 1, 0, parent=1), "base_discount_amount": 6.0} for n in (2, 3)]
    free = order(1, line(1, 5831, 1, 12, product_type="bundle"), *parts)
    assert order_lines(free, Flow(), set()) == {12: (1, Decimal(0)), 13: (1, Decimal(0))}


def test_a_row_with_children_is_a_parent_whatever_parent_it_names() -> None:
    nested = order(
        1, line(1, 5, 1, 9), line(2, 6, 2, 4, parent=1), line(3, 7, 2, 0, parent=2), line(4, 8, 1, 1, parent=4)
    )
    assert order_lines(nested, Flow(), set()) == {5: (1, Decimal(9)), 7: (2, Decimal(4)), 8: (1, Decimal(1))}
    assert products_above(nested) == {6}


def test_remainder_cents_go_to_the_lowest_item_id() -> None:
    shares = split_by_units(Decimal("10.00"), [Decimal(1), Decimal(1), Decimal(1)])
    assert shares == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]


def test_the_same_product_twice_is_one_line_and_decimal_units_are_rounded_after_the_sum() -> None:
    sold = order(1, line(1, 7, 0.25, 1.10), line(2, 7, 1.25, 2.25), line(3, 8, 0.2, 0))
    assert order_lines(sold, Flow(), set()) == {7: (2, Decimal("3.35")), 8: (1, Decimal(0))}


def test_only_complete_orders_are_sold_by_default_and_they_are_never_updated() -> None:
    ledger = Ledger(Flow())
    item = line(1, 1, 1, 10)
    ledger.day(
        reading(
            products=[product(1, type_id="virtual")],
            orders=[
                order(1, item, state="processing"),
                order(2, item, state="processing", status="complete"),
                order(3, item, state="complete", status="delivered"),
            ],
        )
    )
    assert sorted(ledger.optiply["sellOrders"]) == ["2", "3"]
    before = ledger.optiply["sellOrders"]["2"]
    later = {"updated_at": "2026-03-01 00:00:00", "state": "complete"}
    ledger.day(reading(1, orders=[order(1, item, **later), order(2, item, **later)]))
    assert sorted(ledger.optiply["sellOrders"]) == ["1", "2", "3"]
    assert ledger.optiply["sellOrders"]["2"] == before
    assert ledger.optiply["sellOrders"]["1"]["completed"] == "2026-03-01T00:00:00Z"


def test_an_order_waits_seven_days_for_an_unknown_product_and_then_goes_without_that_line() -> None:
    ledger = Ledger(Flow())
    sold = order(1, line(1, 1, 1, 10), line(2, 404, 1, 5))
    ledger.day(reading(products=[product(1, type_id="virtual")], orders=[sold]))
    ledger.day(reading(6))
    assert ledger.optiply["sellOrders"] == {}
    ledger.day(reading(8))
    held = ledger.optiply["sellOrders"]["1"]
    assert [one["productRemoteId"] for one in held["orderLines"]] == ["1"]
    assert held["totalValue"] == Decimal(15)


def test_a_kit_is_composed_until_it_offers_a_choice() -> None:
    parts = [product(1, type_id="virtual"), product(2, type_id="virtual")]
    kit = bundle(3, option("SKU-1"), option("sku-2 ", qty=2))
    ledger = Ledger(Flow())
    ledger.day(reading(products=[*parts, kit]))
    assert ledger.optiply["productCompositions"] == {
        "3-1": {"composedProductRemoteId": "3", "partProductRemoteId": "1", "partQuantity": 1},
        "3-2": {"composedProductRemoteId": "3", "partProductRemoteId": "2", "partQuantity": 2},
    }
    assert ledger.optiply["products"]["3"]["assembled"] is True
    ledger.day(reading(1, products=[bundle(3, option("SKU-1", "SKU-2"))]))
    assert ledger.optiply["productCompositions"] == {}
    assert ledger.optiply["products"]["3"]["assembled"] is False


def test_a_record_that_failed_is_settled_by_a_later_run() -> None:
    ledger = Ledger(Flow())
    rows = {"products": [product(1, type_id="virtual")], "orders": [order(1, line(1, 1, 1, 10))]}
    ledger.day(reading(**rows), answers={("products", "1"): "failed"})
    assert ledger.optiply["products"] == {}
    assert ledger.optiply["sellOrders"] == {}
    ledger.day(reading(1))
    assert set(ledger.optiply["products"]) == {"1"}
    assert set(ledger.optiply["sellOrders"]) == {"1"}
