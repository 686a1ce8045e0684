"""Receipts of goods as Optiply should have them: one row per line that was booked."""

from typing import Any

import pandas as pd

from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import id_or_none, is_empty, number_or_none
from etl.inward.telling import refuse_whole
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.received import tell_differences
from etl.picqer.shapes import Receipt, ReceiptLine
from etl.picqer.work import PicqerWork

_COLUMNS = (
    "idreceipt_product", "idpurchaseorder_product", "amount", "receipt:occurred", "updated", "left_out", "removed"
)  # fmt: skip


def receipts(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """Lines of version 2 count at once, until they are reverted; those of version 1 when the receipt is completed."""
    tell_differences(run, work)
    cells: list[tuple[Any, ...]] = []
    for receipt in work.records("receipts"):
        if receipt.products is None:
            reason = "the lines of the receipt cannot be read"
            refuse_whole(run, "receiptLines", reason, id_or_none(receipt.idreceipt))
        for line in receipt.products or ():
            # First of all: whatever else a reverted line says by now, Optiply may have it from before.
            removed = None if is_empty(line.reverted_at) else "it was reverted"
            left_out = None if removed else _why_left_out(receipt, line, run.config.main)
            cells.append((
                line.idreceipt_product, line.idpurchaseorder_product, line.amount, _occurred(receipt, line),
                receipt.updated, left_out, removed,
            ))  # fmt: skip
    return Rows(pd.DataFrame(cells, columns=list(_COLUMNS), dtype=object))


def _first(receipt: Receipt) -> bool:
    return number_or_none(receipt.version) == 1


def _occurred(receipt: Receipt, line: ReceiptLine) -> Any:  # noqa: ANN401 - as it was read
    """When the goods came in; the first of these times that there is."""
    times = (receipt.completed_at, receipt.created)
    return next((time for time in times if not is_empty(time)), None) if _first(receipt) else next(
        (time for time in (line.created_at, *times) if not is_empty(time)), None
    )  # fmt: skip


def _why_left_out(receipt: Receipt, line: ReceiptLine, main: str | None) -> str | None:
    if main and id_or_none(receipt.idwarehouse) != main:
        return "it is of another warehouse"
    if _first(receipt) and receipt.status != "completed":
        return "its receipt is not completed yet"
    if is_empty(line.idpurchaseorder_product):
        return "it belongs to no line of a purchase order"
    amount = number_or_none(line.amount)
    return "nothing was received" if amount is not None and amount <= 0 else None
