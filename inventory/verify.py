"""Reads back what was applied, and puts right what differs; what the shop shipped since is no difference.

What should stand is the figure that was applied less the units that left after it was calculated. A shipment between
reading and writing is undone by the write: the shop then shows more than that, and is corrected. One after the write
is in the shop's figure already, and nothing is done. Where the shop shows more and an order has given units back,
nobody can tell which of the two is right: that is reported and left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any

from sqlalchemy import bindparam, select, update

from connector.collation import folded
from inventory.arithmetic import is_in_stock
from inventory.look import OVERLAP
from inventory.sequence import moment_of, stamp
from inventory.shop import Key, Product, Shop, SourceItem, Write
from inventory.tables import Store, applied, figures

_ROUNDS = 6
_NONE = Decimal(0)
_GIVEN_BACK = (
    "an order of it was canceled or refunded since, which may have put units back; the next figure or a person decides"
)


@dataclass(frozen=True)
class Standing:
    """What was applied last for a key, and what should stand in the shop after the departure with this id."""

    key: Key
    sku: str
    source: str
    sequence: int
    expected: Decimal
    departure: int
    since: datetime


@dataclass(frozen=True)
class Difference:
    """A figure that differs: what should stand, what does (None: nothing), and what became of it."""

    sku: str
    source: str
    expected: Decimal
    found: Decimal | None
    repaired: bool
    reason: str | None = None


@dataclass
class Comparison:
    """How many figures were compared, and which differed at first sight."""

    compared: int = 0
    differences: list[Difference] = field(default_factory=list)


def unverified(store: Store) -> list[Standing]:
    """The applied figures that were not read back equal yet."""
    return _standings(store, only_open=True)


def everything(store: Store, sku: str | None = None) -> list[Standing]:
    """All applied figures, or those of one SKU."""
    found = _standings(store, only_open=False)
    return found if sku is None else [one for one in found if one.key.sku == folded(sku)]


def verify(
    store: Store,
    shop: Shop,
    standings: Sequence[Standing],
    *,
    batch_size: int,
    dry_run: bool = False,
) -> Comparison:
    """Reads the figures back and writes those that differ, until what stands agrees with what left meanwhile.

    Raises ShopTrouble: the shop could not be read; what was not read back stays marked.
    """
    result = Comparison(len(standings))
    waiting = {one.key: one for one in standings}
    left_before: dict[Key, Decimal] = {}
    seen: dict[Key, Difference] = {}
    products: dict[str, Product] = {}
    for turn in range(_ROUNDS):
        if not waiting:
            break
        moment = shop.now()
        items = {Key.of(item.sku, item.source): item for item in shop.source_items(waiting.keys())}
        departed, last = _left(shop, waiting)
        left = {key: sum(units, _NONE) for key, units in departed.items()}
        wrong: list[Standing] = []
        agreed: list[Standing] = []
        for key in [key for key in waiting if shop.doubt(key.sku) is not None]:
            seen[key] = replace(_difference(waiting.pop(key), None), reason=shop.doubt(key.sku))
        for key, one in waiting.items():
            gone = left.get(key, _NONE)
            if gone != left_before.get(key, _NONE):
                continue  # it left while we read: look again
            rest = replace(one, expected=one.expected - gone, departure=last[key], since=moment - OVERLAP)
            item = items.get(key)
            if item is not None and item.quantity == rest.expected:
                agreed.append(rest)
            else:
                wrong.append(rest)
                seen.setdefault(key, _difference(rest, item))
        left_before = left
        for one in _undecided(shop, wrong, items, departed, waiting):
            seen[one.key] = replace(_difference(one, items[one.key]), reason=_GIVEN_BACK)
            wrong.remove(one)
            del waiting[one.key]
        if not dry_run:
            _note(store, agreed)
        for one in agreed if not dry_run else [*agreed, *wrong]:
            del waiting[one.key]
        if wrong and not dry_run and turn < _ROUNDS - 1:
            products.update(shop.products({one.key.sku for one in wrong} - products.keys()))
            _write(shop, wrong, products, seen, batch_size)
    for key in waiting:
        if key in seen:
            seen[key] = replace(seen[key], repaired=False, reason=seen[key].reason or "another program changes it, too")
    result.differences = list(seen.values())
    return result


def _difference(rest: Standing, item: SourceItem | None) -> Difference:
    return Difference(rest.sku, rest.source, rest.expected, None if item is None else item.quantity, repaired=False)


def _undecided(
    shop: Shop,
    wrong: Sequence[Standing],
    items: dict[Key, SourceItem],
    departed: dict[Key, list[Decimal]],
    waiting: dict[Key, Standing],
) -> list[Standing]:
    """Figures with more in the shop than the departures that our write has undone explain, and units given back."""
    raised = []
    for one in wrong:
        item = items.get(one.key)
        more = _NONE if item is None else item.quantity - one.expected
        if more > 0 and more not in accumulate(departed.get(one.key, ())):
            raised.append(one)
    back = shop.given_back_since(min(waiting[one.key].since for one in raised)) if raised else ()
    return [one for one in raised if one.key.sku in back]


def _left(shop: Shop, waiting: dict[Key, Standing]) -> tuple[dict[Key, list[Decimal]], dict[Key, int]]:
    """Units that left since each figure's departure, in order, and the last departure seen, by key."""
    left: dict[Key, list[Decimal]] = {}
    last = {key: one.departure for key, one in waiting.items()}
    since = min(one.since for one in waiting.values())
    for gone in sorted(shop.shipments_since(since), key=lambda one: one.id):
        key = Key.of(gone.sku, gone.source)
        # The list begins with the oldest figure's moment; an id alone does not tell what a later figure knew.
        if key in waiting and gone.id > waiting[key].departure and gone.at >= waiting[key].since:
            left.setdefault(key, []).append(gone.quantity)
            last[key] = max(last[key], gone.id)
    return left, last


