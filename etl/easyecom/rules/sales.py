"""Sell orders as Optiply should have them: the invoices of an order together, written once."""

from decimal import Decimal
from typing import Any

import pandas as pd

from connector.values import Unfit
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import id_or_none, number_or_none, text_or_none
from etl.easyecom.flags import EasyFlags
from etl.easyecom.work import EasyWork
from etl.inward.identity import called
from etl.inward.invoices import Pieces, pieces_of_orders, without_settled
from etl.inward.sales import Sums, add, with_lines

_ENTITY = "sellOrders"
_CANCELLED, _SENT = "9", ("5", "6")
_INVOICES = Pieces("order_id", "invoice_id", "last_update_date", "suborders", "suborder_id")
_COLUMNS = ("sale:id", "sale:placed", "sale:completed", "sale:total", "left_out", "removed")


def gather_sales(run: Run[EasyFlags], work: EasyWork, kept: list[Any]) -> Rows:
    """One row per order that Optiply has not: its invoices of this run and, where it waits, those of earlier ones."""
    pieces = pieces_of_orders(run, kept, work.records("orders"), _INVOICES)
    orders = without_settled(run, pieces, lambda one: None if _status(one) == _CANCELLED else one.total_amount)
    cells, sums = [], []
    for key, rows in orders.items():
        found: Sums = {}
        counted, why = _counted(run, key, rows)
        total = None
        if why == (None, None):
            try:
                found, total = _lines(work, counted), sum((_money(one) for one in counted), Decimal(0))
                why = (None, None if found else "it has no lines")
            except Unfit as unfit:
                why = (str(unfit), None)
        placed = sorted(str(one.order_date) for one in counted if one.order_date)
        sent = sorted(str(one.order_date) for one in counted if one.order_date and _status(one) in _SENT)
        cells.append((key, next(iter(placed), None), next(reversed(sent), None), total, *why))
        sums.append(found)
    frame = pd.DataFrame(cells, columns=list(_COLUMNS), dtype=object)
    return Rows(with_lines(run, frame, sums))


def _status(row: Any) -> str | None:  # noqa: ANN401 - a record
    return id_or_none(row.order_status_id)


def _counted(run: Run[EasyFlags], key: str, rows: list[Any]) -> tuple[list[Any], tuple[str | None, str | None]]:
    """The invoices that count, why the order is left out, and why it is taken away where it waits."""
    alive = [one for one in rows if _status(one) != _CANCELLED]
    named = [one for one in alive if (text_or_none(one.order_status) or "").casefold() == "cancelled"]
    reason = "it is called cancelled and has another status: it counts"
    run.report.because(_ENTITY, "reported", reason, [key] if named else [])
    if not alive:
        return [], (None, "it is cancelled")
    kinds = [(text_or_none(one.order_type_key), text_or_none(one.order_type)) for one in alive]
    counted = [one for one, kind in zip(alive, kinds, strict=True) if not run.config.skips(*kind)]
    if not counted:
        return [], (None, "its type is one of skip_order_types")
    return counted, ("its lines cannot be read" if any(one.suborders is None for one in counted) else None, None)


def _money(row: Any) -> Decimal:  # noqa: ANN401 - a record
    found = number_or_none(row.total_amount)
    if found is None:
        raise Unfit("one of its invoices has no usable total")
    return found


def _lines(work: EasyWork, rows: list[Any]) -> Sums:
    """Product → units and money; of a line that two invoices name, as the later one says. Raises Unfit."""
    lines: dict[Any, Any] = {}
    for row in rows:
        for place, line in enumerate(row.suborders):
            lines[id_or_none(line.suborder_id) or (str(row.invoice_id), place)] = line
    sums: Sums = {}
    for line in lines.values():
        amount, money = number_or_none(line.item_quantity), number_or_none(line.selling_price)
        if amount is None:
            raise Unfit("a line has no usable quantity")
        if amount <= 0:
            continue
        product = called(work.ids, sku=line.sku, product_id=line.product_id, cp_id=line.company_product_id)
        if product is None or money is None:
            raise Unfit("a line names no product" if product is None else "a line has no usable price")
        add(sums, product, amount, money)
    return sums
