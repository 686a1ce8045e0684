"""Sell orders as Optiply should have them: which count, and what their lines say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pandas as pd

from connector.values import Unfit, number
from etl.core.columns import as_ids, nothing, objects
from etl.core.flow import Run
from etl.core.kept import keep
from etl.core.records import Rows
from etl.core.values import id_or_none, is_empty, number_or_none, unit_price
from etl.inward.needed import known_to_optiply
from etl.inward.sales import Sums, add, with_lines
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.prices import NO_PRICE, prices_of
from etl.picqer.shapes import OrderLine, SalesOrder
from etl.picqer.work import PicqerWork
from store.frames import find_records

STATUSES = ("concept", "expected", "processing", "paused", "completed", "cancelled")
_ENTITY = "sellOrders"


def gather_sales(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """One row per order. A cancelled order is taken away where it is known; one that Optiply has keeps its lines."""
    frame = work.frame("orders")
    if frame.empty:
        keep(run.snapshot, "orders", [])
        return Rows(frame)
    ids = as_ids(frame["idorder"])
    prices = prices_of(run, work, _products(frame["products"]))
    accepted = _accepted(run, ids)
    left_out, removed, sums = nothing(frame.index), nothing(frame.index), []
    unpriced: list[SalesOrder] = []
    for row, record in enumerate(work.records("orders")):
        found: Sums = {}
        if record.status == "cancelled":
            removed[row] = "it is cancelled"
        else:
            left_out[row] = _why_left_out(record, run.config.main)
        if left_out[row] is None and removed[row] is None:
            try:
                found, no_price = _lines(record.products, prices, cancelled=run.config.subtract_cancelled)
            except Unfit as unfit:
                left_out[row] = None if ids[row] in accepted else f"a line {unfit}"
            else:
                left_out[row] = None if found or ids[row] in accepted else "it has no lines"
                if no_price - prices.keys() and ids[row] is not None and ids[row] not in accepted:
                    unpriced.append(record)
                without = [ids[row]] if no_price & prices.keys() else []
                run.report.because(_ENTITY, "reported", NO_PRICE, without, "subtotalValue")
        sums.append(found)
    keep(run.snapshot, "orders", unpriced)
    frame = with_lines(run, frame.assign(left_out=left_out), sums)
    left_out, lines = frame["left_out"], frame["orderLines"].tolist()
    # What was read before of an order that Optiply has not is not sent either.
    withdrawn = left_out.notna() & ids.notna() & ~ids.isin(_there(run, ids))
    removed, left_out = removed.where(~withdrawn, left_out), left_out.where(~withdrawn, None)
    done = frame["status"].isin(["completed", "cancelled"]) | (not run.config.completed_only_when_done)
    return Rows(
        frame.assign(**{
            "sale:completed": frame["updated"].where(done, None),
            "sale:total": objects([0] * len(frame), frame.index),
            "orderLines": objects(_kept(run, ids, lines, accepted), frame.index),
            "left_out": left_out,
            "removed": removed,
        })
    )  # fmt: skip


def _why_left_out(record: SalesOrder, main: str | None) -> str | None:
    if record.status not in STATUSES:
        return "its status is none that is known"
    if record.products is None:
        return "its lines cannot be read"
    allowed = [id_or_none(one) for one in record.warehouses or ()]
    return "it is of another warehouse" if main and allowed and main not in allowed else None


def _products(lists: Iterable[list[OrderLine] | None]) -> set[str]:
    return {found for lines in lists for line in lines or () if (found := id_or_none(line.idproduct)) is not None}


def _lines(lines: list[OrderLine], prices: Mapping[str, Any], *, cancelled: bool) -> tuple[Sums, set[str]]:
    """Product → amount and money; the products without a price. Parts of a composition that was sold count not again.

    Raises Unfit, behind "a line", where a line cannot be counted.
    """
    sums: Sums = {}
    without: set[str] = set()
    for line in lines:
        if not is_empty(line.partof_idorder_product):
            continue
        product, amount = id_or_none(line.idproduct), number_or_none(line.amount)
        if amount is None:
            raise Unfit("names no product" if product is None else "has no usable amount")
        if cancelled and not is_empty(line.amount_cancelled):
            amount -= number(line.amount_cancelled)
        if amount <= 0:
            continue
        if product is None:
            raise Unfit("names no product")
        price, missing = unit_price(line.price, product, prices)
        without |= {product} if missing else set()
        add(sums, product, amount, amount * price)
    return sums, without


def _there(run: Run[Any], ids: pd.Series[Any]) -> set[str]:
    """The orders that Optiply has or may have."""
    stored = find_records(run.snapshot, _ENTITY, ids.dropna())
    return set(stored.loc[known_to_optiply(stored), "remote_id"])


def _accepted(run: Run[PicqerFlags], ids: pd.Series[Any]) -> dict[str, Any]:
    """The lines of the orders that Optiply has: they are written with the order, once."""
    stored = find_records(run.snapshot, _ENTITY, ids.dropna())
    texts = ((key, text) for key, text in zip(stored["remote_id"], stored["acknowledged"], strict=True) if text)
    found = ((key, msgspec.json.decode(text).get("orderLines")) for key, text in texts)
    return {key: lines for key, lines in found if lines}


def _kept(
    run: Run[PicqerFlags], ids: pd.Series[Any], lines: list[list[dict[str, Any]]], accepted: Mapping[str, Any]
) -> list[Any]:
    """The lines of each order, those that Optiply has taken where it has."""
    differ = [key for key, found in zip(ids, lines, strict=True) if accepted.get(key, found) != found]
    run.report.because(_ENTITY, "reported", "its lines changed after Optiply took it: it keeps the first", differ)
    return [accepted.get(key) or found for key, found in zip(ids, lines, strict=True)]
