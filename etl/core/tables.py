"""Reads HotGlue's sync-output tables, CSV and parquet, in chunks, as the same records that Singer JSONL gives."""

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import repeat
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd

from connector.errors import InputError
from connector.messages import UNREADABLE, BadLine, without_mark
from connector.words import printable
from etl.core.input import Batch, Input, InputProblem, Several
from etl.core.parquet import parquet_chunks
from etl.core.singer import SingerInput
from etl.core.streams import Stream, Streams

CHUNK_ROWS = 50_000
_SINGER, _TABLES = (".singer", ".jsonl"), (".csv", ".parquet")
_MOST_PROBLEMS = 20  # of one stream: the rest is counted
_STAMP = re.compile(r"-\d{8}T\d{6}.*$")


def stream_of(path: Path) -> str:
    """`products-20260115T080000.csv` holds the stream products; so does `products.parquet`."""
    return _STAMP.sub("", path.name.split(".")[0])


class TableInput(Input):
    """One or more files of one stream. A table with rows counts as complete: a failed sync never reaches the ETL."""

    def __init__(self, stream: str, declared: Stream | None, paths: Sequence[Path], run_id: str) -> None:
        """`declared`: None for a stream that no flow uses. `run_id` stands for the job that wrote the tables."""
        super().__init__()
        self._stream = stream
        self._declared = declared
        self._paths = paths
        self._run_id = run_id
        self._doubtful = False

    def batches(self) -> Iterator[Batch]:
        """The rows of all files in the order of their names; an empty file holds none.

        A row whose nested values cannot be read costs that row, and the completeness where its key cannot be read.
        """
        declared, total = self._declared, 0
        for path in self._paths:
            rows = 0
            for chunk in read_table(path):
                total += len(chunk)
                if declared is None:
                    self.ignored[self._stream] += len(chunk)
                elif declared.key not in chunk.columns:
                    raise _without_key(path, declared.key, list(chunk.columns))
                else:
                    yield Batch(self._stream, self._records(chunk, declared, path, rows))
                rows += len(chunk)
        if (more := self.unread[self._stream] - _MOST_PROBLEMS) > 0:
            text = f"{more} more such rows of {self._stream} were read."
            self.problems.append(InputProblem(self._stream, None, text))
        if total and declared is not None and not self._doubtful:
            self.complete = {self._stream: self._run_id}

    def _records(self, chunk: pd.DataFrame, declared: Stream, path: Path, before: int) -> list[Any]:
        """Rows of a table → records; a row that cannot be read is left out, or comes with its key alone."""
        bad: dict[int, str] = {}
        columns: list[Iterable[Any]] = []
        for name in declared.fields:
            if name not in chunk.columns:
                columns.append(repeat(None, len(chunk)))
            elif name in declared.nested:
                columns.append(_nested(chunk, name, declared.nested[name], bad))
            else:
                columns.append(values := chunk[name].tolist())
                if bytes in set(map(type, values)):
                    odd = (row for row, value in enumerate(values) if isinstance(value, bytes))
                    bad.update(dict.fromkeys(odd, f"{name} is raw bytes and not UTF-8 text; write it as text."))
        records: list[Any] = list(map(declared.record, *columns))
        for row in sorted(bad):
            found = {str(column): value for column, value in chunk.iloc[row].items()}
            self._lost(declared, found, f"{path} row {before + row + 1}", bad[row])
            records[row] = declared.key_row(found)
        return [record for record in records if record is not None] if bad else records

    def _lost(self, declared: Stream, found: dict[str, Any], place: str, why: str) -> None:
        key = declared.key_of(found)
        self._doubtful |= not declared.names_its_record(found)
        self.unread[self._stream] += 1
        if self.unread[self._stream] <= _MOST_PROBLEMS:
            named = printable(str(key))
            kept = "" if key is None else f" What is known of {named} stays."
            self.problems.append(InputProblem(self._stream, key, f"{place} ({self._stream} {named}): {why}{kept}"))


def _without_key(path: Path, key: str, columns: list[str]) -> InputError:
    """Rows that name no record are no answer that there is nothing to do."""
    held = ", ".join(map(printable, map(str, columns)))[:500]
    return InputError(f"{path} cannot be used: it has no column {key}, only {held}; let the tap write it again.")


