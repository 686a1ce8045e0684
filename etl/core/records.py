"""The work of a flow of declared entities: the records of each stream as columns, by the source's names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pandas as pd

from etl.core.flow import Run


@dataclass(frozen=True)
class Rows:
    """What an entity is filled from, one row per record of it.

    frame: the columns that the mapping table names, lists of lines by the attribute's name, and where a rule says so
    `left_out` (why the record does not count), `removed` (why it is taken away where it is known) and `held` (why it is
    not offered now). parents: remote ids of what was read with all its children, so that others it has no more.
    """

    frame: pd.DataFrame
    parents: Collection[str] = ()


class Records:
    """The columns of each stream."""

    def __init__(self, run: Run[Any]) -> None:
        """Nothing is read yet."""
        self._parts: dict[str, list[pd.DataFrame]] = {}

    def take(self, stream: str, records: list[Any]) -> None:
        """Takes one batch in."""
        if records:
            kind = type(records[0])
            names = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
            columns = {name: list(map(attrgetter(field), records)) for name, field in names}
            self._parts.setdefault(stream, []).append(pd.DataFrame(columns, dtype=object))

    def frame(self, stream: str) -> pd.DataFrame:
        """All records of a stream; without any column where there are none."""
        parts = self._parts.get(stream, [])
        if len(parts) > 1:
            self._parts[stream] = parts = [pd.concat(parts, ignore_index=True)]
        return parts[0] if parts else pd.DataFrame()
