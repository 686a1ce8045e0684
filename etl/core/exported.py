"""What is noted of an order before it is sent elsewhere: its lines, by which it is linked when it comes back."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from connector.canonical import canonical
from store.snapshot import Snapshot

_UNLINKED = "purchases_without_linked_lines"
_OWNERS = "owners of marks"


class SentLine(NamedTuple):
    """A line of an order: its id where it was made, and the product and units as the other system is told them."""

    id: str
    product: str
    amount: int


def note_sent(store: Snapshot, order: str, lines: Sequence[SentLine]) -> None:
    """Notes the lines in the store of the system that made the order, inside a transaction."""
    store.set_note(_key(order), canonical([list(line) for line in lines]))


def sent_lines(store: Snapshot, order: str) -> list[SentLine]:
    """The lines that were noted; none where the order was never sent from here."""
    found = msgspec.json.decode(store.note(_key(order)) or "[]", type=list[tuple[str, str, int]])
    return [SentLine(*line) for line in found]


def unlinked(store: Snapshot) -> dict[str, str]:
    """The orders that were linked by their mark, and whose lines are not: remote id -> the id that the mark names."""
    return msgspec.json.decode(store.note(_UNLINKED) or "{}", type=dict[str, str])


def keep_unlinked(store: Snapshot, marks: Mapping[str, str]) -> None:
    """Notes them, inside a transaction."""
    store.set_note(_UNLINKED, canonical(dict(marks)))


def owners_of_marks(store: Snapshot) -> dict[str, str]:
    """The order that each mark was found on first: the id that the mark names -> remote id."""
    return msgspec.json.decode(store.note(_OWNERS) or "{}", type=dict[str, str])


def keep_owners_of_marks(store: Snapshot, owners: Mapping[str, str]) -> None:
    """Notes them, inside a transaction."""
    store.set_note(_OWNERS, canonical(dict(owners)))


def paired(sent: Sequence[SentLine], there: Sequence[tuple[str, str, int]]) -> dict[str, str]:
    """Id of a line there → id of the line it was made from. `there`: id, product and units, in the order of the lines.

    Equal product and units first, then the product alone, for a person may have changed the units; each line once.
    """
    pairs: dict[str, str] = {}
    left = list(sent)
    for same_amount in (True, False):
        for own, product, amount in there:
            fits = (one for one in left if one.product == product and (one.amount == amount or not same_amount))
            if own not in pairs and (line := next(fits, None)) is not None:
                pairs[own] = line.id
                left.remove(line)
    return pairs


def _key(order: str) -> str:
    return f"sent:{order}"
