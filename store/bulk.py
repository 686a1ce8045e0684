"""Moves frames through the driver of the snapshot store, many rows at a time; snapshot_frames.py gives them meaning."""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from store.snapshot import Snapshot

CHUNK = 50_000
_FETCHED = 1_000  # rows taken from the driver at a time: few enough to stay in the processor's cache
_PARAMETERS = 900  # of one statement; older builds of SQLite allow 999


def upsert(
    snapshot: Snapshot,
    table: str,
    keys: Sequence[str],
    frame: pd.DataFrame,
    constants: Mapping[str, str | int | None],
    silent: Collection[str] = (),
    assigned: Mapping[str, str] | None = None,
) -> int:
    """Inserts or updates the rows of `frame`, each with the values in `constants` as well.

    A row that differs in `silent` columns alone is not rewritten. `assigned`: SQL for what an existing row gets in a
    column, instead of the new value.
    """
    columns = list(frame.columns)
    others = [column for column in (*columns, *constants) if column not in keys]
    new = {column: f"excluded.{column}" for column in others} | dict(assigned or {})
    updates = ", ".join(f"{column} = {new[column]}" for column in others)
    differs = " OR ".join(f"t.{column} IS NOT {new[column]}" for column in others if column not in silent)
    row = f"({', '.join(['?'] * len(columns) + [_literal(value) for value in constants.values()])})"

    def statement(rows: int) -> str:
        return (
            f"INSERT INTO {table} AS t ({', '.join([*columns, *constants])}) VALUES {', '.join([row] * rows)} "
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {updates} WHERE {differs}"
        )

    driver = snapshot.driver
    before = driver.total_changes
    # Neighbouring keys share pages: sorted rows are written much faster.
    ordered = frame if frame[keys[-1]].is_monotonic_increasing else frame.sort_values(keys[-1], kind="stable")
    # Several rows a statement: each statement has its price.
    many = max(1, _PARAMETERS // len(columns))
    with collector_at_rest():
        for start in range(0, len(ordered), CHUNK):
            cells = _cells(ordered.iloc[start : start + CHUNK])
            whole = len(cells) // many * many
            driver.executemany(statement(many), cells[:whole].reshape(-1, many * len(columns)).tolist())
            driver.executemany(statement(1), cells[whole:].tolist())
    return driver.total_changes - before


def keep_keys(snapshot: Snapshot, keys: Iterable[str]) -> None:
    """Puts `keys` into the temporary table `keys`, for a join."""
    driver = snapshot.driver
    driver.execute("CREATE TEMP TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY) WITHOUT ROWID")
    driver.execute("DELETE FROM keys")
    driver.executemany("INSERT OR IGNORE INTO keys VALUES (?)", ((key,) for key in sorted(keys)))


def keep_missing(snapshot: Snapshot, query: str, present: Iterable[str]) -> None:
    """Puts into the temporary table `keys` what `query` finds and `present` lacks."""
    there = set(present)
    with collector_at_rest():
        found = snapshot.driver.execute(query).fetchall()
    keep_keys(snapshot, {key for (key,) in found if key not in there})


def paged(
    snapshot: Snapshot, query: str, parameters: tuple[Any, ...], columns: tuple[str, ...], chunk: int
) -> Iterator[pd.DataFrame]:
    """Runs `query` page by page, so that writes in between are safe: its first `?` is what the first column exceeds,
    its last the size of a page, and `parameters` are those between."""
    last = ""
    while True:
        frame = select(snapshot, query, (last, *parameters, chunk), columns)
        if not frame.empty:
            yield frame
            last = str(frame.iloc[-1, 0])
        if len(frame) < chunk:
            return


def select(snapshot: Snapshot, query: str, parameters: tuple[Any, ...], columns: tuple[str, ...]) -> pd.DataFrame:
    """The rows of `query` as a frame of object columns, None for missing."""
    cells: list[list[Any]] = [[] for _ in columns]
    with snapshot.reading(), collector_at_rest():
        cursor = snapshot.driver.execute(query, parameters)
        while rows := cursor.fetchmany(_FETCHED):
            for column, values in zip(cells, zip(*rows, strict=True), strict=True):
                column.extend(values)
    series = [pd.Series(column, dtype=object) for column in cells]
    return pd.DataFrame(dict(zip(columns, series, strict=True)), copy=False)


def _literal(value: str | int | None) -> str:
    """The value as SQL; text goes as hexadecimal digits, so that no quote in it matters."""
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else f"CAST(x'{value.encode().hex()}' AS TEXT)"


def _cells(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    """The values as Python's own, None for missing: what the driver can bind."""
    cells = np.empty(frame.shape, dtype=object)
    for position, (_, column) in enumerate(frame.items()):
        values = column.to_numpy(dtype=object, copy=True)
        values[column.isna().to_numpy()] = None
        cells[:, position] = values
    return cells


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Rows by the hundred thousand make the garbage collector search for cycles that tuples of text cannot have."""
    was_at_work = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_at_work:
            gc.enable()
