"""What is read off orders before anything is counted: which count, which rows are usable, whose money contradicts."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest

from etl.core.cents import MOST_LINE_MONEY, MOST_UNITS
from etl.core.mapping import parse_field_map
from etl.flows import load_config
from etl.magento.fields import FIELDS
from etl.magento.rules.orders import GONE, USABLE, OrderFacts, SellOrders, combine, order_facts, sell_orders
from etl.magento.shapes import Order
from tests.oracle.magento_rows import line, order

TABLE = (Path(__file__).parents[2] / "configs" / "field_maps" / "magento.csv").read_text(encoding="utf-8")


def facts(*orders: dict[str, Any], money: str = "base_row_total", **flags: Any) -> OrderFacts:
    """The facts of orders; `money` is the figure of a row that the mapping table names."""
    table = TABLE.replace("items.base_row_total", f"items.{money}")
    assert (money == "base_row_total") is (table == TABLE)
    rules = parse_field_map(table, "field_map.csv", FIELDS)
    records = [msgspec.convert(one, Order) for one in orders]
    config, _ = load_config(flags)
    return order_facts(records, rules["sellOrders"], rules["orderLines"], config)


def told(column: str, *orders: dict[str, Any], **more: Any) -> list[Any]:
    """One column of the headers, one value an order."""
    return facts(*orders, **more).headers[column].tolist()


def test_an_order_without_a_list_of_rows_has_none() -> None:
    assert told("no_items", {**order(1), "items": None}, order(2, line(1, 9, 1, 10))) == [True, False]


@pytest.mark.parametrize(
    ("state", "status", "unknown"),
    [(None, None, True), ("complete", None, False), (None, "complete", False), ("new", "pending", False)],
)
def test_an_order_is_of_unknown_state_where_it_names_neither(state: Any, status: Any, unknown: bool) -> None:
    odd = {**order(1, line(1, 9, 1, 10)), "state": state, "status": status}
    assert told("no_state", odd) == [unknown]
    assert told("no_state", odd, pullAllOrders=True) == [False], "all orders are sent, whatever they say"


@pytest.mark.parametrize(
    ("base", "ordered", "differ"),
    [("EUR", "EUR", False), ("EUR", "USD", True), (None, "EUR", False), ("EUR", None, False), (None, None, False)],
)
def test_currencies_differ_where_both_are_named(base: Any, ordered: Any, differ: bool) -> None:
    odd = order(1, line(1, 9, 1, 10), base_currency_code=base, order_currency_code=ordered)
    assert told("currencies_differ", odd) == [differ]


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        ({}, False),
        ({"qty_ordered": "many"}, True),
        ({"base_row_total": "much"}, True),
        ({"base_row_total": None}, True),
        ({"qty_ordered": MOST_UNITS}, False),
        ({"qty_ordered": MOST_UNITS * 1.01}, True),
        ({"base_row_total": MOST_LINE_MONEY}, True),
        ({"base_row_total": MOST_LINE_MONEY - 1}, False),
        ({"item_id": 1.5}, True),
        ({"item_id": 2**53 + 2}, True),
        ({"item_id": 2**53}, False),
        ({"item_id": "x"}, True),
        ({"item_id": None}, False),
        ({"parent_item_id": "x"}, True),
        ({"parent_item_id": 1.5}, True),
    ],
    ids=str,
)
def test_a_row_without_usable_numbers_spoils_its_order_alone(row: dict[str, Any], bad: bool) -> None:
    odd = order(1, line(1, 9, 1, 10), line(2, 8, 1, 10))
    odd["items"][1] |= row
    assert told("bad_rows", order(2, line(1, 7, 1, 1)), odd, order(3, line(1, 7, 1, 1))) == [False, bad, False]


def test_rows_without_an_id_are_told_from_each_other_and_from_all_that_have_one() -> None:
    rows = [line(1, 9, 1, 10), {**line(0, 8, 1, 10), "item_id": None}, {**line(0, 7, 1, 10), "item_id": None}]
    rows += [line(2, 6, 1, 10), {**line(0, 5, 1, 10), "item_id": None}]
    found = facts(order(1, *rows)).rows["item_id"]
    assert found.is_unique
    assert [one for one in found if one > 0] == [1, 2]


class TestMoneyThatContradicts:
    """Of the rows and the subtotal, in the currency of either."""

    ROWS = (line(1, 9, 3, 10), line(2, 8, 1, 5))

    @pytest.mark.parametrize("money", ["base_row_total", "row_total"])
    @pytest.mark.parametrize(
        ("subtotals", "contradicts"),
        [
            ({"subtotal": 35, "base_subtotal": 35}, "rows 15.00, subtotal 35.00"),
            ({"subtotal": 15, "base_subtotal": 35}, "rows 15.00, subtotal 35.00"),
            ({"subtotal": 35, "base_subtotal": 15}, "rows 15.00, subtotal 35.00"),
            ({"subtotal": None, "base_subtotal": 35}, "rows 15.00, subtotal 35.00"),
            ({"subtotal": "35.0000", "base_subtotal": None}, "rows 15.00, subtotal 35.00"),
            ({"subtotal": 0, "base_subtotal": 0}, "rows 15.00, subtotal 0.00"),
            ({"subtotal": 15.02, "base_subtotal": 14.98}, None),
            ({"subtotal": 15, "base_subtotal": 15.03}, "rows 15.00, subtotal 15.03"),
            ({"subtotal": None, "base_subtotal": None}, None),
        ],
        ids=str,
    )
    def test_in_one_currency_both_subtotals_are_held_against_the_rows(
        self, subtotals: dict[str, Any], contradicts: str | None, money: str
    ) -> None:
        fine = order(2, *self.ROWS)
        assert told("contradiction", fine, order(1, *self.ROWS, **subtotals), fine, money=money) == [
            None, contradicts, None,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("base_subtotal", "contradicts"), [(15, None), (35, "rows 15.00, subtotal 35.00"), (None, None)]
    )
    def test_in_two_currencies_only_the_subtotal_of_the_rows_own(
        self, base_subtotal: Any, contradicts: str | None
    ) -> None:
        odd = order(1, *self.ROWS, subtotal=17, base_subtotal=base_subtotal, order_currency_code="USD")
        assert told("contradiction", odd) == [contradicts]

    def test_rows_in_the_orders_own_currency_say_nothing_of_the_base_currency(self) -> None:
        odd = order(1, *self.ROWS, subtotal=17, base_subtotal=35, order_currency_code="USD")
        assert told("contradiction", odd, money="row_total") == [None]

    def test_what_a_discount_took_off_is_no_contradiction_and_more_than_that_is(self) -> None:
        row = {**line(1, 9, 3, 27), "base_discount_amount": 3}
        fine, odd = order(1, row, subtotal=30, base_subtotal=30), order(2, row, subtotal=31, base_subtotal=31)
        assert told("contradiction", fine, odd) == [None, "rows 30.00, subtotal 31.00"]

    def test_another_figure_of_the_rows_is_no_money_to_compare(self) -> None:
        assert told("contradiction", order(1, *self.ROWS, subtotal=99), money="qty_ordered") == [None]

    def test_a_row_without_an_amount_counts_as_none(self) -> None:
        rows = (line(1, 9, 3, 10), {**line(2, 8, 1, 0, parent=1), "base_row_total": None})
        assert told("contradiction", order(1, *rows), order(2, *rows, subtotal=11)) == [
            None,
            "rows 10.00, subtotal 11.00",
        ]


class TestSeveralBatches:
    def test_rows_stay_with_their_orders(self) -> None:
        one = facts(order(1, line(1, 9, 1, 10)), order(2, line(1, 8, 1, 20), line(2, 7, 1, 5)))
        both = combine([one, facts(order(3, line(1, 6, 1, 30)))])
        assert both.headers["remote_id"].tolist() == ["1", "2", "3"]
        assert list(zip(both.rows["order"], both.rows["product_id"], strict=True)) == [
            (0, "9"), (1, "8"), (1, "7"), (2, "6"),
        ]  # fmt: skip

    def test_orders_without_an_id_are_not_taken_for_one(self) -> None:
        nameless = order(1, line(1, 9, 1, 10)) | {"entity_id": None}
        twice = order(5, line(1, 8, 1, 20))
        both = combine([facts(nameless, twice), facts(nameless, twice)])
        assert both.headers["remote_id"].fillna("").tolist() in (["", "", "5"], ["", "5", ""])
        assert len(both.rows) == 3


class TestLinesThatAreLeftOut:
    """Products 9 and 8 are usable, 7 is proven gone."""

    STATES = pd.Series({"9": USABLE, "8": USABLE, "7": GONE, "b-1": USABLE, "a-1": USABLE})

    def pictures(
        self, *lines: tuple[str | None, float, int], unread: tuple[str, ...] = (), waited: bool = False
    ) -> SellOrders:
        headers = pd.DataFrame({"remote_id": ["1"], "waited_enough": [waited], "placed": ["2026-01-03T08:00:00Z"]})
        rows = [(0, item, units, money) for item, units, money in lines]
        frame = pd.DataFrame(rows, columns=["order", "product_id", "units", "money"]).astype({"product_id": object})
        asked = pd.DataFrame({"order": [0] * len(unread), "product_id": list(unread)})
        rules = parse_field_map(TABLE, "field_map.csv", FIELDS)["orderLines"]
        return sell_orders(headers, frame, self.STATES, asked, rules)

    def test_units_that_are_refused_cost_their_line_alone_and_say_so(self) -> None:
        found = self.pictures(("9", 2.0, 1000), ("8", 10_000_000.0, 500))
        assert found.dropped[["product_id", "reason"]].values.tolist() == [["8", "quantity is beyond 9,999,999 units"]]
        (text,) = found.pictures["wanted"]
        assert [row["productRemoteId"] for row in json.loads(text)["orderLines"]] == ["9"]

    def test_of_two_reasons_the_product_s_is_told(self) -> None:
        found = self.pictures(("9", 2.0, 1000), ("7", 10_000_000.0, 500), (None, 0.0, 500))
        assert found.dropped["reason"].tolist() == ["product is gone from Magento", "row names no product"]

    @pytest.mark.parametrize(("waited", "held"), [(False, "waiting: product 5 is not usable yet"), (True, None)])
    def test_a_product_that_was_never_read_is_waited_for_until_its_time_is_up(
        self, waited: bool, held: str | None
    ) -> None:
        found = self.pictures(("9", 2.0, 1000), unread=("5",), waited=waited)
        assert found.pictures["held"].tolist() == [held]
        assert found.dropped.empty

    @pytest.mark.parametrize(("gone", "usable", "adjusted"), [(1.0, 2.5, [0]), (2.5, 2.0, []), (1.0, 2.0, [])])
    def test_an_order_is_adjusted_where_units_that_go_out_were_rounded(
        self, gone: float, usable: float, adjusted: list[int]
    ) -> None:
        found = self.pictures(("9", usable, 1000), ("7", gone, 500), ("8", usable, 500))
        assert found.adjusted.tolist() == adjusted

    def test_lines_come_in_one_order_whatever_the_order_of_the_rows(self) -> None:
        """By number; ids that are no numbers come last, by their text."""
        rows = [("b-1", 1.0, 100), ("9", 1.0, 200), ("a-1", 1.0, 300), ("8", 1.0, 400)]
        for given in (rows, rows[::-1]):
            (text,) = self.pictures(*given).pictures["wanted"]
            assert [row["productRemoteId"] for row in json.loads(text)["orderLines"]] == ["8", "9", "a-1", "b-1"]
