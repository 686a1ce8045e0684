"""Reads lists of a shop to their end, or not at all: what could not be read might be what is asked for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from connector.errors import StreamError, Unreadable
from connector.http.pool import Row, in_order
from connector.lists.keyed import KeyedList
from connector.lists.numbered import NumberedList
from connector.lists.pages import Isolate, Outcome, with_names, with_number
from connector.lists.question import Ask, Sort, Where
from connector.lists.source import Source
from magento_api.search import encode

MOST_NAMED, MOST_CHARACTERS = 200, 4500
"""SKUs that one request names, and the characters that they take in its address; web servers take 4 to 8 kB."""
FEW_REQUESTS = 10
"""So many requests that name SKUs are sent without a look at how long the whole list is."""


def keyed_rows(source: Source, asked: Ask, cursor: str, key: str | None) -> list[Row]:
    """Every row of a list with an id.

    Raises StreamError: one cannot be read, or fewer came than the shop counts; nothing can be concluded then.
    """
    listed = KeyedList(source, asked, cursor, key, _refuse(asked.path), None if key else with_names("sku"))
    rows = [row for page in listed.pages() for row in page]
    if listed.lacking:
        raise StreamError(f"GET {asked.path}: {listed.came} rows came, {listed.lacking} fewer than the shop counts.")
    return rows


def numbered_rows(source: Source, asked: Ask, *keys: str, moving: bool = False) -> list[Row]:
    """Every row of a list without a usable id; of a `moving` one those that came, where it changed in every reading.

    Raises StreamError: one cannot be read, or the list moved in every reading.
    """
    listed = NumberedList(source, asked, keys, _refuse(asked.path))
    rows = [row for page in listed.pages() for row in page]
    if not listed.complete and not moving:
        raise StreamError(f"GET {asked.path}: the list changed whenever it was read; try again later.")
    return rows


@dataclass(frozen=True)
class BySku:
    """The rows of some SKUs in the list of `ask`, whose size is that of a page of the whole list.

    `cursor` and `key` name the list's id as a filter and in its rows (None: they do not show it). `each`: about
    how many rows a SKU has.
    """

    source: Source
    ask: Ask
    cursor: str
    key: str | None
    each: int = 1

    def rows(self, skus: Collection[str]) -> list[Row]:
        """A few SKUs are named, for many the whole list is read, whichever asks less; SKUs that nobody asked for come.

        Raises StreamError: not every row can be read.
        """
        portions = list(_portions(skus))
        if len(portions) > FEW_REQUESTS and self.source.count(self.ask.path) <= (len(portions) - 1) * self.ask.size:
            return keyed_rows(self.source, self.ask, self.cursor, self.key)
        pages = in_order(self.source.pool, portions, self._fetch, self._settle)
        return [row for page in pages for row in page]

    def _fetch(self, portion: list[str]) -> Outcome:
        asked = replace(
            self.ask,
            where=(Where("sku", "in", ",".join(portion)) if len(portion) > 1 else Where("sku", "eq", portion[0]),),
            sort=(Sort(self.cursor),),
            size=self.each * len(portion) + 10,
            shrinkable=False,
        )
        return self.source.fetch(asked, with_number(self.key) if self.key else with_names("sku"))

    def _settle(self, portion: list[str], outcome: Outcome) -> tuple[list[Row], list[list[str]]]:
        if not isinstance(outcome, Unreadable) and outcome.total <= len(outcome.rows):
            return outcome.rows, []
        if len(portion) > 1:
            middle = len(portion) // 2
            return [], [portion[:middle], portion[middle:]]
        if isinstance(outcome, Unreadable):
            raise self.source.cannot_read(self.ask.path, outcome)
        asked = replace(self.ask, where=(Where("sku", "eq", portion[0]),))
        return keyed_rows(self.source, asked, self.cursor, self.key), []


def _portions(skus: Collection[str]) -> Iterator[list[str]]:
    """SKUs in portions that one address can name; a comma would part a SKU, so that such a one stands alone."""
    portion: list[str] = []
    characters = 0
    for sku in sorted(skus):
        if "," in sku:
            yield [sku]
            continue
        length = len(encode([("", sku)]))
        if portion and (len(portion) >= MOST_NAMED or characters + length > MOST_CHARACTERS):
            yield portion
            portion, characters = [], 0
        portion.append(sku)
        characters += length
    if portion:
        yield portion


def _refuse(path: str) -> Isolate:
    def refuse(place: str | int, trouble: Unreadable) -> None:
        raise StreamError(f"GET {path}: record {place} cannot be read: {trouble.reason}")

    return refuse
