"""Declares the tables that every snapshot has, and brings an older layout up to date.

Tables of facts that belong to one source are declared by its flow; `Snapshot.keep` makes them.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Column, Connection, Index, MetaData, Table, Text, event, inspect, select, text

from store.driver import same_conditions
from store.errors import NotASnapshot
from store.layouts import MIGRATIONS
from store.owners import RULE

SCHEMA_VERSION = 3
_EMPTY = 0
OUTCOMES = "outcomes"
"""The table in which a database keeps the lines that lie in outcome files beside a file."""

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
event.listen(records, "before_create", same_conditions)


def is_current(connection: Connection, title: object) -> bool:
    """Whether the layout is this version's own; raises NotASnapshot as `bring_up_to_date` does."""
    return _version(connection, title) == SCHEMA_VERSION


def bring_up_to_date(connection: Connection, title: object) -> None:
    """Creates the tables in an empty file, or migrates an older layout, inside the caller's transaction.

    Raises NotASnapshot for a database that is none of ours or that a newer version has written.
    """
    version = _version(connection, title)
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


def _version(connection: Connection, title: object) -> int:
    """The layout number noted in the file, 0 for an empty file."""
    tables = set(inspect(connection).get_table_names()) - {OUTCOMES}
    if not tables:
        return _EMPTY
    value = None
    if "meta" in tables:
        value = connection.execute(select(meta.c.value).where(meta.c.key == "schema_version")).scalar()
    if value is None or not value.isdigit():
        raise NotASnapshot(
            f"{title} is not a snapshot (there is something else in it); move it away, or name another place "
            "in snapshot_dir or snapshot_url."
        )
    if int(value) > SCHEMA_VERSION:
        raise NotASnapshot(
            f"{title} was written by a newer version of this program (layout {value}, known here: up to "
            f"{SCHEMA_VERSION}); install that version, or name another folder in snapshot_dir."
        )
    return int(value)
