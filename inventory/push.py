"""Queues the figures of a file as messages of our own, numbered here; a figure that has not changed makes none."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from inventory.files import Figures
from inventory.messages import Message
from inventory.queue import add_message
from inventory.rows import Refusal, Row
from inventory.sequence import count_on, number_rows
from inventory.tables import Store, meta

CHANNEL = "push"
"""The channel of messages that are numbered here."""
_COUNTER = "last_pushed_message"


@dataclass(frozen=True)
class Pushed:
    """What became of a file: ids of its messages, figures queued and unchanged, and the rows that were refused."""

    messages: Sequence[int]
    queued: int
    unchanged: int
    refused: Sequence[Refusal]


def push(store: Store, found: Figures, now: datetime, *, batch_size: int, initialise: bool = False) -> Pushed:
    """Queues what a file said, `batch_size` figures a message, in one transaction.

    A figure without a sequence gets the number of a new inventory record, which is made only where it differs from the
    last one, or for every figure with `initialise`. Refused rows are kept with the first message.
    """
    with store.writing() as connection:
        rows, unchanged = number_rows(connection, found.rows, now, initialise=initialise)
        ids = []
        for start in range(0, len(rows), batch_size):
            refused = found.refused if start == 0 else ()
            message = _message(connection, rows[start : start + batch_size], refused)
            add_message(connection, message, now)
            ids.append(message.id)
    return Pushed(ids, len(rows), len(unchanged), found.refused)


def _message(connection: Connection, rows: Sequence[Row], refused: Sequence[Refusal]) -> Message:
    last = int(connection.execute(select(meta.c.value).where(meta.c.key == _COUNTER)).scalar() or 0)
    count_on(connection, _COUNTER, last + 1)
    plain = json.dumps([[row.sku, row.source, str(row.quantity), row.sequence, row.exported] for row in rows])
    return Message(CHANNEL, last + 1, rows, refused, hashlib.sha256(plain.encode()).hexdigest())
