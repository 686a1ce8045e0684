"""The work of a flow of declared entities: the records of each stream as columns, by the source's names."""

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
    `left_out` (why the record does not count), `removed` (why it is taken away where it is known), `held` (why it is
    not offered now) and `only` (the fields that are all of its picture, None: all). parents: remote ids of what was
    read with all its children, so that others it has no more.
    """

    frame: pd.DataFrame
    parents: Collection[str] = ()


class Records:
    """The records of each stream, and the same as columns."""

    def __init__(self, run: Run[Any]) -> None:
        """Nothing is read yet."""
        self._records: dict[str, list[Any]] = {}
        self._frames: dict[str, pd.DataFrame] = {}

    def take(self, stream: str, records: list[Any]) -> None:
        """Takes one batch in."""
        if records:
            self._records.setdefault(stream, []).extend(records)

    def records(self, stream: str) -> list[Any]:
        """All records of a stream, in the order in which they came."""
        return self._records.get(stream, [])

    def put_before(self, stream: str, records: list[Any]) -> None:
        """Puts records of earlier runs before those of this one."""
        self._records[stream] = [*records, *self.records(stream)]

    def frame(self, stream: str) -> pd.DataFrame:
        """The same as columns, one per field of the shape; without any column where there are none."""
        if stream not in self._frames:
            records = self.records(stream)
            kind = type(records[0]) if records else None
            fields = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True) if kind else ()
            columns = {name: list(map(attrgetter(field), records)) for name, field in fields}
            self._frames[stream] = pd.DataFrame(columns, dtype=object)
        return self._frames[stream]
