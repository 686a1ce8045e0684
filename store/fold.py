"""Folds outcomes into the records of the store: reads the halves they speak of, and writes them back."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Column, Connection, select, text

from store.driver import Driver, Upsert
from store.outcomes import Acknowledged, Outcome
from store.owners import Owners, claimed
from store.tables import records

_KEYS_PER_QUERY = 500  # SQLite limits the parameters of a statement
_COLUMNS = list(Acknowledged.__dataclass_fields__)
_FOLDED = [column for column in _COLUMNS if column != "wanted"]


def fold_outcomes(connection: Connection, driver: Driver, outcomes: list[Outcome], destination: str) -> None:
    """Takes outcomes in, in their order, inside the caller's transaction; `destination` as people call it."""
    asked: dict[str, dict[str, None]] = {}
    named: dict[str, dict[str, None]] = {}
    for outcome in outcomes:
        asked.setdefault(outcome.stream, {})[outcome.remoteId] = None
        if name := claimed(outcome):
            named.setdefault(outcome.stream, {})[name] = None
    halves = {
        (stream, row[0]): Acknowledged(*row[1:])
        for stream, keys in asked.items()
        for row in _rows(connection, stream, records.c.remote_id, keys, [records.c[name] for name in _COLUMNS])
    }
    owners = Owners(
        {
            (stream, row[0]): row[1]
            for stream, keys in named.items()
            for row in _rows(connection, stream, records.c.id, keys, [records.c.remote_id])
        },
        destination,
    )
    before = {key: half.id for key, half in halves.items() if half.id is not None}
    for outcome in outcomes:
        owners.fold(halves.setdefault((outcome.stream, outcome.remoteId), Acknowledged()), outcome)
    # An id that passes from one record to another is free before it is taken.
    freed = [key for key, name in before.items() if halves[key].id != name]
    if freed:
        connection.execute(
            text("UPDATE records SET id = NULL WHERE stream = :stream AND remote_id = :remote_id"),
            [{"stream": stream, "remote_id": remote_id} for stream, remote_id in freed],
        )
    rows = [(*key, *(getattr(half, column) for column in _FOLDED)) for key, half in halves.items()]
    driver.put_rows(Upsert(records, ("stream", "remote_id", *_FOLDED), {}, {}), rows)


def _rows(
    connection: Connection, stream: str, key: Column[str], keys: Iterable[str], columns: list[Column[str]]
) -> Iterator[tuple[str, ...]]:
    """The key and the columns of the records of `stream` whose key is among `keys`."""
    remaining = iter(keys)
    while portion := list(islice(remaining, _KEYS_PER_QUERY)):
        query = select(key, *columns).where(records.c.stream == stream, key.in_(portion))
        yield from (tuple(row) for row in connection.execute(query))
