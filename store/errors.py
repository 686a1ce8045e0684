"""Says in one sentence what is wrong with a snapshot and what to do. The store itself is in snapshot.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from connector.errors import ProgramError
from connector.names import title_of

_NO_SNAPSHOT = "file is not a database"
_SENTENCES = (
    (
        _NO_SNAPSHOT,
        "is not a snapshot (it is not an SQLite file); move it away, or name another folder in snapshot_dir",
    ),
    (
        "malformed",
        "is damaged; bring back an older copy of it (what was sent since then is found in {destination} and adopted)",
    ),
    ("readonly", "cannot be written; make the file and its folder writable for this user"),
    ("unable to open", "cannot be opened; make the folder exist and be writable for this user"),
    ("disk is full", "cannot be written because the disk is full; free some space and run again"),
)


class SnapshotError(ProgramError):
    """Something is wrong with a snapshot; the message is one sentence with file, fault and remedy."""


class NotASnapshot(SnapshotError):
    """A file in the snapshot's place is not a snapshot, or not one that this version can read."""


class SnapshotLocked(SnapshotError):
    """Another run is using the snapshot."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns an error of SQLite or of the file system on `path` into a SnapshotError with the remedy."""
    try:
        yield
    except DBAPIError as error:
        raise explained_by_sqlite(path, error.orig) from error
    except OSError as error:
        raise SnapshotError(
            f"{path} cannot be used ({error.strerror}); make its folder exist and be writable for this user."
        ) from error


def explained_by_sqlite(path: Path, fault: BaseException | None) -> SnapshotError:
    """The SnapshotError that fits what SQLite said about `path`."""
    said = str(fault)
    if "database is locked" in said:
        return SnapshotLocked(f"{path} is in use by another program; wait until it has ended and run again.")
    for marker, sentence in _SENTENCES:
        if marker in said:
            kind = NotASnapshot if marker == _NO_SNAPSHOT else SnapshotError
            return kind(f"{path} {sentence.format(destination=title_of(path.stem))}.")
    return SnapshotError(f"{path} cannot be used: SQLite says '{said}'; check the file with 'sqlite3 FILE .schema'.")
