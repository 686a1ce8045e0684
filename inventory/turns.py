"""Decides whose turn it is: which open figure of each key counts, and which are outdated by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from inventory.sequence import last_sequences, stamp
from inventory.shop import Key
from inventory.tables import OPEN_STATES, figures, messages


@dataclass(frozen=True)
class OpenFigure:
    """An open figure, as far as the order of figures needs it."""

    id: int
    key: Key
    sequence: int
    line: int
    message: int
    message_id: int
    state: str
    due: bool
    held: bool

    @property
    def age(self) -> tuple[int, int, int]:
        """The newest is the highest; of equal sequences that of the first message, and there the last row, counts."""
        return self.sequence, -self.message, self.line


def decide(
    connection: Connection, now: datetime, due: datetime, most: int, *, even_later: bool = False
) -> tuple[list[OpenFigure], dict[str, list[dict[str, Any]]]]:
    """The newest due figure of up to `most` keys, and what is outdated by it or by what was applied, by its new state.

    The key with the lowest message id comes first. Figures that another worker holds are given as they are, `held`.
    Figures to be tried again are due where their time had come before `due`; with `even_later`, all are.
    """
    by_key: dict[Key, list[OpenFigure]] = {}
    for one in _open(connection, now, due):
        by_key.setdefault(one.key, []).append(one)
    ready = {key: rows for key, rows in by_key.items() if even_later or any(one.due or one.held for one in rows)}
    first = sorted(ready, key=lambda key: min((one.message_id, one.id) for one in ready[key]))
    outdated: dict[str, list[dict[str, Any]]] = {"duplicate": [], "superseded": []}
    found: list[OpenFigure] = []
    last = last_sequences(connection, list(ready))
    taken = 0
    for key in first:
        rows = sorted(ready[key], key=lambda one: one.age)
        if any(one.held for one in rows):
            found += [one for one in rows if one.held]
            continue
        if taken == most:
            break
        newest, known = rows[-1], last.get(key, -1)
        for one in rows if newest.sequence <= known else rows[:-1]:
            winner = max(known, newest.sequence)
            state = "duplicate" if one.sequence == winner else "superseded"
            said = f"sequence {winner} was applied" if winner == known else f"sequence {winner} is newer"
            reason = f"sequence {winner} came before" if state == "duplicate" else said
            outdated[state].append({"row": one.id, "why": reason})
        if newest.sequence > known and (newest.due or even_later):
            found.append(newest)
            taken += 1
    return found, outdated


def _open(connection: Connection, now: datetime, due: datetime) -> Iterable[OpenFigure]:
    columns = (figures.c.id, figures.c.sku_key, figures.c.source_key, figures.c.sequence, figures.c.line)
    more = (figures.c.message, messages.c.message_id, figures.c.state, figures.c.retry_at, figures.c.lease_until)
    query = select(*columns, *more).join(messages).where(figures.c.state.in_(OPEN_STATES))
    moment, run = stamp(now), stamp(due)
    for number, sku, source, sequence, line, message, message_id, state, retry_at, lease in connection.execute(query):
        held = state == "claimed" and lease > moment
        ready = not held and (retry_at is None or retry_at < run)
        yield OpenFigure(number, Key(sku, source), sequence, line, message, message_id, state, ready, held)
