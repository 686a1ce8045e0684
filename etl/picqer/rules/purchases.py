"""Purchase orders as Optiply should have them: which count, when they end, and their lines."""

from decimal import Decimal
from typing import Any

import msgspec
import pandas as pd

from connector.values import Unfit
from etl.core.columns import as_ids, nothing, objects
from etl.core.flow import Run
from etl.core.kept import keep
from etl.core.records import Rows
from etl.core.values import id_or_none, is_empty, number_or_none, unit_price
from etl.inward.links import mark_of
from etl.inward.needed import known_to_optiply
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.prices import NO_PRICE, prices_of
from etl.picqer.shapes import PurchaseOrder
from etl.picqer.work import PicqerWork
from store.frames import find_records

STATUSES = ("concept", "purchased", "received", "cancelled")
ENDED = ("received", "cancelled")
_ENTITY = "buyOrders"
_LINE = ("idpurchaseorder_product", "idpurchaseorder", "idproduct", "amount", "line:subtotal", "line:delivery")


def marks_of(run: Run[PicqerFlags], work: PicqerWork) -> dict[str, str]:
    """The orders that bear the mark of an Optiply order, and the id it names."""
    pairs = [
        (id_or_none(record.idpurchaseorder), mark_of(getattr(record, run.config.export_marker_field)))
        for record in work.records("purchase_orders")
    ]
    return {key: mark for key, mark in pairs if key and mark}


def gather_purchases(run: Run[PicqerFlags], work: PicqerWork, marked: dict[str, str | None]) -> tuple[Rows, Rows]:
    """One row per order, and one per line of those that count; `marked` as from link_marked."""
    records = newest(work.records("purchase_orders"))
    if not records:
        keep(run.snapshot, "purchase_orders", [])
        return Rows(pd.DataFrame()), Rows(pd.DataFrame())
    names = ("idpurchaseorder", "idsupplier", "created", "updated", "delivery_date", "status")
    frame = pd.DataFrame({name: [getattr(one, name) for one in records] for name in names}, dtype=object)
    ids = as_ids(frame["idpurchaseorder"])
    stored = find_records(run.snapshot, _ENTITY, ids.dropna()).set_index("remote_id")
    known = set(stored.index[known_to_optiply(stored)])
    every = (id_or_none(line.idproduct) for record in records for line in record.products or ())
    prices = prices_of(run, work, {product for product in every if product is not None})
    left_out, removed, totals = nothing(frame.index), nothing(frame.index), nothing(frame.index)
    cells: list[tuple[Any, ...]] = []
    parents = set()
    unpriced: list[PurchaseOrder] = []
    for row, (key, record) in enumerate(zip(ids, records, strict=True)):
        left_out[row] = _why_left_out(record, run.config, known=key in known, marked=key in marked)
        if left_out[row] is None and marked.get(key, "") is None:
            left_out[row] = "its mark is that of an Optiply order which another order is linked to"
        if left_out[row] is None and record.status == "cancelled" and key not in known:
            left_out[row] = "it was cancelled before Optiply had it"
        lines: list[tuple[Any, ...]] = []
        without: set[str] = set()
        try:
            if key is not None and left_out[row] is None:
                lines, without = _lines(key, record, prices)
        except Unfit as unfit:
            left_out[row] = f"a line {unfit}"
        if key is not None and left_out[row] is not None and key not in known:
            # What was read of it before is not sent either.
            removed[row], left_out[row] = left_out[row], None
        if key is None or left_out[row] is not None:
            continue
        parents.add(key)
        cells += lines
        totals[row] = sum((line[4] for line in lines), Decimal(0))
        if without - prices.keys():
            unpriced.append(record)
        run.report.because(_ENTITY, "reported", NO_PRICE, [key] if without & prices.keys() else [], "subtotalValue")
    keep(run.snapshot, "purchase_orders", unpriced)
    ended = frame["status"].isin(ENDED)
    before = {key: msgspec.json.decode(text).get("completed") for key, text in stored["wanted"].items() if text}
    first = objects([before.get(key) or now for key, now in zip(ids, frame["updated"], strict=True)], frame.index)
    rows = frame.assign(**{
        "purchase:completed": first.where(ended, None),
        "purchase:total": totals,
        "left_out": left_out,
        "removed": removed,
    })  # fmt: skip
    return Rows(rows), Rows(pd.DataFrame(cells, columns=list(_LINE), dtype=object), parents)


def purchases(_run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """The orders that were gathered."""
    return work.purchases


def purchase_lines(_run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """Their lines."""
    return work.purchase_lines


def bought_products(rows: Rows) -> set[str]:
    """The products that the lines name."""
    return set(as_ids(rows.frame["idproduct"]).dropna()) if len(rows.frame) else set()


def newest(records: list[PurchaseOrder]) -> list[PurchaseOrder]:
    """The orders, each once: of one that was read twice the later reading, so that its lines are of one reading."""
    last: dict[str | None, PurchaseOrder] = {}
    keys = [id_or_none(record.idpurchaseorder) for record in records]
    for key, record in zip(keys, records, strict=True):
        if key not in last or str(record.updated) >= str(last[key].updated):
            last[key] = record
    return [one for key, one in zip(keys, records, strict=True) if key is None or last[key] is one]


def _why_left_out(record: PurchaseOrder, config: PicqerFlags, *, known: bool, marked: bool) -> str | None:
    if config.main and id_or_none(record.idwarehouse) != config.main:
        return "it is of another warehouse"
    if record.status not in STATUSES:
        return "its status is none that is known"
    if record.status == "concept" and not (config.include_concept or known or marked):
        return "it is a concept"
    if is_empty(record.idsupplier):
        return "it has no supplier" if is_empty(record.supplier_name) else "its supplier is a name only"
    if record.products is None:
        return "its lines cannot be read"
    return None if record.products or known else "it has no lines"


def _lines(key: str, record: PurchaseOrder, prices: dict[str, Any]) -> tuple[list[tuple[Any, ...]], set[str]]:
    """The lines of an order (`_LINE`), and the products without a price. Raises Unfit, behind "a line"."""
    found, without = [], set()
    for line in record.products or ():
        product, amount, own = (id_or_none(line.idproduct), number_or_none(line.amount), line.idpurchaseorder_product)
        if id_or_none(own) is None:
            raise Unfit("has no usable id")
        if product is None or amount is None:
            raise Unfit("names no product" if product is None else "has no usable amount")
        price, missing = unit_price(line.price, product, prices)
        without |= {product} if missing else set()
        cents = (amount * price).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
        day = record.delivery_date if is_empty(line.delivery_date) else line.delivery_date
        found.append((own, key, product, amount, cents, day))
    return found, without
