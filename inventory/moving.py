"""Copies a queue to another place: from a file into a database, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, text

from inventory.errors import InventoryError
from inventory.tables import Store, messages, meta, metadata
from store.move import copy_rows
from store.place import Place


@contextmanager
def queue_copied(source: Place, target: Place) -> Iterator[int]:
    """Copies everything that is there: how many messages. Nothing can be put into the older queue in the block.

    So what was taken there is copied, and whoever takes something after the block finds that the queue has moved. The
    caller holds the locks of both places.

    Raises InventoryError where the target has a queue with messages already.
    """
    with Store.open(source) as old, old.writing() as reading:
        with Store.open(target) as new, new.writing() as writing:
            if writing.execute(select(messages.c.id).limit(1)).first():
                raise InventoryError(f"{new.title} holds messages already; drop it, or name another place.")
            writing.execute(meta.delete())
            counts = {table.name: copy_rows(table, reading, writing) for table in metadata.sorted_tables}
            _number_on(writing)
        yield counts[messages.name]


def _number_on(connection: Connection) -> None:
    """PostgreSQL numbers rows by a counter of its own, which knows nothing of numbers that were brought."""
    if connection.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        last = connection.execute(select(func.max(column))).scalar()
        if last is not None:
            counter = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
            connection.execute(counter, {"table": table.name, "column": column.name, "last": last})
