"""Buy orders that were placed in Optiply as purchase orders for Picqer: each once, and none from before the start.

The ids of suppliers and products in Picqer are those that the store of Optiply knows; before an order is offered, its
lines are noted there, so that they are recognised when the order comes back.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import msgspec
import pandas as pd

from connector.canonical import canonical
from connector.values import Unfit, flag, id_text, moment, number
from etl.core.entity import Records, Rows
from etl.core.exported import SentLine, note_sent, sent_lines, unlinked
from etl.core.flow import Run
from etl.core.mapping import apply_rules
from etl.outward.purchase_changes import later_changes
from etl.outward.purchase_shapes import BuyOrder, ExportFlags
from store.frames import find_records
from store.snapshot import Snapshot
from vocabulary.picqer import MARK, PURCHASE_ORDERS

SINCE, KEPT = "export_since", "exports_that_wait"
"""Notes: from when on orders are sent, and the orders that could not be sent yet."""
NAME = PURCHASE_ORDERS.name


class Waits(Exception):
    """Why an order cannot be sent yet; it is looked at again in every run."""


class ExportWork(Records):
    """The orders of this run and those that wait, and what Optiply's ids are called in Picqer."""

    def __init__(self, run: Run[ExportFlags]) -> None:
        """Reads the ids from the store of Optiply beside this one."""
        super().__init__(run)
        with Snapshot.open(run.snapshot.directory) as optiply:
            self.products = {own: remote for remote, own in optiply.ids("products").items()}
            self.suppliers = {own: remote for remote, own in optiply.ids("suppliers").items()}
            self.linked = {own: remote for remote, own in optiply.ids("buyOrders").items()}
            self.marked = set(unlinked(optiply).values())
        kept = run.snapshot.note(KEPT)
        self.waiting: dict[str, BuyOrder] = msgspec.json.decode(kept or "{}", type=dict[str, BuyOrder])


def orders(run: Run[ExportFlags], work: ExportWork) -> Rows:
    """One row per order that counts; those that cannot be sent yet are kept."""
    with Snapshot.open(run.snapshot.directory) as optiply, optiply.transaction():
        _bring_lines(run.snapshot, optiply, work)
        return _rows(run, work, optiply)


def _rows(run: Run[ExportFlags], work: ExportWork, optiply: Snapshot) -> Rows:
    since = _since(run, optiply)
    found = {_id(one.id): one for one in [*work.waiting.values(), *work.records("buyOrders")]}
    stored = find_records(run.snapshot, NAME, [key for key in found if key]).set_index("remote_id")
    sent = dict(stored["wanted"].dropna())
    there = set(stored.index[stored["id"].notna()]) & sent.keys()
    back = _come_back(optiply, work, there)
    rows: list[dict[str, Any]] = []
    kept: dict[str, BuyOrder] = {}
    for key, order in found.items():
        ours = key in work.marked or (key in work.linked and bool(sent_lines(optiply, key)))
        why = _why_left_out(order, since, foreign=key in work.linked and not ours, known=key in sent)
        row: dict[str, Any] = {"id": order.id, "expectedDeliveryDate": order.expectedDeliveryDate, "left_out": why}
        if why is None and key is not None and key in there:
            _tell_changes(run, work, key, order, msgspec.json.decode(sent[key]), back.get(key))
            continue
        if key is not None and (why is None or ours):
            try:
                row |= _row(key, order, run, work, whole=not ours)
                lines = _sent(order, row["products"])
                if key in sent and (before := msgspec.json.decode(sent[key]))["products"] != row["products"]:
                    row["products"] = before["products"]
                    reason = "it changed after it was sent, which Picqer is not told"
                    run.report.because(NAME, "reported", reason, [key], "products")
                else:
                    note_sent(optiply, key, lines)
                    note_sent(run.snapshot, key, lines)
            except Waits as why_not:
                if why is None:
                    kept[key] = order
                    run.report.count(NAME, "waiting", 1)
                    run.report.because(NAME, "waiting", str(why_not), [key])
                    continue
        rows.append(row)
    run.snapshot.set_note(KEPT, canonical(msgspec.to_builtins(kept)))
    frame = pd.DataFrame(rows, columns=[*SOURCES, "products", "left_out"], dtype=object)
    return Rows(frame.astype(object).where(frame.notna(), None))


def _bring_lines(store: Snapshot, optiply: Snapshot, work: ExportWork) -> None:
    """Where the store of Optiply was lost, this one still knows the lines of what came back."""
    for key in work.marked:
        if not sent_lines(optiply, key) and (lines := sent_lines(store, key)):
            note_sent(optiply, key, lines)


def _come_back(optiply: Snapshot, work: ExportWork, keys: set[str]) -> dict[str, Any]:
    """Order -> its picture as Picqer says it by now, for those that have come back."""
    own = {work.linked[key]: key for key in keys if key in work.linked}
    found = find_records(optiply, "buyOrders", list(own)).set_index("remote_id")["wanted"].dropna()
    return {own[remote]: msgspec.json.decode(wanted) for remote, wanted in found.items()}


