"""The bookmark never runs ahead of the snapshot."""

from pathlib import Path

import pytest

from connector.errors import RunError
from job.run.bookmarks import isolated, last_state, safe_start


def mark(value: str) -> dict[str, str]:
    return {"replication_key": "updated_at", "replication_key_value": value}


def test_a_bookmark_the_snapshot_has_seen_is_used_as_it_is() -> None:
    state = {"bookmarks": {"products": mark("2026-01-15 08:00:00")}}
    assert safe_start(state, state) == (state, [])


def test_a_bookmark_ahead_of_the_snapshot_falls_back_to_the_older_one_and_says_so() -> None:
    saved = {"bookmarks": {"products": mark("2026-01-16 08:00:00")}}
    built = {"bookmarks": {"products": mark("2026-01-15 08:00:00")}}
    start, notes = safe_start(saved, built)
    assert start["bookmarks"]["products"] == mark("2026-01-15 08:00:00")
    assert "2026-01-16 08:00:00 is ahead of the snapshot" in notes[0]


def test_a_lost_snapshot_makes_the_tap_read_everything() -> None:
    start, notes = safe_start({"bookmarks": {"orders": mark("2026-01-16 08:00:00")}}, None)
    assert start["bookmarks"] == {}
    assert len(notes) == 1


def test_an_older_bookmark_than_the_snapshots_is_kept() -> None:
    saved = {"bookmarks": {"orders": mark("2026-01-14 08:00:00")}}
    built = {"bookmarks": {"orders": mark("2026-01-15 08:00:00")}}
    assert safe_start(saved, built) == (saved, [])


def test_a_full_table_mark_has_no_bookmark_to_compare() -> None:
    saved = {"bookmarks": {"source_items": {"complete": True, "run_id": "a"}}}
    assert safe_start(saved, None) == (saved, [])


def test_meltanos_wrapper_is_taken_off() -> None:
    inner = {"bookmarks": {"orders": mark("2026-01-14 08:00:00")}}
    assert safe_start({"singer_state": inner}, inner) == (inner, [])


def test_no_state_is_an_empty_state() -> None:
    assert safe_start(None, None) == ({}, [])
    assert safe_start({}, {"bookmarks": {}}) == ({}, [])


def test_the_last_state_message_of_a_file_counts(tmp_path: Path) -> None:
    path = tmp_path / "tap.singer"
    path.write_text(
        '{"type":"STATE","value":{"bookmarks":{"a":1}}}\n{"type":"RECORD","stream":"a","record":{}}\n'
        '{"type": "STATE", "value": {"bookmarks": {"a": 2}}}\n'
    )
    assert last_state(path) == {"bookmarks": {"a": 2}}


def test_a_file_without_state_has_none(tmp_path: Path) -> None:
    path = tmp_path / "tap.singer"
    path.write_text('{"type":"RECORD","stream":"a","record":{}}\n')
    assert last_state(path) is None


@pytest.mark.parametrize("before", ["", '{"type":"STATE","value":{"bookmarks":{"a":1}}}\n'])
def test_a_last_state_that_a_full_disk_cut_does_not_count(tmp_path: Path, before: str) -> None:
    path = tmp_path / "tap.singer"
    path.write_text(before + '{"type":"STATE","value":{"bookmarks":{"a":2')
    assert last_state(path) == ({"bookmarks": {"a": 1}} if before else None)


def test_a_whole_state_message_is_understood() -> None:
    inner = {"bookmarks": {"orders": mark("2026-01-14 08:00:00")}}
    assert safe_start({"type": "STATE", "value": inner}, inner) == (inner, [])


def test_no_bookmarks_and_ids_that_are_none_stop_nothing() -> None:
    assert safe_start({"bookmarks": None}, None) == ({}, [])
    odd = {"bookmarks": {"orders": {**mark("2026-01-14 08:00:00"), "isolated": [{"a": 1}, None, True, 7, "x"]}}}
    assert isolated(odd) == {"orders": [7, "x"]}
    assert safe_start(odd, None)[0]["bookmarks"] == {"orders": {"isolated": [7, "x"]}}


@pytest.mark.parametrize("value", ["[]", "NaN", "[" * 3000 + "]" * 3000, '{"bookmarks": '])
def test_a_last_state_that_cannot_be_read_is_a_sentence(tmp_path: Path, value: str) -> None:
    path = tmp_path / "tap.singer"
    path.write_text(f'{{"type": "STATE", "value": {value}}}\n')
    with pytest.raises(RunError, match=r"^The last STATE of .*tap\.singer cannot be used: the line ") as refused:
        last_state(path)
    assert str(refused.value).endswith(".")
