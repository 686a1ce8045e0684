"""What Optiply holds after a run, by the store's acknowledged pictures, and which records are not settled."""

from typing import Any

from job.folder import JobFolder
from job.systems.system import System
from store.snapshot import Snapshot

MOST_RECORDS = 2_000
UNSETTLED_COLUMNS = ("stream", "remoteId", "status", "reason", "since")

# A quotation mark inside of a value is escaped, so that only the status itself reads so.
_TOTALS = """
    SELECT count(CASE WHEN stream = 'products' AND instr(acknowledged, '"status":"disabled"') = 0 THEN 1 END),
           count(CASE WHEN stream = 'products' AND instr(acknowledged, '"status":"disabled"') > 0 THEN 1 END),
           coalesce(sum(CASE WHEN stream = 'products'
                             THEN CAST(json_extract(acknowledged, '$.stockLevel') AS NUMERIC) END), 0),
           count(CASE WHEN stream = 'productCompositions' THEN 1 END),
           count(CASE WHEN stream = 'sellOrders' THEN 1 END),
           coalesce(sum(CASE WHEN stream = 'sellOrders'
                             THEN CAST(json_extract(acknowledged, '$.totalValue') AS NUMERIC) END), 0)
    FROM records WHERE acknowledged IS NOT NULL
"""
# A held record waits where its reason begins with that word; otherwise a rule leaves it out.
_UNSETTLED = """
    SELECT stream, remote_id,
           CASE WHEN held LIKE 'waiting%' THEN 'waiting' WHEN held IS NOT NULL THEN 'left out'
                WHEN announced IS NOT NULL THEN 'unanswered' ELSE status END AS verdict,
           coalesce(held, reason, ''),
           CASE WHEN held IS NOT NULL THEN held_since ELSE coalesce(announced_at, answered_at) END
    FROM records
    WHERE held IS NOT NULL OR announced IS NOT NULL OR (status <> 'accepted' AND acknowledged IS NOT wanted)
    UNION ALL
"""


def totals(snapshot: Snapshot) -> dict[str, float]:
    """Counts, the sum of stock levels (units) and of order values (shop currency) that Optiply has accepted."""
    names = ("products", "products_disabled", "stock", "compositions", "orders", "order_value")
    [[row]] = snapshot.rows(_TOTALS)
    found = dict(zip(names, row, strict=True))
    return {**found, "stock": int(found["stock"]), "order_value": round(float(found["order_value"]), 2)}


def unsettled(snapshot: Snapshot, system: System, most: int = MOST_RECORDS) -> list[dict[str, Any]]:
    """Records that wait, are left out, refused, failed or unanswered, by `UNSETTLED_COLUMNS`; since is ISO UTC."""
    system.facts.keep(snapshot)
    order = "verdict = 'left out', stream, verdict, length(remote_id), remote_id"
    all_of_them = f"SELECT * FROM ({_UNSETTLED} {system.facts.refused}) AS found"  # nosec B608
    found = snapshot.rows(f"{all_of_them} ORDER BY {order} LIMIT ?", (most,))
    return [dict(zip(UNSETTLED_COLUMNS, row, strict=True)) for rows in found for row in rows]


def count_unsettled(snapshot: Snapshot, system: System) -> dict[str, int]:
    """How many records `unsettled` would list without a limit, by status."""
    system.facts.keep(snapshot)
    all_of_them = f"{_UNSETTLED} {system.facts.refused}"
    query = f"SELECT verdict, count(*) FROM ({all_of_them}) AS found GROUP BY verdict ORDER BY verdict"  # nosec B608
    found = snapshot.rows(query)
    return {verdict: count for rows in found for verdict, count in rows}


def awaits_answers(folder: JobFolder) -> bool:
    """Whether a create of an earlier run may or may not have arrived: the target looks for it."""
    with Snapshot.open(folder.snapshots) as snapshot:
        return snapshot.has_unanswered()


def count_products(snapshot: Snapshot, system: System) -> int:
    """Products of the shop that are not gone; 0 before the first run."""
    system.facts.keep(snapshot)
    [[(count,)]] = snapshot.rows(system.facts.count)
    return int(count)
