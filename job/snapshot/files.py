"""Reads and writes HotGlue's snapshot files (`products.snapshot.csv`, `.parquet`). The store is in store/."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from connector.canonical import canonical
from connector.files import replacing
from connector.values import Unfit, id_text
from job.folder import FolderError
from job.systems.system import System
from store.care import Known, canonical_stream
from store.snapshot import Snapshot

# Spellings of the columns in files of HotGlue flows, folded: without underscores, in lower case.
_REMOTE_ID = ("inputid", "remoteid", "externalid")
_OPTIPLY_ID = ("optiplyid",)
_SKU = ("skucode", "sku")
# In the id map that a target writes, RemoteId is Optiply's id and InputId is ours.
_ID_MAP = ("inputid", "remoteid")
_FILE_NAMES = {"products": "products", "productCompositions": "product_compositions", "sellOrders": "sell_orders"}
_FLOAT = re.compile(r"[0-9](\.[0-9]*)?[eE]\+[0-9]{1,2}", re.ASCII)  # how pandas writes a large whole number
EXPORT_SUFFIXES = ("csv", "parquet")


@dataclass(frozen=True)
class Found:
    """One snapshot file and what it knows; `without_id` counts rows that name no pair of ids."""

    path: Path
    stream: str
    known: list[Known]
    without_id: int
    repeated: int


def snapshot_files(place: Path, system: System) -> list[Path]:
    """The files to import from a folder, or the one file named; parquet before the CSV of the same name.

    Raises FolderError when there is none.
    """
    if place.is_file():
        return [place]
    best: dict[str, Path] = {}
    for path in sorted(place.glob("*.snapshot.*")):
        stem, _, suffix = path.name.rpartition(".")
        if suffix in EXPORT_SUFFIXES and _stream_of(path, system) and not path.name.startswith("._"):
            best[stem] = path
    if not best:
        raise FolderError(
            f"{place}: there is no snapshot file of a HotGlue flow (such as products.snapshot.csv or "
            "sell_orders.snapshot.parquet); name the file or its folder."
        )
    return list(best.values())


def read_file(path: Path, system: System) -> Found:
    """The pairs of ids in a snapshot file; of several rows for one record the last counts. Raises FolderError."""
    stream = _stream_of(path, system)
    if stream is None:
        raise FolderError(
            f"{path}: its name tells no stream kept here; it begins with products, product_compositions or sell_orders."
        )
    rows = _parquet_rows(path) if path.suffix == ".parquet" else _csv_rows(path)
    columns = [_fold(name) for name in next(rows, [])]
    if all(name in columns for name in _ID_MAP):
        remote, optiply = columns.index("inputid"), columns.index("remoteid")
    else:
        remote = _place(columns, _REMOTE_ID, "remoteId", path)
        optiply = _place(columns, _OPTIPLY_ID, "optiply_id", path)
    sku = next((columns.index(name) for name in _SKU if name in columns), None)
    known: dict[str, Known] = {}
    without_id = repeated = 0
    for row in rows:
        cells = [*row, *[None] * (len(columns) - len(row))]
        remote_id, optiply_id = identifier(cells[remote]), identifier(cells[optiply])
        if remote_id is None or optiply_id is None:
            without_id += 1
            continue
        repeated += remote_id in known
        name = None if sku is None or cells[sku] is None else str(cells[sku])
        known[remote_id] = Known(remote_id, optiply_id, name)
    return Found(path, stream, list(known.values()), without_id, repeated)


def identifier(cell: object) -> str | None:
    """An id as text: `12.0` and "1.2e+01" are 12; an empty cell, or one that holds anything but an id, is None."""
    notebooks = isinstance(cell, str) and _FLOAT.fullmatch(cell.strip())
    try:
        return id_text(float(cell) if isinstance(cell, str) and notebooks else cell)
    except Unfit:
        return None


def write_files(snapshot: Snapshot, folder: Path, suffix: str) -> list[tuple[Path, int]]:
    """Writes what Optiply has, one file per stream in HotGlue's form; returns each file with its number of rows.

    Columns: remoteId, optiply_id, then the accepted attributes by name (lists and objects as JSON text). Each file is
    written under another name first, so that an older one stays whole until the new one is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for stream, name in _FILE_NAMES.items():
        names, count = _attribute_names(snapshot, stream)
        if not count:
            continue
        path = folder / f"{name}.snapshot.{suffix}"
        rows = _export_rows(snapshot, stream, names)
        header = ["remoteId", "optiply_id", *names]
        with replacing(path, durable=True) as file:
            try:
                (_write_parquet if suffix == "parquet" else _write_csv)(file, header, rows)
            except ImportError as error:
                needs = "writing parquet needs the extra 'parquet', or use --format csv."
                raise FolderError(f"{folder}: {needs}") from error
        written.append((path, count))
    return written


