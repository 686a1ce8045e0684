"""What others ask of the ledger of receipts: who is missing, what is on its way, why a SKU's stock was raised."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from connector.collation import folded
from etl.core.tables import open_input
from etl.outward import ledger
from etl.outward.flow import suspects
from etl.outward.shapes import STREAMS
from store.snapshot import Snapshot, Where, is_stored

ON_ITS_WAY = "on its way"


def missing_receipts(read: Path, snapshots: Where, since: str) -> list[int]:
    """Receipt lines made at `since` or later that the complete list in the folder `read` lacks."""
    with Snapshot.open(snapshots, ledger.DESTINATION) as store, open_input(read, "", STREAMS) as source:
        return suspects(source, store, since)


def has_ledger(snapshots: Where) -> bool:
    """Whether receipts were ever written into a shop from here."""
    if not is_stored(snapshots, ledger.DESTINATION):
        return False
    with Snapshot.open(snapshots, ledger.DESTINATION) as store:
        return store.note(ledger.SINCE) is not None


def standing(snapshots: Where) -> dict[str, int]:
    """How many changes of stock were written, are on their way (or wait), or were refused; nothing without a ledger."""
    if not has_ledger(snapshots):
        return {}
    query = "SELECT status, acknowledged IS NOT NULL FROM records WHERE stream = ?"
    with Snapshot.open(snapshots, ledger.DESTINATION) as store:
        states = [
            "written" if done else str(status) if status in ("waiting", "refused") else ON_ITS_WAY
            for rows in store.rows(query, (ledger.CHANGES,))
            for status, done in rows
        ]
    return dict(sorted(Counter(states).items()))


def by_programs(snapshots: Where) -> int:
    """How many receipts an integration wrote: then another system books goods in, and may own the shop's stock."""
    if not has_ledger(snapshots):
        return 0
    with Snapshot.open(snapshots, ledger.DESTINATION) as store:
        query = "SELECT count(*) FROM receipts WHERE by_people = 0 AND gone = 0"
        return next(iter(row[0] for rows in store.rows(query, ()) for row in rows), 0)


def story(snapshots: Where, sku: str) -> Iterator[str]:
    """Sentences on each change of a SKU's stock that receipts made."""
    if not has_ledger(snapshots):
        return
    query = "SELECT remote_id, wanted, acknowledged IS NOT NULL, status, reason, sent_at FROM records WHERE stream = ?"
    with Snapshot.open(snapshots, ledger.DESTINATION) as store:
        rows = [row for rows in store.rows(query, (ledger.CHANGES,)) for row in rows]
        entries = ledger.entries(store)
    for reference, wanted, done, status, reason, at in sorted(rows, key=lambda row: (len(row[0]), row[0])):
        picture = msgspec.json.decode(wanted)
        if folded(picture["sku"]) != folded(sku):
            continue
        number = int(reference.split("-")[1])
        entry = entries.get(number)
        receipt = "deleted since" if entry is None or entry.gone else f"quantity {entry.seen:f} by now"
        fate = f"written {at[:19].replace('T', ' ')} UTC" if done and at else status or ON_ITS_WAY
        why = f": {reason}" if reason and not done else ""
        place = picture["source_code"]
        yield f"  {picture['delta']:+g} at {place}: receipt {number} in Optiply ({receipt}), {reference}, {fate}{why}"
