"""Opens the database of the queue: a file in the snapshot folder, or a schema beside the stores in PostgreSQL."""

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from inventory.errors import InventoryError, QueueBusy
from store.errors import SnapshotError
from store.place import Place

NAME = "inventory"
"""What the file and the schema are called."""
BUSY_SECONDS = 30.0
READS, WRITES = "BEGIN", "BEGIN IMMEDIATE"
"""The kinds of a transaction, as Connection.info["begin"] says it: one state is seen; no other writer shares it."""


def engine_of(place: Place) -> Engine:
    """The engine of a place's queue. Raises InventoryError where its database cannot be reached."""
    return _file(place) if place.url is None else _schema(place)


def explained(place: Place, fault: BaseException | None) -> InventoryError:
    """What the database said, as one sentence with the remedy."""
    title, said = place.title(NAME), " ".join(str(fault).split())
    if "locked" in said or "lock timeout" in said:
        return QueueBusy(f"{title} is in use by another program; try again when it has ended.")
    if place.url is None:
        return InventoryError(f"{title} cannot be used: SQLite says '{said}'; check the file and its folder.")
    from store.dial import sentence_for

    return InventoryError(str(sentence_for(title, fault)))


def _file(place: Place) -> Engine:
    engine = create_engine(
        f"sqlite:///{place.file(NAME)}",
        poolclass=NullPool,
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
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


def _schema(place: Place) -> Engine:
    from store.advisory import lock_number
    from store.postgres import schema_of

    def open_schema() -> Any:  # noqa: ANN401 - the driver's own connection
        try:
            return schema_of(place, NAME)
        except SnapshotError as error:
            raise InventoryError(str(error)) from error

    engine = create_engine("postgresql+psycopg://", creator=open_schema, poolclass=NullPool, use_native_hstore=False)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.info["begin"] == READS:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return
        # Each statement of a writer sees what was committed before it, and there is one writer at a time.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {int(BUSY_SECONDS * 1000)}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_number(place, NAME)})")

    return engine
