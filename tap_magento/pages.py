"""Reading a list to its end without losing or repeating a row: key ranges, windows, page numbers, bad records.

A list with an id in its rows is cut into disjoint ranges of that id, each read with `id > low` sorted by id, so that
rows
written or deleted meanwhile shift nothing. Where the id can only be filtered by (source items), windows of it are read,
each small enough for one page. Lists without any id are read by page number under a unique sort, checked and read again
when they moved. A page that keeps failing is cut in half until the bad record stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tap_magento.api import Address, Api
from tap_magento.errors import EndpointMissing, StreamError, Unreadable
from tap_magento.pool import Json, Row, in_order
from tap_magento.search import Sort, Where, count_query, page_query

READ_AGAIN_TIMES = 3
NOT_FOUND = 404


@dataclass(frozen=True)
class Page:
    """One page: its rows, how many rows were asked for, how many match in all."""

    rows: list[Row]
    asked: int
    total: int


Outcome = Page | Unreadable
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
    if not isinstance(value, dict) or "items" not in value:
        raise StreamError(f"GET {path}: the answer is no list of records; check store_url and the shop's version.")
    rows = value["items"] or []
    return Page(rows, asked, int(value.get("total_count") or len(rows)))


def count(api: Api, path: str, where: Sequence[Where]) -> int:
    """How many records match, without loading one."""
    outcome = api.pool.one(lambda address: fetch_page(api, address), Address(path, lambda _: count_query(where)))
    if isinstance(outcome, Unreadable):
        raise as_stream_error(path, outcome)
    return outcome.total


def as_stream_error(path: str, trouble: Unreadable) -> StreamError:
    """What to say when not even the number of records can be read."""
    if trouble.status == NOT_FOUND:
        return EndpointMissing(
            f"GET {path}: the shop does not have this endpoint (404); its module is absent or switched off."
        )
    return StreamError(
        f"GET {path}: every request fails with {trouble.status} ({trouble.reason}), so it is not one bad record; "
        "look up the report id in the shop's var/log and var/report."
    )


@dataclass(frozen=True)
class Range:
    """Ids above `low` up to `high`; without `high` to the end."""

    low: int
    high: int | None = None

    def where(self, field_name: str) -> list[Where]:
        """The range as filters."""
        upper = [] if self.high is None else [Where(field_name, "lteq", self.high)]
        return [Where(field_name, "gt", self.low), *upper]

    def pieces(self, number: int) -> list[Range]:
        """The range in so many parts of nearly equal width, fewer where it is narrow."""
        assert self.high is not None
        width = self.high - self.low
        parts = max(1, min(number, width))
        edges = [self.low + width * step // parts for step in range(parts + 1)]
        return [Range(low, high) for low, high in pairwise(edges)]


@dataclass
class KeyedList:
    """A list that can be filtered and sorted by a unique positive integer id.

    `cursor` is Magento's filter name, `key` the name in the rows (None where the rows lack it: then ranges are cut by
    count until each fits one page). `isolate` is told of a record that cannot be read.
    """

    api: Api
    path: str
    cursor: str
    key: str | None
    where: list[Where]
    fields: str
    size: int
    isolate: Isolate
    first_total: int = field(default=0, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once, ascending by id."""
        everything = Range(0)
        first = self.api.pool.one(self._fetch, everything)
        if isinstance(first, Unreadable):
            self.first_total = count(self.api, self.path, self.where)
            if self.first_total:
                yield from self._read([Range(0, self._gallop(0))])
            return
        self.first_total = first.total
        if self.key is None and first.total > len(first.rows):
            parts = parts_for(first.total + first.total // 10, first.asked)
            yield from self._read(Range(0, self._gallop(first.total)).pieces(parts))
            return
        rows = self._checked(everything, first)
        if rows:
            yield rows
        if self.key is not None and len(rows) >= first.asked:
            yield from self._read(self._rest_of_all(rows[-1][self.key], first))

    def _rest_of_all(self, last: int, first: Page) -> list[Range]:
        highest = self._highest()
        if highest <= last:
            return []
        return Range(last, highest).pieces(parts_for(max(1, first.total - len(first.rows)), first.asked))

    def _read(self, ranges: Iterable[Range]) -> Iterator[list[Row]]:
        yield from in_order(self.api.pool, ranges, self._fetch, self._settle)

    def _address(self, part: Range) -> Address:
        where = [*self.where, *part.where(self.cursor)]
        sort = [Sort(self.cursor)]
        return Address(self.path, lambda size: page_query(where, sort, size=size, fields=self.fields), self.size)

    def _fetch(self, part: Range) -> Outcome:
        return fetch_page(self.api, self._address(part))

    def _settle(self, part: Range, outcome: Outcome) -> tuple[list[Row], list[Range]]:
        if isinstance(outcome, Unreadable):
            return self._halve(part, outcome)
        if self.key is None:
            if outcome.total > len(outcome.rows):
                return self._too_many(part, outcome)
            return outcome.rows, []
        rows = self._checked(part, outcome)
        if not rows or len(rows) < outcome.asked or rows[-1][self.key] == part.high:
            return rows, []
        rest = Range(rows[-1][self.key], part.high)
        return rows, rest.pieces(parts_for(max(1, outcome.total - len(rows)), outcome.asked))

    def _too_many(self, part: Range, page: Page) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(max(2, parts_for(page.total, page.asked)))
        if len(halves) < 2:
            raise StreamError(
                f"GET {self.path}: {page.total} rows share one {self.cursor}; the shop ignores the filter, so "
                "this list "
                "cannot be read safely."
            )
        return [], halves

    def _halve(self, part: Range, trouble: Unreadable) -> tuple[list[Row], list[Range]]:
        halves = part.pieces(2)
        if len(halves) == 2:
            return [], halves
        assert part.high is not None
        self.isolate(part.high, trouble)
        return [], []

    def _checked(self, part: Range, page: Page) -> list[Row]:
        """The rows of a page; refuses an answer that ignores filter or sort, which would lose rows unseen."""
        key = self.key
        if key is None:
            return page.rows
        last = part.low
        for row in page.rows:
            if row[key] <= last:
                raise StreamError(
                    f"GET {self.path}: rows do not come in ascending order of {self.cursor}; an extension or cache "
                    "ignores filter or sort, so rows would be lost. Ask the shop's developer."
                )
            last = row[key]
        return page.rows

    def _highest(self) -> int:
        """The highest id of the list, by one request; by counting where the last record itself is bad."""
        fields = self.key or ""
        address = Address(
            self.path,
            lambda size: page_query(self.where, [Sort(self.cursor, descending=True)], size=size, fields=fields),
            1,
        )
        outcome = self.api.pool.one(lambda asked: fetch_page(self.api, asked), address)
        if isinstance(outcome, Unreadable) or self.key is None:
            return self._gallop(self.first_total)
        return int(outcome.rows[0][self.key]) if outcome.rows else 0

    def _gallop(self, start: int) -> int:
        """An id above which there is nothing, found by counting with doubled steps."""
        above = max(start, self.size, 1)
        while count(self.api, self.path, [*self.where, Where(self.cursor, "gt", above)]):
            above *= 2
        return above


def parts_for(rows: int, size: int) -> int:
    """Into how many ranges so many rows are cut, so that each fits a page when ids are dense."""
    return -(-rows // max(1, size))


@dataclass(frozen=True)
class Numbered:
    """A page by its number and size."""

    number: int
    size: int


@dataclass
class NumberedList:
    """A list without a usable id: page numbers under a unique sort, checked at the end, read again when it moved.

    `query` gives the query string for a page number and size; `keys` names the columns that identify a row.
    """

    api: Api
    path: str
    query: Callable[[int, int], str]
    keys: tuple[str, ...]
    size: int
    isolate: Isolate
    complete: bool = field(default=False, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Every row once; `complete` says afterwards whether distinct rows and `total_count` agreed."""
        seen: set[tuple[Any, ...]] = set()
        for _ in range(READ_AGAIN_TIMES):
            lost = Lost()
            totals: list[int] = []
            met: set[tuple[Any, ...]] = set()
            for rows in self._once(totals, lost):
                met.update(self._key(row) for row in rows)
                fresh = self._unseen(rows, seen)
                if fresh:
                    yield fresh
            if len(set(totals)) <= 1 and len(met) + lost.rows == (totals[-1] if totals else 0):
                self.complete = True
                return

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row.get(name) for name in self.keys)

    def _unseen(self, rows: list[Row], seen: set[tuple[Any, ...]]) -> list[Row]:
        fresh = []
        for row in rows:
            key = self._key(row)
            if key not in seen:
                seen.add(key)
                fresh.append(row)
        return fresh

    def _once(self, totals: list[int], lost: Lost) -> Iterator[list[Row]]:
        first = self.api.pool.one(self._fetch, Numbered(1, self.size))
        if isinstance(first, Unreadable):
            total = self._count(first)
            totals.append(total)
            asked = min(self.size, self.api.row_limit or self.size)
            tasks = [Numbered(number, asked) for number in range(1, parts_for(total, asked) + 1)]
        else:
            totals.append(first.total)
            if first.rows:
                yield first.rows
            if len(first.rows) < first.asked:
                return
            tasks = [Numbered(number, first.asked) for number in range(2, parts_for(first.total, first.asked) + 1)]

        def settle(task: Numbered, outcome: Outcome) -> tuple[list[Row], list[Numbered]]:
            if isinstance(outcome, Unreadable):
                return self._split(task, outcome, lost)
            totals.append(outcome.total)
            return outcome.rows, []

        yield from in_order(self.api.pool, tasks, self._fetch, settle)

    def _count(self, trouble: Unreadable) -> int:
        outcome = self.api.pool.one(self._fetch, Numbered(1_000_000, 1))
        if isinstance(outcome, Unreadable):
            raise as_stream_error(self.path, trouble if outcome.status != NOT_FOUND else outcome)
        return outcome.total

    def _fetch(self, task: Numbered) -> Outcome:
        address = Address(self.path, lambda size: self.query(task.number, size), task.size, shrinkable=False)
        outcome = fetch_page(self.api, address)
        if isinstance(outcome, Page) and outcome.asked != task.size and task.number > 1:
            raise StreamError(
                f"GET {self.path}: the page size changed while reading; run again with a lower page size."
            )
        return outcome

    def _split(self, task: Numbered, trouble: Unreadable, lost: Lost) -> tuple[list[Row], list[Numbered]]:
        if task.size == 1:
            lost.rows += 1
            self.isolate(f"row {task.number}", trouble)
            return [], []
        parts = smallest_factor(task.size)
        size = task.size // parts
        first = (task.number - 1) * parts
        return [], [Numbered(first + step, size) for step in range(1, parts + 1)]


@dataclass
class Lost:
    """How many rows of a list could not be read."""

    rows: int = 0


def smallest_factor(number: int) -> int:
    """The smallest prime factor: a page cut into so many pages of equal size covers the same rows."""
    return next((factor for factor in range(2, int(number**0.5) + 1) if number % factor == 0), number)
