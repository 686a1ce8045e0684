"""Reads stock figures from a file or stdin: CSV with a header, or Singer messages, which begin with a brace."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.files import wide_encoding, without_mark
from connector.messages import BadLine, read_message
from inventory.errors import InventoryError
from inventory.rows import Refusal, Row, row_of

COLUMNS = ("sku", "quantity", "source", "sequence", "last_order_exported")
"""The columns of a CSV file and the fields of a Singer record; only the first two must be there."""

_ALIASES = {"qty": "quantity", "source_code": "source", "seq": "sequence", "lastorderexported": "last_order_exported"}
_REMEDY = f"begin the file with a line such as {','.join(COLUMNS)}"


@dataclass(frozen=True)
class Figures:
    """What a file said; lines count from 1 with the header."""

    rows: list[Row]
    refused: list[Refusal]


def read_figures(content: bytes, name: str, default_source: str) -> Figures:
    """The figures of a file; a bad line is refused alone.

    Raises InventoryError: the file as a whole cannot be read: another encoding, no header, no line at all.
    """
    if wide := wide_encoding(content):
        raise InventoryError(f"{name} is written in {wide}; save it as UTF-8.")
    plain = without_mark(content)
    if not plain.strip():
        raise InventoryError(f"{name} is empty; {_REMEDY}.")
    if plain.lstrip().startswith(b"{"):
        return _judged(_singer(plain), default_source)
    # A byte that is not UTF-8 becomes half a character, so that it costs its row alone.
    return _judged(_csv(plain.decode(errors="surrogateescape"), name), default_source)


def _judged(given: Iterator[tuple[int, Mapping[str, Any] | Refusal]], default_source: str) -> Figures:
    found = Figures([], [])
    for line, fields in given:
        row = fields
        if not isinstance(fields, Refusal):
            row = row_of(line, fields, default_source, needs_sequence=False)  # type: ignore[assignment]
        if isinstance(row, Row):
            found.rows.append(row)
        elif isinstance(row, Refusal):
            found.refused.append(row)
    return found


def _csv(text: str, name: str) -> Iterator[tuple[int, Mapping[str, Any] | Refusal]]:
    """The rows; each is one line, so that a quotation mark too many costs that line alone."""
    names: list[str] = []
    delimiter = ","
    for line, written in enumerate(io.StringIO(text), start=1):
        if not written.strip(" \t\r\n,;"):
            continue
        if not names:
            delimiter = max(",;\t", key=written.count)
        try:
            cells = next(csv.reader([written.rstrip("\r\n")], delimiter=delimiter, strict=True))
        except csv.Error as error:
            yield line, Refusal(line, None, f"the line is not valid CSV ({error})")
            continue
        if not names:
            names = _header(cells, name)
        elif len(cells) != len(names):
            yield line, Refusal(line, None, f"the line has {len(cells)} cells, the header {len(names)}")
        else:
            yield line, dict(zip(names, (cell.strip() for cell in cells), strict=True))


def _header(cells: list[str], name: str) -> list[str]:
    names = [_ALIASES.get(found, found) for found in (cell.strip().lower() for cell in cells)]
    missing = [column for column in COLUMNS[:2] if column not in names]
    if missing:
        raise InventoryError(f"{name} has no column {' and no column '.join(missing)}; {_REMEDY}.")
    twice = next((column for column in COLUMNS if names.count(column) > 1), None)
    if twice is not None:
        raise InventoryError(f"{name} has the column {twice} twice; leave one out.")
    return names


def _singer(content: bytes) -> Iterator[tuple[int, Mapping[str, Any] | Refusal]]:
    """The records of every stream: a file of figures holds nothing else."""
    for line, text in enumerate(content.splitlines(), start=1):
        if not text.strip():
            continue
        try:
            message = read_message(text)
        except BadLine as error:
            yield line, Refusal(line, None, f"the line {error.reason}")
            continue
        if message["type"] == "RECORD":
            yield line, {_ALIASES.get(name, name): value for name, value in message["record"].items()}
