"""A foreign value is accepted in one form or refused with a reason; nothing else happens to it."""

import math
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connector.values import Unfit, flag, id_text, kind_of, moment, number, text, whole_number

PLUS_TWO = timezone(timedelta(hours=2))
ODD: list[Any] = [None, True, False, [], [7], {}, {"a": 1}, b"7", math.nan, math.inf, Decimal("NaN"), object()]


@pytest.mark.parametrize("given", [12, 12.0, "12", "12.0", " 12 ", "12.", "12.000", Decimal("12"), Decimal("1.2E+1")])
def test_one_id_has_one_text(given: Any) -> None:
    assert id_text(given) == "12"


@pytest.mark.parametrize("given", ["007", "A-1", "12e5", "1-2", "0x1F", "000", "12345678901234567890123"])
def test_an_id_that_is_text_stays_as_it_is(given: str) -> None:
    assert id_text(given) == given


@pytest.mark.parametrize(
    "given",
    [
        *ODD,
        0,
        -1,
        1.5,
        1e20,
        2**63,
        -0.0,
        Decimal("1e999999999"),
        Decimal("-7"),
        Decimal("1.5"),
        "",
        "  ",
        "0",
        "0.0",
        "-1",
        "1.5",
        ".5",
        "1.2e3",
        "1e+16",
        "+7",
        "1,5",
        "2,0",
        "1.234,00",
        "1 234,5",
        "nan",
        "NULL",
        "None",
        "true",
        "[7]",
        '{"a":1}',
        "a\x00b",
        "a\ud800",
        "x" * 256,
    ],
)
def test_what_is_no_id_is_refused(given: Any) -> None:
    with pytest.raises(Unfit, match=r"^(is|holds|has) "):
        id_text(given)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [(7, "7"), (7.5, "7.5"), ("7.50", "7.50"), (" 1e3 ", "1000"), (Decimal("0E+999999999"), "0"), (0.1, "0.1")],
)
def test_a_number_is_kept_exact(given: Any, wanted: str) -> None:
    assert number(given) == Decimal(wanted)


@pytest.mark.parametrize(
    "given",
    [
        *ODD,
        "",
        "abc",
        "1_000",
        "١٢",
        "0x10",
        "inf",
        "nan",
        "1e999999999",
        Decimal("1e999999999"),
        10**4000,
        Decimal("1e-999999999"),
        "9" * 1000,
        Decimal("9" * 200),
        Decimal("0." + "1" * 200),
        Decimal("sNaN"),
        "1e9999999999",
    ],
)
def test_what_is_not_a_number_is_refused_before_anything_is_calculated(given: Any) -> None:
    with pytest.raises(Unfit):
        number(given)


def test_a_number_keeps_within_its_limits() -> None:
    assert number(5, least=0, most=5) == 5
    with pytest.raises(Unfit, match="is less than 0"):
        number(-0.01, least=0)
    with pytest.raises(Unfit, match="is more than 9,999,999"):
        number(10_000_000, most=9_999_999)


@pytest.mark.parametrize(("given", "wanted"), [(7, 7), (7.0, 7), ("7.0", 7), ("-3", -3), (Decimal("2E+1"), 20)])
def test_a_whole_number_is_an_int(given: Any, wanted: int) -> None:
    assert whole_number(given) == wanted
    assert type(whole_number(given)) is int


@pytest.mark.parametrize("given", [*ODD, 1.5, "1.5", 1e20, "1e20", 2**53 + 1, -(2**53) - 1, Decimal("1e999999999")])
def test_a_whole_number_beyond_what_json_keeps_is_refused(given: Any) -> None:
    with pytest.raises(Unfit):
        whole_number(given)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("a", "a"),
        ("", ""),
        (" 007 ", " 007 "),
        (12, "12"),
        (12.0, "12"),
        (1.5, "1.5"),
        (1e-7, "0.0000001"),
        ("é😀", "é😀"),
    ],
)
def test_a_text_stays_and_a_number_is_written_out(given: Any, wanted: str) -> None:
    assert text(given) == wanted


