"""A dry run's stand-ins: for the client a file of the requests that would be sent, for the store a copy."""

import itertools
import shutil
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from typing_extensions import Self

from connector.http.table import Fate
from delivery.destination import Applied, Reply, Standing
from store.move import copy_stores
from store.snapshot import LOCK_FILE, Place, lock

_ENCODER = msgspec.json.Encoder(decimal_format="number")


@contextmanager
def copied(place: Place) -> Iterator[Path]:
    """A copy of the stores, as files, for one run: what that wants, suspects or absorbs is gone with it.

    Raises SnapshotError.
    """
    with tempfile.TemporaryDirectory(prefix="target-") as folder:
        copy = Path(folder) / "snapshots"
        if place.directory.is_dir():
            with lock(place):
                shutil.copytree(place.directory, copy, ignore=shutil.ignore_patterns(LOCK_FILE))
                if place.url is not None:
                    copy_stores(place, Place(copy))
        yield copy


class DryWriter:
    """Appends one JSON line per request: method, resource, id and attributes."""

    def __init__(self, path: Path) -> None:
        """The file is replaced."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def create(self, entity: str, attributes: dict[str, Any]) -> Reply:
        """Writes a POST; the id it answers with is made up, so that references to it resolve."""
        with self._lock:
            object_id = str(next(self._ids))
        self._write({"method": "POST", "resource": entity, "attributes": attributes, "made_up_id": object_id})
        return Reply(Fate.DONE, id=object_id)

    def update(self, entity: str, object_id: str, attributes: dict[str, Any]) -> Reply:
        """Writes a PATCH."""
        self._write({"method": "PATCH", "resource": entity, "id": object_id, "attributes": attributes})
        return Reply(Fate.DONE, id=object_id)

    def delete(self, entity: str, object_id: str) -> Reply:
        """Writes a DELETE."""
        self._write({"method": "DELETE", "resource": entity, "id": object_id})
        return Reply(Fate.DONE)

    def look(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Standing]:
        """Nothing is asked, so that each is set."""
        return [Standing(record) for record in records]

    def upsert(self, entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Reply]:
        """Writes a PUT of all records."""
        self._write({"method": "PUT", "resource": entity, "records": list(records)})
        return [Reply(Fate.DONE) for _ in records]

    def apply(self, entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Applied]:
        """Writes a PUT of all changes."""
        self._write({"method": "PUT", "resource": entity, "records": list(records)})
        return [Applied("accepted") for _ in records]

    def held(self, _entity: str, records: Sequence[dict[str, Any]]) -> Sequence[Mapping[str, Any] | None]:
        """What was just written."""
        return records

    def _write(self, request: dict[str, Any]) -> None:
        with self._lock:
            self._file.write(_ENCODER.encode(request) + b"\n")