def _tell_changes(
    run: Run[ExportFlags],
    work: ExportWork,
    key: str,
    order: BuyOrder,
    sent: dict[str, Any],
    back: dict[str, Any] | None,
) -> None:
    """An order that Picqer has stays as it was sent; what differs in Optiply by now is for a person."""
    try:
        products = _lines(order, run, work)
    except Waits:
        products = None
    supplier = work.suppliers.get(_id(order.supplierId) or "")
    for field, reason in later_changes(order, supplier, products, sent, back):
        run.report.because(NAME, "reported", reason, [key], field)
    for count in ("read", "unchanged"):
        run.report.count(NAME, count, 1)


def placed(run: Run[ExportFlags], _work: ExportWork) -> Rows:
    """Every order that was sent is placed; one that cannot be yet waits for it."""
    found = run.snapshot.rows("SELECT remote_id FROM records WHERE stream = ? AND wanted IS NOT NULL", (NAME,))
    ids = [remote_id for rows in found for (remote_id,) in rows]
    return Rows(pd.DataFrame({"id": ids, "order:placed": True}, dtype=object))


def _since(run: Run[ExportFlags], optiply: Snapshot) -> str:
    """From when on: the setting, else up to when Optiply was read by the first run, which both stores keep."""
    first = run.snapshot.note(SINCE) or optiply.note(SINCE) or moment(_read_up_to(run) or run.at.isoformat())
    for store in (run.snapshot, optiply):
        store.set_note(SINCE, first)
    return run.config.export_since or first


def _read_up_to(run: Run[ExportFlags]) -> str | None:
    """By Optiply's own clock, where the reading came to its end."""
    mark = (run.source.state or {}).get("bookmarks", {}).get("buyOrders")
    found = mark.get("replication_key_value") if isinstance(mark, dict) else None
    return str(found) if found else None


def _why_left_out(order: BuyOrder, since: str, *, foreign: bool, known: bool) -> str | None:
    try:
        made_elsewhere = order.createdFromPublicApi is not None and flag(order.createdFromPublicApi)
        assembly = order.assembly is not None and flag(order.assembly)
        at = None if order.placed is None else moment(order.placed)
    except Unfit as unfit:
        return f"a value of it {unfit}"
    if known:
        return None
    if made_elsewhere or foreign:
        return "it came from another system"
    if at is None:
        return "it is a draft"
    if at < since:
        return "it was placed before orders were sent"
    if assembly:
        return "it is an order to assemble"
    return None if order.completed is None else "it is completed already"


def _row(key: str, order: BuyOrder, run: Run[ExportFlags], work: ExportWork, *, whole: bool) -> dict[str, Any]:
    """The order by the names of the mapping table. Raises Waits, also where it must be `whole` and is not.

    What came back has Picqer's total, while the lines keep theirs until they are linked.
    """
    supplier = work.suppliers.get(_id(order.supplierId) or "")
    if supplier is None:
        raise Waits("its supplier is not known in Picqer")
    mark = f"{MARK}{key}"
    in_remarks = run.config.export_marker_field == "remarks"
    return {
        "order:supplier": supplier,
        "order:warehouse": run.config.main_warehouse,
        "order:supplier_orderid": None if in_remarks else mark,
        "order:remarks": mark if in_remarks else None,
        "products": _lines(order, run, work, whole=whole),
    }


def _lines(order: BuyOrder, run: Run[ExportFlags], work: ExportWork, *, whole: bool = True) -> list[dict[str, Any]]:
    if not order.buyOrderLines:
        raise Waits("it has no lines yet")
    cells, total = [], Decimal(0)
    try:
        for line in order.buyOrderLines:
            product, amount, money = (
                work.products.get(_id(line.productId) or ""),
                number(line.quantity),
                number(line.subtotalValue),
            )
            if product is None:
                raise Waits("one of its products is not known in Picqer")
            if amount <= 0:
                raise Waits("one of its lines orders nothing")
            total += money
            price = (money / amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) if money else None
            cells.append((product, line.quantity, price))
        if whole and order.totalValue is not None and abs(number(order.totalValue) - total) >= Decimal("0.005"):
            raise Waits("its lines do not come to its total, so they are not all there yet")
    except Unfit as unfit:
        raise Waits(f"a value of a line {unfit}") from None
    frame = pd.DataFrame(cells, columns=["line:product", "quantity", "line:price"], dtype=object)
    rules = run.field_map["products"]
    mapped = apply_rules(rules, {rule.source: frame[rule.source] for rule in rules})
    if mapped.refused.notna().any():
        raise Waits(f"a line: {mapped.refused.dropna().iloc[0]}")
    return [
        {str(name): value for name, value in line.items() if value is not None}
        for line in mapped.values.to_dict("records")
    ]


def _sent(order: BuyOrder, products: list[dict[str, Any]]) -> list[SentLine]:
    ids = [_id(line.id) or "" for line in order.buyOrderLines or ()]
    return [SentLine(own, one["idproduct"], one["amount"]) for own, one in zip(ids, products, strict=True)]


def _id(value: object) -> str | None:
    try:
        return id_text(value)
    except Unfit:
        return None


SOURCES = (
    "id", "order:supplier", "order:warehouse", "order:supplier_orderid", "order:remarks", "expectedDeliveryDate"
)  # fmt: skip
