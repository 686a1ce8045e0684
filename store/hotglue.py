"""Reads HotGlue's snapshot files, CSV or parquet: which record of the source is which object elsewhere."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connector.names import DESTINATION, title_of
from connector.values import fit, id_text, text
from store.care import Known
from store.errors import SnapshotError

SUFFIXES = ("csv", "parquet")
# Spellings of the columns, folded: without underscores, in lower case.
_REMOTE_ID = ("inputid", "remoteid", "externalid")
_ITS_ID = (f"{DESTINATION}id",)
_SKU = ("skucode", "sku")
# In the id map that a target writes, RemoteId is the destination's id and InputId is ours.
_ID_MAP = ("inputid", "remoteid")
_FLOAT = re.compile(r"[0-9](\.[0-9]*)?[eE]\+[0-9]{1,2}", re.ASCII)  # how pandas writes a large whole number


def ids_in(path: Path) -> Iterator[Known | None]:
    """A record for each row of a file, None for a row that names no pair of ids. Raises SnapshotError."""
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
    columns = [_fold(name) for name in next(rows, [])]
    if all(name in columns for name in _ID_MAP):
        remote, its = columns.index("inputid"), columns.index("remoteid")
    else:
        remote = _place(columns, _REMOTE_ID, "remoteId", path)
        its = _place(columns, _ITS_ID, f"{DESTINATION}_id", path)
    sku = next((columns.index(name) for name in _SKU if name in columns), None)
    for row in rows:
        cells = [*row, *[None] * (len(columns) - len(row))]
        remote_id, its_id = identifier(cells[remote]), identifier(cells[its])
        name = None if sku is None else fit(text, cells[sku])
        yield None if remote_id is None or its_id is None else Known(remote_id, its_id, name)


def identifier(cell: object) -> str | None:
    """An id as text: `12.0` and "1.2e+01" are 12; an empty cell, or one that holds anything but an id, is None."""
    notebooks = isinstance(cell, str) and _FLOAT.fullmatch(cell.strip())
    return fit(id_text, float(cell) if isinstance(cell, str) and notebooks else cell)


def _fold(name: object) -> str:
    return str(name).strip().lstrip("\ufeff").replace("_", "").lower()


def _place(columns: list[str], spellings: tuple[str, ...], asked: str, path: Path) -> int:
    for name in spellings:
        if name in columns:
            return columns.index(name)
    has = f"about what {title_of(DESTINATION)} has"
    raise SnapshotError(f"{path}: it has no column {asked}, so it tells nothing {has}; check the file.")


def _csv_rows(path: Path) -> Iterator[list[Any]]:
    """The header and the rows of a CSV file, all text."""
    csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SnapshotError(f"{path}: this is not a CSV file in UTF-8; export it again.") from error


def _parquet_rows(path: Path) -> Iterator[list[Any]]:
    """The column names and the rows of a parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise SnapshotError(f"{path}: reading parquet needs the extra 'parquet' (pip install '.[parquet]').") from error
    try:
        with parquet.ParquetFile(path) as table:
            wanted = [name for name in table.schema_arrow.names if _fold(name) in {*_REMOTE_ID, *_ITS_ID, *_SKU}]
            yield wanted
            for batch in table.iter_batches(columns=wanted):
                cells = (batch.column(name).to_pylist() for name in wanted)
                yield from (list(row) for row in zip(*cells, strict=True))
    except (pyarrow.ArrowException, OSError) as error:
        # Of a damaged file arrow says what its own code met.
        raise SnapshotError(f"{path}: this is not a parquet file, or it is damaged; export it again.") from error
