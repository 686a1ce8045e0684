"""Decides which figure is newer, for ever; and numbers the figures that are pushed from files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal

from sqlalchemy import Connection, func, select, true

from inventory.errors import InventoryError
from inventory.rows import MOST_ID, Row
from inventory.shop import Key
from inventory.tables import OPEN_STATES, applied, figures, meta, records
from store.driver import replacing

_COUNTER = "last_record"
_NAMED = 400  # keys in one question: SQLite allows 1,000 levels of an expression


def stamp(moment: datetime) -> str:
    """A moment as the text that is stored; such texts compare as the moments do."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> datetime:
    """The moment of a stored text, or of one as `connector.values.moment` writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def last_sequences(connection: Connection, keys: Sequence[Key]) -> dict[Key, int]:
    """The sequence that was applied last, for each key that has one."""
    found = {}
    for start in range(0, len(keys), _NAMED):
        skus = {key.sku for key in keys[start : start + _NAMED]}
        query = select(applied.c.sku_key, applied.c.source_key, applied.c.last_seq).where(applied.c.sku_key.in_(skus))
        found.update({Key(sku, source): last for sku, source, last in connection.execute(query)})
    return found


def advance(connection: Connection, key: Key, sequence: int, facts: Mapping[str, object]) -> bool:
    """Makes `sequence` the key's last one where it is strictly newer; `facts` are all other columns of `applied`.

    One statement decides and claims, in the transaction that records the outcome.
    """
    values = {"sku_key": key.sku, "source_key": key.source, "last_seq": sequence, **facts}
    return connection.execute(replacing(connection, applied, growing="last_seq"), values).first() is not None


def number_rows(
    connection: Connection, rows: Sequence[Row], now: datetime, *, initialise: bool = False
) -> tuple[list[Row], list[Row]]:
    """Gives rows without a sequence the number of a new inventory record; returns (numbered rows, unchanged rows).

    A new record is made only where the figure, or the last order that the row itself names, differs from the key's last
    record, where that one came to nothing (it was refused or is dead), or for each key with `initialise`. Numbers only
    grow, and each lies above whatever sequence its key has seen from elsewhere. Inside the caller's transaction.

    Raises InventoryError: a key has seen the largest sequence there is.
    """
    last = int(connection.execute(select(meta.c.value).where(meta.c.key == _COUNTER)).scalar() or 0)
    highest, alive, known = _seen(connection, {Key.of(row.sku, row.source).sku for row in rows if row.sequence is None})
    numbered, unchanged = [], []
    made: dict[Key, dict[str, object]] = {}
    for row in rows:
        key = Key.of(row.sku, row.source)
        number, quantity, exported = known.get(key, (-1, None, None))
        same = quantity == row.quantity and row.exported in {None, exported}
        if row.sequence is not None:
            numbered.append(row)
        elif not initialise and same and number >= highest.get(key, 0) and number <= alive.get(key, -1):
            unchanged.append(row)
        else:
            last += 1
            number = highest[key] = alive[key] = max(last, highest.get(key, 0) + 1)
            if number > MOST_ID:
                raise InventoryError(f"{row.sku} has seen the largest sequence there is; correct it at its sender.")
            known[key] = (number, row.quantity, row.exported)
            new = {"id": number, "quantity": format(row.quantity, "f"), "exported": row.exported}
            made[key] = {"sku_key": key.sku, "source_key": key.source, "created_at": stamp(now), **new}
            numbered.append(replace(row, sequence=number))
    if made:
        connection.execute(replacing(connection, records), list(made.values()))
    count_on(connection, _COUNTER, last)
    return numbered, unchanged


def count_on(connection: Connection, counter: str, last: int) -> None:
    """Notes the number that a counter has reached, inside the caller's transaction."""
    connection.execute(replacing(connection, meta), {"key": counter, "value": str(last)})


def _seen(
    connection: Connection, skus: set[str]
) -> tuple[dict[Key, int], dict[Key, int], dict[Key, tuple[int, Decimal | None, str | None]]]:
    """By key: the highest sequence seen from anywhere, the highest applied or still open, our own last record."""
    highest: dict[Key, int] = {}
    alive: dict[Key, int] = {}
    known: dict[Key, tuple[int, Decimal | None, str | None]] = {}
    ordered = sorted(skus)
    for start in range(0, len(ordered), _NAMED):
        named = ordered[start : start + _NAMED]
        for found, column, where in (
            (alive, applied.c.last_seq, true()),
            (alive, figures.c.sequence, figures.c.state.in_(OPEN_STATES)),
            (highest, figures.c.sequence, true()),
            (highest, records.c.id, true()),
        ):
            pair = (column.table.c.sku_key, column.table.c.source_key)
            query = select(*pair, func.max(column)).where(pair[0].in_(named), where).group_by(*pair)
            for sku, source, most in connection.execute(query):
                found[Key(sku, source)] = max(found.get(Key(sku, source), 0), most)
        for row in connection.execute(select(records).where(records.c.sku_key.in_(named))):
            known[Key(row.sku_key, row.source_key)] = (row.id, Decimal(row.quantity), row.exported)
    for key, most in alive.items():
        highest[key] = max(highest.get(key, 0), most)
    return highest, alive, known
