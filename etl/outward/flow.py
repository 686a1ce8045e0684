"""From receipts booked in Optiply to changes of a shop's stock: one run over the ledger, in one transaction."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from connector.canonical import canonical
from connector.times import as_utc_text
from connector.values import Unfit, whole_number
from connector.words import counted
from etl.core.input import Input
from etl.core.report import Tally, tell_input
from etl.outward import ledger
from etl.outward.receipts import Article, BuyLine, Entry, Surroundings, missing, settled, taken, vanished, worked_out
from etl.outward.shapes import CHECKED, LINES, LISTED, ORDERS, RECEIPTS, buy_line, buy_order, receipt_line
from store.bookmarks import Bookmarks
from store.frames import read_differing
from store.snapshot import Snapshot

CHANGES = ledger.CHANGES
ALL_OF_THEM = ""
"""From when on a list without a lower bound holds receipts."""
_NOT_FIRST = (
    "The receipts of Optiply were not read to their end, so nothing is written into the shop yet: the first complete "
    "reading says what was booked before."
)
SCHEMA = {
    "type": "SCHEMA",
    "stream": CHANGES,
    "schema": {
        "type": "object",
        "properties": {
            "reference": {"type": "string"},
            "sku": {"type": "string"},
            "source_code": {"type": "string"},
            "delta": {"type": "number"},
        },
    },
    "key_properties": ["reference"],
}
_FROM_BEFORE = "a change that was open when write_stock was switched off"
T = TypeVar("T")


class LedgerLost(Exception):
    """The ledger does not know what earlier runs have done; the text is a sentence with the remedy."""


@dataclass(frozen=True)
class Way:
    """What a person said of this way: into which source, and from when on (None: from the first reading on)."""

    source_code: str
    since: str | None


def run(
    source: Input, store: Snapshot, articles: Mapping[int, Article], way: Way, write: Callable[[Iterable[bytes]], None]
) -> dict[str, Any]:
    """Takes in what was read, notes what is to be changed, writes what is not settled as Singer lines; the report."""
    report = Tally([CHANGES])
    store.keep(ledger.facts)
    with store.transaction():
        this = _Run(source, store, report)
        this.read()
        if this.begin(way.since):
            this.work_out(articles, way.source_code)
        if source.state is not None:
            store.set_state(source.state)
        offered = [row for frame in read_differing(store, CHANGES, once=True) for row in frame["wanted"].tolist()]
        offered = [wanted for wanted in offered if not _is_refused(store, wanted)]
        report.count(CHANGES, "offered", len(offered))
        write([canonical(SCHEMA).encode() + b"\n"])
        head = f'{{"type":"RECORD","stream":"{CHANGES}","record":'
        write(f"{head}{wanted}}}\n".encode() for wanted in offered)
    tell_input(source, report)
    return report.as_dict()


def suspects(source: Input, store: Snapshot, since: str) -> list[int]:
    """Receipt lines made at `since` or later that the complete list in `source` lacks; none without such a list."""
    listed: set[int] = set()
    for batch in source.batches():
        if batch.stream == LISTED:
            listed.update(number for row in batch.records if (number := _number(row.id)) is not None)
    store.keep(ledger.facts)
    return missing(ledger.entries(store).values(), listed, since) if source.is_complete(LISTED) else []


def check_ledger(saved: Bookmarks, store: Snapshot) -> None:
    """Compares the bookmark that was saved with the one that the ledger, this store, was built from.

    Raises LedgerLost where the ledger is older: receipts in between may be in the shop's stock already.
    """
    ours, theirs = _bookmark(saved.read() or {}), _bookmark(store.state() or {})
    if ours is not None and (theirs is None or theirs < ours):
        raise LedgerLost(
            f"The ledger of receipts ({store.title}) is {'gone' if theirs is None else 'older'} than the way back's "
            "bookmark, so receipts booked since may be in the shop's stock already and nothing is written. Put the "
            "newer ledger back; or set write_stock to false, run once, remove write_stock_since and set write_stock "
            "to true again: what is booked by then is recorded and not written, and stock has to be counted."
        )


class _Run:
    """One run over the ledger."""

    def __init__(self, source: Input, store: Snapshot, report: Tally) -> None:
        self.source, self.store, self.report = source, store, report
        self.entries = ledger.entries(store)
        self.changed: dict[int, Entry] = {}
        self.receipts: list[Any] = []
        self.gone: set[int] = set()

    def read(self) -> None:
        """Takes the input in: facts go into the store, receipts wait for the moment that divides old from new."""
        lines: dict[int, BuyLine] = {}
        orders: dict[int, bool] = {}
        for stream, records in self.source.batches():
            if stream == LINES:
                lines.update(self._judged(stream, records, buy_line))
            elif stream == ORDERS:
                orders.update(self._judged(stream, records, buy_order))
            elif stream == RECEIPTS:
                self.receipts += self._judged(stream, records, receipt_line)
            elif stream == CHECKED:
                self.gone.update(int(row.id) for row in records if row.found is False and _number(row.id) is not None)
        ledger.save_lines(self.store, lines)
        ledger.save_orders(self.store, orders)
        self.report.count(CHANGES, "read", len(self.receipts))

    def _judged(self, stream: str, records: Iterable[Any], judge: Callable[[Any], T]) -> list[T]:
        found = []
        for row in records:
            try:
                found.append(judge(row))
            except Unfit as unfit:
                self.report.because(CHANGES, "refused", f"a record of {stream} cannot be used: {unfit}", [row.id])
                self.report.count(CHANGES, "refused", 1)
        return found

    def begin(self, asked: str | None) -> bool:
        """Enters what was read into the ledger; False where it is not known yet what was booked before."""
        since = self.store.note(ledger.SINCE)
        first = since is None
        if first and not self.source.is_complete(RECEIPTS):
            self.report.note(_NOT_FIRST)
            return False
        limit = as_utc_text(asked) if asked else since
        before = set(self.entries)
        self._enter(taken(self.entries.get(line.id), line, limit) for line in self.receipts)
        self._enter(vanished(self.entries[number]) for number in sorted(self.gone) if number in self.entries)
        if first:
            # What an earlier time of this way left open, and what was edited since, was somebody else's to settle.
            self._enter(settled(self.entries[number]) for number in before)
            if left := ledger.forget_offered(self.store):
                self.report.because(CHANGES, "left_out", _FROM_BEFORE, left)
                self.report.count(CHANGES, "left_out", len(left))
            self.store.set_note(ledger.SINCE, limit or _bookmark(self.source.state or {}) or ALL_OF_THEM)
            recorded = sum(not one.open for number, one in self.entries.items() if number not in before)
            self.report.note(
                f"Stock is written into the shop from now on; {counted(recorded, 'receipt')} booked before "
                f"{'is' if recorded == 1 else 'are'} recorded and not written."
            )
        return True

    def _enter(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if self.entries.get(entry.id) != entry:
                self.entries[entry.id] = self.changed[entry.id] = entry

    def work_out(self, articles: Mapping[int, Article], source_code: str) -> None:
        """Makes changes of what is open."""
        around = Surroundings(ledger.lines(self.store), ledger.orders(self.store), articles, source_code)
        changes = []
        still = [one for one in self.entries.values() if one.open]
        for entry in still:
            outcome = worked_out(entry, around)
            self._enter([outcome.entry])
            if outcome.change is not None:
                changes.append(outcome.change)
            for word, reason in (("left_out", outcome.left_out), ("waiting", outcome.waits)):
                if reason is not None:
                    self.report.because(CHANGES, word, f"a receipt: {reason}", [entry.id])
                    self.report.count(CHANGES, word, 1)
        ledger.want(self.store, changes)
        ledger.save_entries(self.store, self.changed.values())
        self.report.count(CHANGES, "mapped", len(changes))
        self.report.count(CHANGES, "unchanged", max(0, len(self.receipts) - len(still)))


def _is_refused(store: Snapshot, wanted: str) -> bool:
    """Whether this very picture was refused for good."""
    reference = msgspec.json.decode(wanted)["reference"]
    query = "SELECT 1 FROM records WHERE stream = ? AND remote_id = ? AND refused_picture IS wanted"
    return any(rows for rows in store.rows(query, (CHANGES, reference)))


def _bookmark(state: Mapping[str, Any]) -> str | None:
    """Up to when receipts were read, by a STATE."""
    found = state.get("bookmarks", {}).get(RECEIPTS, {}).get("replication_key_value")
    return str(found) if found else None


def _number(value: object) -> int | None:
    try:
        return whole_number(value, least=1)
    except Unfit:
        return None
