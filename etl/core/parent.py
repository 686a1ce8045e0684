"""Subtenants: products that the root tenant has sent already, found in HotGlue's folder parent-snapshots/."""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from store.care import Known, TakenOver
from store.hotglue import SUFFIXES, ids_in
from store.snapshot import Place, Snapshot, SnapshotError, claim_refused

FOLDER = "parent-snapshots"
_logger = logging.getLogger("etl")
TakeOver = Callable[[Snapshot, str, Iterable[Known]], TakenOver]


def take_parent_products(snapshot: Snapshot, root: Path, take_over: TakeOver) -> int:
    """Notes the ids of the root tenant's products, so that this tenant's orders can refer to them; returns how many.

    Called when products are in not_sync_entities. Raises SnapshotError when the folder holds no products.
    """
    folder = root / FOLDER
    if not folder.is_dir():
        return 0
    known = list(_from_store(store) if (store := Place(folder).file()).is_file() else _from_files(folder))
    with snapshot.transaction():
        taken = take_over(snapshot, "products", known)
    for claim in taken.owned:
        why = claim_refused(snapshot.destination, claim.stream, claim.claimed_id, str(claim.owner))
        _logger.warning("The root tenant's %s %s is left out: %s", claim.stream, claim.remote_id, why)
    return len(taken.new)


def _from_store(path: Path) -> Iterator[Known]:
    """Reads the parent's store without changing it."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        rows = connection.execute("SELECT remote_id, id FROM records WHERE stream = 'products' AND id IS NOT NULL")
        found = [Known(*row) for row in rows]
        connection.close()
    except sqlite3.Error as error:
        raise SnapshotError(f"{path} is not a snapshot ({error}); copy the root tenant's snapshots again.") from error
    yield from found


def _from_files(folder: Path) -> Iterator[Known]:
    """HotGlue's own form: products.snapshot.parquet or .csv with remoteId and the destination's id."""
    places = [folder / f"products.snapshot.{suffix}" for suffix in reversed(SUFFIXES)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        wanted = f"{Place(folder).file().name} or {places[1].name}"
        raise SnapshotError(f"{folder} holds no {wanted}; copy the root tenant's snapshots.")
    yield from (record for record in (ids_in(path) if path.stat().st_size else ()) if record is not None)
