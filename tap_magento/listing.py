"""The complete listing of products: read once per run by key ranges, shared by every stream that walks all SKUs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from connector.errors import Unreadable
from connector.http.pool import Row
from connector.lists.again import portions
from connector.lists.keyed import KeyedList
from connector.lists.pages import DAMAGED, Isolate, row_number, slightly_off
from connector.lists.question import Ask
from connector.lists.source import Source
from connector.values import Unfit, text, whole_number

NAMES = ("id", "sku", "status", "type_id")
ROWS_TOGETHER = 1000
DISABLED = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """A product as the listing has it; `sku`, `status` and `type_id` are None for a record that cannot be read."""

    id: int
    sku: str | None
    status: int | None
    type_id: str | None


@dataclass
class Taken:
    """A complete reading of the products themselves, as far as it is a listing; `first_total` were counted."""

    first_total: int = 0
    _rows: list[tuple[Any, ...]] = field(default_factory=list)

    def take(self, rows: list[Row]) -> None:
        """Keeps of each product what a listing holds."""
        self._rows += [tuple(row.get(name) for name in NAMES) for row in rows]

    def pages(self) -> Iterator[list[Row]]:
        """The rows, as a listing would have them."""
        for some in portions(self._rows, ROWS_TOGETHER):
            yield [dict(zip(NAMES, row, strict=True)) for row in some]


@dataclass
class ProductListing:
    """Reads id, sku, status and type of every product; afterwards `products` holds them, ascending by id.

    Where the run has `taken` them from a complete reading of the products, that is the first reading.
    Pages hold three times `page_size` rows, for a row is a hundred bytes; five times as many where they come at once.
    `counted`: the number of distinct ids, unreadable ones included, is the shop's own `total_count`.
    `usable`: it is, or two readings found the same products and the count is off by the same few, so that every product
    is known to be there, though nobody may conclude that another is not. `off`: by how many the count is off then.
    """

    source: Source
    isolate: Isolate
    taken: Taken | None = None
    products: list[Listed] = field(default_factory=list, init=False)
    counted: bool = field(default=False, init=False)
    usable: bool = field(default=False, init=False)
    off: int = field(default=0, init=False)

    def pages(self) -> Iterator[list[Row]]:
        """Rows of id, sku and status; an unreadable record comes as a row with its id alone, after the others."""
        met: dict[int, Listed] = {}
        lost: list[int] = []

        def isolate(record_id: str | int, trouble: Unreadable) -> None:
            if int(record_id) not in met:
                met[int(record_id)] = Listed(int(record_id), None, None, None)
                lost.append(int(record_id))
                self.isolate(record_id, trouble)

        size = 3 * int(self.source.config["page_size"])
        asked = Ask("/products", size=size, fields=",".join(NAMES))
        readings: list[tuple[set[int], int]] = []
        for number_of_reading in range(2):
            walk: Taken | KeyedList = KeyedList(self.source, asked, "entity_id", "id", isolate, most=5 * size)
            if self.taken is not None and not number_of_reading:
                walk = self.taken
            seen: set[int] = set()
            for rows in walk.pages():
                fresh = []
                for row in rows:
                    number = row_number(row, "id")
                    seen.add(number)
                    if number not in met and self._listed(number, row, met, isolate):
                        fresh.append(row)
                if fresh:
                    yield fresh
            readings.append((seen | set(lost), walk.first_total))
            self.counted = any(len(met) == total for _, total in readings)
            if self.counted:
                break
        self._judge(readings)
        self.products = [met[number] for number in sorted(met)]
        if lost:
            yield [{"id": number} for number in sorted(lost)]

    @staticmethod
    def _listed(
        number: int, row: Row, met: dict[int, Listed], isolate: Callable[[str | int, Unreadable], None]
    ) -> bool:
        """Takes a row into the listing; one whose SKU is not a text counts as unreadable."""
        try:
            met[number] = listed(row)
        except Unfit as unfit:
            isolate(number, Unreadable(DAMAGED, str(unfit)))
        row.pop("type_id", None)
        return met[number].sku is not None

    def _judge(self, readings: list[tuple[set[int], int]]) -> None:
        ids, total = readings[-1]
        steady = len(readings) > 1 and readings[0] == readings[1] and slightly_off(len(ids), total)
        self.usable = self.counted or steady
        self.off = 0 if self.counted or not steady else total - len(ids)

    def readable(self) -> list[Listed]:
        """The products whose SKU is known."""
        return [product for product in self.products if product.sku is not None]


def listed(row: Row) -> Listed:
    """A product by its row. Raises Unfit: its id is no number, or its SKU no text."""
    number, type_id = row_number(row, "id"), row.get("type_id")
    try:
        sku = text(row.get("sku"))
    except Unfit as unfit:
        raise Unfit(f"the 'sku' of the product {unfit}") from unfit
    return Listed(number, sku, _status(row.get("status")), type_id if isinstance(type_id, str) else None)


def _status(value: object) -> int | None:
    """1 or 2, also as text, as some extensions write it; None for the rest."""
    try:
        return whole_number(value)
    except Unfit:
        return None
