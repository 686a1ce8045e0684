"""What became of a write: the judgement alone, and against a shop that is played out step by step."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_magento.verdict import Fact, judge


def judged(before: int, after: int, read: int, *left: int, answered: bool = False) -> tuple[Fact, int]:
    verdict = judge(
        Decimal(before), Decimal(after), Decimal(read), [Decimal(units) for units in left], answered=answered
    )
    return verdict.fact, int(verdict.restored)


@pytest.mark.parametrize(
    ("given_", "fact", "restored"),
    [
        ((10, 15, 15), Fact.APPLIED, 0),
        ((10, 15, 10), Fact.NOT_APPLIED, 0),
        ((10, 15, 12), Fact.UNCLEAR, 0),
        ((10, 15, 11, 4), Fact.APPLIED, 0),  # shipped after the write
        ((10, 15, 15, 4), Fact.APPLIED, 4),  # shipped before it, and undone by it
        ((10, 15, 12, 4, 3), Fact.APPLIED, 4),  # one before, one after
        ((10, 15, 6, 4), Fact.NOT_APPLIED, 0),
        ((10, 15, 10, 4), Fact.UNCLEAR, 0),
        ((10, 6, 6, 4), Fact.UNCLEAR, 0),  # lowered by 4, or shipped 4: nobody can tell
        ((10, 6, 2, 4), Fact.APPLIED, 0),
    ],
)
def test_a_write_without_an_answer(given_: tuple[int, ...], fact: Fact, restored: int):
    assert judged(*given_) == (fact, restored)


def test_an_answer_decides_what_the_figures_alone_do_not():
    assert judged(10, 6, 6, 4, answered=True) == (Fact.APPLIED, 4)
    assert judged(10, 15, 10, answered=True) == (Fact.UNCLEAR, 0), "somebody wrote the old figure again"


@given(
    before=st.integers(0, 50),
    delta=st.integers(-20, 20).filter(bool),
    left=st.lists(st.integers(1, 9), max_size=4),
    wrote=st.booleans(),
    at=st.integers(0, 4),
)
def test_the_verdict_is_never_wrong(before: int, delta: int, left: list[int], wrote: bool, at: int):
    """A shop lives through departures and, at some moment, the write."""
    at = min(at, len(left))
    stands = before
    for number, units in enumerate(left):
        if wrote and number == at:
            stands = before + delta
        stands -= units
    if wrote and at == len(left):
        stands = before + delta
    verdict = judge(Decimal(before), Decimal(before + delta), Decimal(stands), list(map(Decimal, left)), answered=False)
    if verdict.fact is Fact.APPLIED:
        assert wrote
        assert verdict.restored == sum(left[:at])
        assert stands - verdict.restored == before + delta - sum(left)
    elif verdict.fact is Fact.NOT_APPLIED:
        assert not wrote
        assert stands == before - sum(left)
    elif delta > 0:
        pytest.fail("what was received is always told from what was shipped")
