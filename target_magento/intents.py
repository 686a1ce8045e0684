"""The ledger of changes: what is about to be written with before and after, what was applied, what is held.

It is the memory of the target for ever: a reference that was applied is never applied again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, bindparam, delete, insert, select, update

from connector.collation import folded
from store.snapshot import Snapshot, Where, is_stored
from target_magento.watch import Spot

DESTINATION = "magento"
OPEN, APPLIED, HELD, WITHDRAWN = "open", "applied", "held", "withdrawn"

metadata = MetaData()

# One row per write of a changed figure; quantities are exact decimal texts.
intents = Table(
    "intents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sku_key", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("departure", Integer, nullable=False),  # the last one that `before` knows of
    Column("since", Text, nullable=False),  # from when on later ones are listed
    Column("state", Text, nullable=False),
    Column("read", Text),  # what stood there afterwards
    Column("reason", Text),
    Column("noted_at", Text, nullable=False),
)
Index("intents_by_state", intents.c.state)
Index("intents_by_key", intents.c.sku_key)

# One row per reference that an intent holds.
changes = Table(
    "changes",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("intent", Integer, nullable=False),
    Column("sku_key", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    Column("delta", Text, nullable=False),
)
Index("changes_by_intent", changes.c.intent)


@dataclass(frozen=True)
class StockChange:
    """One change that counts once."""

    reference: str
    sku: str
    source: str
    delta: Decimal

    @property
    def place(self) -> Spot:
        """The figure that it changes."""
        return Spot.of(self.sku, self.source)


@dataclass(frozen=True)
class Intent:
    """A figure about to be written, or one that was; `changes` are what it applies (none: it mends a figure)."""

    sku: str
    source: str
    before: Decimal
    after: Decimal
    departure: int
    since: datetime
    changes: tuple[StockChange, ...] = ()
    id: int = 0
    state: str = OPEN
    read: Decimal | None = None
    reason: str | None = None

    @property
    def place(self) -> Spot:
        """The figure."""
        return Spot.of(self.sku, self.source)

    @property
    def references(self) -> list[str]:
        """What it applies."""
        return [change.reference for change in self.changes]


@dataclass(frozen=True)
class KnownChange:
    """A reference that the ledger knows: what it said, and the state of its intent."""

    place: Spot
    delta: Decimal
    state: str
    reason: str | None


class ChangeLedger:
    """The ledger in the store of a snapshot folder; each method is one transaction of its own."""

    def __init__(self, where: Where) -> None:
        """Whoever writes holds the folder's lock."""
        self._where = where

    @contextmanager
    def _store(self) -> Iterator[Snapshot]:
        with Snapshot.open(self._where, DESTINATION) as store:
            store.keep(metadata)
            yield store

    def known(self, references: Collection[str]) -> dict[str, KnownChange]:
        """Those of the references that the ledger knows."""
        joined = select(changes, intents.c.state, intents.c.reason).join(intents, intents.c.id == changes.c.intent)
        found: dict[str, KnownChange] = {}
        with self._store() as store, store.reading() as connection:
            for reference in references:
                row = connection.execute(joined.where(changes.c.reference == reference)).first()
                if row is not None:
                    place = Spot(row.sku_key, row.source_key)
                    found[reference] = KnownChange(place, Decimal(row.delta), row.state, row.reason)
        return found

    def listed(self, *states: str, sku: str | None = None) -> list[Intent]:
        """The intents in these states (none given: in any), of one SKU where it is named."""
        query = select(intents).order_by(intents.c.id)
        query = query.where(intents.c.state.in_(states)) if states else query
        query = query if sku is None else query.where(intents.c.sku_key == folded(sku))
        with self._store() as store, store.reading() as connection:
            rows = connection.execute(query).all()
            return [
                _intent(row, connection.execute(select(changes).where(changes.c.intent == row.id)).all())
                for row in rows
            ]

    def note(self, planned: Sequence[Intent], settled: Sequence[Intent] = ()) -> list[Intent]:
        """Puts intents on disk before they are written, together with what became of others; with their ids."""
        noted = []
        with self._store() as store, store.transaction(), store.reading() as connection:
            for one in planned:
                values = {**_values(one), "noted_at": datetime.now(timezone.utc).isoformat(timespec="seconds")}
                key = connection.execute(insert(intents).values(values)).inserted_primary_key
                number = int(key[0]) if key is not None else 0
                rows = [
                    {
                        "reference": change.reference,
                        "intent": number,
                        "sku_key": change.place.sku,
                        "source_key": change.place.source,
                        "delta": format(change.delta, "f"),
                    }
                    for change in one.changes
                ]
                if rows:
                    connection.execute(insert(changes), rows)
                noted.append(replace(one, id=number))
            for one in settled:
                self._settle(connection, one)
        return noted

    def settle(self, settled: Sequence[Intent]) -> None:
        """Notes what became of intents; what was withdrawn was not applied, and its references are free again."""
        if settled:
            self.note((), settled)

    def _settle(self, connection: Any, one: Intent) -> None:  # noqa: ANN401 - SQLAlchemy's
        read = None if one.read is None else format(one.read, "f")
        new = {"state": one.state, "read": read, "reason": one.reason}
        connection.execute(update(intents).where(intents.c.id == bindparam("number")).values(new), {"number": one.id})
        if one.state == WITHDRAWN:
            connection.execute(delete(changes).where(changes.c.intent == one.id))


def open_skus(where: Where) -> frozenset[str]:
    """The SKUs (folded) with a change whose fate is not known: what the shop shows of them is not believed yet."""
    if not is_stored(where, DESTINATION):
        return frozenset()
    return frozenset(one.place.sku for one in ChangeLedger(where).listed(OPEN, HELD))


def held(where: Where) -> list[Intent]:
    """What a person must decide."""
    exists = is_stored(where, DESTINATION)
    return ChangeLedger(where).listed(HELD) if exists else []


def release(where: Where, sku: str, *, applied: bool) -> list[Intent]:
    """Settles what is held of a SKU as a person says: it was applied, or it was not and is tried again."""
    if not held(where):
        return []
    ledger = ChangeLedger(where)
    state, words = (APPLIED, "applied") if applied else (WITHDRAWN, "not applied")
    released = [
        replace(one, state=state, reason=f"released as {words}; before: {one.reason}")
        for one in ledger.listed(HELD, sku=sku)
    ]
    ledger.settle(released)
    return released


def _values(one: Intent) -> Mapping[str, Any]:
    return {
        "sku_key": one.place.sku,
        "source_key": one.place.source,
        "sku": one.sku,
        "source": one.source,
        "before": format(one.before, "f"),
        "after": format(one.after, "f"),
        "departure": one.departure,
        "since": one.since.isoformat(),
        "state": one.state,
        "read": None if one.read is None else format(one.read, "f"),
        "reason": one.reason,
    }


def _intent(row: Any, of_it: Sequence[Any]) -> Intent:  # noqa: ANN401 - rows of SQLAlchemy
    return Intent(
        row.sku,
        row.source,
        Decimal(row.before),
        Decimal(row.after),
        row.departure,
        datetime.fromisoformat(row.since),
        tuple(StockChange(one.reference, row.sku, row.source, Decimal(one.delta)) for one in of_it),
        row.id,
        row.state,
        None if row.read is None else Decimal(row.read),
        row.reason,
    )
