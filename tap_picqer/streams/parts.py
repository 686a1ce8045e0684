"""The parts of compositions: one question for each composition, since Picqer knows no list of them."""

from collections.abc import Iterator
from contextlib import suppress

from typing_extensions import override

from connector.errors import Unreadable
from connector.http.answers import Answer, Ending
from connector.http.pool import Row, in_order
from connector.http.request import Request
from connector.lists.pages import DAMAGED, flaw_of, with_names
from connector.singer.stream import StreamsTap
from connector.values import Unfit, flag
from tap_picqer.client import is_missing
from tap_picqer.stream import AfterListStream
from tap_picqer.streams.catalog import ProductsStream


class ProductPartsStream(AfterListStream):
    """What compositions are made of; one row per composition with all its parts, none where it has none."""

    name = "product_parts"
    path = "/products/{id}/parts"
    keys = ("idproduct",)
    listed = ProductsStream

    def __init__(self, tap: StreamsTap) -> None:
        """A setting of the ETL leaves them out: one request for each composition is much for nothing."""
        super().__init__(tap)
        with suppress(Unfit):
            self.selected_by_default = flag(tap.config.get("sync_compositions", True))

    @override
    def pages(self) -> Iterator[list[Row]]:
        """Those without parts are held back until one has some: if none has, that is no answer."""
        self._held: list[Row] = []
        self._any = False
        compositions = sorted(self.read_list().compositions)
        yield from in_order(self.source.pool, compositions, self._fetch, self._settle)
        if self._held:
            self.source.report.note(
                f"product_parts: none of {len(self._held)} compositions has a part, which is no answer; they are left "
                "out, and the list does not count as complete."
            )

    def _fetch(self, number: int) -> Answer | Ending:
        return self.source.client.send(_question(number), isolating=True)

    def _settle(self, number: int, found: Answer | Ending) -> tuple[list[Row], list[int]]:
        try:
            parts = self._parts(number, found)
        except Unreadable as trouble:
            self.isolate(number, trouble)
            return [], []
        self._held.append({"idproduct": number, "parts": parts})
        self._any = self._any or bool(parts)
        rows, self._held = (self._held, []) if self._any else ([], self._held)
        return rows, []

    def _parts(self, number: int, found: Answer | Ending) -> list[Row]:
        """The parts; none where the product has none or is gone by now.

        Raises:
            Unreadable: they cannot be read.
            StreamError: it is not this product alone.
        """
        if isinstance(found, Answer):
            rows = found.value
            if not isinstance(rows, list):
                raise Unreadable(DAMAGED, "the answer is not a list of parts")
            for row in rows:
                if flaw := flaw_of(row, with_names("idproduct")):
                    raise Unreadable(DAMAGED, flaw)
            return rows
        if is_missing(found.failure):
            return []
        raise self.source.client.error_of(_question(number), found, isolating=True)

    @override
    def is_complete(self) -> bool:
        return super().is_complete() and not self._held


def _question(number: int) -> Request:
    return Request(f"/products/{number}/parts")
