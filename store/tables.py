"""Declares the tables that every snapshot has, opens the file and brings an older layout up to date.

Tables of facts that belong to one source are declared by its flow; `Snapshot.keep` makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    select,
    text,
)
from sqlalchemy.pool import NullPool

from connector.names import DESTINATION
from store.errors import NotASnapshot
from store.layouts import MIGRATIONS
from store.owners import RULE

SCHEMA_VERSION = 3
BUSY_SECONDS = 5.0
_EMPTY = 0

SILENT = {"silent": True}
"""Column.info: a row that differs in such columns alone is not rewritten by `bulk.upsert`."""
KEPT = {"kept": True}
"""Column.info: a missing value leaves what the row has, when it is written by `bulk.upsert`."""

metadata = MetaData()

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text))

# One row per record the destination has or should have. Pictures are canonical JSON of the attributes, without what
# names the record.
records = Table(
    "records",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("wanted", Text),  # what it should have: written by the ETL alone
    Column("acknowledged", Text),  # what it has accepted: written by absorb alone
    Column("id", Text),  # the destination's id
    Column("announced_at", Text),
    Column("announced", Text),  # a create that was announced and has no answer yet, as its outcome line
    Column("status", Text),  # of the last answer
    Column("reason", Text),
    Column("answered_at", Text),
    Column("sent_at", Text),  # of the last accepted answer
    Column("hash", Text),  # of what was accepted last
    Column("held", Text),  # why the ETL does not offer it now
    Column("held_since", Text, info=SILENT),
    Column("refused_picture", Text),  # the wanted picture that was refused, while no other answer has come since
    Column("contested", Text),  # the id that its last answer or an import named, though another record owns it
    sqlite_with_rowid=False,
)
Index("records_announced", records.c.stream, records.c.remote_id, sqlite_where=text("announced IS NOT NULL"))
Index("records_held", records.c.stream, records.c.remote_id, sqlite_where=text("held IS NOT NULL"))
Index(RULE, records.c.stream, records.c.id, unique=True, sqlite_where=text("id IS NOT NULL"))


def store_file(directory: Path, destination: str = DESTINATION) -> Path:
    """Where the store of a destination lies in a snapshot folder."""
    return directory / f"{destination}.sqlite"


def connect(path: Path) -> Engine:
    """An engine on the SQLite file whose transactions begin and end where we say."""
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

    return engine


def is_current(connection: Connection, path: Path) -> bool:
    """Whether the layout is this version's own; raises NotASnapshot as `bring_up_to_date` does."""
    return _version(connection, path) == SCHEMA_VERSION


def bring_up_to_date(connection: Connection, path: Path) -> None:
    """Creates the tables in an empty file, or migrates an older layout, inside the caller's transaction.

    Raises NotASnapshot for a database that is none of ours or that a newer version has written.
    """
    version = _version(connection, path)
    if version == _EMPTY:
        metadata.create_all(connection)
        connection.execute(meta.insert().values(key="schema_version", value=str(SCHEMA_VERSION)))
    else:
        migrate(connection, version, MIGRATIONS)


def migrate(connection: Connection, version: int, steps: Mapping[int, Callable[[Connection], None]]) -> None:
    """Runs the steps above `version` in order (each lifts the layout to its number) and notes the number reached."""
    for number in sorted(step for step in steps if step > version):
        steps[number](connection)
        connection.execute(meta.update().where(meta.c.key == "schema_version").values(value=str(number)))


def _version(connection: Connection, path: Path) -> int:
    """The layout number noted in the file, 0 for an empty file."""
    tables = inspect(connection).get_table_names()
    if not tables:
        return _EMPTY
    value = None
    if "meta" in tables:
        value = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version")).scalar()
    if value is None or not value.isdigit():
        raise NotASnapshot(
            f"{path} is not a snapshot (it is an SQLite file of something else); move it away, or name another folder "
            "in snapshot_dir."
        )
    if int(value) > SCHEMA_VERSION:
        raise NotASnapshot(
            f"{path} was written by a newer version of this program (layout {value}, known here: up to "
            f"{SCHEMA_VERSION}); install that version, or name another folder in snapshot_dir."
        )
    return int(value)
