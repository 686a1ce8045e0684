"""The kinds of lists a stream may be: bare, read by id (changes.py: by what changed since), read by page number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from typing_extensions import override

from connector.errors import StreamError, Unreadable
from connector.http.api import Address
from connector.http.pool import Json, Row
from connector.lists.keyed import KeyedList
from connector.lists.numbered import NumberedList
from connector.lists.pages import DAMAGED, Check, count, counted, flaw_of, slightly_off, with_names
from connector.singer.stream import MagentoStream
from tap_magento.search import Sort, Where, page_query, plain_query

COUNT_OFF = "count_off"
"""Where the state keeps how many rows the shop counts beyond what comes (docs/decisions/counts-that-are-wrong.md)."""


class PlainStream(MagentoStream):
    """A list without paging, answered as a bare JSON array in one request."""

    @override
    def pages(self) -> Iterator[list[Row]]:
        answer = self.shop.api.pool.one(self.shop.api.get, Address(self.path, lambda _: plain_query(self.fields)))
        yield self.readable(answer.value)

    def readable(self, rows: Json) -> list[Row]:
        """The rows of an answer that are records; each of the others costs itself.

        Raises:
            StreamError: the answer is not a list.
        """
        if not isinstance(rows, list):
            raise StreamError(
                f"GET {self.path}: the answer is not a list of records; check store_url and the shop's version."
            )
        check = with_names(*self.keys)
        good = []
        for place, row in enumerate(rows, 1):
            if (flaw := flaw_of(row, check)) is None:
                good.append(row)
            else:
                self.isolate(f"row {place}", Unreadable(DAMAGED, flaw))
        return good

    @override
    def estimate(self) -> None:
        return None


class KeyedStream(MagentoStream):
    """A list read by ranges of its unique integer id; `cursor` is the id's name as a filter, `key` as a property.

    `absence_counts`: readers conclude something from a row that is not there, so that every row must have come.
    """

    cursor: ClassVar[str]
    key: ClassVar[str | None]
    absence_counts: ClassVar[bool] = False
    _list: KeyedList | None = None

    def where(self) -> list[Where]:
        """The filters of the whole stream."""
        return []

    def size(self) -> int:
        """Rows to ask for at a time."""
        return int(self.config["page_size"])

    def listing(self, fields: str | None = None) -> KeyedList:
        """The list to read, with its filters and fields as of now."""
        wanted = self.fields if fields is None else fields
        names = self.path, self.cursor, self.key
        return KeyedList(self.shop.api, *names, self.where(), wanted, self.size(), self.isolate, self.check())

    def check(self) -> Check | None:
        """Says whether a row without an id of its own is one; None where rows have their id."""
        return with_names(*self.keys) if self.key is None else None

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._list = self.listing()
        yield from self._list.pages()

    @override
    def is_complete(self) -> bool:
        """Whether as many rows came as the shop counts, or fewer by as many as in the run before.

        Raises:
            StreamError: hardly anything came of what the shop counts; that is no answer.
        """
        reading, state = self._list, self.stream_state
        if reading is None or not reading.lacking:
            state.pop(COUNT_OFF, None)
            return True
        came, total = reading.came, reading.came + reading.lacking
        says = f"{self.name}: the shop counts {counted(total, 'record')} and gives {came or 'none'}"
        before = state.get(COUNT_OFF)
        if before != reading.lacking and not slightly_off(came, total):
            raise StreamError(
                f"{says}; an index that is being rebuilt, a missing right or an extension is the reason. Nothing is "
                "taken as read. Run again later, or ask the shop's developer."
            )
        state[COUNT_OFF] = reading.lacking
        if self.absence_counts or before != reading.lacking:
            self.shop.report.note(f"{says}, so the stream does not count as read to its end in this run.")
            return False
        self.shop.report.note(
            f"{says}, as many fewer as in the run before: its count is wrong, and what it gives is taken as all there "
            "is. Ask the shop's developer which extension changes total_count."
        )
        return True

    @override
    def estimate(self) -> int | None:
        return count(self.shop.api, self.path, self.where())


class NumberedStream(MagentoStream):
    """A list without a usable id, read by page number under a unique sort, checked against `total_count`."""

    sort: ClassVar[tuple[Sort, ...]] = ()
    _list: NumberedList | None = None

    def size(self) -> int:
        """Rows to ask for at a time."""
        return int(self.config["page_size"])

    def query(self, number: int, size: int) -> str:
        """The query of one page."""
        return page_query((), self.sort, size=size, page=number, fields=self.fields)

    @override
    def pages(self) -> Iterator[list[Row]]:
        self._list = NumberedList(self.shop.api, self.path, self.query, self.keys, self.size(), self.isolate)
        yield from self._list.pages()

    @override
    def is_complete(self) -> bool:
        complete = self._list is not None and self._list.complete
        if self._list is not None and self._list.off:
            self.shop.report.note(
                f"{self.name}: every reading gave the same rows, and the shop's count differs by "
                f"{abs(self._list.off)}: its count is wrong, and what it gives is taken as all there is. Ask the "
                "shop's developer which extension changes total_count."
            )
        if not complete:
            self.shop.report.note(
                f"{self.name}: the list kept moving while it was read, so it does not count as complete in this run."
            )
        return complete
