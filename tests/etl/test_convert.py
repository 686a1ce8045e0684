"""Each conversion turns Magento's values into Optiply's, refuses what does not fit, and counts what it changed."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.core.cents import ten_thousandths, to_cents
from etl.core.columns import as_flags, as_ids
from etl.core.convert import CONVERSIONS


def convert(name: str, *values: Any) -> tuple[list[Any], list[Any]]:
    answer = CONVERSIONS[name](pd.Series(list(values), dtype=object))
    refused = [None] * len(values) if answer.refused is None else answer.refused.tolist()
    return answer.value.tolist(), refused


@pytest.mark.parametrize(
    ("name", "given_value", "wanted"),
    [
        ("identifier", 12, "12"),
        ("identifier", 12.0, "12"),
        ("identifier", "007", "007"),
        ("text_255", "x" * 255, "x" * 255),
        ("text_255", "  ", None),
        ("text_cut_255", "é" * 300, "é" * 255),
        ("money", "12.345", 12.35),
        ("money", 0, 0.0),
        ("money", 1.005, 1.01),
        ("money", 999999999.99, 999999999.99),
        ("order_money", -5, -5.0),
        ("status", "2", "disabled"),
        ("stock_units", -10.5, -10),
        ("stock_units", 9999999, 9999999),
        ("units", 0.2, 1),
        ("units", 2.5, 3),
        ("boolean", "1", True),
        ("boolean", 0, False),
        ("datetime", "2026-01-15 08:00:00", "2026-01-15T08:00:00Z"),
        ("datetime", "2026-01-15T10:00:00+02:00", "2026-01-15T08:00:00Z"),
        ("datetime", "2026-01-15T08:00:00.123456Z", "2026-01-15T08:00:00Z"),
        ("whole_number", "7", 7),
    ],
)
def test_a_value_that_fits_is_converted(name: str, given_value: Any, wanted: Any) -> None:
    assert convert(name, given_value, None) == ([wanted, None], [None, None])


@pytest.mark.parametrize(
    ("name", "given_value", "why"),
    [
        ("text_255", "x" * 256, "is longer than 255 characters"),
        ("text_10", "x" * 11, "is longer than 10 characters"),
        ("money", "abc", "is not a number"),
        ("money", "inf", "is not a number"),
        ("money", True, "is true or false, not a number"),
        ("money", -0.01, "is negative; a price is 0 or more"),
        ("money", 1_000_000_000, "has more than 9 digits before the point"),
        ("status", 3, "is neither 1 nor 2"),
        ("stock_units", 10_000_000, "is beyond 9,999,999 units"),
        ("units", 0, "is not more than 0"),
        ("boolean", "perhaps", "is neither true nor false"),
        ("datetime", "0000-00-00 00:00:00", "is not a date and time"),
        ("whole_number", 1.5, "is not a whole number"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_rule(name: str, given_value: Any, why: str) -> None:
    assert convert(name, given_value, None) == ([None, None], [why, None])


@given(st.decimals(min_value=0, max_value=999_999, places=4))
def test_money_is_rounded_half_up_on_the_decimal_text(amount: Decimal) -> None:
    cents = int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert to_cents(pd.Series([float(amount)])).tolist() == [cents]


@pytest.mark.parametrize("odd", [["a"], [], {}, {"a": 1}, False, b"a", "a\x00b"], ids=repr)
@pytest.mark.parametrize("name", ["text_255", "text_cut_255", "identifier", "money", "units", "datetime", "boolean"])
def test_a_value_of_another_kind_is_refused_alone(name: str, odd: Any) -> None:
    plain = {"boolean": True, "datetime": "2026-01-15 08:00:00"}.get(name, "7")
    values, refused = convert(name, plain, odd, None)
    if name == "boolean" and odd is False:
        assert values == [True, False, None]
        return
    assert values[0] is not None
    assert values[1:] == [None, None]
    assert refused[0] is None
    assert refused[1]
    assert refused[2] is None


@pytest.mark.parametrize("name", ["units", "stock_units", "whole_number", "money", "order_money", "line_money"])
@pytest.mark.parametrize(
    "large", [1e20, "1e20", 10**400, "1e999999999", -1e300, float("inf"), "9" * 5000], ids=lambda item: str(item)[:9]
)
def test_a_number_beyond_every_limit_is_refused_and_never_another_number(name: str, large: Any) -> None:
    values, refused = convert(name, large, 1)
    assert values == [None, 1]
    assert refused[0]
    assert refused[1] is None


@pytest.mark.parametrize(
    ("given_value", "wanted"),
    [
        ("2026-1-5 8:05:00", "2026-01-05T08:05:00Z"),
        ("2026-01-05\t08:05:00", None),
        ("2026-1-05  8:05:00", None),
        ("2026-1-5", "2026-01-05T00:00:00Z"),
        ("0001-01-01 00:00:00", None),
        ("2026-02-30 08:00:00", None),
        (20260105, None),
    ],
)
@pytest.mark.parametrize("beside", [(), ("2026-01-15 08:00:00",), (None, "2026-01-15 08:00:00", "nonsense")])
def test_a_moment_is_written_padded_or_refused(given_value: Any, wanted: str | None, beside: tuple[Any, ...]) -> None:
    values, refused = convert("datetime", given_value, *beside)
    assert values[0] == wanted
    assert (refused[0] is None) == (wanted is not None)
    assert [value for value in values[1:] if value] == ["2026-01-15T08:00:00Z"] * (len(beside) > 0)


@pytest.mark.parametrize(
    "column",
    [
        [1, 2, 12],
        [1.0, None, 12.0],
        [1, None, 12],
        ["1", None, "12"],
        ["1.0", "", "12.0"],
        ["1", 2.0, 12],
        [" 1 ", ["x"], "12"],
        [Decimal(1), True, Decimal("12.0")],
        [1, -5, 12],
        ["1", "-5", "12"],
        [1.0, float("nan"), 12.0],
        ["1", "nan", "12"],
    ],
    ids=repr,
)
def test_an_id_is_one_text_however_its_column_came(column: list[Any]) -> None:
    found = as_ids(pd.Series(column, dtype=object)).tolist()
    assert (found[0], found[2]) == ("1", "12")
    assert found[1] in (None, "2")


def test_ids_that_are_text_stay_beside_those_in_figures() -> None:
    assert as_ids(pd.Series(["007", "A-1", "5"], dtype=object)).tolist() == ["007", "A-1", "5"]


@pytest.mark.parametrize(
    ("column", "wanted"),
    [
        ([0, 1, None], [False, True, None]),
        (["0", "1", " "], [False, True, None]),
        ([[], 1, False], [None, True, False]),
        ([True, False, None], [True, False, None]),
        ([{}, "yes", 2], [None, True, None]),
    ],
)
def test_flags_are_judged_one_by_one(column: list[Any], wanted: list[Any]) -> None:
    found = as_flags(pd.Series(column, dtype=object)).tolist()
    assert found == wanted
    assert all(item is None or type(item) is bool for item in found)


def test_a_quantity_that_no_column_holds_stays_a_large_number_in_a_sum() -> None:
    assert ten_thousandths(pd.Series([1e20, -1e300, 1.5])).tolist() == [10**15, -(10**15), 15_000]
