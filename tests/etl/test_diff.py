"""The laws of comparing what Optiply should have with what it has accepted."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.canonical import canonical
from etl.core.diff import NOT_ATTRIBUTES, apply, attributes, changed_names, diff

NAMES = st.sampled_from(["name", "skuCode", "price", "status", "stockLevel", "unlimitedStock"])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**9), 10**9),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text('aé"\\\n0 ', max_size=6),  # a named alphabet: Hypothesis need not build its table of characters
)
# The machine may be busy: no example is judged by its time.
LAW = settings(deadline=None)
PICTURES = st.dictionaries(NAMES, VALUES, max_size=6)


@LAW
@given(PICTURES)
def test_a_picture_does_not_differ_from_itself(picture: dict[str, Any]):
    assert diff(picture, picture) == {}


@LAW
@given(st.one_of(st.none(), PICTURES), PICTURES)
def test_applying_the_difference_gives_what_was_wanted(before: dict[str, Any] | None, wanted: dict[str, Any]):
    after = apply(diff(before, wanted), before)
    assert after == {**(before or {}), **wanted}
    if set(before or {}) <= set(wanted):
        assert after == wanted


@LAW
@given(PICTURES, PICTURES)
def test_what_was_applied_is_offered_no_more(before: dict[str, Any], wanted: dict[str, Any]):
    after = apply(diff(before, wanted), before)
    assert changed_names([canonical(wanted)], [canonical(after)]) == [[]]


@LAW
@given(PICTURES, PICTURES)
def test_names_to_send_are_those_of_the_difference(before: dict[str, Any], wanted: dict[str, Any]):
    assert changed_names([canonical(wanted)], [canonical(before)]) == [sorted(diff(before, wanted))]


def test_what_identifies_a_record_is_not_compared():
    picture = {"name": "Tee", **dict.fromkeys(NOT_ATTRIBUTES, "x")}
    assert attributes(picture) == {"name": "Tee"}
    assert diff({"name": "Tee"}, picture) == {}


def test_a_null_clears_and_an_absent_name_leaves_alone():
    assert diff({"name": "Tee", "eanCode": "871"}, {"name": "Tee", "eanCode": None}) == {"eanCode": None}
    assert diff({"name": "Tee", "eanCode": "871"}, {"name": "Tee"}) == {}


def test_a_record_optiply_has_never_accepted_is_offered_whole():
    assert changed_names(['{"name":"Tee"}'], [None]) == [None]


def test_stock_left_to_others_is_never_named():
    wanted = '{"name":"Tee","stockLevel":5}'
    assert changed_names([wanted, wanted], [None, '{"name":"Cup","stockLevel":9}'], {"stockLevel"}) == [["name"]] * 2
    assert changed_names([wanted], ['{"name":"Tee","stockLevel":9}'], {"stockLevel"}) == [[]]


def test_force_offers_everything_that_is_wanted_again():
    wanted = '{"name":"Tee","price":2.5}'
    assert changed_names([wanted], [wanted], force=True) == [["name", "price"]]


def test_a_removal_is_offered_until_it_is_settled():
    removal = '{"deleted_at":"2026-01-15T08:00:00Z","status":"disabled"}'
    assert changed_names([removal], ['{"status":"enabled"}']) == [None]
    assert changed_names([removal], ['{"status":"disabled"}']) == [[]]


def test_equal_values_have_one_canonical_text():
    assert canonical({"b": 1, "a": [{"d": 2, "c": None}]}) == '{"a":[{"c":null,"d":2}],"b":1}'
    assert canonical({"a": 1, "b": 2}) == canonical({"b": 2, "a": 1})
    assert canonical({"a": 1}) != canonical({"a": "1"})
