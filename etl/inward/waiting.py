"""Orders whose records are kept as they were read while they wait: what they name may become known, or change."""

from collections.abc import Mapping
from typing import Any

from etl.core.flow import Run
from etl.core.kept import keep, waiting_ids
from etl.core.records import Records
from etl.core.values import id_or_none

Keeps = Mapping[str, tuple[str, str]]
"""Entity of Optiply → the source's stream that it is made of, and the attribute of its id there."""
_LINES = {"buyOrders": ("buyOrderLines", "buyOrderRemoteId")}
"""Entity → the stream of its lines, of which one that waits keeps the whole, and their attribute that names it."""


def keep_waiting(run: Run[Any], work: Records, keeps: Keeps) -> None:
    """Keeps the records of the orders that wait now, and no others."""
    for entity, (stream, key) in keeps.items():
        waiting = waiting_ids(run.snapshot, entity)
        if entity in _LINES:
            waiting |= waiting_ids(run.snapshot, *_LINES[entity])
        keep(run.snapshot, stream, [one for one in work.records(stream) if id_or_none(getattr(one, key)) in waiting])
