"""Checks that `doctor` makes of every account."""

import pytest

from connector.http.checks import codes_of, odd_clock, reached
from connector.http.probe import Reply


def test_a_name_that_is_unknown_is_not_asked() -> None:
    found, first = reached("https://shop.invalid", "shop_url", lambda: pytest.fail("it was asked"))
    assert (found.check, found.state, first) == ("account: name", "fail", None)
    assert "shop_url" in found.remedy


def test_an_address_without_an_answer_says_the_trouble_and_its_remedy() -> None:
    found, first = reached("http://127.0.0.1:1", "shop_url", lambda: Reply(0, trouble="refused", remedy="start it"))
    assert (found.state, found.says, found.remedy) == ("fail", "http://127.0.0.1:1: refused", "start it")
    assert first is None


@pytest.mark.parametrize("status", [200, 401, 500])
def test_any_answer_says_that_the_address_is_reached(status: int) -> None:
    found, first = reached("http://127.0.0.1:1", "shop_url", lambda: Reply(status))
    assert (found.state, found.says) == ("ok", "http://127.0.0.1:1 answers (127.0.0.1)")
    assert first == Reply(status)


@pytest.mark.parametrize(("skew", "told"), [(601, "10 minutes ahead of"), (-7200, "2 hours behind"), (599, None)])
def test_a_clock_that_differs_by_more_than_ten_minutes_is_told(skew: float, told: str | None) -> None:
    says = [found.says for found in odd_clock("The shop", skew)]
    assert says == ([] if told is None else [f"The shop's clock is {told} this machine's"])


def test_codes_are_folded_and_the_first_record_with_one_counts() -> None:
    pages = [[{"code": "A", "id": 1}, {"code": "", "id": 2}], [{"code": "a", "id": 3}, {"code": None, "id": 4}]]
    assert codes_of(pages, "code", "id") == {"a": "1"}
