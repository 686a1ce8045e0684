"""Reads the file of preferred suppliers: CSV in any of its dialects, or Excel."""

import csv
import io
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from connector.names import PACKAGE
from connector.values import Unfit, text
from job.folder import FolderError

COLUMNS = ("skuCode", "supplierName", "preferred")
_DELIMITERS = (",", ";", "\t")
_SETS = ("true", "1")
# What a damaged workbook makes the libraries below raise: they judge neither the archive nor the XML in it.
_DAMAGED = (
    BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ParseError, LookupError, ValueError, TypeError,
    AttributeError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A row of the file, by its number there; `sets` says whether it makes this supplier the preferred one."""

    row: int
    sku: str
    supplier: str
    sets: bool


def read_asked(path: Path) -> list[Asked]:
    """The rows of the file; empty ones are passed over. Raises FolderError for a file that is none."""
    try:
        rows = _excel(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _csv(path)
        return list(_asked(path, rows))
    except OSError as error:
        raise FolderError(f"{path} cannot be read ({error.strerror}); name the file of preferred suppliers.") from error


def _asked(path: Path, rows: Iterable[list[Any]]) -> Iterator[Asked]:
    numbered = enumerate(rows, start=1)
    _, head = next(numbered, (0, []))
    names = [_text(cell).lower() for cell in head]
    missing = [name for name in COLUMNS if name.lower() not in names]
    if missing:
        raise FolderError(
            f"{path} has no column {missing[0]}; its first row must name the columns {', '.join(COLUMNS)}."
        )
    places = [names.index(name.lower()) for name in COLUMNS]
    for number, cells in numbered:
        sku, supplier, preferred = (_text(cells[place]) if place < len(cells) else "" for place in places)
        if sku or supplier or preferred:
            yield Asked(number, sku, supplier, preferred.lower() in _SETS)


def _text(cell: object) -> str:
    """A cell as text: 12.0 is "12", TRUE is "true"; leading zeros of a text stay."""
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell)
    try:
        return text(cell).strip()
    except Unfit:
        return ""


def _csv(path: Path) -> Iterator[list[Any]]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FolderError(f"{path} is not UTF-8 text; save it as CSV UTF-8.") from None
    first = content.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error:
        raise FolderError(
            f"{path} line {reader.line_num} is not CSV; look for a quotation mark out of place."
        ) from None


def _excel(path: Path) -> Iterator[list[Any]]:
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise FolderError(f"{path} needs openpyxl; install {PACKAGE}[excel], or save the file as CSV.") from None
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            for cells in book.worksheets[0].iter_rows(values_only=True):
                yield list(cells)
    except (InvalidFileException, *_DAMAGED):
        raise FolderError(f"{path} is not an Excel workbook, or it is damaged; save it again, or as CSV.") from None
