"""Which listed object a record is: decided from what was listed alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from delivery.destination import Found
from delivery.ids import IdMap
from delivery.record import Job
from delivery.recover import Account, Gained, match
from vocabulary.entity import Entity, needed
from vocabulary.values import Text255

LABELS = Entity("Depot", "labels", "labels", {"name": needed(Text255)}, ("name",))


def gained(*found: Found) -> Gained:
    listed = Gained()
    for one in found:
        listed.take_in(LABELS, one)
    return listed


def found(number: str, name: str | None = "Tee", **more: Any) -> Found:
    return Found(number, {"name": name}, **more)


def job(name: str | None = "Tee", *, looked_up: int = 0) -> Job:
    one = Job(LABELS, "labels", "7", {} if name is None else {"name": name})
    one.lost.looked_up = looked_up
    return one


def anybody(_id: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("objects", "ids"),
    [
        ([], []),
        ([found("1")], ["1"]),
        ([found("1", "Shirt")], []),
        ([found("2"), found("1")], ["1", "2"]),
        ([found("1"), found("9", "Shirt", mark="7")], ["9"]),  # our own mark decides
        ([found("1"), found("9", mark="8")], ["1"]),  # of another record
        ([found("1"), found("5", foreign=("7",))], ["5"]),  # the same remote id under another name, and the same key
        ([found("5", "Shirt", foreign=("7",))], []),
        ([found("5", foreign=("7", "8"))], []),  # whose it is cannot be told
    ],
)
def test_a_mark_decides_before_the_key(objects: list[Found], ids: list[str]):
    assert match(job(), gained(*objects), anybody) == ids


def test_what_another_record_owns_is_not_taken():
    is_free: Callable[[str], bool] = {"1": False, "2": True}.__getitem__
    assert match(job(), gained(found("1"), found("2")), is_free) == ["2"]


def test_without_a_key_a_sole_remote_id_counts_after_an_unanswered_create_only():
    listed = gained(found("5", None, foreign=("7",)))
    assert match(job(None), listed, anybody) == []
    assert match(job(None, looked_up=1), listed, anybody) == ["5"]


def test_nothing_is_changed_by_asking():
    listed = gained(found("1"), found("9", mark="7"))
    assert match(job(), listed, anybody) == match(job(), listed, anybody) == ["9"]


@pytest.mark.parametrize("odd", ["yesterday", "2026-13-01T00:00:00Z", "1", ""])
def test_a_time_of_creation_that_is_none_counts_as_before_everything(odd: str) -> None:
    assert gained(found("1", created_at=odd)).created == {"1": ""}
    assert gained(found("1", created_at="2026-01-05T09:00:00+01:00")).created == {"1": "2026-01-05T08:00:00Z"}


SEALED = replace(LABELS, mark_needs_key=True)


@pytest.mark.parametrize(
    ("objects", "ids"),
    [
        ([found("9", mark="7")], ["9"]),
        ([found("9", "Shirt", mark="7")], []),
        ([found("9", "Shirt", mark="7"), found("8", mark="7")], ["8"]),
        ([found("1"), found("9", "Shirt", mark="7")], ["1"]),
        ([found("9", mark="7"), found("8", mark="7")], ["8", "9"]),
    ],
)
def test_where_a_mark_needs_the_key_both_decide(objects: list[Found], ids: list[str]) -> None:
    one = Job(SEALED, "labels", "7", {"name": "Tee"})
    assert match(one, gained(*objects), anybody) == ids


def test_what_bears_the_mark_and_differs_is_told_and_never_claimed_later() -> None:
    class Lists:
        program = "target-depot"

        def listed(self, _entity: Entity, **_query: Any) -> list[Found]:
            return [found("9", "Shirt", mark="7"), found("10", mark="8")]

    account = Account(cast(Any, Lists()), IdMap(lambda _resource: {}))
    account.list_gained(SEALED, None)
    one = Job(SEALED, "labels", "7", {"name": "Tee"})
    assert account.find(one) == []
    assert account.differing(one) == ["9"]
    assert account.claim_marked(SEALED) == {"8": "10"}
