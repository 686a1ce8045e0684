"""One page of a list: asked for, checked to be one, counted; what to say where not even that can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from connector.errors import EndpointMissing, StreamError, Unreadable
from connector.http.api import Address, Api
from connector.http.pool import Json, Row
from connector.values import Unfit, kind_of, whole_number
from tap_magento.search import Where, count_query

DAMAGED = 200
"""The status of an answer that came and cannot be used."""
NOT_FOUND = 404
IDS_A_REQUEST = 200
"""With ids of nine digits an address stays below 3 kB; web servers take 4 to 8 kB."""
NO_MATTER_OF_ONE = 20
"""Rows that are odd without an exception do not come from single bad records."""
FEW_ROWS, SMALL_PART = 5, 20


@dataclass(frozen=True)
class Page:
    """One page: its rows, how many rows were asked for, how many match in all."""

    rows: list[Row]
    asked: int
    total: int


Outcome: TypeAlias = Page | Unreadable
Isolate = Callable[[str | int, Unreadable], None]
Check = Callable[[Row], None]
"""Raises Unfit for a row that lacks what tells it from others."""


def fetch_page(api: Api, address: Address, check: Check | None = None) -> Outcome:
    """One page, or the reason why the shop cannot put it out; runs in a worker.

    A damaged answer is asked for a few times only: a record may be the reason, which a smaller page shows.
    """
    try:
        answer = api.get(address, isolating=True)
        return as_page(answer.value, answer.asked, address.path, check)
    except Unreadable as trouble:
        return trouble


def as_page(value: Json, asked: int, path: str, check: Check | None = None) -> Page:
    """The page in a list answer; `items` is null where `fields` meets an empty result.

    Raises:
        Unreadable: the answer is not a list of records, or one of its records is not one.
        StreamError: no record of the page is one, or the shop does not say how many there are.
    """
    rows = value.get("items", False) if isinstance(value, dict) else False
    rows = [] if rows is None else rows
    if not isinstance(rows, list):
        raise Unreadable(DAMAGED, "the answer is not a list of records")
    refuse_flawed(rows, path, check)
    try:
        return Page(rows, asked, whole_number(value.get("total_count"), least=0))
    except Unfit as unfit:
        raise StreamError(
            f"GET {path}: the 'total_count' of the answer {unfit}, so nobody can tell whether everything came; an "
            "extension changed the answer. Ask the shop's developer."
        ) from unfit


def refuse_flawed(rows: list[Json], path: str, check: Check | None = None) -> None:
    """Refuses a page with a row that is not a record, or that `check` refuses.

    Raises:
        Unreadable: some of the rows are so.
        StreamError: all of many are, which does not come from single records.
    """
    flaws = [flaw for row in rows if (flaw := flaw_of(row, check)) is not None]
    if not flaws:
        return
    if len(flaws) == len(rows) >= NO_MATTER_OF_ONE:
        raise StreamError(
            f"GET {path}: {flaws[0]}, and so it is with every record of the page; an extension changed the answer. "
            "Ask the shop's developer."
        )
    raise Unreadable(DAMAGED, flaws[0])


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
    """A row's id as a number: 7, 7.0 and "7" are 7.

    Raises:
        Unfit: it has none; the text names the field.
    """
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


def short_list(api: Api, address: Address, check: Check | None = None) -> list[Row]:
    """The rows of a list that is expected to fit one page; runs in a worker.

    Raises:
        Unreadable: the shop cannot put it out.
        StreamError: there are more rows than came, of which nothing is known.
    """
    page = fetch_page(api, address, check)
    if isinstance(page, Unreadable):
        raise page
    if page.total > len(page.rows):
        raise StreamError(
            f"GET {address.path}: the shop gives {len(page.rows)} of {page.total} rows on a page; set stock_reading to "
            "per_sku, which does not need the list."
        )
    return page.rows


def count(api: Api, path: str, where: Sequence[Where]) -> int:
    """How many records match, without loading one."""
    outcome = api.pool.one(lambda address: fetch_page(api, address), count_address(path, where))
    if isinstance(outcome, Unreadable):
        raise as_stream_error(path, outcome)
    return outcome.total


def count_address(path: str, where: Sequence[Where]) -> Address:
    """The request for the number of records that match."""
    return Address(path, lambda _: count_query(where))


def as_stream_error(path: str, trouble: Unreadable) -> StreamError:
    """What to say when it is not a single record that cannot be read."""
    if trouble.status == NOT_FOUND:
        return EndpointMissing(
            f"GET {path}: the shop does not have this endpoint (404); its module is absent or switched off."
        )
    if trouble.status == DAMAGED:
        return StreamError(
            f"GET {path}: no answer can be used ({trouble.reason}), so it is not one bad record; check store_url and "
            "the shop's version, or ask the shop's developer which extension changes the answer."
        )
    return StreamError(
        f"GET {path}: every request fails with {trouble.status} ({trouble.reason}), so it is not one bad record; "
        "look up the report id in the shop's var/log and var/report."
    )


def parts_for(rows: int, size: int) -> int:
    """Into how many parts so many rows are cut, so that each fits a page when ids are dense."""
    return -(-rows // max(1, size))


def slightly_off(came: int, counted: int) -> bool:
    """Whether a count that differs from what came may be the shop's miscounting: by 5 rows, or by 5 %.

    Where nothing came it never is: that is no answer (docs/decisions/counts-that-are-wrong.md).
    """
    return came > 0 and abs(counted - came) <= max(FEW_ROWS, counted // SMALL_PART)


def counted(number: int, what: str) -> str:
    """A number with its noun: "1 product", "2 products"."""
    return f"{number} {what}{'' if number == 1 else 's'}"
