"""The kinds of lists a stream may be: bare, read by id, read by what changed since, read by page number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from typing_extensions import override

from tap_magento.api import Address
from tap_magento.client import MagentoStream
from tap_magento.errors import StreamError
from tap_magento.keyed import KeyedList
from tap_magento.moments import as_magento_time, earlier
from tap_magento.numbered import NumberedList
from tap_magento.pages import count
from tap_magento.pool import Row
from tap_magento.search import Sort, Where, page_query, plain_query


class PlainStream(MagentoStream):
    """A list without paging, answered as a bare JSON array in one request."""

    @override
    def pages(self) -> Iterator[list[Row]]:
        answer = self.shop.api.pool.one(self.shop.api.get, Address(self.path, lambda _: plain_query(self.fields)))
        if not isinstance(answer.value, list):
            raise StreamError(
                f"GET {self.path}: the answer is no list of records; check store_url and the shop's version."
            )
        yield answer.value

    @override
    def estimate(self) -> None:
        return None


class KeyedStream(MagentoStream):
    """A list read by ranges of its unique integer id; `cursor` is the id's name as a filter, `key` as a property."""

    cursor: ClassVar[str]
    key: ClassVar[str | None]

    def where(self) -> list[Where]:
        """The filters of the whole stream."""
        return []

    def size(self) -> int:
        """Rows to ask for at a time."""
        return int(self.config["page_size"])

    def listing(self, fields: str | None = None) -> KeyedList:
        """The list to read, with its filters and fields as of now."""
        wanted = self.fields if fields is None else fields
        return KeyedList(
            self.shop.api, self.path, self.cursor, self.key, self.where(), wanted, self.size(), self.isolate
        )

    @override
    def pages(self) -> Iterator[list[Row]]:
        yield from self.listing().pages()

    @override
    def estimate(self) -> int | None:
        return count(self.shop.api, self.path, self.where())


class ChangesStream(KeyedStream):
    """Records with `updated_at`, read in a fixed window: the bookmark less `lookback_seconds` to the server's time.

    `document` streams (orders and what follows from them) start at `start_date`; products are never limited by it.
    """

    changes = "updated_at"
    document: ClassVar[bool] = True

    def bookmark(self) -> str | None:
        """The upper end of the last window that was read to its end, or None for a full read."""
        if self.forced_replication_method == "FULL_TABLE":
            return None
        value = self.stream_state.get("replication_key_value")
        if not value or self.stream_state.get("replication_key", self.changes) != self.changes:
            return None
        try:
            return as_magento_time(str(value))
        except ValueError as error:
            raise StreamError(
                f"{self.name}: the bookmark '{value}' in the state file is no date; remove it there for a full read."
            ) from error

    def window_start(self) -> str | None:
        """The lower end of the window (inclusive), or None."""
        starts = []
        if bookmark := self.bookmark():
            starts.append(earlier(min(bookmark, self.shop.until), float(self.config["lookback_seconds"])))
        if self.document and self.config.get("start_date"):
            starts.append(as_magento_time(str(self.config["start_date"])))
        return max(starts, default=None)

    @override
    def where(self) -> list[Where]:
        start = self.window_start()
        lower = [Where("updated_at", "gteq", start)] if start else []
        return [*lower, Where("updated_at", "lteq", self.shop.until)]

    @override
    def remember(self, *, complete: bool) -> None:
        start = self.window_start()
        full = start is None and not self.config.get("end_date")
        state = self.stream_state
        state["replication_key"] = self.changes
        state["replication_key_value"] = self.shop.until
        state.pop("window_start", None)
        if start:
            state["window_start"] = start
        super().remember(complete=complete and full)


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
        if not complete:
            self.shop.report.note(
                f"{self.name}: the list kept moving while it was read, so it does not count as complete in this run."
            )
        return complete
