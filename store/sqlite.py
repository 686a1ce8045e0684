"""Keeps a store in an SQLite file: how it is opened, how its transactions begin, how many rows move at once."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import NullPool

from store.driver import FETCHED, Cells, Upsert
from store.errors import SnapshotError, explained_by_sqlite

BUSY_SECONDS = 5.0
_PARAMETERS = 900  # of one statement; older builds of SQLite allow 999


def connect(path: Path) -> Connection:
    """A connection to the SQLite file whose transactions begin and end where we say."""
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        # DELETE keeps everything in the one file between runs; FULL survives a power cut. The size of a page counts
        # for a new file only.
        for pragma in ("page_size = 8192", "journal_mode = DELETE", "synchronous = FULL", "cache_size = -65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # The driver would begin late and commit around DDL by itself.
        connection.exec_driver_sql(connection.info.get("begin", "BEGIN"))

    return engine.connect()


class SqliteDriver:
    """Rows by way of the sqlite3 module's own connection."""

    error: type[Exception] = sqlite3.Error

    def __init__(self, connection: Connection, path: Path) -> None:
        """`connection` is one that `connect` made."""
        self._path = path
        self._driver = cast(sqlite3.Connection, connection.connection.driver_connection)

    def explained(self, fault: BaseException | None) -> SnapshotError:
        """See Driver."""
        return explained_by_sqlite(self._path, fault)

    def begin_writing(self) -> None:
        """See Driver. The lock of the folder is enough."""

    def rows(self, query: str, parameters: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
        """See Driver."""
        cursor = self._driver.execute(query, parameters)
        while rows := cursor.fetchmany(FETCHED):
            yield rows

    def change(self, statement: str, parameters: Sequence[Any]) -> int:
        """See Driver."""
        return self._driver.execute(statement, parameters).rowcount

    def change_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """See Driver."""
        before = self._driver.total_changes
        self._driver.executemany(statement, rows)
        return self._driver.total_changes - before

    def put(self, upsert: Upsert, cells: Cells) -> int:
        """See Driver. Several rows a statement: each statement has its price."""
        width = len(upsert.columns)
        many = max(1, _PARAMETERS // width)
        whole = len(cells) // many * many
        together = cells[:whole].reshape(-1, many * width)
        return self.change_each(_insert(upsert, many), together.tolist()) + self.put_rows(
            upsert, cells[whole:].tolist()
        )

    def put_rows(self, upsert: Upsert, rows: Sequence[Sequence[Any]]) -> int:
        """See Driver."""
        return self.change_each(_insert(upsert, 1), rows)

    def keep_keys(self, keys: Iterable[str]) -> None:
        """See Driver."""
        self.change("CREATE TEMP TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY) WITHOUT ROWID", ())
        self.change("DELETE FROM keys", ())
        self.change_each("INSERT OR IGNORE INTO keys VALUES (?)", ((key,) for key in sorted(keys)))


def _insert(upsert: Upsert, rows: int) -> str:
    columns, conflict = upsert.parts()
    row = f"({', '.join(['?'] * len(upsert.columns) + [_literal(value) for value in upsert.constants.values()])})"
    values = ", ".join([row] * rows)
    return f"INSERT INTO {upsert.table.name} AS t ({columns}) VALUES {values} {conflict}"  # nosec B608


def _literal(value: str | int | None) -> str:
    """The value as SQL; text goes as hexadecimal digits, so that no quote in it matters."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else f"CAST(x'{value.encode().hex()}' AS TEXT)"
