"""Records what became of claimed figures: each in one transaction with the sequence that it sets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, update

from inventory.arithmetic import Calculation
from inventory.look import View
from inventory.queue import Figure, held_by
from inventory.sequence import advance, stamp
from inventory.shop import Write
from inventory.tables import Store, applied, figures

DELAYS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2))
"""After which a failed figure is tried again; from then on in each run."""
MOST_ATTEMPTS = 10
"""After so many failed tries a figure is dead."""


@dataclass(frozen=True)
class Planned:
    """What is to be written for a figure; `exported` is the moment that was used, said or that of receipt."""

    figure: Figure
    calculation: Calculation
    exported: datetime

    @property
    def write(self) -> Write:
        """As the shop is told."""
        figure, wanted = self.figure, self.calculation
        return Write(figure.sku, figure.source, wanted.quantity, wanted.in_stock)


@dataclass(frozen=True)
class Settlement:
    """What became of one figure: `state` is applied, waiting, failed or dead; `reason` a sentence without a full stop.

    `plan` is there for what was applied.
    """

    figure: Figure
    state: str
    reason: str | None = None
    plan: Planned | None = None


def settle(store: Store, worker: str, settlements: Sequence[Settlement], view: View, now: datetime) -> dict[int, str]:
    """Records the outcomes of figures that the worker still holds; returns the states that they have now, by id.

    A figure that was taken over, or outrun by a newer one, is not applied any more; since it was written all the same,
    its key is marked to be read back and put right.
    """
    states: dict[int, str] = {}
    changes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    with store.writing() as connection:
        ours = held_by(connection, worker, [one.figure for one in settlements])
        for one in settlements:
            if one.figure.id not in ours:
                _mark(connection, [one.figure], now)
                continue
            plan = one.plan if one.state == "applied" else None
            new = _columns(one, now) if plan is None else _applied(connection, plan, one.reason, view, now)
            states[one.figure.id] = str(new["state"])
            changes.setdefault(tuple(new), []).append({"row": one.figure.id, **new})
        for names, rows in changes.items():
            free: dict[str, Any] = {"worker": None, "lease_until": None}
            new_values = {**{name: bindparam(name) for name in names}, **free}
            connection.execute(update(figures).where(figures.c.id == bindparam("row")).values(new_values), rows)
    return states


def release(store: Store, worker: str, given_up: Iterable[Figure]) -> None:
    """Puts claimed figures back as they were received: the shop could not be asked, which is no fault of theirs."""
    with store.writing() as connection:
        rows = [{"row": number} for number in held_by(connection, worker, list(given_up))]
        back = {"state": "received", "worker": None, "lease_until": None}
        if rows:
            connection.execute(update(figures).where(figures.c.id == bindparam("row")).values(back), rows)


def _applied(connection: Connection, plan: Planned, reason: str | None, view: View, now: datetime) -> dict[str, Any]:
    figure, calculation = plan.figure, plan.calculation
    facts = {
        "sku": figure.sku,
        "source": figure.source,
        "channel": figure.channel,
        "message_id": figure.message_id,
        "received_at": figure.received_at,
        "quantity": format(figure.quantity, "f"),
        "exported": stamp(plan.exported),
        "calculation": calculation.to_json(),
        "applied_at": stamp(now),
        "expected": format(calculation.quantity, "f"),
        "departure": view.departure,
        "departures_from": stamp(view.since),
        "unverified": stamp(now),
    }
    if advance(connection, figure.key, figure.sequence, facts):
        done = {"calculation": calculation.to_json(), "settled_at": stamp(now), "reason": reason}
        return {"state": "applied", **done}
    _mark(connection, [figure], now)
    return {"state": "superseded", "reason": "a newer sequence was applied meanwhile", "settled_at": stamp(now)}


def _columns(one: Settlement, now: datetime) -> dict[str, Any]:
    attempts = one.figure.attempts + (one.state == "failed")
    new: dict[str, Any] = {"state": one.state, "reason": one.reason, "attempts": attempts, "retry_at": stamp(now)}
    if one.state == "failed" and attempts <= len(DELAYS):
        new["retry_at"] = stamp(now + DELAYS[attempts - 1])
    if one.state == "failed" and attempts >= MOST_ATTEMPTS:
        new |= {"state": "dead", "reason": f"{one.reason}; given up after {attempts} tries"}
    if new["state"] == "dead":
        new |= {"settled_at": stamp(now), "retry_at": None}
    return new


def _mark(connection: Connection, written: Sequence[Figure], now: datetime) -> None:
    """The keys' last applied figures are to be read back."""
    for figure in written:
        key = (applied.c.sku_key == figure.key.sku, applied.c.source_key == figure.key.source)
        connection.execute(update(applied).where(*key).values(unverified=stamp(now)))
