"""What a person may ask of the store: counts, taking over ids from elsewhere, forgetting records. Needs no pandas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connector.collation import folded
from store.owners import Contested, contested
from store.snapshot import Outcome, Snapshot

STREAMS = ("products", "productCompositions", "sellOrders")
IMPORTED = "taken over from an imported snapshot, not yet read from Magento"
_COUNTS = """
    SELECT stream, count(wanted), count(acknowledged), count(id),
           count(CASE WHEN wanted IS NOT NULL AND held IS NULL AND wanted IS NOT acknowledged
                       AND (stream <> 'sellOrders' OR (acknowledged IS NULL AND id IS NULL)) THEN 1 END),
           count(held), count(announced), count(CASE WHEN status IN ('refused', 'failed') THEN 1 END)
    FROM records GROUP BY stream ORDER BY stream
"""
_FORGOTTEN = (
    "acknowledged", "id", "announced", "announced_at", "status", "reason", "answered_at", "sent_at", "hash",
    "refused_picture", "contested",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """A record that Optiply is said to have: Magento's id, Optiply's id, and the SKU of a product where it is known."""

    remote_id: str
    optiply_id: str
    sku: str | None = None


@dataclass(frozen=True)
class TakenOver:
    """How many ids were new, already known as such, or not taken over.

    different: remote ids whose record has another id in the store. owned: what was claimed although another record
    owns the id, in the store or in what was taken over before it.
    """

    new: int
    same: int
    different: tuple[str, ...]
    owned: tuple[Contested, ...]


def canonical_stream(name: str) -> str | None:
    """Optiply's own spelling of a stream (`sell_orders` → sellOrders); None for a stream that is not kept here."""
    folded = name.replace("_", "").replace("-", "").lower()
    return next((stream for stream in STREAMS if stream.lower() == folded), None)


def count_records(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Per stream: wanted, acknowledged, with_id, differing (offered next), held, unanswered, refused_or_failed."""
    names = ("stream", "wanted", "acknowledged", "with_id", "differing", "held", "unanswered", "refused_or_failed")
    with snapshot.reading() as connection:
        return [dict(zip(names, row, strict=True)) for row in connection.exec_driver_sql(_COUNTS)]


def take_over(snapshot: Snapshot, stream: str, known: Iterable[Known]) -> TakenOver:
    """Notes ids of records that Optiply has, inside a transaction; their pictures stay unknown, so all is offered.

    An id that the store knows already is never changed, and one that another record owns is not given a second time.
    A product that was not read yet gets a place among the
    products, so that one which is gone from Magento is found and disabled.
    """
    wanted = {record.remote_id: record for record in known}
    ids = snapshot.ids(stream)
    owners = {optiply_id: remote_id for remote_id, optiply_id in ids.items()}
    different = sorted(key for key, record in wanted.items() if ids.get(key, record.optiply_id) != record.optiply_id)
    fresh, owned = [], []
    for record in wanted.values():
        if record.remote_id in ids:
            continue
        owner = owners.setdefault(record.optiply_id, record.remote_id)
        if owner == record.remote_id:
            fresh.append(record)
        else:
            owned.append(Contested(stream, record.remote_id, record.optiply_id, owner))
    if fresh:
        snapshot.apply([_adopted(stream, record) for record in fresh])
        # What Optiply gained since these ids were noted is not known: the target looks through everything once.
        snapshot.forget_last_answer(stream)
    if stream == "products":
        _add_products(snapshot, fresh)
    same = len(wanted) - len(fresh) - len(different) - len(owned)
    return TakenOver(len(fresh), same, tuple(different), tuple(owned))


def was_read(snapshot: Snapshot, stream: str, remote_id: str) -> bool:
    """Whether the source ever gave this record: what was only named by a person may be a slip."""
    query = "SELECT 1 FROM records WHERE stream = ? AND remote_id = ? AND (wanted IS NOT NULL OR held IS NOT NULL)"
    parameters: tuple[str, ...] = (stream, remote_id)
    if stream == "products":
        query, parameters = "SELECT 1 FROM products WHERE product_id = ? AND attributes IS NOT NULL", (remote_id,)
    with snapshot.reading() as connection:
        return connection.exec_driver_sql(query, parameters).first() is not None


def check_owners(snapshot: Snapshot) -> list[Contested]:
    """The records that lack an id because another one owns it."""
    with snapshot.reading() as connection:
        return contested(connection)


def forget(snapshot: Snapshot, stream: str, remote_ids: Iterable[str] | None) -> int:
    """Forgets ids and answers of records (None: of the whole stream), inside a transaction; returns how many.

    The time of the last answer is forgotten too, so that the target looks through Optiply before it creates any again.
    """
    cleared = ", ".join(f"{column} = NULL" for column in _FORGOTTEN)
    some = "(id IS NOT NULL OR acknowledged IS NOT NULL OR announced IS NOT NULL OR status IS NOT NULL)"
    query = f"UPDATE records SET {cleared} WHERE stream = ? AND {some}"
    driver = snapshot.driver
    before = driver.total_changes
    if remote_ids is None:
        driver.execute(query, (stream,))
    else:
        driver.executemany(f"{query} AND remote_id = ?", [(stream, remote_id) for remote_id in remote_ids])
    forgotten = driver.total_changes - before
    if forgotten:
        snapshot.forget_last_answer(stream)
    return forgotten


def _adopted(stream: str, record: Known) -> Outcome:
    return Outcome(stream, record.remote_id, "answered", "adopt", "accepted", id=record.optiply_id, reason=IMPORTED)


def _add_products(snapshot: Snapshot, records: Iterable[Known]) -> None:
    rows = [
        (record.remote_id, record.sku, None if record.sku is None else folded(record.sku))
        for record in records
    ]
    # Counted as enabled, so that the limit on disabling holds for them.
    snapshot.driver.executemany(
        "INSERT INTO products (product_id, sku, sku_key, status, gone) VALUES (?, ?, ?, '1', 0) "
        "ON CONFLICT (product_id) DO NOTHING",
        rows,
    )
    snapshot.driver.executemany(
        "UPDATE records SET wanted = '{}', held = ? WHERE stream = 'products' AND remote_id = ? AND wanted IS NULL",
        [(IMPORTED, product_id) for product_id, *_ in rows],
    )
