"""The data of one account of a server: tables, time, ids; changes reach the journal request by request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from sandbox.server.journal import Journal
from sandbox.server.table import Table

if TYPE_CHECKING:
    from sandbox.server.clock import Clock

S = TypeVar("S", bound=msgspec.Struct)

Change = tuple[str, int, msgspec.Struct | None]
"""`(table, id, row)`; the row is None where it was removed."""

_CHANGES = list[tuple[str, int, msgspec.Raw]]
"""The changes of one request as the journal gives them back: which row it is follows from the table."""


class TableStore:
    """Tables of an account. A server's own store makes the tables and says which zone its times are written in.

    Attributes:
        tables: All tables by name.
        clock: The sandbox's time.
        cases: The ids of the seeded account's awkward rows by what is odd about them.
    """

    def __init__(self, clock: Clock, first_ids: Mapping[str, int], journal: Path | None = None) -> None:
        """Start with an empty account; `replay` brings back what the journal holds.

        Args:
            clock: The sandbox's time.
            first_ids: The first id of each kind of row and line.
            journal: Where changes are kept; nothing is kept without it.
        """
        self.clock = clock
        self._first_ids = first_ids
        self._journal = Journal(journal, _CHANGES) if journal is not None else None
        self._pending: list[Change] = []
        self._moment: datetime | None = None
        self.clear()

    def make_tables(self) -> dict[str, Table[Any]]:
        """Return empty tables by name."""
        raise NotImplementedError

    def zone(self) -> tzinfo:
        """Return the zone in which times are written."""
        raise NotImplementedError

    def ids_of(self, name: str, row: Any) -> list[tuple[str, int]]:  # noqa: ANN401 - a row of that table
        """Return the ids that a row of a table uses up, its lines' included, each with its kind."""
        return [(name, self.tables[name].id(row))]

    def clear(self) -> None:
        """Empty every table; the journal stays."""
        self.tables = self.make_tables()
        self.cases: dict[str, int] = {}
        self._last_ids = {kind: first - 1 for kind, first in self._first_ids.items()}
        self._pending = []

    # Time and ids

    def stamp(self, moment: datetime | None = None) -> str:
        """Return a moment (aware; absent: now) as the API writes it: in the account's zone, without an offset."""
        return self.now(moment).strftime("%Y-%m-%d %H:%M:%S")

    def now(self, moment: datetime | None = None) -> datetime:
        """Return a moment (aware; absent: the present one) in the account's zone."""
        return (moment or self._moment or self.clock.now()).astimezone(self.zone())

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let everything in the block happen at a moment (aware) instead of now."""
        before, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = before

    def new_id(self, kind: str) -> int:
        """Return an id that no row of this kind has or had; ids grow with time."""
        self._last_ids[kind] += 1
        return self._last_ids[kind]

    def _note(self, name: str, row: msgspec.Struct) -> None:
        """Keep new ids above those of a row and its lines."""
        for kind, number in self.ids_of(name, row):
            self._last_ids[kind] = max(self._last_ids[kind], number)

    # Reading

    def counts(self) -> dict[str, int]:
        """Count the rows by table."""
        return {name: len(table) for name, table in self.tables.items()}

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row as it is stored, by table and ascending id: what `load` takes."""
        return {
            name: [msgspec.to_builtins(table.rows[number]) for number in table.ids]
            for name, table in self.tables.items()
        }

    # Writing

    def _table_of(self, row: msgspec.Struct) -> tuple[str, Table[Any]]:
        return next((name, table) for name, table in self.tables.items() if isinstance(row, table.row))

    def put(self, row: msgspec.Struct) -> None:
        """Add a row or replace the one with its id."""
        name, table = self._table_of(row)
        table.put(row)
        self._note(name, row)
        if self._journal is not None:
            self._pending.append((name, table.id(row), row))

    def change(self, row: S, **values: object) -> S:
        """Replace a row by one with other values and return that one."""
        fresh = msgspec.structs.replace(row, **values)
        self.put(fresh)
        return fresh

    def remove(self, row: msgspec.Struct) -> None:
        """Take a row out, as a person does in the web application."""
        name, table = self._table_of(row)
        table.remove(table.id(row))
        if self._journal is not None:
            self._pending.append((name, table.id(row), None))

    def flush(self) -> None:
        """Write what changed since the last call to the journal, before the request is answered."""
        if self._journal is not None and self._pending:
            self._journal.append(self._pending)
        self._pending = []

    def forget_pending(self) -> None:
        """Let what was put so far be known without the journal: the seeded account is built anew each time."""
        self._pending = []

    def replay(self) -> bool:
        """Bring back what the journal holds on top of the seeded account, and say whether it held anything."""
        found = False
        for changes in self._journal.replay() if self._journal is not None else ():
            found = True
            for name, number, raw in changes:
                self._replay(name, number, raw)
        return found

    def _replay(self, name: str, number: int, raw: msgspec.Raw) -> None:
        table = self.tables[name]
        row = msgspec.json.decode(raw, type=table.row | None)
        if row is None:
            table.remove(number)
        else:
            table.put(row)
            self._note(name, row)

    def load(self, data: Mapping[str, object]) -> dict[str, int]:
        """Replace rows of the named tables by those given and return what every table then counts.

        Raises ValueError if a table or an attribute has another name or type; nothing is changed then.
        """
        unknown = sorted(set(data) - set(self.tables))
        if unknown:
            raise ValueError(f"{unknown[0]}: the tables are {', '.join(self.tables)}")
        fresh: dict[str, list[msgspec.Struct]] = {}
        for name, rows in data.items():
            fresh[name] = [msgspec.convert(row, type=self.tables[name].row, str_keys=True) for row in _list(name, rows)]
        for name, rows in fresh.items():
            for row in list(self.tables[name].rows.values()):
                self.remove(row)
            for row in rows:
                self.put(row)
        self.flush()
        return self.counts()

    def forget_journal(self) -> None:
        """Empty the journal."""
        self._pending = []
        if self._journal is not None:
            self._journal.clear()

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()


def _list(name: str, rows: object) -> list[object]:
    """Return the rows of a table to be loaded."""
    if not isinstance(rows, list):
        raise ValueError(f"{name}: this is not a list")
    return rows
