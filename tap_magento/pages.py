"""One page of a list: asked for, checked to be one, counted; what to say where not even that can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tap_magento.api import Address, Api
from tap_magento.errors import EndpointMissing, StreamError, Unreadable
from tap_magento.pool import Json, Row
from tap_magento.search import Where, count_query

NOT_FOUND = 404
IDS_A_REQUEST = 200
"""With ids of nine digits an address stays below 3 kB; web servers take 4 to 8 kB."""


@dataclass(frozen=True)
class Page:
    """One page: its rows, how many rows were asked for, how many match in all."""

    rows: list[Row]
    asked: int
    total: int


Outcome: TypeAlias = Page | Unreadable
Isolate = Callable[[str | int, Unreadable], None]


def fetch_page(api: Api, address: Address, tries: int | None = None) -> Outcome:
    """One page, or the reason why the shop cannot put it out; runs in a worker."""
    try:
        answer = api.get(address, tries=tries)
    except Unreadable as trouble:
        return trouble
    return as_page(answer.value, answer.asked, address.path)


def as_page(value: Json, asked: int, path: str) -> Page:
    """The page in a list answer; `items` is null where `fields` meets an empty result.

    Raises:
        StreamError: when the answer is no list (some old stores answer 200 with a message alone).
    """
    rows = (value["items"] or []) if isinstance(value, dict) and "items" in value else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise StreamError(f"GET {path}: the answer is no list of records; check store_url and the shop's version.")
    return Page(rows, asked, int(value.get("total_count") or len(rows)))


def short_list(api: Api, address: Address) -> list[Row]:
    """The rows of a list that is expected to fit one page; runs in a worker.

    Raises:
        Unreadable: the shop cannot put it out.
        StreamError: there are more rows than came, of which nothing is known.
    """
    page = fetch_page(api, address)
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
    """What to say when it is no single record that cannot be read."""
    if trouble.status == NOT_FOUND:
        return EndpointMissing(
            f"GET {path}: the shop does not have this endpoint (404); its module is absent or switched off."
        )
    return StreamError(
        f"GET {path}: every request fails with {trouble.status} ({trouble.reason}), so it is not one bad record; "
        "look up the report id in the shop's var/log and var/report."
    )


def parts_for(rows: int, size: int) -> int:
    """Into how many parts so many rows are cut, so that each fits a page when ids are dense."""
    return -(-rows // max(1, size))