def _stream_of(path: Path, system: System) -> str | None:
    """The stream named by a file, with or without the flow's id: `products_a1B2.snapshot.csv` → products."""
    stem = path.name.split(".")[0]
    parts = stem.split("_")
    tries = ("_".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((stream for name in tries if (stream := canonical_stream(name, system.kept))), None)


def _fold(name: object) -> str:
    return str(name).strip().lstrip("\ufeff").replace("_", "").lower()


def _place(columns: list[str], spellings: tuple[str, ...], asked: str, path: Path) -> int:
    for name in spellings:
        if name in columns:
            return columns.index(name)
    raise FolderError(f"{path}: it has no column {asked}, so it tells nothing about what Optiply has; check the file.")


def _csv_rows(path: Path) -> Iterator[list[Any]]:
    """The header and the rows of a CSV file, all text."""
    csv.field_size_limit(2**31 - 1)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file)
    except (UnicodeDecodeError, csv.Error) as error:
        raise FolderError(f"{path}: this is no CSV file in UTF-8 ({error}); export it again.") from error


def _parquet_rows(path: Path) -> Iterator[list[Any]]:
    """The column names and the rows of a parquet file."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise FolderError(f"{path}: reading parquet needs the extra 'parquet' (pip install '.[parquet]').") from error
    try:
        table = parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid as error:
        raise FolderError(f"{path}: this is no parquet file ({error}); export it again.") from error
    with table:
        wanted = [name for name in table.schema_arrow.names if _fold(name) in {*_REMOTE_ID, *_OPTIPLY_ID, *_SKU}]
        yield wanted
        for batch in table.iter_batches(columns=wanted):
            yield from (list(row) for row in zip(*(batch.column(name).to_pylist() for name in wanted), strict=True))


def _attribute_names(snapshot: Snapshot, stream: str) -> tuple[list[str], int]:
    """The names of all accepted attributes of a stream, sorted, and the number of records that Optiply has."""
    names: set[str] = set()
    count = 0
    for _, _, picture in _accepted(snapshot, stream):
        names.update(picture)
        count += 1
    return sorted(names), count


def _accepted(snapshot: Snapshot, stream: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    query = "SELECT remote_id, id, acknowledged FROM records WHERE stream = ? AND id IS NOT NULL ORDER BY remote_id"
    for rows in snapshot.rows(query, (stream,)):
        for remote_id, optiply_id, text in rows:
            yield remote_id, optiply_id, msgspec.json.decode(text) if text else {}


def _export_rows(snapshot: Snapshot, stream: str, names: list[str]) -> Iterator[list[Any]]:
    for remote_id, optiply_id, picture in _accepted(snapshot, stream):
        values = (picture.get(name) for name in names)
        yield [
            remote_id, optiply_id, *(canonical(value) if isinstance(value, (list, dict)) else value for value in values)
        ]  # fmt: skip


def _write_csv(file: BinaryIO, header: list[str], rows: Iterable[list[Any]]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    text.detach()


def _write_parquet(file: BinaryIO, header: list[str], rows: Iterable[list[Any]]) -> None:
    import pyarrow
    from pyarrow import parquet

    columns = list(zip(*rows, strict=True))
    # A column of mixed kinds (a price as 5 and as "5") has no type of its own: it is written as text.
    arrays = [_array(pyarrow, list(column)) for column in columns]
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=header), file, compression="zstd", compression_level=3)


def _array(pyarrow: Any, values: list[Any]) -> Any:  # noqa: ANN401 - pyarrow brings no types
    try:
        return pyarrow.array(values)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
        return pyarrow.array([None if value is None else str(value) for value in values])
