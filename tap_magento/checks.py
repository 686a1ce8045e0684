"""Asks for products by id, to learn whether they are there: the second question after a listing that lacked them."""

from collections.abc import Iterator
from dataclasses import dataclass

from connector.errors import StreamError, Unreadable
from connector.http.pool import Row, in_order
from connector.lists.again import Portion, portions
from connector.lists.pages import IDS_A_REQUEST, Isolate, Outcome, row_number, with_number
from connector.lists.question import Ask, Sort, Where
from connector.lists.source import Source


@dataclass(frozen=True)
class ProductChecks:
    """Asks for `ids` in portions, each together with `known`, a product that the shop is known to have.

    An answer without `known` shows that the question was not understood, so it proves no absence. `isolate` is told of
    an id whose question alone makes the shop fail: the shop stumbles over a record, so there is one.
    """

    source: Source
    ids: Portion
    known: int
    isolate: Isolate

    def pages(self) -> Iterator[list[Row]]:
        """One row per id, in order: `id` and `found`, which is None where the answer proves nothing."""
        yield from in_order(self.source.pool, portions(self.ids, IDS_A_REQUEST), self._fetch, self._settle)

    def _fetch(self, portion: Portion) -> Outcome:
        among = Where("entity_id", "in", ",".join(map(str, [self.known, *portion])))
        asked = Ask("/products", (among,), (Sort("entity_id"),), len(portion) + 1, fields="id", shrinkable=False)
        return self.source.fetch(asked, with_number("id"))

    def _settle(self, portion: Portion, outcome: Outcome) -> tuple[list[Row], list[Portion]]:
        whole = not isinstance(outcome, Unreadable) and outcome.total <= len(outcome.rows)
        if not whole and len(portion) > 1:
            middle = len(portion) // 2
            return [], [portion[:middle], portion[middle:]]
        if isinstance(outcome, Unreadable):
            self.isolate(portion[0], outcome)
            return [{"id": portion[0], "found": True}], []
        if not whole:
            raise StreamError(
                f"GET /products: {outcome.total} products answer to two ids; an extension or cache ignores the filter. "
                "Ask the shop's developer; until then two complete listings decide whether a product is gone."
            )
        there = {row_number(row, "id") for row in outcome.rows}
        if self.known not in there:
            self.source.report.note(
                f"product_checks: the answer lacked product {self.known}, which the shop had a moment ago, so it "
                "proves nothing; the next complete listing decides."
            )
        absent = False if self.known in there else None
        return [{"id": number, "found": True if number in there else absent} for number in portion], []
