"""Sell orders that a source shows in pieces, such as one row per invoice: the pieces of each order together."""

from collections.abc import Callable, Iterable
from typing import Any

from etl.core.flow import Run
from etl.core.values import id_or_none
from etl.inward.sales import settled_sales, tell_settled

_ENTITY = "sellOrders"


def pieces_of_orders(
    run: Run[Any],
    kept: Iterable[Any],
    read: Iterable[Any],
    names: tuple[str, str, str],
    lines: Callable[[Any], frozenset[str]],
) -> dict[str, list[Any]]:
    """Order → its pieces in the order in which they changed; `names`: of both ids, and of that moment.

    A piece that was read twice is as it changed last, one that was kept from earlier runs gives way to any that was
    read. One without an id of its own stands for its `lines` until another piece names one of them: it was read before
    it was given an id. Pieces that name no order are refused.
    """
    order, piece, changed = names

    def own(row: Any) -> tuple[str, str]:  # noqa: ANN401 - a record
        name = id_or_none(getattr(row, piece)) or f"without id: {min(lines(row), default='')}"
        return id_or_none(getattr(row, order)) or "", name

    def moment(row: Any) -> str:  # noqa: ANN401 - a record
        return str(getattr(row, changed) or "")

    latest: dict[tuple[str, str], Any] = {}
    for row in read:
        if moment(row) >= moment(latest.setdefault(own(row), row)):
            latest[own(row)] = row
    orders: dict[str, dict[str, Any]] = {}
    for (key, name), row in {**{own(row): row for row in kept}, **latest}.items():
        orders.setdefault(key, {})[name] = row
    unnamed = len(orders.pop("", ()))
    run.report.count(_ENTITY, "refused", unnamed)
    run.report.because(_ENTITY, "refused", "an invoice names no order", ["without id"] * unnamed)
    found = {}
    for key, pieces in orders.items():
        rows = sorted(pieces.values(), key=lambda one: (moment(one), str(getattr(one, piece))))
        named = [id_or_none(getattr(one, piece)) is not None for one in rows]
        found[key] = [
            one
            for place, one in enumerate(rows)
            if named[place]
            or not any(
                lines(one) & lines(other) for n, other in enumerate(rows) if n != place and (named[n] or n > place)
            )
        ]
    return found


def without_settled(
    run: Run[Any], orders: dict[str, list[Any]], money: Callable[[Any], object]
) -> dict[str, list[Any]]:
    """The orders that Optiply has not and was not offered yet; others are counted with the `money` of each piece."""
    settled = settled_sales(run, orders)
    tell_settled(run, {key: [money(one) for one in orders[key]] for key in settled}, settled)
    return {key: pieces for key, pieces in orders.items() if key not in settled}