def _nested(chunk: pd.DataFrame, name: str, shape: Any, bad: dict[int, str]) -> list[Any]:  # noqa: ANN401 - a type
    read = _nested_reader(shape)
    values: list[Any] = []
    for row, value in enumerate(chunk[name].tolist()):
        try:
            values.append(None if value is None else read(value))
        except (ValueError, SyntaxError, TypeError, MemoryError, *UNREADABLE):
            values.append(None)
            bad.setdefault(row, f"{name} cannot be read, it is neither JSON nor a Python literal; write it as JSON.")
    return values


def _nested_reader(shape: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - a type that msgspec understands
    decoder = msgspec.json.Decoder(shape)

    def read(value: Any) -> Any:  # noqa: ANN401
        if not isinstance(value, str):
            if _holds_bytes(value):
                raise TypeError
            return msgspec.convert(value, shape)
        try:
            return decoder.decode(value)
        except msgspec.MsgspecError:
            # By way of JSON: a literal may hold bytes, NaN or half a surrogate pair, which no record does.
            return decoder.decode(json.dumps(ast.literal_eval(value), allow_nan=False))

    return read


def _holds_bytes(value: object) -> bool:
    """Whether there are bytes at any depth: JSON has none, and would turn them into a text of its own."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, bytes) or any(map(_holds_bytes, inner))


def read_table(path: Path) -> Iterator[pd.DataFrame]:
    """A file in chunks of object columns, None for missing. Raises InputError for a file that is no such table."""
    try:
        if path.suffix.lower() == ".parquet":
            yield from parquet_chunks(path, CHUNK_ROWS)
        else:
            yield from _csv_chunks(path)
    except BadLine as bad:
        raise InputError(f"{path} {bad.reason}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    except (pd.errors.ParserError, ValueError, OverflowError) as error:
        raise InputError(f"{path} cannot be read as a table{_place(error)}; run the sync again.") from error


def _place(error: Exception) -> str:
    """Where the table is broken, as far as the parser says; its own words are of no use to a reader."""
    if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", str(error)):
        return f" (line {found[2]} has {found[3]} cells, the lines before it have {found[1]})"
    if found := re.search(r"EOF inside string starting at row (\d+)", str(error)):
        return f" (a quotation mark that is opened in row {found[1]} is never closed)"
    return ""


def _csv_chunks(path: Path) -> Iterator[pd.DataFrame]:
    # Everything as text: a column of ids would lose its leading zeros.
    with path.open("rb") as file:
        if not without_mark(file.read(4096)).strip():
            return
    with pd.read_csv(
        path, dtype=object, keep_default_na=False, na_filter=False, chunksize=CHUNK_ROWS, encoding="utf-8-sig"
    ) as reader:
        for chunk in reader:
            texts = chunk.reset_index(drop=True).astype(object)
            yield texts.where(texts != "", None)


def table_inputs(folder: Path, run_id: str, streams: Streams) -> list[TableInput]:
    """One input per stream of a sync-output folder, files sorted by name; hidden files are passed over."""
    found: dict[str, list[Path]] = {}
    for path in _visible(folder):
        if path.suffix.lower() in _TABLES:
            found.setdefault(stream_of(path), []).append(path)
    return [TableInput(stream, streams.by_name.get(stream), paths, run_id) for stream, paths in sorted(found.items())]


@contextmanager
def open_input(folder: Path, run_id: str, streams: Streams) -> Iterator[Input]:
    """Everything in a sync-output folder: Singer files first, then CSV and parquet. `run_id` is that of the tables.

    Hidden files (macOS leaves `._*`) and what HotGlue puts beside are passed over; what has a stream's name and another
    form (`products.csv.gz`) is named. Raises InputError without the folder.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} does not exist; run the tap first, or name the job folder in ROOT_DIR.")
    with ExitStack() as stack:
        inputs: list[Input] = []
        for path in _visible(folder):
            if path.suffix.lower() in _SINGER:
                inputs.append(SingerInput(stack.enter_context(path.open("rb")), str(path), streams))
        yield Several([*inputs, *table_inputs(folder, run_id, streams), _other_forms(folder, streams)])


def _other_forms(folder: Path, streams: Streams) -> Input:
    """No records, but a word on each file that holds some of a stream and cannot be read."""
    found = Input()
    for path in _visible(folder):
        if path.suffix.lower() not in (*_SINGER, *_TABLES) and stream_of(path) in streams.by_name:
            text = f"{path} is not read: a file of {stream_of(path)} must be {', '.join((*_SINGER, *_TABLES))}."
            found.problems.append(InputProblem(stream_of(path), None, text))
    return found


def _visible(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