def _write(
    shop: Shop,
    wrong: Sequence[Standing],
    products: dict[str, Product],
    seen: dict[Key, Difference],
    batch_size: int,
) -> None:
    known = []
    for one in wrong:
        product = products.get(one.key.sku)
        why = "the shop has no product with this SKU" if product is None else product.unclear(one.expected)
        if why is None:
            known.append(one)
        else:
            seen[one.key] = replace(seen[one.key], reason=why)
    for start in range(0, len(known), batch_size):
        batch = known[start : start + batch_size]
        flags = [is_in_stock(one.expected, products[one.key.sku]) for one in batch]
        writes = [Write(one.sku, one.source, one.expected, flag) for one, flag in zip(batch, flags, strict=True)]
        for one, outcome in zip(batch, shop.write_source_items(writes), strict=True):
            seen[one.key] = replace(seen[one.key], repaired=outcome.done, reason=outcome.reason)


def _note(store: Store, agreed: Sequence[Standing]) -> None:
    """Notes what stands now as the point from which later departures count; a newer figure is left as it is."""
    rows = [
        {
            "of_sku": one.key.sku,
            "of_source": one.key.source,
            "of_sequence": one.sequence,
            "expected": format(one.expected, "f"),
            "departure": one.departure,
            "departures_from": stamp(one.since),
        }
        for one in agreed
    ]
    same = (applied.c.sku_key == bindparam("of_sku"), applied.c.source_key == bindparam("of_source"))
    new: dict[str, Any] = {name: bindparam(name) for name in ("expected", "departure", "departures_from")}
    statement = update(applied).where(*same, applied.c.last_seq == bindparam("of_sequence"))
    if rows:
        with store.writing() as connection:
            connection.execute(statement.values(unverified=None, **new), rows)


def _standings(store: Store, *, only_open: bool) -> list[Standing]:
    same = (figures.c.sku_key == applied.c.sku_key, figures.c.source_key == applied.c.source_key)
    claimed = select(figures.c.id).where(*same, figures.c.state == "claimed")
    query = select(applied).where(~claimed.exists())
    if only_open:
        query = query.where(applied.c.unverified.is_not(None))
    with store.reading() as connection:
        return [
            Standing(
                Key(row.sku_key, row.source_key),
                row.sku,
                row.source,
                row.last_seq,
                Decimal(row.expected),
                row.departure,
                moment_of(row.departures_from),
            )
            for row in connection.execute(query.order_by(applied.c.sku_key, applied.c.source_key))
        ]
