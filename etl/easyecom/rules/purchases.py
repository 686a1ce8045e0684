"""Purchase orders and receipts of goods as Optiply should have them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pandas as pd

from connector.values import Unfit
from etl.core.exported import SentLine, sent_lines
from etl.core.flow import Run
from etl.core.kept import later_ones
from etl.core.records import Rows
from etl.core.values import id_or_none, number_or_none, text_or_none
from etl.easyecom.flags import EasyFlags
from etl.easyecom.work import EasyWork
from etl.inward.identity import called, supplier_of
from etl.inward.links import echoed, link_marked, mark_of
from etl.inward.needed import known_to_optiply
from etl.inward.telling import refuse_whole, stays_or_goes
from store.frames import find_records

_ENDED = ("4", "5", "7")
_DELETED = "4"
_LINE = ("purchase_order_detail_id", "po_id", "line:product", "original_quantity", "line:subtotal", "only")
_ORDER = ("po_id", "po_created_date", "purchase:supplier", "purchase:completed", "purchase:total",
          "left_out", "only")  # fmt: skip
_ECHO, _ECHO_LINE = ("completed",), ("buyOrderRemoteId", "productRemoteId", "quantity")
"""What is told of an order that was placed in Optiply: its prices there are without the tax that was added to them."""


def gather_purchases(run: Run[EasyFlags], work: EasyWork, kept: list[Any]) -> tuple[Rows, Rows]:
    """One row per order, and one per line of those that count."""
    newest = later_ones(kept, work.records("purchase_orders"), "po_id", "po_updated_date")
    own = run.snapshot.ids("buyOrders")
    marks = {key: _mark(run, one, own.get(key)) for key, one in newest.items() if key}
    marked = link_marked(run, {key: mark for key, mark in marks.items() if mark})
    stored = find_records(run.snapshot, "buyOrders", newest).set_index("remote_id")
    known, refused = set(stored.index[known_to_optiply(stored)]), set(stored.index[stored["status"].eq("refused")])
    pictures = {key: msgspec.json.decode(text) for key, text in stored["wanted"].dropna().items()}
    linked = run.snapshot.ids("buyOrderLines") if marked else {}
    orders, cells, parents = [], [], set()
    for key, record in newest.items():
        why, lines = _why_left_out(record, key in known), []
        # Where Optiply lost what was sent from here, it is made anew, as a whole.
        echo = bool(marked.get(key)) and key not in refused
        sent = sent_lines(run.snapshot, marked[key] or "") if echo else None
        if marked.get(key, "") is None:
            why = "its mark is that of an Optiply order which another order is linked to"
        if why is None:
            try:
                lines = _lines(work, key, record, sent, linked)
            except Unfit as unfit:
                why = str(unfit)
        if why is None:
            cells += lines
            parents |= set() if key in marked else {key}
        total = number_or_none(record.total_po_value)
        ended = id_or_none(record.po_status_id) in _ENDED
        picture = pictures.get(key, {})
        # An order keeps its supplier, whoever has that name by now.
        supplier = picture.get("supplierRemoteId") if key in known else None
        first = picture.get("completed") or record.po_updated_date or record.po_created_date
        orders.append((
            record.po_id, record.po_created_date, supplier or _supplier(work, record),
            first if ended else None, sum((line[4] for line in lines), Decimal(0)) if total is None else total, why,
            _ECHO if echo else None,
        ))  # fmt: skip
    return (
        Rows(pd.DataFrame(orders, columns=list(_ORDER), dtype=object)),
        Rows(pd.DataFrame(cells, columns=list(_LINE), dtype=object), parents),
    )


def _supplier(work: EasyWork, record: Any) -> str | None:  # noqa: ANN401 - a record
    name, code = text_or_none(record.vendor_name), text_or_none(record.vendor_code)
    return supplier_of(work.known_suppliers, name, code, id_or_none(record.vendor_c_id))


def _mark(run: Run[EasyFlags], record: Any, linked: str | None) -> str | None:  # noqa: ANN401 - a record
    """The Optiply order that an order is: by its mark, or by the bare or linked id where that was sent from here."""
    ids = (id_or_none(record.po_ref_num), linked)
    return mark_of(record.po_ref_num) or next((one for one in ids if one and sent_lines(run.snapshot, one)), None)


def _why_left_out(record: Any, known: bool) -> str | None:  # noqa: ANN401 - a record
    if record.po_items is None:
        return "its lines cannot be read"
    return None if record.po_items or known else "it has no lines"


def _lines(
    work: EasyWork,
    key: str,
    record: Any,  # noqa: ANN401
    sent: list[SentLine] | None,
    linked: dict[str, str],
) -> list[tuple[Any, ...]]:
    """The lines of an order (`_LINE`); of those that were `sent` from here, only the units are told. Raises Unfit."""
    found: list[tuple[Any, ...]] = []
    for line in record.po_items:
        own, product = (
            id_or_none(line.purchase_order_detail_id),
            called(work.ids, sku=line.sku, product_id=line.product_id, cp_id=line.cp_id),
        )
        amount, price = number_or_none(line.original_quantity), number_or_none(line.item_price)
        if own is None or product is None or amount is None or price is None:
            lacks = {"id": own, "product": product, "quantity": amount, "price": price}
            raise Unfit(f"a line has no usable {next(name for name, value in lacks.items() if value is None)}")
        cents = (amount * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
        found.append((own, key, product, amount, cents, None))
    if sent is None:
        return found
    ours = echoed([(line[0], line[2], int(line[3])) for line in found], sent, linked)
    return [(*line[:5], _ECHO_LINE if line[0] in ours else None) for line in found]


def receipts(run: Run[EasyFlags], work: EasyWork) -> Rows:
    """One row per line of a receipt; a receipt that was deleted does not count, nor a line without goods."""
    cells: list[tuple[Any, ...]] = []
    for receipt in work.records("goods_receipts"):
        if receipt.grn_items is None:
            refuse_whole(run, "receiptLines", "its lines cannot be read", id_or_none(receipt.grn_id))
        status = (text_or_none(receipt.grn_status) or "").casefold()
        deleted = status == "deleted" or id_or_none(receipt.grn_status_id) == _DELETED
        for line in receipt.grn_items or ():
            amount = number_or_none(line.received_quantity)
            why = "nothing was received" if amount is not None and amount <= 0 else None
            why = "its receipt was deleted" if deleted else why
            cells.append((
                line.grn_detail_id, line.purchase_order_detail_id, line.received_quantity, receipt.grn_created_at, why
            ))  # fmt: skip
    names = ["grn_detail_id", "purchase_order_detail_id", "received_quantity", "grn_created_at", "left_out"]
    frame = pd.DataFrame(cells, columns=names, dtype=object)
    reason = "it was deleted or emptied after Optiply took it, which keeps it"
    return Rows(stays_or_goes(run, "receiptLines", frame, "grn_detail_id", reason))
