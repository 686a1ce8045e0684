"""Moves frames into tables of the snapshot store and out of them, many rows at a time; what they mean is elsewhere."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Table

from store.driver import Constants, Upsert
from store.snapshot import Snapshot

CHUNK = 50_000


def upsert(
    snapshot: Snapshot,
    table: Table,
    frame: pd.DataFrame,
    constants: Constants,
    updates: Mapping[str, str] | None = None,
) -> int:
    """Inserts or updates one row per row of `frame`, each with `constants` as well; returns how many rows changed.

    Rows are the same where their primary keys are. How a column is written, it declares (`tables.SILENT`,
    `tables.KEPT`); `updates` gives SQL for what an existing row `t` gets in a column instead of the new value.
    """
    rows = Upsert(table, tuple(frame.columns), constants, updates or {})
    key = rows.keys[-1]
    # Neighbouring keys share pages: sorted rows are written much faster.
    ordered = frame if frame[key].is_monotonic_increasing else frame.sort_values(key, kind="stable")
    changed = 0
    with collector_at_rest():
        for start in range(0, len(ordered), CHUNK):
            changed += snapshot.put(rows, _cells(ordered.iloc[start : start + CHUNK]))
    return changed


def keep_missing(snapshot: Snapshot, query: str, present: Iterable[str]) -> None:
    """Puts into the temporary table `keys` what `query` finds and `present` lacks."""
    there = set(present)
    with collector_at_rest():
        missing = {key for rows in snapshot.rows(query) for (key,) in rows if key not in there}
    snapshot.keep_keys(missing)


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
    with collector_at_rest():
        for rows in snapshot.rows(query, parameters):
            for column, values in zip(cells, zip(*rows, strict=True), strict=True):
                column.extend(values)
    # One block, column by column in memory: a frame made of columns costs most of a small run.
    block = np.empty((len(columns), len(cells[0])), dtype=object)
    for place, column in enumerate(cells):
        block[place, :] = column
    return pd.DataFrame(block.T, columns=list(columns), dtype=object, copy=False)


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
