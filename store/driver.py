"""What a store asks of a database beyond SQLAlchemy: rows by the thousand, conditions of indexes. SQLite: sqlite.py."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from store.errors import SnapshotError

FETCHED = 1_000
"""Rows taken from a database at a time: few enough to stay in the processor's cache."""
Cells = Any
"""Rows by columns: an array of Python's own values (numpy is not imported for that)."""
Constants = Mapping[str, str | int | None]


@dataclass(frozen=True)
class Upsert:
    """Rows that are inserted, or update the row with the same key where something of it differs.

    `columns` are those of the rows, `constants` what each row has as well, `updates` SQL for what an existing row `t`
    gets where that is not the new value.
    """

    table: Table
    columns: tuple[str, ...]
    constants: Constants
    updates: Mapping[str, str]

    @property
    def keys(self) -> list[str]:
        """The columns that say which row it is."""
        return [column.name for column in self.table.primary_key]

    def parts(self) -> tuple[str, str]:
        """SQL of the columns written, and of what becomes of a row that is there already."""
        columns, keys = [*self.columns, *self.constants], self.keys
        new = {name: f"excluded.{name}" for name in columns if name not in keys}
        kept = {name: f"coalesce({value}, t.{name})" for name, value in new.items() if self._says(name, "kept")}
        new = {**new, **kept, **self.updates}
        differs = " OR ".join(f"t.{name} IS NOT {new[name]}" for name in new if not self._says(name, "silent"))
        sets = ", ".join(f"{name} = {value}" for name, value in new.items())
        return ", ".join(columns), f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets} WHERE {differs}"  # nosec B608

    def _says(self, name: str, what: str) -> bool:
        return bool(self.table.c[name].info.get(what))


class Driver(Protocol):
    """One open connection. SQL is SQLite's: `?` for a parameter, IS and IS NOT between values."""

    error: type[Exception]

    def explained(self, fault: BaseException | None) -> SnapshotError:
        """What the database said, as one sentence with the remedy."""

    def begin_writing(self) -> None:
        """Makes sure that this run may write; called in each transaction that does."""

    def rows(self, query: str, parameters: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
        """What a query finds, some rows at a time."""

    def change(self, statement: str, parameters: Sequence[Any]) -> int:
        """Runs a statement that writes; returns how many rows it changed."""

    def change_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> int:
        """Runs a statement with each of the parameters; returns how many rows changed."""

    def put(self, upsert: Upsert, cells: Cells) -> int:
        """Writes rows; returns how many changed."""

    def put_rows(self, upsert: Upsert, rows: Sequence[Sequence[Any]]) -> int:
        """Writes rows of values as the columns have them; returns how many changed."""

    def keep_keys(self, keys: Iterable[str]) -> None:
        """Fills the temporary table `keys` (one column, key) with these alone."""


def replacing(connection: Connection, table: Table, growing: str | None = None) -> Any:  # noqa: ANN401 - two classes
    """An INSERT, in the connection's own dialect, that replaces the row with the same primary key.

    It is executed with the values of all columns. `growing`: a row is replaced only where its value of this column is
    less than the new one; the new one is returned then.
    """
    return _replacing(connection.dialect.name, table, growing)


@cache  # building it costs more than running it
def _replacing(dialect: str, table: Table, growing: str | None) -> Any:  # noqa: ANN401
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]
    statement = insert(table)
    new = statement.excluded
    keys = [column.name for column in table.primary_key]
    others = {column.name: new[column.name] for column in table.c if not column.primary_key}
    if growing is None:
        return statement.on_conflict_do_update(index_elements=keys, set_=others)
    is_newer = table.c[growing] < new[growing]
    return statement.on_conflict_do_update(index_elements=keys, set_=others, where=is_newer).returning(table.c[growing])


def same_conditions(table: Table, connection: Connection, **_options: object) -> None:
    """Before a table is made: its indexes get the conditions that they have in a file in a database, too.

    Declared ones would load the dialect of the database for every file.
    """
    if connection.dialect.name == "postgresql":
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
