"""Rows that a bad one hides: pages have a fixed size, so nothing shows what stands before it on the first of them.

The ids that stood there in the run before are asked for one by one. Where that is not enough, so are the ids next to
those of the rows that follow: Picqer lists by id, mostly the newest first.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from connector.errors import Unreadable
from connector.http.answers import Answer
from connector.http.pool import Row, in_order
from connector.http.request import Request
from connector.lists.offset import Hole
from connector.lists.pages import NOT_FOUND, Isolate
from tap_picqer.account import Account
from tap_picqer.search import ROWS_A_PAGE

STATE_KEY = "first"
"""Where the state keeps the ids at the beginning of a list, by the name of the list."""


MOST_ASKED, AT_ONCE, GAP = 500, 10, 60
"""Neighbours that are asked for: in all, together, and how many that are not there end it."""


def kept_first(before: object, now: Iterable[int], *, complete: bool) -> list[int]:
    """The ids to keep: those of this run, and after an incomplete one those of before, too."""
    older = [one for one in before if type(one) is int] if isinstance(before, list) and not complete else []
    return list(dict.fromkeys([*list(now)[:ROWS_A_PAGE], *older]))[: 2 * ROWS_A_PAGE]


def ask_neighbours(
    source: Account, path: str, hole: Hole, isolate: Isolate, belongs: Callable[[Row], bool]
) -> tuple[list[Row], int]:
    """The rows in a hole at the beginning of a list that can be read, and how many there are that cannot.

    `belongs`: whether a row is one of that list. Nothing where the list is in no order of ids.
    """
    rows: list[Row] = []
    bad = missed = 0
    ids = _next_to(hole.following)
    for several in iter(lambda: list(islice(ids, AT_ONCE)), []):
        found, unreadable = ask_each(source, path, [one for one in several if one not in hole.others], isolate)
        rows += [row for row in found if belongs(row)]
        bad += unreadable
        missed = 0 if found or unreadable else missed + len(several)
        if len(rows) + bad >= hole.rows or missed >= GAP:
            break
    return rows, bad


def _next_to(following: list[Any]) -> Iterator[int]:
    """The ids before these, in the order of the list."""
    first = [one for one in following[:AT_ONCE] if type(one) is int]
    for step, ordered in ((1, sorted(first, reverse=True)), (-1, sorted(first))):
        if len(first) > 1 and first == ordered:
            yield from range(first[0] + step, max(0, first[0] + step * MOST_ASKED), step)


def ask_each(source: Account, path: str, ids: Iterable[int], isolate: Isolate) -> tuple[list[Row], int]:
    """The rows of these ids that can be read, and how many there are that cannot; what is gone is in neither."""
    bad: list[int] = []

    def fetch(number: int) -> Answer | Unreadable:
        try:
            return source.client.get(Request(f"{path}/{number}"), isolating=True)
        except Unreadable as trouble:
            return trouble

    def settle(number: int, found: Answer | Unreadable) -> tuple[list[Row], list[int]]:
        if isinstance(found, Answer):
            value: Any = found.value
            return ([value] if isinstance(value, dict) else []), []
        if found.status != NOT_FOUND:
            bad.append(number)
            isolate(number, found)
        return [], []

    rows = [row for several in in_order(source.pool, ids, fetch, settle) for row in several]
    return rows, len(bad)
