"""Pages that are nearly JSON: what can be told of their rows, row by row."""

import json

import pytest

from connector.http.nearly import nearly_json

GOOD = [{"id": 1, "name": 'a "quoted, [odd] {name}\\'}, {"id": 2, "lines": [{"n": 1}, {"n": []}]}, {"id": 3}]
DEEP = b'{"id":9,"a":' + b"[" * 3000 + b"]" * 3000 + b"}"
DEEPER = b'{"a":' * 3000 + b"1" + b"}" * 3000


def page(*rows: bytes) -> bytes:
    return b" [" + b" ,\n".join(rows) + b"]\n"


@pytest.mark.parametrize("place", [0, 1, 3])
@pytest.mark.parametrize(
    ("bad", "becomes"),
    [
        (DEEP, None),
        (DEEPER, None),
        (b'{"id":9,"a":"\\ud800"}', None),
        (b'{"id":9,"a":"\xff"}', None),
        (b'{"id":9 "a":1}', None),
        (b"nothing", None),
        (b"", None),
        (b"7", 7),
        (b'{"id":9,"a":NaN}', {"id": 9, "a": "NaN"}),
        (b'{"id":9,"a":-Infinity}', {"id": 9, "a": "-Infinity"}),
        (b'{"id":9,"a":1e400}', {"id": 9, "a": "1e400"}),
        (b'{"id":9,"a":-1e999999999}', {"id": 9, "a": "-1e999999999"}),
        (b'{"id":9,"a":' + b"7" * 5000 + b"}", {"id": 9, "a": "7" * 101}),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_row_costs_itself(bad: bytes, becomes: object, place: int) -> None:
    rows = [json.dumps(row, indent=1).encode() for row in GOOD]
    wanted = [*GOOD[:place], becomes, *GOOD[place:]]
    list_alone = page(*rows[:place], bad, *rows[place:])
    assert nearly_json(list_alone) == wanted
    # As some systems wrap it: a list within an object, or within one in that.
    assert nearly_json(b'{"next": "a,[b", "data": ' + list_alone + b', "ok": true} ') == {
        "next": "a,[b", "data": wanted, "ok": True,
    }  # fmt: skip
    assert nearly_json(b'{"data":{"orders":' + list_alone + b"}}") == {"data": {"orders": wanted}}


@pytest.mark.parametrize("content", [b"[]", b" [ ] ", b"[\n]"])
def test_an_empty_page_has_no_rows(content: bytes) -> None:
    assert nearly_json(content) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b'[{"a":1}',
        b'[{"a":1},',
        b'[{"a":"]',
        b'[{"a":1}] []',
        b"[1]]",
        b'[1]"',
        b"\xff",
        b'{"a":[]',
        b'{"a":[],"b"}',
    ],
    ids=str,
)
def test_of_a_page_that_is_not_whole_nothing_is_told(content: bytes) -> None:
    assert nearly_json(content) is None


@pytest.mark.parametrize("bad", [DEEPER, b'"\\ud800"', b"nothing"], ids=["levels", "half a character", "word"])
def test_what_is_spoilt_beside_the_rows_spoils_the_answer(bad: bytes) -> None:
    """That there is no next page, say, must not be concluded from a place that cannot be read."""
    assert nearly_json(b'{"data":[{"id":1}],"next":' + bad + b"}") is None


def test_a_page_of_ten_thousand_rows_with_a_bad_one_is_read_in_a_moment() -> None:
    rows = [json.dumps({"id": n, "lines": [{"n": n, "name": "x" * 50}] * 5}).encode() for n in range(10_000)]
    found = nearly_json(page(*rows, DEEP))
    assert found is not None
    assert (len(found), found[-1], found[-2]) == (10_001, None, json.loads(rows[-1]))
