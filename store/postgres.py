"""Keeps a store in a schema of a PostgreSQL database (the extra `fleet`): the same SQL, read as PostgreSQL reads it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Engine, Integer, Text, create_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.pool import NullPool

from store.advisory import join_the_run, lock_number
from store.dial import dial, is_there, sentence_for, told
from store.driver import FETCHED, Cells, Upsert
from store.errors import SnapshotError
from store.place import Place

# What SQLite has and the store's SQL uses.
_FUNCTIONS = r"""
CREATE FUNCTION instr(whole text, part text) RETURNS integer IMMUTABLE STRICT LANGUAGE sql AS
    'SELECT strpos(whole, part)';
CREATE FUNCTION as_integer(number text) RETURNS bigint IMMUTABLE LANGUAGE sql AS
    'SELECT coalesce(substring(number from ''^\s*-?[0-9]{1,18}'')::bigint, 0)';
CREATE FUNCTION json_extract(document text, path text) RETURNS text IMMUTABLE STRICT LANGUAGE sql AS
    'SELECT CASE found WHEN ''true'' THEN ''1'' WHEN ''false'' THEN ''0'' ELSE found #>> ''{}'' END
       FROM (SELECT document::jsonb -> substr(path, 3)) AS one (found)';
CREATE TABLE outcomes (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, line text NOT NULL);
"""
_WORDS = re.compile(
    r"""(?P<text>'(?:[^']|'')*')|(?P<mark>\?)|(?P<percent>%)|CAST\((?P<whole>[\w.]+|[\w]+\([^()]*\))\ AS\ INTEGER\)"""
    r"""|\bIS\ NOT\ (?!NULL\b|DISTINCT\b)(?P<other>)|\bIS\ (?!NOT\ |NULL\b|DISTINCT\b)(?P<same>)"""
)


@compiles(Text, "postgresql")
def _in_order_of_bytes(_type: Text, _compiler: object, **_options: object) -> str:
    """Texts are ordered as SQLite orders them, whatever the database's own language."""
    return 'TEXT COLLATE "C"'


def connect(place: Place, destination: str) -> Connection:
    """A connection to the schema of a destination, which is created when missing. Raises SnapshotError."""
    with told(place, destination):
        return _engine(place, destination).connect()


@lru_cache(maxsize=8)
def _engine(place: Place, destination: str) -> Engine:
    """It keeps no connection, only what SQLAlchemy asks a server once and the statements that it has compiled."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: schema_of(place, destination, _FUNCTIONS),
        poolclass=NullPool,
        pool_reset_on_return=None,
        isolation_level="REPEATABLE READ",
        use_native_hstore=False,
    )


def schema_of(place: Place, destination: str, beginning: str = "") -> psycopg.Connection[Any]:
    """The driver's connection to the schema of a destination; where it is missing, made with this SQL in it.

    Raises SnapshotError.
    """
    connection = dial(place, destination)
    with told(place, destination):
        if not is_there(connection, schema := place.schema_of(destination)):
            # Whoever waits here for another finds it made.
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (lock_number(place, f"schema {destination}"),))
            if connection.execute("SELECT to_regnamespace(%s)", (f'"{schema}"',)).fetchone() == (None,):
                connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
                connection.execute(cast(Any, beginning))
            connection.commit()
    return connection


@lru_cache(maxsize=512)
def translated(statement: str) -> str:
    """SQL of the store as PostgreSQL reads it."""
    return _WORDS.sub(_word, statement)


def _word(found: re.Match[str]) -> str:
    if found["text"] is not None:
        return found["text"].replace("%", "%%")
    if found["mark"]:
        return "%s"
    if found["percent"]:
        return "%%"
    if found["whole"]:
        return f"as_integer({found['whole']})"
    return "IS DISTINCT FROM " if found["other"] is not None else "IS NOT DISTINCT FROM "


class PostgresDriver:
    """Rows by way of psycopg's own connection: many rows travel by COPY."""

    error: type[Exception] = psycopg.Error

    def __init__(self, connection: Connection, place: Place, destination: str) -> None:
        """`connection` is one that `connect` made."""
        self._place = place
        self._title = place.title(destination)
        self._joined = False
        self._driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)

    def explained(self, fault: BaseException | None) -> SnapshotError:
        """See Driver."""
        return sentence_for(self._title, fault)

    def begin_writing(self) -> None:
        """See Driver."""
        if not self._joined:
            join_the_run(self._driver, self._place)
            self._joined = True

    def rows(self, query: str, parameters: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
        """See Driver."""
        cursor = self._driver.execute(cast(Any, translated(query)), parameters)
        while rows := cursor.fetchmany(FETCHED):
            yield rows

    def change(self, statement: str, parameters: Sequence[Any]) -> int:
        """See Driver."""
        return self._driver.execute(cast(Any, translated(statement)), parameters).rowcount

    def change_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """See Driver."""
        with self._driver.cursor() as cursor:
            cursor.executemany(cast(Any, translated(statement)), list(rows))
            return max(cursor.rowcount, 0)

    def put(self, upsert: Upsert, cells: Cells) -> int:
        """See Driver."""
        readers = [_reader(upsert.table.c[name].type) for name in upsert.columns]
        rows = ([read(cell) for read, cell in zip(readers, row)] for row in cells.tolist())  # noqa: B905
        return self.put_rows(upsert, rows) if len(cells) else 0

    def put_rows(self, upsert: Upsert, rows: Iterable[Sequence[Any]]) -> int:
        """See Driver. They come by COPY into a temporary table, and from there in one statement."""
        columns, conflict = upsert.parts()
        fresh = f"fresh_{upsert.table.name}"
        self._empty(fresh, f"AS SELECT {', '.join(upsert.columns)} FROM {upsert.table.name} LIMIT 0")  # nosec B608
        self._copy(fresh, upsert.columns, rows)
        given = ", ".join([*upsert.columns, *(["%s"] * len(upsert.constants))])
        source = f"SELECT {given} FROM {fresh}"  # nosec B608
        statement = f"INSERT INTO {upsert.table.name} AS t ({columns}) {source} {translated(conflict)}"
        return self._driver.execute(cast(Any, statement), list(upsert.constants.values())).rowcount

    def keep_keys(self, keys: Iterable[str]) -> None:
        """See Driver."""
        self._driver.execute('CREATE TEMP TABLE IF NOT EXISTS keys (key TEXT COLLATE "C")')
        self._driver.execute("DELETE FROM keys")
        self._copy("keys", ("key",), ((key,) for key in sorted(set(keys))))

    def _empty(self, table: str, shape: str) -> None:
        self._driver.execute(cast(Any, f"DROP TABLE IF EXISTS pg_temp.{table}"))
        self._driver.execute(cast(Any, f"CREATE TEMP TABLE {table} {shape}"))

    def _copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        place = f"COPY pg_temp.{table} ({', '.join(columns)}) FROM STDIN"
        with self._driver.cursor() as cursor, cursor.copy(cast(Any, place)) as copy:
            for row in rows:
                copy.write_row(row)


def _reader(kind: object) -> Callable[[Any], Any]:
    """Whole numbers come out of frames as floats or truth values."""
    if isinstance(kind, Integer):
        return lambda cell: None if cell is None else int(cell)
    return lambda cell: cell
