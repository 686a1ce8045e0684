"""The snapshot store: what Optiply should have and what it has accepted. Frames are in snapshot_frames.py.

One SQLite file `optiply.sqlite` in the snapshot folder, beside the outcome files of the target and the lock.
Importable without pandas.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, cast

import msgspec
from sqlalchemy import Connection, Select, select
from sqlalchemy.dialects.sqlite import insert
from typing_extensions import Self

from connector.canonical import canonical
from store.errors import NotASnapshot, SnapshotError, SnapshotLocked, explained, store_explained
from store.fold import fold_outcomes
from store.lock import LOCK_FD_VARIABLE, LOCK_FILE, children_environment, lock
from store.outcomes import Outcome, newest_accepted, outcome_files, read_outcomes
from store.owners import claim_refused
from store.tables import SCHEMA_VERSION, STORE_FILE, bring_up_to_date, connect, is_current, meta, records

__all__ = [
    "LOCK_FD_VARIABLE",
    "LOCK_FILE",
    "SCHEMA_VERSION",
    "STORE_FILE",
    "NotASnapshot",
    "Outcome",
    "Snapshot",
    "SnapshotError",
    "SnapshotLocked",
    "children_environment",
    "claim_refused",
    "lock",
]

_BATCH = 5_000  # outcomes folded at a time: bounds memory


class Snapshot:
    """The open store. Whoever writes holds `lock(directory)`; use as a context manager, or call `close`."""

    def __init__(self, directory: Path, connection: Connection) -> None:
        """Use `Snapshot.open`."""
        self.directory = directory
        self.path = directory / STORE_FILE
        self._connection = connection
        self._build: int | None = None

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Opens the store in `directory`, which is created when missing; an older layout is migrated.

        Raises NotASnapshot for a file that is none (or of a newer version), SnapshotLocked while another program
        writes it, SnapshotError for a folder that cannot be used.
        """
        path = directory / STORE_FILE
        with explained(path):
            directory.mkdir(parents=True, exist_ok=True)
            connection = connect(path).connect()
        snapshot = cls(directory, connection)
        with ExitStack() as closing:
            closing.callback(snapshot.close)
            with snapshot.reading():
                current = is_current(connection, path)
            if not current:
                with snapshot.transaction():
                    bring_up_to_date(connection, path)
            closing.pop_all()  # it is sound: the caller closes it
        return snapshot

    def close(self) -> None:
        """Closes the file; an open transaction is rolled back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside become visible together when the block ends, or not at all when it raises."""
        with store_explained(self.path):
            self._connection.info["begin"] = "BEGIN IMMEDIATE"
            self._build = None
            with self._connection.begin():
                yield

    @property
    def build(self) -> int:
        """The number of the transaction under way, one more than that of the last one that asked for it."""
        if self._build is None:
            self._build = int(self.note("build") or 0) + 1
            self.set_note("build", str(self._build))
        return self._build

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the store; inside a transaction, that transaction's own."""
        with store_explained(self.path):
            if self._connection.in_transaction():
                yield self._connection
                return
            self._connection.info["begin"] = "BEGIN"
            with self._connection.begin():
                yield self._connection

    @property
    def driver(self) -> sqlite3.Connection:
        """The driver's connection, for bulk work inside a transaction."""
        return cast(sqlite3.Connection, self._connection.connection.driver_connection)

    def state(self) -> dict[str, Any] | None:
        """The tap STATE the wanted pictures were built from; None when nothing was built yet."""
        text = self.note("state")
        return None if text is None else msgspec.json.decode(text, type=dict[str, Any])

    def set_state(self, state: dict[str, Any]) -> None:
        """Notes the tap STATE, inside the transaction that writes the wanted pictures."""
        self.set_note("state", canonical(state))

    def note(self, key: str) -> str | None:
        """The text noted under `key`, or None."""
        with self.reading() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()

    def set_note(self, key: str, value: str) -> None:
        """Notes `value` under `key`, inside a transaction."""
        statement = insert(meta).values(key=key, value=value)
        self._connection.execute(statement.on_conflict_do_update(["key"], set_={"value": statement.excluded.value}))

    def ids(self, stream: str) -> dict[str, str]:
        """Remote id -> Optiply's id, of the records of `stream` that Optiply has."""
        query = select(records.c.remote_id, records.c.id).where(records.c.stream == stream, records.c.id.is_not(None))
        return {row[0]: row[1] for row in self._rows(query)}

    def unanswered(self, stream: str) -> list[Outcome]:
        """The announcements of creates that may or may not have reached Optiply."""
        query = select(records.c.announced).where(records.c.stream == stream, records.c.announced.is_not(None))
        return [Outcome.from_json(announced) for (announced,) in self._rows(query.order_by(records.c.remote_id))]

    def last_answer_at(self, stream: str) -> str | None:
        """Time (ISO UTC) of the newest accepted outcome of `stream`; None when nothing is known of what Optiply has."""
        return self.note(_answer_key(stream))

    def last_gain_at(self, stream: str) -> str | None:
        """Time (ISO UTC) of the newest object of `stream` that was created or adopted; None when none is known of.

        Answers to changes do not count: with an older store, they come after creates that it knows nothing of.
        """
        return self.note(_gain_key(stream))

    def unclaimed_since(self, stream: str) -> str | None:
        """From when on Optiply may hold objects of `stream` that are ours and have no record yet.

        Empty: from the beginning. None: there are none from before the last gain.
        """
        return self.note(f"unclaimed_since:{stream}")

    def set_unclaimed_since(self, stream: str, at: str | None) -> None:
        """Notes it, inside a transaction."""
        if at is None:
            self._connection.execute(meta.delete().where(meta.c.key == f"unclaimed_since:{stream}"))
        else:
            self.set_note(f"unclaimed_since:{stream}", at)

    def forget_last_answer(self, stream: str) -> None:
        """Makes the target look through everything Optiply has of `stream` before its next create."""
        self._connection.execute(meta.delete().where(meta.c.key.in_((_answer_key(stream), _gain_key(stream)))))

    def absorb(self) -> int:
        """Takes in every outcome file of the folder in one transaction and then deletes them; returns lines taken in.

        Absorbing the same lines twice changes nothing, so a stop between commit and deletion does no harm.
        Raises SnapshotError for a file damaged in its middle; nothing is taken in then.
        """
        files = outcome_files(self.directory)
        if not files:
            return 0
        with self.transaction():
            count = sum(self._take_in(path) for path in files)
        with explained(self.directory):
            for path in files:
                path.unlink(missing_ok=True)
        return count

    def _take_in(self, path: Path) -> int:
        lines = read_outcomes(path)
        count = 0
        while batch := list(islice(lines, _BATCH)):
            self.apply(batch)
            count += len(batch)
        return count

    def apply(self, outcomes: list[Outcome]) -> None:
        """Folds outcomes into the store, inside a transaction; absorb does this for files.

        An answer that names an id of another record is taken as failed: one id has one owner.
        """
        fold_outcomes(self._connection, outcomes)
        for stream, at in newest_accepted(outcomes).items():
            self._note_later(_answer_key(stream), at)
        gains = [outcome for outcome in outcomes if outcome.action in ("create", "adopt")]
        for stream, at in newest_accepted(gains).items():
            self._note_later(_gain_key(stream), at)

    def _note_later(self, key: str, at: str) -> None:
        if at > (self.note(key) or ""):
            self.set_note(key, at)

    def _rows(self, query: Select[Any]) -> list[Any]:
        with self.reading() as connection:
            return list(connection.execute(query))


def _answer_key(stream: str) -> str:
    return f"last_answer_at:{stream}"


def _gain_key(stream: str) -> str:
    return f"last_gain_at:{stream}"
