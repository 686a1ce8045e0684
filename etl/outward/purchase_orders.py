"""Buy orders that were placed in Optiply as purchase orders of another system: each once, none from before the start.

The ids of suppliers and products there are those that the store of Optiply knows; before an order is offered, its
lines are noted there, so that they are recognised when the order comes back.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pandas as pd

from connector.canonical import canonical
from connector.values import Unfit, flag, moment, number
from etl.core.entity import Filled, Rows
from etl.core.exported import SentLine, note_sent, sent_lines
from etl.core.flow import Run
from etl.core.mapping import apply_rules
from etl.core.removal import take_out
from etl.outward.flags import ExportFlags
from etl.outward.purchase_changes import later_changes
from etl.outward.purchase_shapes import BuyOrder
from etl.outward.purchase_system import KEPT, BoughtLine, ExportWork, Purchasing, Waits
from etl.outward.purchase_system import id_or_none as _id
from store.frames import find_records
from store.snapshot import Snapshot

SINCE = "export_since"
"""Note: from when on orders are sent."""
SOURCES = ("id", "expectedDeliveryDate")
"""What every system's mapping table may name of an order."""
_PARTLY = "its lines do not come to its total, so they are not all there yet"


def orders(system: Purchasing, run: Run[ExportFlags], work: ExportWork) -> Rows:
    """One row per order that counts; those that cannot be sent yet are kept."""
    with Snapshot.open(run.snapshot.place) as optiply, optiply.transaction():
        _bring_lines(run.snapshot, optiply, work)
        return _Exports(system, run, work, optiply).rows()


