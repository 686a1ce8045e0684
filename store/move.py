"""Copies the stores of a place to another: from files into a database, and back."""

from contextlib import closing
from itertools import islice
from typing import Any

from sqlalchemy import Connection, MetaData, Table, inspect, select

from connector.names import DESTINATION
from store.errors import SnapshotError
from store.place import Place
from store.snapshot import Snapshot
from store.sqlite import connect
from store.tables import OUTCOMES, records

_ROWS = 5_000  # at a time: bounds memory


def stored_in(place: Place) -> list[str]:
    """The destinations that have a store in a place."""
    if place.url is None:
        return [path.stem for path in sorted(place.directory.glob("*.sqlite")) if _is_store(place, path.stem)]
    from store.dial import dial

    query = """
        SELECT table_schema FROM information_schema.columns
        WHERE (table_schema = %s OR starts_with(table_schema, %s)) AND (table_name, column_name) = (%s, %s) ORDER BY 1
    """
    mark = (records.name, records.c.wanted.name)
    with closing(dial(place, DESTINATION)) as connection:
        schemas = [row[0] for row in connection.execute(query, (place.schema, f"{place.schema}:", *mark))]
    return [schema.partition(":")[2] or DESTINATION for schema in schemas]


def _is_store(place: Place, name: str) -> bool:
    """The queue of stock figures lies in the folder, too, and has records of another kind."""
    with closing(connect(place.file(name))) as connection:
        found = inspect(connection)
        columns = found.get_columns(records.name) if found.has_table(records.name) else []
    return any(column["name"] == records.c.wanted.name for column in columns)


def copy_stores(source: Place, target: Place) -> dict[str, int]:
    """Copies all stores, files into a database or back; returns how many records of each. Both places are locked.

    Outcomes that lie beside a store are taken in first. Raises SnapshotError where the target has such records already.
    """
    return {name: _copy(source, target, name) for name in stored_in(source)}


def _copy(source: Place, target: Place, destination: str) -> int:
    with Snapshot.open(source, destination) as old, Snapshot.open(target, destination) as new:
        old.absorb()
        if any(new.rows("SELECT 1 FROM records LIMIT 1")):
            schema = target.schema_of(destination)
            remedy = "move that file away" if target.url is None else f'drop it (DROP SCHEMA "{schema}" CASCADE)'
            raise SnapshotError(
                f"{new.title} holds records already, of another folder or of a move that was stopped; name another "
                f"place, or, where nobody needs them, {remedy}."
            )
        with old.reading() as reading, new.transaction():
            layout = MetaData()
            layout.reflect(reading, only=lambda name, _layout: name != OUTCOMES)
            _plain(layout)
            with new.reading() as writing:
                layout.create_all(writing)
                counts = {table.name: copy_rows(table, reading, writing) for table in layout.sorted_tables}
    return counts[records.name]


def _plain(layout: MetaData) -> None:
    """Takes out of the tables what one kind of database says in its own words."""
    for table in layout.tables.values():
        table.dialect_options["sqlite"]["with_rowid"] = False
        for column in table.columns:
            kind: Any = column.type.as_generic()
            kind.collation = None
            column.type = kind


def copy_rows(table: Table, reading: Connection, writing: Connection) -> int:
    """Replaces the rows of a table by those that another place has, in the transactions under way; how many."""
    writing.execute(table.delete())
    rows = reading.execution_options(yield_per=_ROWS).execute(select(table)).mappings()
    count = 0
    while batch := [dict(row) for row in islice(rows, _ROWS)]:
        writing.execute(table.insert(), batch)
        count += len(batch)
    return count
