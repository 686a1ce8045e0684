"""Rows that a bad one hides: pages have a fixed size, so nothing shows what stands before it on the first of them.

The ids that stood there in the run before are asked for one by one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connector.errors import Unreadable
from connector.http.answers import Answer
from connector.http.pool import Row, in_order
from connector.http.request import Request
from connector.lists.pages import NOT_FOUND, Isolate
from tap_picqer.account import Account
from tap_picqer.search import ROWS_A_PAGE

STATE_KEY = "first"
"""Where the state keeps the ids at the beginning of a list, by the name of the list."""


def kept_first(before: object, now: Iterable[int], *, complete: bool) -> list[int]:
    """The ids to keep: those of this run, and after an incomplete one those of before, too."""
    older = [one for one in before if type(one) is int] if isinstance(before, list) and not complete else []
    return list(dict.fromkeys([*list(now)[:ROWS_A_PAGE], *older]))[: 2 * ROWS_A_PAGE]


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