class _Exports:
    """One run over the orders."""

    def __init__(self, system: Purchasing, run: Run[ExportFlags], work: ExportWork, optiply: Snapshot) -> None:
        self.system, self.run, self.work, self.optiply = system, run, work, optiply
        self.name = system.entity.name
        self.since = _since(run, optiply)
        self.read = {_id(one.id): one for one in work.records("buyOrders")}
        self.kept: dict[str, BuyOrder] = {}

    def rows(self) -> Rows:
        """The rows; what waits is noted."""
        found = self.work.waiting | {key or "": one for key, one in self.read.items()}
        stored = find_records(self.run.snapshot, self.name, [key for key in found if key]).set_index("remote_id")
        # What was clearly not taken, or never left, is not there: it goes as Optiply has it by now, or not at all.
        is_there, is_unclear = stored["id"].notna(), stored["announced"].notna()
        sent = dict(stored.loc[is_there | is_unclear, "wanted"].dropna())
        there = set(stored.index[is_there]) & sent.keys()
        offered = stored[stored["wanted"].notna() & ~is_there & ~is_unclear]
        back = _come_back(self.optiply, self.work, there)
        rows = []
        for key, order in found.items():
            if key in there and self._why_left_out(key, order, known=True) is None:
                self._tell_changes(key, order, msgspec.json.decode(sent[key]), back.get(key))
            elif (row := self._row(key, order, sent.get(key))) is not None:
                rows.append(row)
        goes = {_id(row["id"]) for row in rows if row["left_out"] is None}
        take_out(Filled(self.system.entity, "buyOrders"), self.run, offered[~offered.index.isin(goes)].reset_index())
        self.run.snapshot.set_note(KEPT, canonical(msgspec.to_builtins(self.kept)))
        columns = [*SOURCES, *self.system.sources, self.system.lines, "left_out"]
        frame = pd.DataFrame(rows, columns=columns, dtype=object)
        return Rows(frame.astype(object).where(frame.notna(), None))

    def _why_left_out(self, key: str, order: BuyOrder, *, known: bool) -> str | None:
        foreign = key in self.work.linked and not self._is_ours(key)
        return _why_left_out(order, self.since, foreign=foreign, known=known)

    def _is_ours(self, key: str) -> bool:
        return key in self.work.marked or (key in self.work.linked and bool(sent_lines(self.optiply, key)))

    def _row(self, key: str, order: BuyOrder, sent: str | None) -> dict[str, Any] | None:
        """The row of an order that the other system has not, as far as is known; None where it waits."""
        why = self._why_left_out(key, order, known=sent is not None)
        ours = bool(key) and self._is_ours(key)
        row: dict[str, Any] = {"id": order.id, "expectedDeliveryDate": order.expectedDeliveryDate, "left_out": why}
        if not key or (why is not None and not ours):
            return row
        try:
            if why is None and sent is None and _is_ahead(order, self.run.at):
                raise Waits("it is to be placed later")
            # What came back has the other system's total, while the lines keep theirs until they are linked.
            bought, lines = self._lines(key, order, whole=not ours and not self._agrees(key, order))
            row |= self._cells(key, order, lines)
        except Waits as why_not:
            if why is not None:
                return row
            self.kept[key] = order
            self.run.report.count(self.name, "waiting", 1)
            self.run.report.because(self.name, "waiting", str(why_not), [key])
            return None
        before = msgspec.json.decode(sent)[self.system.lines] if sent is not None else row[self.system.lines]
        if before != row[self.system.lines]:
            row |= {self.system.lines: before, **self.system.whole(before)}
            reason = f"it changed after it was sent, which {self.system.title} is not told"
            self.run.report.because(self.name, "reported", reason, [key], self.system.lines)
        else:
            noted = self._sent(order, bought, lines)
            note_sent(self.optiply, key, noted)
            note_sent(self.run.snapshot, key, noted)
        return row

    def _sent(self, order: BuyOrder, bought: list[BoughtLine], lines: list[dict[str, Any]]) -> list[SentLine]:
        ids = [_id(line.id) or "" for line in order.buyOrderLines or ()]
        told = zip(ids, bought, lines, strict=True)
        return [SentLine(own, one.product, line[self.system.units]) for own, one, line in told]

    def _agrees(self, key: str, order: BuyOrder) -> bool:
        """Whether the lines were read like this before: they are all there then, whatever the total says."""
        before, again = self.work.waiting.get(key), self.read.get(key)
        if not self.system.reads_agree or before is None or again is None:
            return False
        return before.buyOrderLines == order.buyOrderLines and before.totalValue == order.totalValue

    def _cells(self, key: str, order: BuyOrder, lines: list[dict[str, Any]]) -> dict[str, Any]:
        supplier = self.work.suppliers.get(_id(order.supplierId) or "")
        if supplier is None:
            raise Waits(f"its supplier is not known in {self.system.title}")
        header = self.system.header(self.run, self.work, key, supplier)
        return {**header, self.system.lines: lines, **self.system.whole(lines)}

    def _lines(self, key: str, order: BuyOrder, *, whole: bool) -> tuple[list[BoughtLine], list[dict[str, Any]]]:
        """The lines, and as the system takes them. Raises Waits, also where they must be `whole` and are not.

        Without a `key` nothing is reported of them.
        """
        bought = _bought(order, self.work, self.system.title)
        total = sum((line.money or Decimal(0) for line in bought), Decimal(0))
        if whole and order.totalValue is not None and abs(_number(order.totalValue) - total) >= Decimal("0.005"):
            raise Waits(_PARTLY)
        cells = [self.system.line(self.run, self.work, key, line) for line in bought]
        frame = pd.DataFrame(cells, columns=list(self.system.line_sources), dtype=object)
        rules = self.run.field_map[self.system.lines]
        mapped = apply_rules(rules, {rule.source: frame[rule.source] for rule in rules})
        if mapped.refused.notna().any():
            raise Waits(f"a line: {mapped.refused.dropna().iloc[0]}")
        return bought, [
            {str(name): value for name, value in line.items() if value is not None}
            for line in mapped.values.to_dict("records")
        ]

    def _tell_changes(self, key: str, order: BuyOrder, sent: dict[str, Any], back: dict[str, Any] | None) -> None:
        """An order that is there stays as it was sent; what differs in Optiply by now is for a person."""
        try:
            lines = self._lines("", order, whole=True)[1]
        except Waits:
            lines = None
        remote = self.work.suppliers.get(_id(order.supplierId) or "")
        supplier = None if remote is None else self.system.supplier_key(self.work, remote)
        for field, reason in later_changes(self.system, order, supplier, lines, sent, back):
            self.run.report.because(self.name, "reported", reason, [key], field)
        for count in ("read", "unchanged"):
            self.run.report.count(self.name, count, 1)


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


def _is_ahead(order: BuyOrder, now: datetime) -> bool:
    return order.placed is not None and moment(order.placed) > moment(now.isoformat())


def _bought(order: BuyOrder, work: ExportWork, title: str) -> list[BoughtLine]:
    """The lines with their products. Raises Waits."""
    if not order.buyOrderLines:
        raise Waits("it has no lines yet")
    found = []
    for line in order.buyOrderLines:
        product, units = work.products.get(_id(line.productId) or ""), _number(line.quantity)
        if product is None:
            raise Waits(f"one of its products is not known in {title}")
        if units <= 0 or units % 1:
            raise Waits("one of its lines orders " + ("a part of a unit" if units > 0 else "nothing"))
        money = None if line.subtotalValue is None else _number(line.subtotalValue)
        found.append(BoughtLine(product, line.quantity, units, money))
    return found


def _number(value: object) -> Decimal:
    try:
        return number(value)
    except Unfit as unfit:
        raise Waits(f"a value of a line {unfit}") from None
