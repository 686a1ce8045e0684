"""The queue of received figures: in, claimed by a worker, out with an outcome; every step is one transaction.

A figure is received, then claimed; then applied, duplicate, superseded, waiting (its SKU is unknown yet), failed (tried
again) or dead. Rows refused on receipt are kept beside them. Of one key (SKU and source) only the newest figure is ever
claimed, and by one worker at a time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from inventory.messages import Message
from inventory.rows import Row
from inventory.sequence import stamp
from inventory.shop import Key
from inventory.tables import OPEN_STATES, Store, figures, messages, turned_away
from inventory.turns import decide

LEASE = timedelta(seconds=60)
"""How long a worker's claim holds without being renewed."""
_NAMED = 500


class Receipt(Enum):
    """What became of a message: queued, known already, or known with another content."""

    QUEUED = "queued"
    KNOWN = "known"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True)
class Figure:
    """A queued figure of one key. `exported` is what the sender said, if anything; `attempts` have failed so far."""

    id: int
    key: Key
    sku: str
    source: str
    quantity: Decimal
    sequence: int
    exported: str | None
    received_at: str
    channel: str
    message_id: int
    attempts: int


@dataclass
class Claim:
    """What one claim took and settled. `busy`: figures that another worker holds."""

    figures: list[Figure] = field(default_factory=list)
    duplicates: int = 0
    superseded: int = 0
    busy: int = 0


def receive(store: Store, message: Message, now: datetime) -> Receipt:
    """Queues a message once; the same again changes nothing, another content under its id is not taken."""
    with store.writing() as connection:
        return add_message(connection, message, now)


def add_message(connection: Connection, message: Message, now: datetime) -> Receipt:
    """The same, inside the caller's transaction."""
    where = (messages.c.channel == message.channel, messages.c.message_id == message.id)
    digest = connection.execute(select(messages.c.digest).where(*where)).scalar()
    if digest is not None:
        return Receipt.KNOWN if digest == message.digest else Receipt.CONTRADICTS
    new = {"channel": message.channel, "message_id": message.id, "digest": message.digest, "received_at": stamp(now)}
    number = connection.execute(insert(messages).values(new).returning(messages.c.id)).scalar_one()
    good = [_columns(row) for row in message.rows]
    bad = [
        {"line": row.line, "sku": row.sku, "state": "refused", "reason": row.reason, "settled_at": stamp(now)}
        for row in message.refused
    ]
    for rows in (good, bad):
        if rows:
            connection.execute(insert(figures), [{"message": number, **row} for row in rows])
    return Receipt.QUEUED


def turn_away(store: Store, channel: str, message_id: int | None, reason: str, now: datetime) -> None:
    """Notes a message that was not queued, with the reason, for `status`."""
    with store.writing() as connection:
        facts = {"at": stamp(now), "channel": channel, "message_id": message_id, "reason": reason[:500]}
        connection.execute(insert(turned_away).values(facts))


def claim(store: Store, worker: str, now: datetime, due: datetime, most: int) -> Claim:
    """Claims the newest figures of up to `most` keys, lowest message id first, and settles what they outdate.

    Figures to be tried again are claimed where their time had come before `due`, the beginning of this run.
    """
    with store.writing() as connection:
        found, outdated = decide(connection, now, due, most)
        for state, rows in outdated.items():
            if rows:
                connection.execute(_settled(state, now), rows)
        claimed = [one.id for one in found if not one.held]
        if claimed:
            lease = {"state": "claimed", "worker": worker, "lease_until": stamp(now + LEASE)}
            connection.execute(update(figures).where(figures.c.id == bindparam("row")).values(lease), _rows(claimed))
        taken = _figures(connection, claimed)
        return Claim(taken, len(outdated["duplicate"]), len(outdated["superseded"]), sum(one.held for one in found))


