"""The snapshot store: what a destination should have and what it has accepted. Frames of records are in frames.py.

One store per destination, in the snapshot folder or in a database (place.py). The folder also holds the lock, and the
outcome files of a target where stores are files. Importable without pandas.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select
from typing_extensions import Self

from connector.canonical import canonical
from connector.names import DESTINATION, LOCK_FD_VARIABLE, title_of
from store import sqlite
from store.absorbed import ABSORBED, Absorbed
from store.database import Database
from store.driver import Driver
from store.errors import NotASnapshot, SnapshotError, SnapshotLocked, explained
from store.fold import fold_outcomes
from store.lock import LOCK_FILE, children_environment, lock
from store.outcomes import Outcome, newest_accepted, outcome_files, read_outcomes
from store.owners import claim_refused
from store.place import Place, Where, place_of
from store.tables import OUTCOMES, SCHEMA_VERSION, bring_up_to_date, is_current, records

__all__ = [
    "LOCK_FD_VARIABLE",
    "LOCK_FILE",
    "SCHEMA_VERSION",
    "NotASnapshot",
    "Outcome",
    "Place",
    "Snapshot",
    "SnapshotError",
    "SnapshotLocked",
    "Where",
    "children_environment",
    "claim_refused",
    "is_stored",
    "lock",
    "place_of",
]

_BATCH = 5_000  # outcomes folded at a time: bounds memory


class Snapshot(Database):
    """The open store. Whoever writes holds `lock(directory)`; use as a context manager, or call `close`."""

    def __init__(self, place: Place, destination: str, connection: Connection, driver: Driver) -> None:
        """Use `Snapshot.open`."""
        super().__init__(place.title(destination), connection, driver)
        self.place = place
        self.directory = place.directory
        self.name = destination
        self.destination = title_of(destination)

    @classmethod
    def open(cls, where: Where, destination: str = DESTINATION) -> Self:
        """Opens the store of a destination, which is created when missing; an older layout is migrated.

        Raises NotASnapshot for a file that is none (or of a newer version), SnapshotLocked while another program
        writes it, SnapshotError for a place that cannot be used.
        """
        place = place_of(where)
        snapshot = cls(place, destination, *_connect(place, destination))
        with ExitStack() as unsound:
            unsound.callback(snapshot.close)
            with snapshot.reading() as connection:
                current = is_current(connection, snapshot.title)
            if not current:
                with snapshot.transaction():
                    bring_up_to_date(connection, snapshot.title)
            unsound.pop_all()  # it is sound: the caller closes it
        return snapshot

    def state(self) -> dict[str, Any] | None:
        """The tap STATE the wanted pictures were built from; None when nothing was built yet."""
        text = self.note("state")
        return None if text is None else msgspec.json.decode(text, type=dict[str, Any])

    def set_state(self, state: dict[str, Any]) -> None:
        """Notes the tap STATE, inside the transaction that writes the wanted pictures."""
        self.set_note("state", canonical(state))

    def ids(self, stream: str) -> dict[str, str]:
        """Remote id -> the destination's id, of the records of `stream` that it has."""
        query = "SELECT remote_id, id FROM records WHERE stream = ? AND id IS NOT NULL"
        return {remote_id: found for rows in self.rows(query, (stream,)) for remote_id, found in rows}

    def record(self, stream: str, remote_id: str) -> dict[str, Any]:
        """All that is kept of a record, by column; empty where there is none."""
        query = select(records).where(records.c.stream == stream, records.c.remote_id == remote_id)
        return next(iter(self.dicts(query)), {})

    def accepted_hashes(self, stream: str) -> dict[str, str]:
        """Remote id -> hash of what was accepted last, of the records of `stream` whose last answer accepts them."""
        query = "SELECT remote_id, hash FROM records WHERE stream = ? AND status = 'accepted' AND hash <> ''"
        return {remote_id: found for rows in self.rows(query, (stream,)) for remote_id, found in rows}

    def accepted_attributes(self, stream: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Remote id and what was accepted of it, of the records of `stream` that the destination has."""
        query = "SELECT remote_id, acknowledged FROM records WHERE stream = ? AND id IS NOT NULL"
        for rows in self.rows(query, (stream,)):
            yield from ((remote_id, msgspec.json.decode(accepted or "{}")) for remote_id, accepted in rows)

    def unanswered(self, stream: str) -> list[Outcome]:
        """The announcements of creates that may or may not have arrived."""
        query = "SELECT announced FROM records WHERE stream = ? AND announced IS NOT NULL ORDER BY remote_id"
        return [Outcome.from_json(announced) for rows in self.rows(query, (stream,)) for (announced,) in rows]

    def has_unanswered(self) -> bool:
        """Whether there is any such announcement."""
        return bool([*self.rows("SELECT 1 FROM records WHERE announced IS NOT NULL LIMIT 1")])

    def last_answer_at(self, stream: str) -> str | None:
        """Time (ISO UTC) of the newest accepted outcome of `stream`; None when nothing is known of what there is."""
        return self.note(_answer_key(stream))

    def last_gain_at(self, stream: str) -> str | None:
        """Time (ISO UTC) of the newest object of `stream` that was created or adopted; None when none is known of.

        Answers to changes do not count: with an older store, they come after creates that it knows nothing of.
        """
        return self.note(_gain_key(stream))

    def unclaimed_since(self, stream: str) -> str | None:
        """From when on the destination may hold objects of `stream` that are ours and have no record yet.

        Empty: from the beginning. None: there are none from before the last gain.
        """
        return self.note(f"unclaimed_since:{stream}")

    def set_unclaimed_since(self, stream: str, at: str | None) -> None:
        """Notes it, inside a transaction."""
        if at is None:
            self.drop_notes(f"unclaimed_since:{stream}")
        else:
            self.set_note(f"unclaimed_since:{stream}", at)

    def forget_last_answer(self, stream: str) -> None:
        """Makes the target look through everything there is of `stream` before its next create."""
        self.drop_notes(_answer_key(stream), _gain_key(stream))

    def absorb(self) -> int:
        """Takes in its outcome files in one transaction and then deletes them; returns lines taken in.

        A file that is in the store already, as a stop between commit and deletion leaves it, is deleted only.
        Raises SnapshotError for a file damaged in its middle; nothing is taken in then.
        """
        files = outcome_files(self.directory, self.name)
        return (self._absorb_files(files) if files else 0) + (0 if self.place.url is None else self._absorb_lines())

    def _absorb_files(self, files: list[Path]) -> int:
        with self.transaction():
            absorbed = Absorbed.read(self.note(ABSORBED))
            count = sum(self._take_in(path) for path in files if absorbed.adds(path))
            self.set_note(ABSORBED, absorbed.to_note(len(files)))
        with explained(self.directory):
            for path in files:
                path.unlink(missing_ok=True)
        return count

    def _absorb_lines(self) -> int:
        """Takes in the lines that lie in the database, which are gone in the same transaction."""
        with self.transaction():
            rows = chain.from_iterable(list(self.rows(f"SELECT line FROM {OUTCOMES} ORDER BY number")))  # nosec B608
            count = self._fold(Outcome.from_json(line) for (line,) in rows)
            if count:
                self.change(f"DELETE FROM {OUTCOMES}")  # nosec B608
        return count

    def _take_in(self, path: Path) -> int:
        return self._fold(read_outcomes(path, self.destination))

    def _fold(self, lines: Iterator[Outcome]) -> int:
        count = 0
        while batch := list(islice(lines, _BATCH)):
            self.apply(batch)
            count += len(batch)
        return count

    def apply(self, outcomes: list[Outcome]) -> None:
        """Folds outcomes into the store, inside a transaction; absorb does this for files.

        An answer that names an id of another record is taken as failed: one id has one owner.
        """
        fold_outcomes(self._connection, self._driver, outcomes, self.destination)
        for stream, at in newest_accepted(outcomes).items():
            self._note_later(_answer_key(stream), at)
        gains = [outcome for outcome in outcomes if outcome.action in ("create", "adopt")]
        for stream, at in newest_accepted(gains).items():
            self._note_later(_gain_key(stream), at)

    def _note_later(self, key: str, at: str) -> None:
        if at > (self.note(key) or ""):
            self.set_note(key, at)


def is_stored(where: Where, destination: str = DESTINATION) -> bool:
    """Whether there is a store of this destination."""
    place = place_of(where)
    if place.url is None:
        return place.file(destination).exists()
    from store.dial import dial, is_there

    with closing(dial(place, destination)) as connection:
        return is_there(connection, place.schema_of(destination))


def _connect(place: Place, destination: str) -> tuple[Connection, Driver]:
    path = place.file(destination)
    with explained(path):
        place.directory.mkdir(parents=True, exist_ok=True)
    if place.url is not None:
        from store import postgres

        connection = postgres.connect(place, destination)
        return connection, postgres.PostgresDriver(connection, place, destination)
    with explained(path):
        connection = sqlite.connect(path)
    return connection, sqlite.SqliteDriver(connection, path)


def _answer_key(stream: str) -> str:
    return f"last_answer_at:{stream}"


def _gain_key(stream: str) -> str:
    return f"last_gain_at:{stream}"
