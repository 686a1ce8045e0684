"""Carries records into the snapshot store and out of it, as frames. Facts of one source have tables of their own.

Text columns are `object` with None for missing, on pandas 2 and 3 alike. All writers need an open
`snapshot.transaction()`, leave equal rows untouched and return the number of rows that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

import pandas as pd

from store.bulk import CHUNK, paged, select, upsert
from store.snapshot import Snapshot
from store.tables import records

RECORD_COLUMNS = tuple(column.name for column in records.columns)[1:]
OFFER_COLUMNS = ("remote_id", "wanted", "acknowledged", "id")


def settled_ids(snapshot: Snapshot, stream: str) -> pd.Index[Any]:
    """Remote ids of the records that the destination has."""
    query = "SELECT remote_id FROM records WHERE stream = ? AND (id IS NOT NULL OR acknowledged IS NOT NULL)"
    return pd.Index(select(snapshot, query, (stream,), ("remote_id",))["remote_id"])


def read_open(snapshot: Snapshot, stream: str) -> pd.DataFrame:
    """Records that the destination should have and has not accepted: remote_id, wanted, held_since (ISO UTC).

    `wanted` is JSON text, None while there is nothing of the record that can be sent.
    """
    query = (
        "SELECT remote_id, wanted, held_since FROM records WHERE stream = ? "
        "AND (wanted IS NOT NULL OR held IS NOT NULL) AND acknowledged IS NULL AND id IS NULL ORDER BY remote_id"
    )
    return select(snapshot, query, (stream,), ("remote_id", "wanted", "held_since"))


def write_wanted(snapshot: Snapshot, stream: str, pictures: pd.DataFrame, now: str, *, once: bool = False) -> int:
    """Stores what there should be: one row per record; remote_id, wanted (canonical JSON text), held (optional).

    `held` says why a record is not offered now; `held_since` keeps the `now` (ISO UTC) at which the holding began, for
    what is written `once` the `now` at which it was first wanted.
    The picture holds attributes only; a removal is a picture with `deleted_at`.
    """
    with_held = "held" in pictures.columns
    constants: dict[str, str | int | None] = {"stream": stream, "held_since": now}
    if not with_held:
        constants["held"] = None
    since = "coalesce(t.held_since, excluded.held_since)"
    if not once:
        since = f"CASE WHEN excluded.held IS NOT NULL THEN {since} END"
    rows = pictures[["remote_id", "wanted", *(["held"] if with_held else [])]]
    return upsert(snapshot, records, rows, constants, {"held_since": since})


def read_records(
    snapshot: Snapshot, stream: str, which: Literal["all", "held", "open"] = "all", chunk: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """Records of a stream in order of remote_id, columns `RECORD_COLUMNS`; "held" gives those not offered now.

    "open" gives these and those that the destination never accepted.
    """
    conditions = {"held": "AND held IS NOT NULL", "open": "AND (held IS NOT NULL OR acknowledged IS NULL)"}
    condition = conditions.get(which, "")
    query = (
        f"SELECT {', '.join(RECORD_COLUMNS)} FROM records WHERE remote_id > ? AND stream = ? {condition} "  # nosec B608
        "ORDER BY remote_id LIMIT ?"
    )
    return paged(snapshot, query, (stream,), RECORD_COLUMNS, chunk)


def find_records(snapshot: Snapshot, stream: str, remote_ids: Iterable[str]) -> pd.DataFrame:
    """The records asked for that the store knows, in order of remote_id, columns `RECORD_COLUMNS`."""
    snapshot.keep_keys(remote_ids)
    names = ", ".join(f"r.{name}" for name in RECORD_COLUMNS)
    query = (
        f"SELECT {names} FROM keys k JOIN records r ON r.stream = ? AND r.remote_id = k.key "
        "ORDER BY r.remote_id"  # nosec B608
    )
    return select(snapshot, query, (stream,), RECORD_COLUMNS)


def read_differing(
    snapshot: Snapshot, stream: str, *, once: bool = False, force: bool = False, chunk: int = CHUNK
) -> Iterator[pd.DataFrame]:
    """What may have to be offered, in order of remote_id, columns `OFFER_COLUMNS`: wanted, not held, not yet accepted.

    What is written `once` is among it until the destination has it; with `force` everything wanted is; a removal only
    while the destination has (or may have) the record.
    """
    differs = "1 = 1" if force else "wanted IS NOT acknowledged"
    if once:
        differs = "acknowledged IS NULL AND id IS NULL"
    query = (
        f"SELECT {', '.join(OFFER_COLUMNS)} FROM records WHERE remote_id > ? AND stream = ? AND wanted IS NOT NULL "
        f"AND held IS NULL AND {differs} AND (id IS NOT NULL OR announced IS NOT NULL "
        """OR instr(wanted, '"deleted_at":') = 0) ORDER BY remote_id LIMIT ?"""  # nosec B608
    )
    return paged(snapshot, query, (stream,), OFFER_COLUMNS, chunk)
