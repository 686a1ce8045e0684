"""What settings of every program have in common."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.settings import (
    _plainly_fits,
    complaint_about,
    did_you_mean,
    near,
    shown,
    tidy,
    unknown_keys,
    words,
)

SCHEMA: dict[str, Any] = {
    "properties": {
        "size": {"type": ["integer", "null"], "minimum": 1},
        "rest": {"type": ["number", "null"]},
        "fast": {"type": ["boolean", "null"]},
        "name": {"type": ["string", "null"]},
        "ids": {"type": ["array", "string", "integer", "null"], "items": {"type": ["integer", "string"]}},
        "way": {"type": ["string", "null"], "enum": ["per_item", "bulk"]},
    }
}


@pytest.mark.parametrize(
    ("word", "found"),
    [("Page-Size", ["page_size"]), ("pageSize", ["page_size"]), ("acount id", ["accountId"]), ("zzz", [])],
)
def test_the_nearest_name_is_found_whatever_its_case_and_joints(word: str, found: list[str]) -> None:
    assert near(word, ["page_size", "accountId", "order"]) == found


def test_one_question_names_all_that_are_near() -> None:
    assert did_you_mean("prcie", ["price", "prices"], most=2) == "did you mean 'price' or 'prices'?"
    assert did_you_mean("zzz", ["price"]) == ""


def test_an_unknown_key_gets_a_sentence_with_the_nearest() -> None:
    assert unknown_keys({"sise": 1, "size": 2, "x": 3}, {"size"}, "has no effect") == [
        "The setting 'sise' has no effect; did you mean 'size'?",
        "The setting 'x' has no effect",
    ]


def test_text_becomes_what_the_declaration_says() -> None:
    given = {"size": " 5 ", "rest": "1.5", "fast": "Yes", "name": " 7 ", "ids": "7", "other": " x ", "way": ""}
    expected = {"size": 5, "rest": 1.5, "fast": True, "name": "7", "ids": "7", "other": "x"}
    assert tidy(given, SCHEMA) == expected
    assert tidy({"size": "five", "rest": "½", "fast": "perhaps", "name": None}, SCHEMA) == {
        "size": "five", "rest": "½", "fast": "perhaps",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("size", 3, None),
        ("size", None, None),
        ("size", True, "is not a whole number"),
        ("size", "3", "is not a whole number"),
        ("size", 0, "is out of bounds; expected at least 1"),
        ("way", "bulk", None),
        ("way", "per item", "is not 'per_item' or 'bulk'; did you mean 'per_item'?"),
        ("ids", [1, {}], "holds {}; expected a list of a whole number or text in double quotes"),
        ("fast", "true", "is not true or false"),
    ],
)
def test_a_value_is_judged_by_its_declaration(key: str, value: object, says: str | None) -> None:
    assert complaint_about(value, SCHEMA["properties"][key]) == says


def test_one_setting_may_be_a_list_a_text_or_one_value() -> None:
    assert words(None) == [] == words(" , ")
    assert words("1, 2") == words([1, "2 "]) == ["1", "2"]
    assert words(5) == ["5"]


def test_a_value_is_shown_short_and_without_what_a_terminal_would_obey() -> None:
    assert shown("Ä\u202e\x7f") == '"Ä\\u202e\\x7f"'
    assert shown({"a": None}) == '{"a": null}'
    assert len(shown("x" * 5000)) == 58


TYPES = st.lists(st.sampled_from(["integer", "number", "boolean", "string", "array", "object", "null"]), min_size=1)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "type": TYPES | st.sampled_from(["integer", "number", "boolean", "string"]),
        "minimum": st.sampled_from([0, 0.5, 1]),
        "exclusiveMinimum": st.just(0),
        "maximum": st.sampled_from([1, 100]),
        "enum": st.just(["a", 1, True, None]),
        "minLength": st.just(1),
        "items": st.just({"type": "string"}),
        "description": st.just("what it is"),
    },
)
VALUES = st.sampled_from(["", "a", "b", True, False, None, -1, 0, 1, 1.0, 0.2, 7.5, 1000, float("nan"), [], ["a"], {}])


@given(VALUES, SPECS)
def test_what_plainly_fits_is_nothing_that_the_validator_would_complain_of(value: Any, spec: dict[str, Any]) -> None:
    if _plainly_fits(value, spec):
        assert jsonschema.Draft7Validator(spec).is_valid(value)


def test_a_usual_value_plainly_fits() -> None:
    for name, value in {"size": 3, "rest": 0.5, "fast": True, "name": "a", "way": "bulk"}.items():
        assert _plainly_fits(value, SCHEMA["properties"][name]), name
    for name, value in {"size": True, "rest": "0", "fast": 1, "name": None, "way": "none", "ids": [1]}.items():
        assert not _plainly_fits(value, SCHEMA["properties"][name]), name
