"""Absorbing outcomes: what each answer changes, and that neither repetition nor interruption does harm."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from store.absorbed import ABSORBED, REMEMBERED
from store.snapshot import Outcome, Snapshot, SnapshotError
from store.tables import records

SENT = {"name": "Tee", "price": 2.5}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Snapshot]:
    with Snapshot.open(tmp_path) as snapshot:
        yield snapshot


def outcome(action: str = "create", status: str | None = "accepted", **values: Any) -> Outcome:
    given = {"stream": "products", "remoteId": "1", "event": "answered", "at": "2026-01-15T08:00:00Z", **values}
    return Outcome(action=action, status=status, **given)  # type: ignore[arg-type]


def announced(**values: Any) -> Outcome:
    return outcome(status=None, event="announced", sent=SENT, **values)


def write(snapshot: Snapshot, *outcomes: Outcome, name: str = "20260115T080000Z-1", tail: str = "") -> Path:
    path = snapshot.directory / f"outcomes-{name}.jsonl"
    path.write_text("".join(f"{item.to_json()}\n" for item in outcomes) + tail)
    return path


def test_a_store_takes_in_the_outcomes_of_its_own_destination(tmp_path: Path):
    with Snapshot.open(tmp_path) as ours, Snapshot.open(tmp_path, "depot") as theirs:
        (tmp_path / "outcomes-20260115T080000Z-1.jsonl").write_text(announced().to_json() + "\n")
        (tmp_path / "depot-outcomes-20260115T080000Z-1.jsonl").write_text(
            announced(remoteId="2").to_json() + "\n" + announced(remoteId="3").to_json() + "\n"
        )
        assert (ours.absorb(), theirs.absorb()) == (1, 2)
        assert not list(tmp_path.glob("*.jsonl"))
        assert [row(ours)["remote_id"], row(theirs, "2")["remote_id"]] == ["1", "2"]


def absorb(snapshot: Snapshot, *outcomes: Outcome) -> None:
    write(snapshot, *outcomes)
    assert snapshot.absorb() == len(outcomes)


def row(snapshot: Snapshot, remote_id: str = "1") -> dict[str, Any]:
    [found] = snapshot.dicts(select(records).where(records.c.remote_id == remote_id))
    return found


def everything(snapshot: Snapshot) -> list[Any]:
    queries = ("SELECT * FROM records ORDER BY stream, remote_id", "SELECT * FROM meta ORDER BY key")
    return [row for query in queries for rows in snapshot.rows(query) for row in rows]


def contents(snapshot: Snapshot) -> list[Any]:
    """Everything but which files it came from."""
    return [row for row in everything(snapshot) if row[0] != ABSORBED]


def acknowledged(snapshot: Snapshot) -> Any:
    text = row(snapshot)["acknowledged"]
    return None if text is None else msgspec.json.decode(text)


def test_an_outcome_survives_its_line():
    original = outcome(id="77", sent={"orderLines": [{"quantity": 1}], "name": "é\n"}, hash="ab", reason="a\tb")
    assert Outcome.from_json(original.to_json()) == original
    assert "\n" not in original.to_json()


def test_an_accepted_create_gives_the_id_and_the_picture(store: Snapshot):
    absorb(store, announced(), outcome(id="77", sent=SENT, hash="ab"))
    assert store.ids("products") == {"1": "77"}
    assert acknowledged(store) == SENT
    assert store.unanswered("products") == []
    assert store.last_answer_at("products") == "2026-01-15T08:00:00Z"
    assert row(store)["hash"] == "ab"


def test_a_create_announced_and_not_answered_is_remembered(store: Snapshot):
    absorb(store, announced())
    assert store.unanswered("products") == [announced()]
    assert store.unanswered("sellOrders") == []
    assert store.ids("products") == {}
    assert store.last_answer_at("products") is None


def test_a_create_without_an_answer_stays_announced_until_it_is_settled(store: Snapshot):
    absorb(store, announced(), outcome(status="unanswered", reason="timeout"))
    assert store.unanswered("products") == [announced()]
    absorb(store, outcome("adopt", id="77"))
    assert store.unanswered("products") == []
    assert store.ids("products") == {"1": "77"}


@pytest.mark.parametrize("status", ["refused", "failed"])
def test_a_refused_create_is_answered_and_acknowledges_nothing(store: Snapshot, status: str):
    absorb(store, announced(), outcome(status=status, reason="price: must be a number"))
    assert store.unanswered("products") == []
    assert store.last_answer_at("products") is None
    found = row(store)
    assert (found["acknowledged"], found["id"], found["sent_at"]) == (None, None, None)
    assert (found["status"], found["reason"]) == (status, "price: must be a number")


@pytest.mark.parametrize("status", ["refused", "failed", "waiting", "unanswered"])
def test_an_update_that_was_not_accepted_leaves_what_is_acknowledged(store: Snapshot, status: str):
    absorb(store, announced(), outcome(id="77", sent=SENT))
    absorb(store, outcome("update", status, sent={"price": 9.0}))
    assert acknowledged(store) == SENT
    assert store.ids("products") == {"1": "77"}
    assert row(store)["status"] == status


def test_an_update_without_an_answer_leaves_unknown_what_it_touched_and_no_more(store: Snapshot):
    absorb(store, outcome(id="77", sent={**SENT, "price": 2.5}, hash="ab"))
    absorb(store, outcome("update", None, event="announced", sent={"price": 9.0}))
    assert acknowledged(store) == {name: value for name, value in SENT.items() if name != "price"}
    assert (row(store)["hash"], store.ids("products"), store.unanswered("products")) == (None, {"1": "77"}, [])


def test_a_deletion_without_an_answer_leaves_everything_unknown_but_the_id(store: Snapshot):
    absorb(store, outcome(id="77", sent=SENT, hash="ab"), outcome("delete", None, event="announced", sent={}))
    assert (acknowledged(store), row(store)["hash"], store.ids("products")) == (None, None, {"1": "77"})


def test_an_accepted_update_changes_what_it_sent_and_keeps_a_null(store: Snapshot):
    absorb(store, outcome(id="77", sent=SENT), outcome("update", sent={"price": None, "eanCode": "871"}))
    assert acknowledged(store) == {"name": "Tee", "price": None, "eanCode": "871"}
    assert store.ids("products") == {"1": "77"}


def test_a_disabled_record_keeps_its_id(store: Snapshot):
    absorb(store, outcome(id="77", sent={"status": "enabled"}), outcome("disable", sent={"status": "disabled"}))
    assert acknowledged(store) == {"status": "disabled"}
    assert store.ids("products") == {"1": "77"}


def test_a_deleted_record_is_forgotten(store: Snapshot):
    absorb(store, outcome(id="77", sent=SENT), outcome("delete"))
    assert acknowledged(store) is None
    assert store.ids("products") == {}


def test_an_adopted_record_has_an_id_and_an_unknown_picture(store: Snapshot):
    absorb(store, outcome("adopt", id="77"))
    assert acknowledged(store) is None
    assert store.ids("products") == {"1": "77"}


def test_ids_of_the_record_are_no_part_of_its_picture(store: Snapshot):
    absorb(store, outcome(id="77", sent={**SENT, "remoteId": "1", "id": "77", "_changed": ["name"]}))
    assert acknowledged(store) == SENT


def test_the_newest_accepted_answer_counts_whatever_the_order(store: Snapshot):
    late, early = "2026-01-15T09:00:00Z", "2026-01-15T08:00:00Z"
    absorb(store, outcome(id="77", at=late), outcome(id="78", remoteId="2", at=early))
    absorb(store, outcome("update", "failed", at="2026-01-15T10:00:00Z"))
    assert store.last_answer_at("products") == late


def test_an_equal_picture_takes_the_very_text_of_what_was_wanted(store: Snapshot):
    wanted = '{"name":"Tee","price":2.50}'
    with store.transaction():
        store.change("INSERT INTO records (stream, remote_id, wanted) VALUES ('products', '1', ?)", wanted)
    absorb(store, outcome(id="77", sent=SENT))
    assert row(store)["acknowledged"] == wanted


def test_files_are_absorbed_in_the_order_of_their_names_and_deleted(store: Snapshot):
    write(store, outcome("update", sent={"price": 3.0}), name="20260115T090000Z-9")
    write(store, outcome(id="77", sent=SENT), name="20260115T080000Z-10")
    assert store.absorb() == 2
    assert acknowledged(store) == {"name": "Tee", "price": 3.0}
    assert list(store.directory.glob("outcomes-*")) == []


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_cut_off_at_the_end_is_ignored_and_earlier_lines_count(store: Snapshot, cut: int):
    write(store, outcome(id="77", sent=SENT), tail=announced(remoteId="2").to_json()[:cut])
    assert store.absorb() == 1
    assert store.ids("products") == {"1": "77"}
    assert store.unanswered("products") == []


def test_a_last_line_that_lacks_only_its_end_counts(store: Snapshot):
    write(store, tail=outcome(id="77", sent=SENT).to_json())
    assert store.absorb() == 1


@pytest.mark.parametrize("line", ["{", "NaN", '{"sent": ' + "[" * 3000, '{"reason": "\\ud800"}'])
def test_an_odd_line_in_the_middle_is_named_whatever_it_holds(store: Snapshot, line: str):
    path = write(store, announced())
    path.write_text(f"{line}\n{path.read_text()}")
    with pytest.raises(SnapshotError, match=f"{path.name} line 1 is damaged"):
        store.absorb()


def test_a_file_damaged_in_its_middle_is_named_and_nothing_is_taken_in(store: Snapshot):
    write(store, outcome(id="77", sent=SENT))
    path = write(store, name="20260116T080000Z-1", tail=f"garbage\n{announced().to_json()}\n")
    with pytest.raises(SnapshotError, match=f"{path.name} line 1 is damaged .* looked up in Optiply before"):
        store.absorb()
    assert store.ids("products") == {}
    assert len(list(store.directory.glob("outcomes-*"))) == 2


def test_many_outcomes_are_absorbed_in_portions(store: Snapshot):
    count = 6_000
    absorb(
        store,
        *(announced(remoteId=str(number)) for number in range(count)),
        *(outcome(remoteId=str(number), id=f"9{number}", sent=SENT) for number in range(count)),
    )
    assert len(store.ids("products")) == count
    assert store.unanswered("products") == []


ACTIONS = st.sampled_from(["create", "update", "disable", "delete", "adopt"])
STATUSES = st.sampled_from(["accepted", "accepted", "refused", "failed", "waiting", "unanswered"])
PICTURES = st.dictionaries(st.sampled_from(["name", "price", "status"]), st.sampled_from([None, 1, 2.5, "x"]))
TIMES = st.integers(0, 59).map(lambda second: f"2026-01-15T08:00:{second:02}Z")
ANSWERS = st.builds(
    Outcome,
    stream=st.sampled_from(["products", "sellOrders"]),
    remoteId=st.sampled_from(["1", "2", "3"]),
    event=st.just("answered"),
    action=ACTIONS,
    status=STATUSES,
    id=st.sampled_from([None, "77", "78"]),
    sent=st.one_of(st.none(), PICTURES),
    at=TIMES,
)
ANNOUNCEMENTS = st.builds(
    Outcome,
    stream=st.sampled_from(["products", "sellOrders"]),
    remoteId=st.sampled_from(["1", "2", "3"]),
    event=st.just("announced"),
    action=st.sampled_from(["create", "update", "disable", "delete"]),
    sent=PICTURES,
    at=TIMES,
)
OUTCOMES = st.lists(st.one_of(ANSWERS, ANNOUNCEMENTS), max_size=25)


@settings(max_examples=40, deadline=None)
@given(OUTCOMES, OUTCOMES)
@example([outcome(id="77")], [outcome(remoteId="3", id="77"), outcome(id="78")])
def test_absorbing_the_same_outcomes_twice_changes_nothing(earlier: list[Outcome], outcomes: list[Outcome]):
    with tempfile.TemporaryDirectory() as folder, Snapshot.open(Path(folder)) as snapshot:
        write(snapshot, *earlier)
        snapshot.absorb()
        write(snapshot, *outcomes)
        snapshot.absorb()
        once = everything(snapshot)
        write(snapshot, *outcomes)
        snapshot.absorb()
        assert everything(snapshot) == once


@settings(max_examples=15, deadline=None)
@given(OUTCOMES, st.integers(0, 25))
def test_outcomes_split_over_files_give_what_one_file_gives(outcomes: list[Outcome], at: int):
    results = []
    for parts in ([outcomes], [outcomes[:at], outcomes[at:]]):
        with tempfile.TemporaryDirectory() as folder, Snapshot.open(Path(folder)) as snapshot:
            for number, part in enumerate(parts):
                write(snapshot, *part, name=f"2026011{number}T080000Z-1")
            snapshot.absorb()
            results.append(contents(snapshot))
    assert results[0] == results[1]


def test_the_same_lines_under_another_name_change_nothing_where_no_id_is_claimed_twice(store: Snapshot):
    lines = [announced(), outcome(id="77", sent=SENT), outcome("update", None, event="announced", sent={"price": 9.0})]
    write(store, *lines, outcome("update", sent={"price": 9.0}), announced(remoteId="2"))
    store.absorb()
    once = contents(store)
    write(store, *lines, outcome("update", sent={"price": 9.0}), announced(remoteId="2"), name="20260116T080000Z-1")
    assert store.absorb() == 5
    assert contents(store) == once


def test_other_lines_under_the_same_name_are_taken_in(store: Snapshot):
    absorb(store, outcome(id="77", sent=SENT))
    absorb(store, outcome("update", sent={"price": 3.0}))
    assert acknowledged(store) == {"name": "Tee", "price": 3.0}


def test_the_last_files_are_remembered_and_all_of_one_absorb(store: Snapshot):
    remembered = []
    for day, count in ((1, 1), (2, REMEMBERED + 2), (3, 1)):
        for number in range(count):
            write(store, outcome(id="77"), name=f"2026010{day}T080000Z-{number}")
        store.absorb()
        remembered.append(len(msgspec.json.decode(store.note(ABSORBED) or "")))
    assert remembered == [1, REMEMBERED + 2, REMEMBERED]


# A claim is refused while another record has the id; the last file moves that one on, and nobody is to ask again.
CONTESTED = [
    [],
    [outcome(stream="sellOrders", id="77")],
    [outcome(stream="sellOrders", remoteId="3", id="77"), outcome(stream="sellOrders", id="78")],
]


@settings(max_examples=40, deadline=None)
@given(st.lists(OUTCOMES, min_size=1, max_size=4), st.integers(0, 3))
@example(CONTESTED, 2)
def test_an_absorb_stopped_between_its_files_is_made_good_by_the_next(files: list[list[Outcome]], deleted: int):
    results = []
    for interrupted in (False, True):
        with tempfile.TemporaryDirectory() as folder, Snapshot.open(Path(folder)) as snapshot:
            for number, outcomes in enumerate(files):
                write(snapshot, *outcomes, name=f"2026011{number}T080000Z-1")
            if interrupted:
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(Path, "unlink", _stopping_after(deleted, Path.unlink))
                    with suppress(SnapshotError):
                        snapshot.absorb()
                assert len(list(Path(folder).glob("outcomes-*"))) == max(0, len(files) - deleted)
            snapshot.absorb()
            results.append(everything(snapshot))
            assert not list(Path(folder).glob("outcomes-*"))
    assert results[0] == results[1]


def _stopping_after(calls: int, unlink: Callable[..., None]) -> Callable[..., None]:
    left = iter(range(calls))

    def stop(path: Path, **options: bool) -> None:
        if next(left, None) is None:
            raise OSError("stopped here")
        unlink(path, **options)

    return stop


# Absorbs and is killed at the first deletion of a file: after the commit, before anything is deleted.
KILLED = """
import os, pathlib, signal, sys
from store.snapshot import Snapshot
def stop(event, arguments):
    if event == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)
with Snapshot.open(pathlib.Path(sys.argv[1])) as snapshot:
    sys.addaudithook(stop)
    snapshot.absorb()
"""


@pytest.mark.files
@pytest.mark.parametrize(("event", "committed"), [("os.remove", True), ("open", False)])
def test_an_interrupted_absorb_recovers(tmp_path: Path, event: str, committed: bool):
    outcomes = [announced(), outcome(id="77", sent=SENT), outcome("update", sent={"price": 3.0})]
    with Snapshot.open(tmp_path / "undisturbed") as snapshot:
        absorb(snapshot, *outcomes)
        undisturbed = everything(snapshot)
    with Snapshot.open(tmp_path / "killed") as snapshot:
        path = write(snapshot, *outcomes)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path.parent), event], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert path.exists()
    with Snapshot.open(path.parent) as snapshot:
        assert bool(snapshot.ids("products")) is committed
        assert snapshot.absorb() == (0 if committed else len(outcomes))
        assert everything(snapshot) == undisturbed
    assert not list(path.parent.glob("outcomes-*"))
