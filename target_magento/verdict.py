"""Judges what became of a write from what stands and what left meanwhile; pure, and never a guess.

A shop lowers its figures itself, by shipments (without sources: by orders). One before an absolute write is undone by
it, one after it stands; so a write that arrived shows its figure less the last departures, and one that did not shows
the old figure less all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from itertools import accumulate

_NONE = Decimal(0)


class Fact(Enum):
    """What is known of a write."""

    APPLIED = "it was applied"
    NOT_APPLIED = "it was not applied"
    UNCLEAR = "what stands fits neither, or both"


@dataclass(frozen=True)
class Verdict:
    """A fact, what was read, and by how many units of departures the write undid the figure must fall again."""

    fact: Fact
    read: Decimal
    restored: Decimal = _NONE


def judge(before: Decimal, after: Decimal, read: Decimal, left: Sequence[Decimal], *, answered: bool) -> Verdict:
    """What became of a write of `after` where `before` stood, with `read` found later.

    `left`: units that left since `before` was read, one departure after another. `answered`: the shop said that it
    wrote.
    """
    gone = sum(left, _NONE)
    undone = [units for units in (_NONE, *accumulate(left)) if read == after - gone + units]
    was_not = not answered and read == before - gone
    if was_not and not undone:
        return Verdict(Fact.NOT_APPLIED, read)
    if undone and not was_not:
        return Verdict(Fact.APPLIED, read, undone[0])
    return Verdict(Fact.UNCLEAR, read)
