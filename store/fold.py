"""Folds outcomes into the records of the store: reads the halves they speak of, and writes them back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, text

from store.driver import Driver, Upsert
from store.outcomes import Acknowledged, Outcome
from store.owners import Owners, claimed
from store.tables import records

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
        for row in _rows(driver, stream, "remote_id", keys, _COLUMNS)
    }
    owners = Owners(
        {
            (stream, row[0]): row[1]
            for stream, keys in named.items()
            for row in _rows(driver, stream, "id", keys, ["remote_id"])
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
    driver: Driver, stream: str, key: str, keys: Iterable[str], columns: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """The key and the columns of the records of `stream` whose key is among `keys`; take them to the end."""
    driver.keep_keys(keys)
    named = ", ".join((key, *columns))
    query = f"SELECT {named} FROM records WHERE stream = ? AND {key} IN (SELECT key FROM keys)"  # nosec B608
    for rows in driver.rows(query, (stream,)):
        yield from rows