@pytest.mark.parametrize("given", [*ODD, "a\x00", "\udc80", Decimal("1e999999999"), date(2026, 1, 1)])
def test_what_is_no_text_is_refused(given: Any) -> None:
    with pytest.raises(Unfit):
        text(given)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [(1, True), (0.0, False), (True, True), ("1", True), (" No ", False), ("TRUE", True), (Decimal(0), False)],
)
def test_a_flag_is_true_or_false(given: Any, wanted: bool) -> None:
    assert flag(given) is wanted


@pytest.mark.parametrize("given", [None, [], {}, [True], 2, -1, math.nan, "", "maybe", b"1"])
def test_what_is_no_flag_is_refused(given: Any) -> None:
    with pytest.raises(Unfit, match="is neither true nor false"):
        flag(given)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("2026-01-05 08:05:00", "2026-01-05T08:05:00Z"),
        ("2026-1-5 8:05:00", "2026-01-05T08:05:00Z"),
        ("2026-1-5T8:5", "2026-01-05T08:05:00Z"),
        ("2026-01-05", "2026-01-05T00:00:00Z"),
        (" 2026-01-05t08:05:00z ", "2026-01-05T08:05:00Z"),
        ("2026-01-05T08:05:00.123456789Z", "2026-01-05T08:05:00Z"),
        ("2026-01-05T10:05:00+02:00", "2026-01-05T08:05:00Z"),
        ("2026-01-05 03:35:00-0430", "2026-01-05T08:05:00Z"),
        ("2026-01-05 10:05:00+02", "2026-01-05T08:05:00Z"),
        (datetime(2026, 1, 5, 8, 5, 0, 999), "2026-01-05T08:05:00Z"),
        (datetime(2026, 1, 5, 10, 5, tzinfo=PLUS_TWO), "2026-01-05T08:05:00Z"),
        (date(2026, 1, 5), "2026-01-05T00:00:00Z"),
    ],
)
def test_a_moment_is_written_from_what_was_understood(given: Any, wanted: str) -> None:
    assert moment(given) == wanted


@pytest.mark.parametrize(
    "given",
    [
        None,
        True,
        20260105,
        1767600300.0,
        [],
        {},
        b"2026-01-05",
        "",
        "now",
        "0000-00-00 00:00:00",
        "0001-01-01 00:00:00",
        "-0001-11-30 00:00:00",
        "2026-02-30 00:00:00",
        "2026-13-01",
        "2026-01-05 25:00:00",
        "05-01-2026",
        "20260105",
        "2026-01-05 08:05:00 +99:99",
        "2026-01-05 08:05:00 Europe/Amsterdam",
        "9999-12-31 23:59:59",
        "２０２６-01-05",
        datetime(1, 1, 1, tzinfo=PLUS_TWO),
        "2026-01-05T08:05:00+24:00",
        "2026-01-05 08:05:00\n x",
    ],
)
def test_what_is_no_moment_is_refused(given: Any) -> None:
    with pytest.raises(Unfit):
        moment(given)


def test_a_value_is_named_by_its_kind_and_not_shown() -> None:
    kinds = [kind_of(value) for value in (None, True, "a", b"a", [1], {}, 1, date(2026, 1, 1), object())]
    assert kinds == [
        "nothing", "true or false", "text", "raw bytes", "a list", "an object", "a number", "a date",
        "a value of another kind",
    ]  # fmt: skip


def test_the_shared_room_comes_without_pandas() -> None:
    code = "import connector.values, sys; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_values_of_pandas_are_refused_too() -> None:
    pandas = pytest.importorskip("pandas")
    for judge in (id_text, number, text, flag, moment):
        for missing in (pandas.NaT, pandas.NA, math.nan):
            with pytest.raises(Unfit):
                judge(missing)
