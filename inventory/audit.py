"""What the queue can tell about itself, as data: how much waits for what, and why a SKU has the figure it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Connection, func, select

from connector.collation import folded
from inventory.arithmetic import Calculation
from inventory.tables import OPEN_STATES, Store, applied, figures, messages, records, turned_away

_NEWEST = 20


@dataclass(frozen=True)
class Obstacle:
    """A figure or message that somebody should look at; `message_id` is None where it was not told."""

    channel: str
    message_id: int | None
    sku: str | None
    source: str | None
    state: str
    reason: str | None
    at: str


@dataclass(frozen=True)
class Status:
    """The whole queue: figures by state, messages kept, and since when the oldest open figure waits (None: none does).

    `unverified` figures were written and not read back equal yet. `problems` are the newest 20 of the figures that
    wait, failed, are dead or were refused, and of the messages turned away.
    """

    states: dict[str, int]
    messages: int
    open_since: str | None
    unverified: int
    keys: int
    turned_away: int
    problems: Sequence[Obstacle]


@dataclass(frozen=True)
class Entry:
    """One figure of a SKU as its audit has it; `calculation` is what was planned or written, with every deduction."""

    channel: str
    message_id: int
    line: int
    received_at: str
    source: str | None
    quantity: Decimal | None
    sequence: int | None
    exported: str | None
    state: str
    reason: str | None
    attempts: int
    retry_at: str | None
    settled_at: str | None
    calculation: Calculation | None


@dataclass(frozen=True)
class Standing:
    """Why this number stands in the shop for a SKU at a source: the figure applied last, kept for ever.

    `expected` is what should stand now, less what the shop shipped as far as that was looked at; `verified` whether it
    was read back equal. `record` is the number of the last inventory record of our own, if any.
    """

    sku: str
    source: str
    channel: str
    message_id: int
    sequence: int
    received_at: str
    quantity: Decimal
    exported: str
    applied_at: str
    expected: Decimal
    verified: bool
    calculation: Calculation
    record: int | None


@dataclass(frozen=True)
class Why:
    """All that is known of a SKU: what stands at each source, and its figures, newest sequence first."""

    standing: Sequence[Standing]
    entries: Sequence[Entry]


def status(store: Store) -> Status:
    """How the queue is."""
    with store.reading() as connection:
        rows = connection.execute(select(figures.c.state, func.count().label("figures")).group_by(figures.c.state))
        states = {row.state: row.figures for row in rows}
        oldest = select(func.min(messages.c.received_at)).join(figures).where(figures.c.state.in_(OPEN_STATES))
        unverified = select(func.count()).select_from(applied).where(applied.c.unverified.is_not(None))
        return Status(
            states,
            connection.execute(select(func.count()).select_from(messages)).scalar_one(),
            connection.execute(oldest).scalar(),
            connection.execute(unverified).scalar_one(),
            connection.execute(select(func.count()).select_from(applied)).scalar_one(),
            connection.execute(select(func.count()).select_from(turned_away)).scalar_one(),
            _problems(connection),
        )


def why(store: Store, sku: str) -> Why:
    """Which message and which figure a SKU's stock comes from, however the SKU's letters are written."""
    key = folded(sku.strip(" "))
    own = (records.c.sku_key == applied.c.sku_key) & (records.c.source_key == applied.c.source_key)
    standing = select(applied, records.c.id.label("record")).outerjoin(records, own).where(applied.c.sku_key == key)
    entries = select(figures, messages.c.channel, messages.c.message_id, messages.c.received_at).join(messages)
    # A refused row has no key, only the SKU as it was written.
    entries = entries.where((figures.c.sku_key == key) | (figures.c.sku_key.is_(None) & (figures.c.sku == sku)))
    entries = entries.order_by(figures.c.sequence.desc().nulls_last(), figures.c.id.desc())
    with store.reading() as connection:
        return Why(
            [
                Standing(
                    row.sku,
                    row.source,
                    row.channel,
                    row.message_id,
                    row.last_seq,
                    row.received_at,
                    Decimal(row.quantity),
                    row.exported,
                    row.applied_at,
                    Decimal(row.expected),
                    row.unverified is None,
                    Calculation.from_json(row.calculation),
                    row.record,
                )
                for row in connection.execute(standing.order_by(applied.c.source_key))
            ],
            [
                Entry(
                    row.channel,
                    row.message_id,
                    row.line,
                    row.received_at,
                    row.source,
                    None if row.quantity is None else Decimal(row.quantity),
                    row.sequence,
                    row.exported,
                    row.state,
                    row.reason,
                    row.attempts,
                    row.retry_at,
                    row.settled_at,
                    None if row.calculation is None else Calculation.from_json(row.calculation),
                )
                for row in connection.execute(entries)
            ],
        )


def _problems(connection: Connection) -> list[Obstacle]:
    at = func.coalesce(figures.c.settled_at, figures.c.retry_at, messages.c.received_at).label("at")
    named = (figures.c.sku, figures.c.source, figures.c.state, figures.c.reason, at)
    bad = select(messages.c.channel, messages.c.message_id, *named).join_from(figures, messages)
    bad = bad.where(figures.c.state.in_(("waiting", "failed", "dead", "refused"))).order_by(at.desc()).limit(_NEWEST)
    away = select(turned_away).order_by(turned_away.c.at.desc()).limit(_NEWEST)
    found = [Obstacle(*row) for row in connection.execute(bad)]
    found += [
        Obstacle(row.channel, row.message_id, None, None, "turned away", row.reason, row.at)
        for row in connection.execute(away)
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)[:_NEWEST]
