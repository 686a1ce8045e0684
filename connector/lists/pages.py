"""One page of a list: its rows, what makes a row one, and what its count proves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from connector.errors import Unreadable
from connector.http.pool import Json, Row
from connector.values import Unfit, kind_of, whole_number

DAMAGED = 200
"""The status of an answer that came and cannot be used."""
NOT_FOUND = 404
IDS_A_REQUEST = 200
"""With ids of nine digits an address stays below 3 kB; web servers take 4 to 8 kB."""
FEW_ROWS, SMALL_PART = 5, 20


@dataclass(frozen=True)
class Page:
    """One page: its rows, how many rows were asked for, how many match in all (as many as came, if none counts).

    `flaws`: what is wrong with rows that were left out, by their place on the page, where the caller takes the others.
    """

    rows: list[Row]
    asked: int
    total: int
    flaws: Mapping[int, str] = field(default_factory=dict)


Outcome: TypeAlias = Page | Unreadable
Isolate = Callable[[str | int, Unreadable], None]
Check = Callable[[Row], None]
"""Raises Unfit for a row that lacks what tells it from others."""


def flaw_of(row: Json, check: Check | None) -> str | None:
    """Why a row is not a record, or None where it is one."""
    if not isinstance(row, dict):
        return f"a record of the list is {kind_of(row)}, not an object"
    if check is not None:
        try:
            check(row)
        except Unfit as unfit:
            return str(unfit)
    return None


def with_number(name: str) -> Check:
    """A check that a row has a whole number of this name."""

    def check(row: Row) -> None:
        if type(row.get(name)) is not int:
            row_number(row, name)

    return check


def row_number(row: Row, name: str) -> int:
    """A row's id as a number: 7, 7.0 and "7" are 7. Raises Unfit: it has none; the text names the field."""
    value = row.get(name)
    if type(value) is int:
        return value
    try:
        return whole_number(value, what="an id")
    except Unfit as unfit:
        raise Unfit(f"the '{name}' of a record {unfit}") from unfit


def with_names(*names: str) -> Check:
    """A check that a row has each of these as a text that is not empty, or as a number."""

    def check(row: Row) -> None:
        for name in names:
            value = row.get(name)
            if value == "" or isinstance(value, bool) or not isinstance(value, (str, int)):
                kind = "empty" if value == "" else kind_of(value)
                raise Unfit(f"the '{name}' of a record is {kind}, so it cannot be told from others")

    return check


def parts_for(rows: int, size: int) -> int:
    """Into how many parts so many rows are cut, so that each fits a page when ids are dense."""
    return -(-rows // max(1, size))


def fits(page: Page) -> bool:
    """Whether a page shows every row that matches; a full page of which fewer rows are counted proves nothing."""
    return page.total <= len(page.rows) and (page.total == len(page.rows) or len(page.rows) < page.asked)


def goes_on(rows: list[Row], page: Page) -> bool:
    """Whether more rows follow: the page is full, or holds fewer than there are said to be (some cut pages short)."""
    return bool(rows) and (len(rows) >= page.asked or len(rows) < page.total)


def slightly_off(came: int, counted: int) -> bool:
    """Whether a count that differs from what came may be a miscounting: by 5 rows, or by 5 %.

    Where nothing came it never is: that is no answer (docs/decisions/counts-that-are-wrong.md).
    """
    return came > 0 and abs(counted - came) <= max(FEW_ROWS, counted // SMALL_PART)
