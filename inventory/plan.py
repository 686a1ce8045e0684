"""Plans what is to be written for each figure, or says why nothing can be: pure, over what the shop said."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from connector.collation import folded
from inventory.arithmetic import Calculation, calculate
from inventory.look import View
from inventory.queue import Figure
from inventory.rows import MOST_QUANTITY
from inventory.sequence import moment_of
from inventory.settings import InventorySettings
from inventory.settle import Planned, Settlement

_SKEW = timedelta(days=1)  # a clock further ahead than this is not believed


def plan(
    figures: Iterable[Figure], view: View, settings: InventorySettings
) -> tuple[list[Planned], list[Settlement]]:
    """(what is to be written, what cannot be with its reason)."""
    planned: list[Planned] = []
    settled: list[Settlement] = []
    for figure in figures:
        hindrance = _hindrance(figure, view, settings)
        if hindrance is not None:
            settled.append(hindrance)
            continue
        exported, note = _exported(figure)
        product, world = view.products[figure.key.sku], view.world(figure.key.sku)
        found = calculate(figure.quantity, exported, figure.key.source, product, world, settings)
        unclear = product.unclear(found.total if found.quantity > 0 else found.quantity)
        if unclear is not None:
            settled.append(Settlement(figure, "waiting", unclear))
            continue
        if abs(found.quantity) > MOST_QUANTITY:
            settled.append(Settlement(figure, "dead", f"{found.quantity:f} units are more than a shop can hold"))
            continue
        item = view.items.get(figure.key)
        notes = (*(() if note is None else (note,)), *_notes(found))
        found = replace(found, previous=None if item is None else item.quantity, notes=notes)
        named = replace(figure, sku=product.sku, source=view.sources[figure.key.source])
        planned.append(Planned(named, found, exported))
    return planned, settled


def stands_already(planned: Planned, view: View) -> bool:
    """Whether the shop shows just that, so that there is nothing to write."""
    item, wanted = view.items.get(planned.figure.key), planned.calculation
    return item is not None and (item.quantity, item.in_stock) == (wanted.quantity, wanted.in_stock)


def _hindrance(figure: Figure, view: View, settings: InventorySettings) -> Settlement | None:
    product = view.products.get(folded(figure.sku))
    if product is None:
        waits = settings.unknown_sku == "wait"
        then = "it waits for the product" if waits else "create the product and send the figure again"
        return Settlement(figure, "waiting" if waits else "dead", f"the shop has no product with this SKU; {then}")
    if product.refusal is not None:
        return Settlement(figure, "dead", f"the product {product.refusal}")
    if figure.key.source not in view.sources:
        remedy = "create it there, or correct the code at the sender"
        return Settlement(figure, "dead", f"the shop has no source '{figure.source}'; {remedy}")
    doubt = view.doubts.get(figure.key.sku)
    return None if doubt is None else Settlement(figure, "waiting", doubt)


def _exported(figure: Figure) -> tuple[datetime, str | None]:
    """The moment up to which the sender knew the shop's orders, and what is to be said about it."""
    received = moment_of(figure.received_at)
    if figure.exported is None:
        return received, "no last order was named; the moment of receipt stands for it"
    said = moment_of(figure.exported)
    if said > received + _SKEW:
        return received, "the last order named lies in the future; the moment of receipt stands for it"
    return said, None


def _notes(found: Calculation) -> tuple[str, ...]:
    raised = "the sum is below 0 and negative_quantities is off, so 0 is written"
    cut = "decimals are left out, since the product is sold in whole units (or to four places)"
    return (*((raised,) if found.raised else ()), *((cut,) if found.cut else ()))