def due_figures(store: Store, now: datetime) -> list[Figure]:
    """The newest figure of every key that has an open one, without claiming anything."""
    with store.reading() as connection:
        found, _ = decide(connection, now, now, most=2**31, even_later=True)
        return _figures(connection, [one.id for one in found])


def renew(store: Store, worker: str, now: datetime, plans: Sequence[tuple[Figure, str]]) -> list[Figure]:
    """Notes what is about to be written for each figure and renews its lease; returns those that are still ours."""
    with store.writing() as connection:
        ours = held_by(connection, worker, [figure for figure, _ in plans])
        rows = [{"row": figure.id, "plan": plan} for figure, plan in plans if figure.id in ours]
        lease = {"lease_until": stamp(now + LEASE), "calculation": bindparam("plan")}
        if rows:
            connection.execute(update(figures).where(figures.c.id == bindparam("row")).values(lease), rows)
        return [figure for figure, _ in plans if figure.id in ours]


def held_by(connection: Connection, worker: str, wanted: Iterable[Figure]) -> set[int]:
    """The ids of these figures that the worker has claimed and nobody has taken over."""
    found: set[int] = set()
    ids = [figure.id for figure in wanted]
    for start in range(0, len(ids), _NAMED):
        claimed = select(figures.c.id).where(figures.c.state == "claimed", figures.c.worker == worker)
        named = figures.c.id.in_(ids[start : start + _NAMED])
        found.update(connection.execute(claimed.where(named)).scalars())
    return found


def clean_up(store: Store, now: datetime, days: int) -> int:
    """Deletes finished messages older than `days` with their figures; returns how many. Sequences stay for ever."""
    oldest = stamp(now - timedelta(days=days))
    unfinished = select(figures.c.message).where(
        figures.c.state.in_(OPEN_STATES) | (figures.c.settled_at.is_not(None) & (figures.c.settled_at >= oldest))
    )
    with store.writing() as connection:
        connection.execute(delete(turned_away).where(turned_away.c.at < oldest))
        old = (messages.c.received_at < oldest, messages.c.id.not_in(unfinished))
        ids = list(connection.execute(select(messages.c.id).where(*old)).scalars())
        for table, column in ((figures, figures.c.message), (messages, messages.c.id)):
            if ids:
                connection.execute(delete(table).where(column == bindparam("row")), _rows(ids))
    return len(ids)


def _figures(connection: Connection, ids: list[int]) -> list[Figure]:
    found: dict[int, Figure] = {}
    names = ("id", "sku_key", "source_key", "sku", "source", "quantity", "sequence", "exported", "attempts")
    more = (messages.c.received_at, messages.c.channel, messages.c.message_id)
    for start in range(0, len(ids), _NAMED):
        query = select(*(figures.c[name] for name in names), *more).join(messages)
        for row in connection.execute(query.where(figures.c.id.in_(ids[start : start + _NAMED]))).mappings():
            facts = {name: row[name] for name in row if name not in {"sku_key", "source_key", "quantity"}}
            key, quantity = Key(row["sku_key"], row["source_key"]), Decimal(row["quantity"])
            found[row["id"]] = Figure(key=key, quantity=quantity, **facts)
    return [found[number] for number in ids]


def _columns(row: Row) -> dict[str, Any]:
    key = Key.of(row.sku, row.source)
    named = {"line": row.line, "sku": row.sku, "source": row.source, "sku_key": key.sku, "source_key": key.source}
    said = {"quantity": format(row.quantity, "f"), "sequence": row.sequence, "exported": row.exported}
    return {**named, **said, "state": "received"}


def _settled(state: str, now: datetime) -> Any:  # noqa: ANN401 - a statement
    new: dict[str, Any] = {"state": state, "reason": bindparam("why"), "settled_at": stamp(now)}
    new |= {"worker": None, "lease_until": None}
    return update(figures).where(figures.c.id == bindparam("row")).values(new)


def _rows(ids: Iterable[int]) -> list[dict[str, Any]]:
    return [{"row": number} for number in ids]
