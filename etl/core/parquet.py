"""Reads parquet files in chunks of plain values: times as text, bytes as the text they hold; an odd cell stays odd."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd

from connector.errors import InputError
from connector.names import PACKAGE


def parquet_chunks(path: Path, rows: int) -> Iterator[pd.DataFrame]:
    """A file in chunks of object columns, None for missing; an empty one holds none. Raises InputError."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError(f"{path} needs pyarrow; install {PACKAGE}[parquet].") from None
    if not path.stat().st_size:
        return
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=rows):
                columns = {
                    name: pd.Series(_cells(batch.column(position)), dtype=object)
                    for position, name in enumerate(batch.schema.names)
                }
                yield pd.DataFrame(columns)
    except (pyarrow.ArrowException, OSError) as error:
        # Of a damaged file arrow says what its own code met; what the system says names the trouble.
        why = getattr(error, "strerror", None) or "damaged, or not parquet"
        raise InputError(f"{path} cannot be read as a table ({why}); run the sync again.") from error


def _cells(column: Any) -> list[Any]:  # noqa: ANN401 - an array of arrow
    try:
        values = column.to_pylist()
    except (ValueError, OverflowError):
        values = [_cell(scalar) for scalar in column]
    return [_plain(value) for value in values]


def _cell(scalar: Any) -> Any:  # noqa: ANN401 - any cell of a table
    """A cell as Python has it; a time outside the calendar as the number it is stored as, to be refused by name."""
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return getattr(scalar, "value", None) or str(scalar)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any cell of a table
    """Times as text, in UTC without saying so; not a number as nothing; bytes as text; maps as objects."""
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d 00:00:00")
    if isinstance(value, bytes):
        # Some writers leave out that a column is text. What is no text stays bytes, which nothing takes for a value.
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        # Arrow gives a map as pairs.
        pairs = value and all(isinstance(item, tuple) and len(item) == 2 for item in value)
        return {str(_plain(name)): _plain(item) for name, item in value} if pairs else [_plain(item) for item in value]
    return None if isinstance(value, float) and value != value else value


def _utc(moment: datetime) -> str:
    # Where another zone would put the moment outside the calendar, its year is refused in any zone.
    with suppress(OverflowError):
        moment = moment if moment.tzinfo is None else moment.astimezone(timezone.utc)
    return moment.strftime("%Y-%m-%d %H:%M:%S")
