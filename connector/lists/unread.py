"""What could not be read of a stream: kept in its state from run to run until it is read or proven gone (law 9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.http.pool import Row
from connector.values import Unfit, text

STATE_KEY = "isolated"


@dataclass
class Unread:
    """Ids (or SKUs): `kept` from earlier runs; `lost` in this one; `read` or `gone` of those kept."""

    kept: set[str | int] = field(default_factory=set)
    lost: set[str | int] = field(default_factory=set)
    read: set[str | int] = field(default_factory=set)
    gone: set[str | int] = field(default_factory=set)

    @classmethod
    def of(cls, state: dict[str, Any]) -> Unread:
        """What a stream's bookmark keeps; what is neither text nor a whole number there is no id."""
        given = state.get(STATE_KEY)
        ids = given if isinstance(given, list) else []
        return cls({one for one in ids if isinstance(one, (str, int)) and not isinstance(one, bool)})

    def note_read(self, rows: Sequence[Row], keys: Sequence[str]) -> None:
        """Notes which of the kept ids came out, where a row has an id of its own; one with its id alone did not."""
        if self.kept and len(keys) == 1:
            kept = {str(one): one for one in self.kept}  # 7, 7.0 and "7" are one id
            came = (_text(row.get(keys[0])) for row in rows if len(row) > 1)
            self.read.update(kept[name] for name in came if name in kept)

    def save(self, state: dict[str, Any], *, whole: bool) -> None:
        """Writes what is still unread into a bookmark; `whole`: all of the stream was read, so nothing else is."""
        still = self.lost if whole else (self.kept - self.read - self.gone) | self.lost
        state.pop(STATE_KEY, None)
        if still:
            state[STATE_KEY] = sorted(still, key=lambda one: (isinstance(one, str), one))


def _text(value: object) -> str | None:
    try:
        return text(value)
    except Unfit:
        return None
