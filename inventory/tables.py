"""Declares the tables of the import and opens their file; one SQLite file of its own beside the snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool
from typing_extensions import Self

from inventory.errors import InventoryError, QueueBusy

STORE_FILE = "inventory.sqlite"
SCHEMA_VERSION = 1
BUSY_SECONDS = 30.0

metadata = MetaData()
meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# Moments are ISO texts in UTC with six decimals, so that they compare as texts; quantities are exact decimal texts.

# One row per message; `id` is its arrival.
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    UniqueConstraint("channel", "message_id"),
)

# One row per figure of a message: what it said, how far it is, and what was calculated from it (its audit).
figures = Table(
    "figures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("message", Integer, ForeignKey("messages.id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text),  # null only where a refused row does not tell it
    Column("source", Text),
    Column("sku_key", Text),
    Column("source_key", Text),
    Column("quantity", Text),
    Column("sequence", Integer),
    Column("exported", Text),  # the last order the warehouse system knew, as it said
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", Text),
    Column("worker", Text),
    Column("lease_until", Text),
    Column("calculation", Text),  # JSON: each deduction, what is to be written, what stood there before
    Column("settled_at", Text),
)
Index("figures_by_key", figures.c.sku_key, figures.c.source_key, figures.c.state)
Index("figures_by_message", figures.c.message, figures.c.line)
OPEN_STATES = ("received", "claimed", "waiting", "failed")
Index("figures_open", figures.c.state, sqlite_where=figures.c.state.in_(OPEN_STATES))

# The last figure that was applied, by key. Never cleaned: what is older than it must not be applied, however late.
applied = Table(
    "applied",
    metadata,
    Column("sku_key", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("last_seq", Integer, nullable=False),
    Column("sku", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Integer, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("exported", Text, nullable=False),  # as it was used: said, or the moment of receipt
    Column("calculation", Text, nullable=False),
    Column("applied_at", Text, nullable=False),
    Column("expected", Text, nullable=False),  # what should stand in the shop after the departure named here
    Column("departure", Integer, nullable=False),
    Column("departures_from", Text, nullable=False),  # from which moment, by the shop's clock, to ask for later ones
    Column("unverified", Text),  # since when it waits to be read back equal; null: it was
    sqlite_with_rowid=False,
)
Index("applied_unverified", applied.c.unverified, sqlite_where=text("unverified IS NOT NULL"))

# The last inventory record of our own, by key: what `push` numbered.
records = Table(
    "records",
    metadata,
    Column("sku_key", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("id", Integer, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("exported", Text),
    Column("created_at", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Messages that were not queued: too bad, or an id that came with another body.
turned_away = Table(
    "turned_away",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Integer),
    Column("reason", Text, nullable=False),
)


class Store:
    """The open file. One thread at a time; use as a context manager."""

    def __init__(self, path: Path, connection: Connection) -> None:
        """Use `Store.open`."""
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Opens the file in `directory`, and makes both when missing.

        Raises InventoryError: the file is something else, of a newer version, or cannot be used.
        """
        path = directory / STORE_FILE
        with _explained(path):
            directory.mkdir(parents=True, exist_ok=True)
            store = cls(path, _engine(path).connect())
        try:
            with store.reading() as connection:
                current = _is_current(connection, path)
            if not current:
                with store.writing() as connection:
                    if not _is_current(connection, path):
                        metadata.create_all(connection)
                        connection.execute(meta.insert().values(key="schema_version", value=str(SCHEMA_VERSION)))
        except InventoryError:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer shares: all of it is kept, or nothing when the block raises."""
        yield from self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the file."""
        yield from self._transaction("BEGIN")

    def _transaction(self, begin: str) -> Iterator[Connection]:
        with _explained(self.path):
            self._connection.info["begin"] = begin
            with self._connection.begin():
                yield self._connection


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        # One file between runs, and what was answered for survives a power cut.
        for pragma in ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.info["begin"])

    return engine


def _is_current(connection: Connection, path: Path) -> bool:
    tables = inspect(connection).get_table_names()
    if not tables:
        return False
    found = None
    if meta.name in tables:
        found = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version")).scalar()
    if found != str(SCHEMA_VERSION):
        what = "is not a queue of the inventory import" if found is None else "was written by a newer version"
        remedy = "move it away" if found is None else "install that version"
        raise InventoryError(f"{path} {what}; {remedy}.")
    return True


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        fault = str(error.orig)
        if "locked" in fault:
            raise QueueBusy(f"{path} is in use by another program; try again when it has ended.") from error
        raise InventoryError(f"{path} cannot be used: SQLite says '{fault}'; check the file and its folder.") from error
    except OSError as error:
        raise InventoryError(f"{path} cannot be used ({error.strerror}); make its folder writable.") from error
