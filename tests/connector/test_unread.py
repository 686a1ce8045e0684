"""What a stream's bookmark keeps of records that could not be read: until they are read or proven gone."""

from typing import Any

import pytest

from connector.lists.unread import STATE_KEY, Unread


@pytest.mark.parametrize(
    ("kept", "ids"),
    [
        ({STATE_KEY: [7, "A-1", "7"]}, {7, "A-1", "7"}),
        ({STATE_KEY: [7, True, 1.5, None, ["a"], {"a": 1}]}, {7}),
        ({STATE_KEY: "A-1"}, set()),
        ({STATE_KEY: {"a": 1}}, set()),
        ({STATE_KEY: None}, set()),
        ({}, set()),
    ],
    ids=["a list", "oddities", "a text", "an object", "null", "nothing"],
)
def test_ids_are_texts_and_whole_numbers(kept: dict[str, Any], ids: set[Any]) -> None:
    found = Unread.of(kept)
    assert found == Unread(kept=ids)
    assert {type(one) for one in found.kept} <= {int, str}


@pytest.mark.parametrize(("came", "read"), [(7, {7}), (7.0, {7}), ("7", {7}), ("7.5", set()), (True, set())])
def test_a_row_with_more_than_its_id_was_read(came: Any, read: set[Any]) -> None:
    unread = Unread(kept={7, "A-1"})
    unread.note_read([{"id": came, "name": "x"}, {"id": 8, "name": "x"}], ["id"])
    assert unread.read == read


def test_a_row_with_its_id_alone_is_one_that_could_not_be_read() -> None:
    unread = Unread(kept={7, "A-1"})
    unread.note_read([{"id": 7}, {"id": "A-1", "sku": "A-1"}], ["id"])
    assert unread.read == {"A-1"}


@pytest.mark.parametrize("row", [{"name": "x", "b": 1}, {"id": None, "name": "x"}, {"id": ["7"], "name": "x"}], ids=str)
def test_a_row_without_an_id_settles_nothing(row: dict[str, Any]) -> None:
    unread = Unread(kept={7, "A-1"})
    unread.note_read([row], ["id"])
    assert unread.read == set()


def test_rows_told_apart_by_several_columns_settle_nothing() -> None:
    unread = Unread(kept={7})
    unread.note_read([{"id": 7, "source": "ams", "name": "x"}], ["id", "source"])
    assert unread.read == set()


@pytest.mark.parametrize(
    ("whole", "still"),
    [
        (False, [2, 5, "A", "B"]),  # 1 was read, 3 is gone, the rest was not asked for or is lost anew
        (True, [5, "B"]),  # all of the stream was read, so nothing but what was lost now is missing
    ],
)
def test_what_is_still_unread_is_saved_numbers_first(whole: bool, still: list[Any]) -> None:
    unread = Unread(kept={1, 2, 3, "A"}, lost={5, "B"}, read={1}, gone={3})
    state: dict[str, Any] = {STATE_KEY: [99], "complete": True}
    unread.save(state, whole=whole)
    assert state == {STATE_KEY: still, "complete": True}


@pytest.mark.parametrize("whole", [True, False])
def test_where_nothing_is_unread_nothing_is_kept(whole: bool) -> None:
    state: dict[str, Any] = {STATE_KEY: [1], "complete": True}
    Unread(kept={1}, read={1}).save(state, whole=whole)
    assert state == {"complete": True}


def test_a_record_that_was_read_and_then_lost_again_is_unread() -> None:
    state: dict[str, Any] = {}
    Unread(kept={1}, read={1}, lost={1}).save(state, whole=False)
    assert state == {STATE_KEY: [1]}
