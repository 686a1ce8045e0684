"""The database behind a snapshot: transactions, SQL, tables and notes. What records mean is in snapshot.py.

These methods are all that the programs use of it. Where it is kept, its driver knows (driver.py).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, Select, inspect, select
from sqlalchemy.exc import DBAPIError
from typing_extensions import Self

from store.driver import Cells, Driver, Upsert, replacing
from store.tables import meta


class Database:
    """An open store; use as a context manager, or call `close`."""

    def __init__(self, title: object, connection: Connection, driver: Driver) -> None:
        """`title` is how messages call it."""
        self.title = title
        self._connection = connection
        self._driver = driver
        self._build: int | None = None

    def close(self) -> None:
        """Closes it; an open transaction is rolled back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside become visible together when the block ends, or not at all when it raises."""
        with self._explained():
            self._connection.info["begin"] = "BEGIN IMMEDIATE"
            self._build = None
            with self._connection.begin():
                self._driver.begin_writing()
                yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._driver.explained(error.orig) from error
        except self._driver.error as error:
            raise self._driver.explained(error) from error

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
        with self._explained():
            if self._connection.in_transaction():
                yield self._connection
                return
            self._connection.info["begin"] = "BEGIN"
            with self._connection.begin():
                yield self._connection

    def keep(self, facts: MetaData) -> None:
        """Makes the tables of one source's facts where they are missing, inside a transaction or in one of its own."""
        with self.reading() as connection:
            missing = facts.tables.keys() - set(inspect(connection).get_table_names())
        if missing and self._connection.in_transaction():
            facts.create_all(self._connection)
        elif missing:
            with self.transaction():
                facts.create_all(self._connection)

    def dicts(self, query: Select[Any]) -> list[dict[str, Any]]:
        """What a query finds, each row by the names of its columns."""
        with self.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """What an SQL query finds, some rows at a time; take them to the end."""
        with self.reading():
            yield from self._driver.rows(query, parameters)

    def change(self, statement: str, *parameters: str | float | None) -> int:
        """Runs an SQL statement that writes, inside a transaction; returns how many rows it changed."""
        return self._driver.change(statement, parameters)

    def change_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Runs an SQL statement with each of the parameters, inside a transaction; returns how many rows changed."""
        return self._driver.change_each(statement, rows)

    def put(self, upsert: Upsert, cells: Cells) -> int:
        """Writes rows, inside a transaction; returns how many changed."""
        return self._driver.put(upsert, cells)

    def keep_keys(self, keys: Iterable[str]) -> None:
        """Puts `keys` into the temporary table `keys`, for a join."""
        self._driver.keep_keys(keys)

    def note(self, key: str) -> str | None:
        """The text noted under `key`, or None."""
        with self.reading() as connection:
            return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()

    def set_note(self, key: str, value: str) -> None:
        """Notes `value` under `key`, inside a transaction."""
        self._connection.execute(replacing(self._connection, meta), {"key": key, "value": value})

    def drop_notes(self, *keys: str) -> None:
        """Forgets what is noted under the keys, inside a transaction."""
        self._connection.execute(meta.delete().where(meta.c.key.in_(keys)))
