"""The examples of the calculation, each by its number, and the edges of its rules."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from inventory.arithmetic import Calculation, World, calculate, first_source, is_in_stock
from inventory.settings import InventorySettings
from tests.inventory.shop_double import START, ShopDouble, Thing

T = START - timedelta(hours=2)  # the last order that the warehouse system knew
KNOWN, UNSENT = T - timedelta(hours=1), T + timedelta(hours=1)


def line(units: str, at: datetime, **facts: Any) -> Thing:
    return Thing(sku="A", open=Decimal(units), created_at=at, **facts)


def figure(
    received: str, *orders: Thing, msi: bool = True, carts: tuple[Thing, ...] = (), source: str = "default",
    product: Thing | None = None, **settings: Any,
) -> Calculation:
    world = World(msi, START, orders, carts, "default")
    return calculate(Decimal(received), T, source, product or Thing(sku="A"), world, InventorySettings(**settings))


def cart(units: str, at: datetime = START) -> Thing:
    return Thing(sku="A", quantity=Decimal(units), updated_at=at)


QUOTES = {"adjust": "unsent_orders_and_quotes"}


def test_7_1_without_inventory_management_unsent_orders_and_carts_are_taken_off() -> None:
    found = figure("10", line("3", UNSENT), msi=False, carts=(cart("2"),), **QUOTES)
    assert (found.quantity, found.unsent_effect, found.carts_effect) == (5, -3, -2)
    old = Thing(sku="A", open=Decimal(3), created_at=START - timedelta(hours=25), exported=False)
    assert figure("10", old, msi=False, **QUOTES).quantity == 10


def test_7_2_known_orders_are_added_back_and_unsent_ones_are_not(
    shop: ShopDouble, send: Callable[..., Any], work: Callable[..., Any]
) -> None:
    shop.product("A", "0")
    shop.order("A", 4, at=KNOWN)
    shop.order("A", 2, at=UNSENT)
    send(1, ("A", "10", 1), exported=T.isoformat())
    work(adjust="unsent_orders")
    assert (shop.standing("A"), shop.salable("A")) == (14, 8)


def test_7_3_with_several_sources_each_known_unit_is_added_once(
    shop: ShopDouble, send: Callable[..., Any], work: Callable[..., Any]
) -> None:
    shop.data["sources"] = [["west", 1], ["east", 2]]
    shop.product("A")
    shop.order("A", 6, at=KNOWN)
    send(1, ("A", "10", 1, "west"), ("A", "5", 1, "east"), exported=T.isoformat())
    work()
    assert (shop.standing("A", "west"), shop.standing("A", "east"), shop.salable("A")) == (16, 5, 15)


def test_7_4_an_older_sequence_that_arrives_later_is_superseded_and_the_same_again_is_a_duplicate(
    shop: ShopDouble, send: Callable[..., Any], work: Callable[..., Any]
) -> None:
    shop.product("A", "0")
    send(1, ("A", "9", 51))
    assert work().applied == 1
    send(2, ("A", "3", 50))
    assert work().superseded == 1
    send(3, ("A", "9", 51))
    assert work().duplicate == 1
    assert (shop.standing("A"), shop.writes()) == (9, 1)


def test_7_5_a_negative_figure_is_raised_to_0_or_kept_in_stock_by_back_orders() -> None:
    off = figure("1", line("3", UNSENT), msi=False, adjust="unsent_orders")
    assert (off.total, off.quantity, off.in_stock, off.raised) == (-2, 0, False, True)
    product = Thing(sku="A", backorders=True)
    on = figure("1", line("3", UNSENT), msi=False, adjust="unsent_orders", negative_quantities=True, product=product)
    assert (on.quantity, on.in_stock, on.raised) == (-2, True, False)


def test_an_order_at_the_very_moment_counts_as_known_and_one_second_later_as_unsent() -> None:
    found = figure("10", line("3", T), line("4", T + timedelta(seconds=1)), adjust="unsent_orders")
    assert (found.known, found.unsent, found.quantity) == (3, 4, 13)


def test_where_the_shop_knows_the_moment_of_export_it_decides() -> None:
    lines = (line("1", UNSENT, exported=T), line("2", KNOWN, exported=UNSENT), line("4", KNOWN, exported=False))
    found = figure("10", *lines, adjust="unsent_orders")
    assert (found.known, found.unsent) == (1, 6)


@pytest.mark.parametrize(
    ("statuses", "units"), [(None, 7), (["processing"], 1), (["processing", "pending", "holded"], 7), (["other"], 0)]
)
def test_the_list_of_statuses_may_have_any_length(statuses: list[str] | None, units: int) -> None:
    lines = [line(str(2**at), UNSENT, status=name) for at, name in enumerate(["processing", "pending", "holded"])]
    found = figure("10", *lines, msi=False, adjust="unsent_orders", unsent_order_statuses=statuses)
    assert found.quantity == 10 - units


def test_an_empty_list_of_statuses_is_refused() -> None:
    with pytest.raises(ValueError, match="unsent_order_statuses"):
        InventorySettings(unsent_order_statuses=[])


def test_a_quote_exactly_at_the_cutoff_is_kept_and_one_second_older_is_dropped() -> None:
    edge = START - timedelta(days=1)
    carts = (cart("2", edge), cart("4", edge - timedelta(seconds=1)))
    assert figure("10", carts=carts, **QUOTES).quantity == 8
    orders = (line("2", edge, exported=False), line("4", edge - timedelta(seconds=1), exported=False))
    assert figure("10", *orders, msi=False, adjust="unsent_orders").quantity == 8


def test_cutoffs_are_counted_in_utc_whatever_the_clocks_of_the_country_do() -> None:
    # 29 March 2026, the night with 23 hours: 24 hours are 24 hours.
    now = datetime.fromisoformat("2026-03-29T03:30:00+02:00")
    inside, outside = (datetime.fromisoformat(f"2026-03-28T02:{minute}:00+01:00") for minute in ("30", "29"))
    world = World(False, now, (), (cart("2", inside), cart("4", outside)), "default")
    found = calculate(Decimal(10), T, "default", Thing(sku="A"), world, InventorySettings(**QUOTES))
    assert found.quantity == 8


def test_without_adjustment_known_orders_are_added_all_the_same_and_nothing_is_taken_off() -> None:
    found = figure("10", line("4", KNOWN), line("2", UNSENT), carts=(cart("1"),))
    assert (found.quantity, found.unsent_effect, found.carts_effect) == (14, 0, 0)
    assert figure("10", line("4", KNOWN), line("2", UNSENT), msi=False, carts=(cart("1"),)).quantity == 10


def test_a_figure_on_hand_is_written_as_it_is_where_stock_falls_at_shipment() -> None:
    assert figure("10", line("4", KNOWN), carts=(cart("1"),), figure="on_hand", **QUOTES).quantity == 10


def test_a_figure_on_hand_lacks_all_open_orders_where_stock_falls_at_order() -> None:
    found = figure("10", line("4", KNOWN), line("2", UNSENT), msi=False, figure="on_hand", adjust="unsent_orders")
    assert found.quantity == 4


def test_an_order_with_a_source_counts_there_and_carts_count_at_the_first_source() -> None:
    lines = (line("3", KNOWN, source="East"), line("4", KNOWN))
    assert figure("10", *lines, source="east", carts=(cart("1"),), **QUOTES).quantity == 13
    assert figure("10", *lines, carts=(cart("1"),), **QUOTES).quantity == 13


def test_the_first_source_is_the_one_that_holds_the_sku_and_is_asked_first() -> None:
    sources = [Thing(code="default", priority=1), Thing(code="East", priority=3), Thing(code="west", priority=2)]
    assert first_source(sources, {"east", "west"}) == "west"
    assert first_source(sources, {"default", "east"}) == "default"


@pytest.mark.parametrize(
    ("received", "decimals", "written", "cut"),
    [("2.7", False, "2", True), ("-10.5", False, "-10", True), ("2.7", True, "2.7", False), ("2", False, "2", False),
     ("1.23456", True, "1.2345", True), ("-0.3", False, "0", True)],
)  # fmt: skip
def test_decimals_are_written_where_the_product_has_them_and_else_cut_toward_zero(
    received: str, decimals: bool, written: str, cut: bool
) -> None:
    found = figure(received, product=Thing(sku="A", decimals=decimals), negative_quantities=True)
    assert (found.quantity, found.cut) == (Decimal(written), cut)
    assert not found.quantity.is_signed() or found.quantity < 0


@pytest.mark.parametrize(
    ("quantity", "backorders", "threshold", "flag"),
    [("1", False, "0", True), ("0", False, "0", False), ("-1", False, "-5", False), ("0", True, "0", True),
     ("-4", True, "-5", True), ("-5", True, "-5", False), ("-6", True, "-5", False), ("-6", True, "0", True)],
)  # fmt: skip
def test_the_flag_follows_the_quantity_and_the_back_orders(
    quantity: str, backorders: bool, threshold: str, flag: bool
) -> None:
    product = Thing(sku="A", backorders=backorders, min_qty=Decimal(threshold))
    assert is_in_stock(Decimal(quantity), product) is flag


def test_a_calculation_is_kept_exactly() -> None:
    found = figure("10.25", line("4", KNOWN), product=Thing(sku="A", decimals=True))
    assert Calculation.from_json(found.to_json()) == found
