"""Sell orders that a source shows in pieces, such as one row per invoice: the pieces of each order together."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from etl.core.flow import Run
from etl.core.values import id_or_none
from etl.inward.sales import settled_sales, tell_settled

_ENTITY = "sellOrders"


class Pieces(NamedTuple):
    """Names of attributes: of both ids, of the moment of the last change, of the lines and the id of a line."""

    order: str
    piece: str
    changed: str
    lines: str
    line: str


def pieces_of_orders(run: Run[Any], kept: Iterable[Any], read: Iterable[Any], names: Pieces) -> dict[str, list[Any]]:
    """Order → its pieces in the order in which they changed.

    A piece that was read twice is as it changed last, one that was kept from earlier runs gives way to any that was
    read. One without an id of its own stands for its lines until another piece names one of them: it was read before
    it was given an id. Pieces that name no order are refused.
    """
    order, piece, changed, *_ = names

    def lines(row: Any) -> set[str | None]:  # noqa: ANN401 - a record
        return {id_or_none(getattr(one, names.line)) for one in getattr(row, names.lines) or ()} - {None}

    def own(row: Any) -> tuple[str, str]:  # noqa: ANN401 - a record
        name = id_or_none(getattr(row, piece)) or f"without id: {min(map(str, lines(row)), default='')}"
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
    found: dict[str, list[Any]] = {}
    rest = []
    for key, pieces in orders.items():
        rows = sorted(pieces.values(), key=lambda one: (moment(one), str(getattr(one, piece))))
        named = [id_or_none(getattr(one, piece)) is not None for one in rows]
        found[key] = []
        for place, row in enumerate(rows):
            others = (lines(other) for n, other in enumerate(rows) if n != place and (named[n] or n > place))
            again = set[str | None]() if named[place] else lines(row) & set().union(*others)
            if not again:
                found[key].append(row)
            elif again != lines(row):
                rest.append(key)
    reason = "an invoice took a part of its lines over: the others count when one names them"
    run.report.because(_ENTITY, "reported", reason, rest)
    return found


def without_settled(
    run: Run[Any], orders: dict[str, list[Any]], money: Callable[[Any], object]
) -> dict[str, list[Any]]:
    """The orders that Optiply has not and was not offered yet; others are counted with the `money` of each piece."""
    settled = settled_sales(run, orders)
    tell_settled(run, {key: [money(one) for one in orders[key]] for key in settled}, settled)
    return {key: pieces for key, pieces in orders.items() if key not in settled}
