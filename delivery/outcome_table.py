"""Puts announcements and answers into the database that keeps the store, on a connection of their own."""

from typing import Any, cast

import psycopg

from delivery.outcome_log import OutcomeLog
from store.advisory import join_the_run
from store.dial import dial, told
from store.place import Place
from store.tables import OUTCOMES

_COPY = f"COPY {OUTCOMES} (line) FROM STDIN"


class OutcomeTable(OutcomeLog):
    """Rows of the table that `Snapshot.absorb` empties; committed where a file would be brought to disk."""

    def __init__(self, place: Place, destination: str) -> None:
        """`destination` names the store."""
        super().__init__()
        self._place, self._destination = place, destination
        self._connection: psycopg.Connection[Any] | None = None
        self._lines: list[str] = []

    def _append(self, lines: list[str]) -> None:
        self._lines += lines

    def _bring_to_disk(self) -> None:
        if not self._lines:
            return
        with told(self._place, self._destination):
            if self._connection is None:
                self._connection = dial(self._place, self._destination)
                join_the_run(self._connection, self._place)
            with self._connection.cursor() as cursor, cursor.copy(cast(Any, _COPY)) as copy:
                for line in self._lines:
                    copy.write_row((line,))
            self._connection.commit()
        self._lines = []

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
