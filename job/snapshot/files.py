"""HotGlue's snapshot files (`products.snapshot.csv`, `.parquet`): which are there to be read, and writing them."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from connector.canonical import canonical
from connector.files import replacing
from job.folder import FolderError
from job.systems.system import System
from store.care import Known, canonical_stream
from store.hotglue import SUFFIXES, ids_in
from store.snapshot import Snapshot

_FILE_NAMES = {"products": "products", "productCompositions": "product_compositions", "sellOrders": "sell_orders"}


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
        if suffix in SUFFIXES and _stream_of(path, system) and not path.name.startswith("._"):
            best[stem] = path
    if not best:
        raise FolderError(
            f"{place}: there is no snapshot file of a HotGlue flow (such as products.snapshot.csv or "
            "sell_orders.snapshot.parquet); name the file or its folder."
        )
    return list(best.values())


def read_file(path: Path, system: System) -> Found:
    """The pairs of ids in a snapshot file; of several rows for one record the last counts. Raises ProgramError."""
    stream = _stream_of(path, system)
    if stream is None:
        raise FolderError(
            f"{path}: its name tells no stream kept here; it begins with products, product_compositions or sell_orders."
        )
    known: dict[str, Known] = {}
    without_id = repeated = 0
    for record in ids_in(path):
        if record is None:
            without_id += 1
        else:
            repeated += record.remote_id in known
            known[record.remote_id] = record
    return Found(path, stream, list(known.values()), without_id, repeated)


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
