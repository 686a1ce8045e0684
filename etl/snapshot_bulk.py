"""Moves frames through the driver of the snapshot store, many rows at a time; snapshot_frames.py gives them meaning."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from etl.snapshot import Snapshot

CHUNK = 50_000


def upsert(
    snapshot: Snapshot,
    table: str,
    keys: Sequence[str],
    frame: pd.DataFrame,
    silent: Collection[str] = (),
    values: dict[str, str] | None = None,
) -> int:
    """Inserts or updates the rows of `frame`; a row that differs in `silent` columns alone is not rewritten."""
    columns = list(frame.columns)
    others = [column for column in columns if column not in keys]
    assigned = ", ".join(f"{column} = {(values or {}).get(column, f'excluded.{column}')}" for column in others)
    differs = " OR ".join(f"t.{column} IS NOT excluded.{column}" for column in others if column not in silent)
    statement = (
        f"INSERT INTO {table} AS t ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {assigned} WHERE {differs}"
    )
    driver = snapshot.driver
    before = driver.total_changes
    # Neighbouring keys share pages: sorted rows are written much faster.
    ordered = frame.sort_values(keys[-1], kind="stable")
    driver.executemany(statement, zip(*(_plain(ordered[column]) for column in columns), strict=True))
    return driver.total_changes - before


def keep_keys(snapshot: Snapshot, keys: Iterable[str]) -> None:
    """Puts `keys` into the temporary table `keys`, for a join."""
    driver = snapshot.driver
    driver.execute("CREATE TEMP TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY) WITHOUT ROWID")
    driver.execute("DELETE FROM keys")
    driver.executemany("INSERT OR IGNORE INTO keys VALUES (?)", ((key,) for key in sorted(keys)))


def paged(
    snapshot: Snapshot, query: str, parameters: tuple[Any, ...], columns: tuple[str, ...], chunk: int
) -> Iterator[pd.DataFrame]:
    """Runs `query` page by page; it ends in `> ? … LIMIT ?` over its first column, so writes in between are safe."""
    last = ""
    while True:
        frame = select(snapshot, query, (*parameters, last, chunk), columns)
        if not frame.empty:
            yield frame
            last = str(frame.iloc[-1, 0])
        if len(frame) < chunk:
            return


def select(snapshot: Snapshot, query: str, parameters: tuple[Any, ...], columns: tuple[str, ...]) -> pd.DataFrame:
    """The rows of `query` as a frame of object columns, None for missing."""
    with snapshot.reading():
        rows = snapshot.driver.execute(query, parameters).fetchall()
    values = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    return pd.DataFrame(
        {column: pd.Series(list(cells), dtype=object) for column, cells in zip(columns, values, strict=True)}
    )


def _plain(column: pd.Series[Any]) -> list[Any]:
    """The values as Python's own, None for missing: what the driver can bind."""
    cells = column.astype(object)
    return list(cells.where(cells.notna(), None))
