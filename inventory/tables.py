"""Declares the tables of the import and opens them: one file, or one schema, of its own beside the stores."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from typing_extensions import Self

from inventory.engines import NAME, READS, WRITES, engine_of, explained
from inventory.errors import InventoryError
from store.driver import same_conditions
from store.place import Place, Where, place_of

SCHEMA_VERSION = 1

metadata = MetaData()
meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

# SQLite numbers the rows of a table by a column that is INTEGER by name; its whole numbers are large all the same.
Number = BigInteger().with_variant(Integer(), "sqlite")
# Moments are ISO texts in UTC with six decimals, so that they compare as texts; quantities are exact decimal texts.

# One row per message; `id` is its arrival.
messages = Table(
    "messages",
    metadata,
    Column("id", Number, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("message_id", Number, nullable=False),
    Column("digest", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    UniqueConstraint("channel", "message_id"),
)

# One row per figure of a message: what it said, how far it is, and what was calculated from it (its audit).
figures = Table(
    "figures",
    metadata,
    Column("id", Number, primary_key=True),
    Column("message", Number, ForeignKey("messages.id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("sku", Text),  # null only where a refused row does not tell it
    Column("source", Text),
    Column("sku_key", Text),
    Column("source_key", Text),
    Column("quantity", Text),
    Column("sequence", Number),
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
_OPEN = figures.c.state.in_(OPEN_STATES)
Index("figures_open", figures.c.state, sqlite_where=_OPEN)
event.listen(figures, "before_create", same_conditions)

# The last figure that was applied, by key. Never cleaned: what is older than it must not be applied, however late.
applied = Table(
    "applied",
    metadata,
    Column("sku_key", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("last_seq", Number, nullable=False),
    Column("sku", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Number, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("exported", Text, nullable=False),  # as it was used: said, or the moment of receipt
    Column("calculation", Text, nullable=False),
    Column("applied_at", Text, nullable=False),
    Column("expected", Text, nullable=False),  # what should stand in the shop after the departure named here
    Column("departure", Number, nullable=False),
    Column("departures_from", Text, nullable=False),  # from which moment, by the shop's clock, to ask for later ones
    Column("unverified", Text),  # since when it waits to be read back equal; null: it was
    sqlite_with_rowid=False,
)
_UNVERIFIED = text("unverified IS NOT NULL")
Index("applied_unverified", applied.c.unverified, sqlite_where=_UNVERIFIED)
event.listen(applied, "before_create", same_conditions)

# The last inventory record of our own, by key: what `push` numbered.
records = Table(
    "records",
    metadata,
    Column("sku_key", Text, primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("id", Number, nullable=False),
    Column("quantity", Text, nullable=False),
    Column("exported", Text),
    Column("created_at", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Messages that were not queued: too bad, or an id that came with another body.
turned_away = Table(
    "turned_away",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message_id", Number),
    Column("reason", Text, nullable=False),
)


class Store:
    """The open queue. One thread at a time; use as a context manager."""

    def __init__(self, place: Place, connection: Connection) -> None:
        """Use `Store.open`."""
        self.title = place.title(NAME)
        self._place = place
        self._connection = connection

    @classmethod
    def open(cls, where: Where) -> Self:
        """Opens the queue of a snapshot folder or place, and makes it when missing.

        Raises InventoryError: there is something else, or that of a newer version, or it cannot be used.
        """
        place = place_of(where)
        with _explained(place):
            place.directory.mkdir(parents=True, exist_ok=True)
            store = cls(place, engine_of(place).connect())
        try:
            with store.reading() as connection:
                current = _is_current(connection, store.title)
            if not current:
                with store.writing() as connection:
                    if not _is_current(connection, store.title):
                        metadata.create_all(connection)
                        connection.execute(meta.insert().values(key="schema_version", value=str(SCHEMA_VERSION)))
        except InventoryError:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Closes it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer shares: all of it is kept, or nothing when the block raises."""
        yield from self._transaction(WRITES)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the queue."""
        yield from self._transaction(READS)

    def _transaction(self, begin: str) -> Iterator[Connection]:
        with _explained(self._place):
            self._connection.info["begin"] = begin
            with self._connection.begin():
                yield self._connection


def _is_current(connection: Connection, title: object) -> bool:
    tables = inspect(connection).get_table_names()
    if not tables:
        return False
    found = None
    if meta.name in tables:
        found = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version")).scalar()
    if found != str(SCHEMA_VERSION):
        what = "is not a queue of the inventory import" if found is None else "was written by a newer version"
        remedy = "move it away" if found is None else "install that version"
        raise InventoryError(f"{title} {what}; {remedy}.")
    return True


@contextmanager
def _explained(place: Place) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise explained(place, error.orig) from error
    except OSError as error:
        title = place.title(NAME)
        raise InventoryError(f"{title} cannot be used ({error.strerror}); make its folder writable.") from error
