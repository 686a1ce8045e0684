"""Each conversion turns Magento's values into Optiply's, refuses what does not fit, and counts what it changed."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.convert import CONVERSIONS, to_cents


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
        ("money", "abc", "is no number"),
        ("money", "inf", "is no number"),
        ("money", True, "is no number"),
        ("money", -0.01, "is negative; a price is 0 or more"),
        ("money", 1_000_000_000, "has more than 9 digits before the point"),
        ("status", 3, "is neither 1 nor 2"),
        ("stock_units", 10_000_000, "is beyond 9,999,999 units"),
        ("units", 0, "is not more than 0"),
        ("boolean", "perhaps", "is neither true nor false"),
        ("datetime", "0000-00-00 00:00:00", "is no date and time"),
        ("whole_number", 1.5, "is not a whole number"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_the_rule(name: str, given_value: Any, why: str) -> None:
    assert convert(name, given_value, None) == ([None, None], [why, None])


@given(st.decimals(min_value=0, max_value=999_999, places=4))
def test_money_is_rounded_half_up_on_the_decimal_text(amount: Decimal) -> None:
    cents = int((amount * 100).quantize(Decimal(1), ROUND_HALF_UP))
    assert to_cents(pd.Series([float(amount)])).tolist() == [cents]
