"""The complete listing of products: read once per run by key ranges, shared by every stream that walks all SKUs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from connector.errors import Unreadable
from connector.http.pool import Row
from connector.lists.keyed import KeyedList
from connector.lists.pages import DAMAGED, Isolate, row_number, slightly_off
from connector.lists.question import Ask
from connector.lists.source import Source
from connector.values import Unfit, text, whole_number

FIELDS = "id,sku,status,type_id"
DISABLED = 2


@dataclass(frozen=True)
class Listed:
    """A product as the listing has it; `sku`, `status` and `type_id` are None for a record that cannot be read."""

    id: int
    sku: str | None
    status: int | None
    type_id: str | None


@dataclass
class ProductListing:
    """Reads id, sku, status and type of every product; afterwards `products` holds them, ascending by id.

    Pages hold three times `page_size` rows, for a row is a hundred bytes.
    `counted`: the number of distinct ids, unreadable ones included, is the shop's own `total_count`.
    `usable`: it is, or two readings found the same products and the count is off by the same few, so that every product
    is known to be there, though nobody may conclude that another is not. `off`: by how many the count is off then.
    """

    source: Source
    isolate: Isolate
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

        asked = Ask("/products", size=3 * int(self.source.config["page_size"]), fields=FIELDS)
        readings: list[tuple[set[int], int]] = []
        for _ in range(2):
            walk = KeyedList(self.source, asked, "entity_id", "id", isolate)
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
        status, type_id = row.get("status"), row.pop("type_id", None)
        try:
            sku = text(row.get("sku"))
        except Unfit as unfit:
            isolate(number, Unreadable(DAMAGED, f"the 'sku' of the product {unfit}"))
            return False
        met[number] = Listed(number, sku, _status(status), type_id if isinstance(type_id, str) else None)
        return True

    def _judge(self, readings: list[tuple[set[int], int]]) -> None:
        ids, total = readings[-1]
        steady = len(readings) > 1 and readings[0] == readings[1] and slightly_off(len(ids), total)
        self.usable = self.counted or steady
        self.off = 0 if self.counted or not steady else total - len(ids)

    def readable(self) -> list[Listed]:
        """The products whose SKU is known."""
        return [product for product in self.products if product.sku is not None]


def _status(value: object) -> int | None:
    """1 or 2, also as text, as some extensions write it; None for the rest."""
    try:
        return whole_number(value)
    except Unfit:
        return None
