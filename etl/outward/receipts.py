"""Which receipts count for a shop's stock, and what of each is still to be added: the arithmetic of the ledger. Pure.

A receipt can be edited and deleted, so the ledger works with differences: what Optiply says now less what the changes
made so far add up to. A change never changes itself, so that its reference can be applied once and for ever.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

NOTHING = Decimal(0)
BY_PROGRAM = "an integration wrote it, people did not book it"
ASSEMBLY = "it belongs to an assembly order"
NO_LINE = "its line of a buy order was not read"
NO_ORDER = "its buy order was not read"
NO_ARTICLE = "its product is not known as one of this shop's"


@dataclass(frozen=True)
class ReceiptLine:
    """What Optiply says of a receipt line; `created_at` is naive UTC text."""

    id: int
    line: int | None
    quantity: Decimal
    created_at: str
    by_people: bool


@dataclass(frozen=True)
class BuyLine:
    """A line of a buy order: which order, which product of Optiply's."""

    order: int
    product: int


@dataclass(frozen=True)
class Article:
    """A product of the shop's as the ledger needs it; `why_not`: a reason against raising its stock."""

    sku: str
    why_not: str | None = None


@dataclass(frozen=True)
class Entry:
    """The ledger's row of a receipt line. `settled`: what baseline, left-out units and changes add up to."""

    id: int
    line: int | None
    created_at: str
    by_people: bool
    seen: Decimal
    settled: Decimal = NOTHING
    changes: int = 0
    gone: bool = False

    @property
    def open(self) -> Decimal:
        """What is still to be added."""
        return self.seen - self.settled


@dataclass(frozen=True)
class StockChange:
    """A change of stock; one `reference` is applied once."""

    reference: str
    sku: str
    source_code: str
    delta: Decimal


@dataclass(frozen=True)
class Surroundings:
    """What a receipt line hangs on: lines and orders (is it assembly?) by id, the shop's articles by Optiply's id."""

    lines: Mapping[int, BuyLine]
    orders: Mapping[int, bool]
    articles: Mapping[int, Article]
    source_code: str


@dataclass(frozen=True)
class Outcome:
    """What became of an entry: with its change, or a reason why it is `left_out` or still `waits`."""

    entry: Entry
    change: StockChange | None = None
    left_out: str | None = None
    waits: str | None = None


def taken(known: Entry | None, line: ReceiptLine, since: str | None) -> Entry:
    """The entry after a receipt line was read; a new one from before `since` (None: whenever) is only recorded."""
    if known is None:
        entry = Entry(line.id, line.line, line.created_at, line.by_people, line.quantity)
        return settled(entry) if since is None or line.created_at < since else entry
    return replace(known, line=line.line, by_people=line.by_people, seen=line.quantity, gone=False)


def vanished(known: Entry) -> Entry:
    """The entry of a receipt line that is proven gone."""
    return replace(known, seen=NOTHING, gone=True)


def settled(entry: Entry) -> Entry:
    """The entry with nothing left to add."""
    return replace(entry, settled=entry.seen)


def missing(entries: Iterable[Entry], listed: Iterable[int], since: str) -> list[int]:
    """Receipt lines made at `since` or later that a complete list lacks."""
    there = set(listed)
    return sorted(one.id for one in entries if not one.gone and one.created_at >= since and one.id not in there)


def worked_out(entry: Entry, around: Surroundings) -> Outcome:
    """What becomes of an entry with something open."""
    if not entry.by_people:
        return Outcome(settled(entry), left_out=BY_PROGRAM)
    line = None if entry.line is None else around.lines.get(entry.line)
    if line is None:
        return Outcome(entry, waits=NO_LINE)
    assembly = around.orders.get(line.order)
    if assembly is None:
        return Outcome(entry, waits=NO_ORDER)
    if assembly:
        return Outcome(settled(entry), left_out=ASSEMBLY)
    article = around.articles.get(line.product)
    if article is None:
        return Outcome(entry, waits=NO_ARTICLE)
    if article.why_not is not None:
        return Outcome(settled(entry), left_out=article.why_not)
    number = entry.changes + 1
    change = StockChange(f"receipt-{entry.id}-{number}", article.sku, around.source_code, entry.open)
    return Outcome(replace(settled(entry), changes=number), change)
