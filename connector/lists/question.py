"""A question for a part of a list, in no system's words: which rows, in which order, how many, what of them."""

from dataclasses import dataclass
from typing import Literal

Condition = Literal["eq", "in", "nin", "gt", "gteq", "lteq"]


@dataclass(frozen=True)
class Where:
    """One filter: a field by the system's name, a condition and a value (moments as naive UTC text)."""

    field: str
    condition: Condition
    value: str | int


@dataclass(frozen=True)
class Sort:
    """One sort order, ascending unless said otherwise."""

    field: str
    descending: bool = False


@dataclass(frozen=True)
class Ask:
    """What to ask of the list at `path`: the rows that pass every filter, sorted, page by page.

    `size`: rows a page; 0 asks how many there are, and for none of them. Which page is told by its number (`page`), by
    the rows before it (`offset`) or by what the page before it gave (`cursor`), as the kind of list has it. `paged`:
    False where the system answers such a list as a whole. `fields`: what of each row, as the system writes it (empty:
    everything). `shrinkable`: another attempt may ask for fewer rows (a page number would then mean another page).
    `scope`: where it is not the run's own.
    """

    path: str
    where: tuple[Where, ...] = ()
    sort: tuple[Sort, ...] = ()
    size: int = 0
    page: int = 1
    offset: int = 0
    cursor: str = ""
    fields: str = ""
    paged: bool = True
    shrinkable: bool = True
    scope: str | None = None
