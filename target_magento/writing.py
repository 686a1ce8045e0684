"""Sets figures in a shop: many in one call, and a call that is refused halved until the bad row stands alone.

What is written is absolute, so that a repeat changes nothing by itself; what left the shop meanwhile is found when the
figures are read back.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from connector.errors import AccessDenied, StreamError
from connector.http.answers import Answer, Ending
from connector.http.request import Request
from connector.http.table import Fate
from connector.lists.source import Source
from magento_api.search import path_part
from target_magento.rows import Written

SOURCE_ITEMS = "/inventory/source-items"
ADMIN_SCOPE = "all"
MOST_FAILURES = 3
"""After so many single rows in a row on which the shop failed, it is the shop and not the rows."""


class FigureToSet(Protocol):
    """A figure to be set."""

    @property
    def sku(self) -> str: ...  # noqa: D102
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def quantity(self) -> Decimal: ...  # noqa: D102
    @property
    def in_stock(self) -> bool: ...  # noqa: D102


@dataclass
class HalvedCall:
    """One writing: outcomes by place, and single rows in a row on which the shop failed."""

    shop: Source
    rows: Sequence[FigureToSet]
    outcomes: dict[int, Written] = field(default_factory=dict)
    failures: int = 0

    def write(self, places: Sequence[int], *, again: bool = True) -> None:
        """Writes the rows at these places in one call, or in ever smaller ones.

        A deadlock is refused in the words of a wrong row, so that a single row is tried twice.

        Raises StreamError: the shop takes nothing at all now; nobody knows what was written.
        """
        outcome = self.shop.pool.one(self.shop.client.send, self._request(places))
        if isinstance(outcome, Answer):
            self.failures = 0
            self.outcomes.update((place, Written(True)) for place in places)
            return
        refused = outcome.meaning.fate is Fate.REFUSE
        if not refused and outcome.meaning.fate is not Fate.ISOLATE:
            raise trouble(self.shop, SOURCE_ITEMS, outcome)
        if len(places) > 1:
            middle = len(places) // 2
            self.write(places[:middle])
            self.write(places[middle:])
        elif refused and again:
            self.write(places, again=False)
        else:
            self.failures += not refused
            if self.failures >= MOST_FAILURES:
                raise trouble(self.shop, SOURCE_ITEMS, outcome)
            self.outcomes[places[0]] = Written(False, outcome.explained().rstrip("."), not refused)

    def _request(self, places: Sequence[int]) -> Request:
        rows = [
            {
                "sku": row.sku,
                "source_code": row.source,
                "quantity": plain(row.quantity),
                "status": int(row.in_stock),
            }
            for row in map(self.rows.__getitem__, places)
        ]
        body = msgspec.json.encode({"sourceItems": rows})
        return Request(SOURCE_ITEMS, method="POST", body=body, scope=ADMIN_SCOPE)


def write_sources(shop: Source, rows: Sequence[FigureToSet]) -> list[Written]:
    """Sets source items; one outcome for each row, in their order."""
    batch = HalvedCall(shop, rows)
    if rows:
        batch.write(range(len(rows)))
    return [batch.outcomes[place] for place in range(len(rows))]


def write_items(shop: Source, rows: Sequence[FigureToSet]) -> list[Written]:
    """Sets the stock items of a shop without sources, a request each; the flag is sent, for it follows nothing."""
    waiting: list[Future[Answer | Ending]] = [shop.pool.submit(shop.client.send, _item_request(row)) for row in rows]
    outcomes = []
    for future in waiting:
        outcome = shop.pool.wait(future)
        if isinstance(outcome, Answer):
            outcomes.append(Written(True))
        elif outcome.meaning.fate in (Fate.REFUSE, Fate.ISOLATE):
            failed = outcome.meaning.fate is Fate.ISOLATE
            outcomes.append(Written(False, outcome.explained().rstrip("."), failed))
        else:
            raise trouble(shop, "/products/{sku}/stockItems", outcome)
    return outcomes


def _item_request(row: FigureToSet) -> Request:
    # The number at the end is not looked at: the SKU alone says whose item it is.
    path = f"/products/{path_part(row.sku)}/stockItems/1"
    item = {"qty": plain(row.quantity), "is_in_stock": row.in_stock}
    return Request(path, method="PUT", body=msgspec.json.encode({"stockItem": item}), scope=ADMIN_SCOPE)


def plain(quantity: Decimal) -> Any:  # noqa: ANN401 - a JSON number
    """A quantity as a JSON number; four places and eight digits are exact in one."""
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)


def trouble(shop: Source, path: str, ending: Ending) -> StreamError:
    """What to say when the shop takes nothing."""
    if ending.meaning.fate is Fate.ACCESS:
        return AccessDenied(shop.client.missing_right(ending.failure))
    return StreamError(f"POST {path}: {ending.explained()}")
