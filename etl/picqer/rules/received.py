"""Whether the receipts that were read add up to what the lines of purchase orders say was received.

Only a difference is told: nothing is held back or changed for it.
"""

from collections import defaultdict
from decimal import Decimal

from etl.core.flow import Run
from etl.core.values import id_or_none, is_empty, number_or_none
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.purchases import newest
from etl.picqer.shapes import Receipt, ReceiptLine
from etl.picqer.work import PicqerWork

DIFFERS = "its receipts do not add up to what Picqer says was received of it"


def tell_differences(run: Run[PicqerFlags], work: PicqerWork) -> None:
    """Names the order lines whose receipts differ from them, where both lists were read to their end in this run.

    Otherwise a part of the receipts is not at hand: Picqer tells what changed, and the store keeps what Optiply has,
    which is without the receipts of other warehouses.
    """
    if not (run.source.is_complete("purchase_orders") and run.source.is_complete("receipts")):
        return
    if run.source.unread["purchase_orders"] or run.source.unread["receipts"]:
        return
    sums = _sums(work.records("receipts"))
    if sums is None:
        return
    differing = []
    for order in newest(work.records("purchase_orders")):
        if run.config.main and id_or_none(order.idwarehouse) != run.config.main:
            continue
        for line in order.products or ():
            key, said = id_or_none(line.idpurchaseorder_product), number_or_none(line.amountreceived)
            found = sums.get(key, Decimal(0)) if key else None
            if said is not None and found is not None and said != found:
                differing.append(key)
    run.report.because("buyOrderLines", "reported", DIFFERS, differing, "amountreceived")


def _sums(receipts: list[Receipt]) -> dict[str | None, Decimal | None] | None:
    """Order line -> what was booked on it, None where an amount cannot be read; None where lines cannot be told."""
    booked: dict[str, tuple[str, Receipt, ReceiptLine]] = {}
    for receipt in receipts:
        if receipt.products is None:
            return None
        for line in receipt.products:
            own, at = id_or_none(line.idreceipt_product), str(receipt.updated)
            if own is None:
                return None
            if own not in booked or at >= booked[own][0]:
                booked[own] = (at, receipt, line)
    sums: dict[str | None, Decimal | None] = defaultdict(Decimal)
    for _, receipt, line in booked.values():
        on, amount = id_or_none(line.idpurchaseorder_product), number_or_none(line.amount)
        is_first = number_or_none(receipt.version) == 1
        if not is_empty(line.reverted_at) or (is_first and receipt.status != "completed"):
            continue
        before = sums[on]
        sums[on] = None if amount is None or before is None else before + amount
    return dict(sums)
