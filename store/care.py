"""What a person may ask of the store: counts, taking over ids from elsewhere, forgetting records. Needs no pandas."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from store.owners import Contested, contested
from store.snapshot import Outcome, Snapshot

_COUNTS = """
    SELECT stream, count(wanted), count(acknowledged), count(id),
           count(CASE WHEN wanted IS NOT NULL AND held IS NULL AND wanted IS NOT acknowledged
                       AND (stream NOT IN ({once}) OR (acknowledged IS NULL AND id IS NULL)) THEN 1 END),
           count(held), count(announced), count(CASE WHEN status IN ('refused', 'failed') THEN 1 END)
    FROM records GROUP BY stream ORDER BY stream
"""
_FORGOTTEN = (
    "acknowledged", "id", "announced", "announced_at", "status", "reason", "answered_at", "sent_at", "hash",
    "refused_picture", "contested",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A record that the destination is said to have: the source's id, its own id, and the SKU where it is known."""

    remote_id: str
    id: str
    sku: str | None = None


@dataclass(frozen=True)
class TakenOver:
    """Which records were new, how many ids were known already as such, and what was not taken over.

    different: remote ids whose record has another id in the store. owned: what was claimed although another record
    owns the id, in the store or in what was taken over before it.
    """

    new: tuple[Known, ...]
    same: int
    different: tuple[str, ...]
    owned: tuple[Contested, ...]


def canonical_stream(name: str, streams: Iterable[str]) -> str | None:
    """The stream's own spelling (`sell_orders` → sellOrders); None for one that is not among `streams`."""
    plain = name.replace("_", "").replace("-", "").lower()
    return next((stream for stream in streams if stream.lower() == plain), None)


def count_records(snapshot: Snapshot, once: Collection[str]) -> list[dict[str, Any]]:
    """Per stream: wanted, acknowledged, with_id, differing (offered next), held, unanswered, refused_or_failed.

    `once`: the streams whose records are written once.
    """
    names = ("stream", "wanted", "acknowledged", "with_id", "differing", "held", "unanswered", "refused_or_failed")
    query = _COUNTS.format(once=", ".join("?" * len(once)))
    return [dict(zip(names, row, strict=True)) for rows in snapshot.rows(query, tuple(once)) for row in rows]


def take_over(snapshot: Snapshot, stream: str, known: Iterable[Known], reason: str) -> TakenOver:
    """Notes ids of records that the destination has, inside a transaction, with the `reason`.

    Their pictures stay unknown, so all is offered. An id that the store knows already is never changed, and one that
    another record owns is not given a second time.
    """
    wanted = {record.remote_id: record for record in known}
    ids = snapshot.ids(stream)
    owners = {known_id: remote_id for remote_id, known_id in ids.items()}
    different = sorted(key for key, record in wanted.items() if ids.get(key, record.id) != record.id)
    fresh, owned = [], []
    for record in wanted.values():
        if record.remote_id in ids:
            continue
        owner = owners.setdefault(record.id, record.remote_id)
        if owner == record.remote_id:
            fresh.append(record)
        else:
            owned.append(Contested(stream, record.remote_id, record.id, owner))
    if fresh:
        snapshot.apply([_adopted(stream, record, reason) for record in fresh])
        # What the destination gained since these ids were noted is not known: the target looks through everything once.
        snapshot.forget_last_answer(stream)
    same = len(wanted) - len(fresh) - len(different) - len(owned)
    return TakenOver(tuple(fresh), same, tuple(different), tuple(owned))


def was_read(snapshot: Snapshot, stream: str, remote_id: str) -> bool:
    """Whether the source ever gave this record: what was only named by a person may be a slip."""
    query = "SELECT 1 FROM records WHERE stream = ? AND remote_id = ? AND (wanted IS NOT NULL OR held IS NOT NULL)"
    return bool(list(snapshot.rows(query, (stream, remote_id))))


def check_owners(snapshot: Snapshot) -> list[Contested]:
    """The records that lack an id because another one owns it."""
    with snapshot.reading() as connection:
        return contested(connection)


def forget(snapshot: Snapshot, stream: str, remote_ids: Iterable[str] | None) -> int:
    """Forgets ids and answers of records (None: of the whole stream), inside a transaction; returns how many.

    The time of the last answer is forgotten too, so that the target looks through all there is before it creates again.
    """
    cleared = ", ".join(f"{column} = NULL" for column in _FORGOTTEN)
    some = "(id IS NOT NULL OR acknowledged IS NOT NULL OR announced IS NOT NULL OR status IS NOT NULL)"
    query = f"UPDATE records SET {cleared} WHERE stream = ? AND {some}"  # nosec B608
    if remote_ids is None:
        forgotten = snapshot.change(query, stream)
    else:
        rows = [(stream, remote_id) for remote_id in remote_ids]
        forgotten = snapshot.change_each(f"{query} AND remote_id = ?", rows)
    if forgotten:
        snapshot.forget_last_answer(stream)
    return forgotten


def _adopted(stream: str, record: Known, reason: str) -> Outcome:
    return Outcome(stream, record.remote_id, "answered", "adopt", "accepted", id=record.id, reason=reason)
