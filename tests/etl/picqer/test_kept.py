"""What is known of before stays or goes: stock that was not accepted, prices that come later, orders that changed."""

from __future__ import annotations

import pytest

from tests.etl.picqer.days import line, product, purchase, sale, sold, supplier

BASE = {"suppliers": [supplier()], "products": [product(1), product(2, price=2.5)]}
NOT_READ = [None, [{"idwarehouse": 11, "freestock": None}]]


@pytest.mark.parametrize("stock", NOT_READ)
def test_stock_that_was_not_accepted_is_offered_on_when_the_next_reading_has_none(days, stock):
    account = days()
    account.day({"products": [product(1)]})
    account.refusing = {"products 1"}
    account.day({"products": [product(1, stock=[{"idwarehouse": 11, "freestock": 9}])]})
    account.refusing = set()
    account.day({"products": [product(1, stock=stock)]})
    assert account.of("products", "stockLevel") == {"1": 9}
    assert account.reasons("products")["its free stock cannot be read, so it stays as it was"] == ["1"]
    account.day({"products": [product(1, stock=stock)]})
    assert account.offered == []


def test_a_product_that_was_not_taken_comes_with_the_stock_it_had(days):
    account = days()
    account.refusing = {"products 1"}
    account.day({"products": [product(1)]})
    account.refusing = set()
    account.day({"products": [product(1, stock=None, price=11)]})
    assert account.of("products", "stockLevel", "price") == {"1": {"stockLevel": 5, "price": 11}}


@pytest.mark.parametrize(
    "changed", [{"products": []}, {"idsupplier": None}, {"status": "concept"}, {"idwarehouse": 12}]
)
def test_an_order_that_waited_is_not_sent_as_it_was_when_it_counts_no_more(days, changed):
    account = days(main_warehouse=11)
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1), line(62, 9))]})
    account.day({"purchase_orders": [purchase(6, line(61, 1), line(62, 9)) | changed]})
    account.day({"products": [product(9)]})
    assert account.of("buyOrders") == account.of("buyOrderLines") == {}
    account.day({"purchase_orders": [purchase(6, line(61, 1))]})
    assert set(account.of("buyOrderLines")) == {"61"}


def test_a_sale_that_waited_is_not_sent_as_it_was_when_it_counts_no_more(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1), sold(2, 9))]})
    account.day({"orders": [sale(5, sold(1, 1, 0))]})
    account.day({"products": [product(9)]})
    assert account.of("sellOrders") == {}


def test_an_order_that_ended_before_optiply_had_it_needs_no_inactive_product(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 9))]})
    ended = purchase(6, line(61, 9), status="cancelled")
    account.day({"purchase_orders": [ended], "products": [product(9, active=False)]})
    assert set(account.of("products")) == {"1", "2"}


def test_a_line_without_a_price_of_an_unknown_product_waits_for_that_price(days):
    account = days()
    documents = {
        "orders": [sale(5, sold(1, 1, 1, 4), sold(2, 9, 2, None))],
        "purchase_orders": [purchase(6, line(61, 1), line(62, 9, 3, None))],
    }
    account.day({**BASE, **documents})
    account.day({})
    assert account.of("sellOrders") == account.of("buyOrders") == {}
    assert "neither a line nor its product has a price: it counts as 0" not in account.reasons("buyOrders")
    account.day({"products": [product(9, price=2.5)]})
    assert [each["subtotalValue"] for each in account.of("sellOrders", "orderLines")["5"]] == [4, 5]
    assert account.of("buyOrderLines", "subtotalValue") == {"61": 6, "62": 7.5}
    assert account.of("buyOrders", "totalValue") == {"6": 13.5}
    account.day({"products": [product(9, price=3)]})
    assert {one["stream"] for one in account.offered} == {"products"}, "the money is that of the day it was known"


def test_a_sale_that_went_without_its_unknown_line_is_settled(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1, 1, 4), sold(2, 9, 2, None))]})
    account.day({}, later=8)
    assert [each["productRemoteId"] for each in account.of("sellOrders", "orderLines")["5"]] == ["1"]
    account.day({"products": [product(9, idsupplier=None)]})
    assert {one["stream"] for one in account.offered} == {"products"}


def test_parts_of_a_composition_that_nobody_knows_need_no_inactive_product(days):
    account = days()
    parts = {"idproduct": 3, "parts": [{"idproduct_part": 31, "idproduct": 1, "amount": 2}]}
    account.day({"products": [product(1, active=False)], "product_parts": [parts]})
    assert account.of("products") == {}
    assert account.reasons("productCompositions") == {"its product was not read": ["3"]}
    account.day({"products": [product(3, type="virtual_composition", active=False)]})
    account.day({"product_parts": [parts]})
    assert account.of("products") == {}
    account.day({"products": [product(3, type="virtual_composition")], "product_parts": [parts]})
    assert account.of("products", "status") == {"1": "disabled", "3": "enabled"}


def test_parts_read_without_their_product_take_nothing_away_where_one_type_counts(days):
    account = days(composition_types=["composition_with_stock"])
    parts = {"idproduct": 3, "parts": [{"idproduct_part": 31, "idproduct": 1, "amount": 2}]}
    kit = product(3, type="composition_with_stock")
    account.day({"products": [*BASE["products"], kit], "product_parts": [parts]})
    account.day({"product_parts": [parts]})
    assert set(account.of("productCompositions")) == {"3-1"}
    account.day({"products": [{**kit, "type": "virtual_composition"}]})
    assert account.of("productCompositions") == {}
