"""Files between programs, JSON objects and whole replacements; and the tables that lie beside our own modules."""

import codecs
import csv
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from connector.words import printable

# Byte order marks. The four bytes of UTF-32 come first: its mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)


class FileError(Exception):
    """What is wrong with a file, beginning with its name, without a full stop: the caller adds what to do."""


def without_mark(content: bytes) -> bytes:
    """UTF-8 without the byte order mark that Windows programs put first; anything else as it is."""
    return content.removeprefix(codecs.BOM_UTF8)


def wide_encoding(content: bytes) -> str | None:
    """`UTF-16` or `UTF-32` where a text begins so, with or without its mark; None for what may be UTF-8.

    Without a mark it is told by the zero bytes around a first character below U+0100 (JSON begins with one: RFC 8259).
    """
    for mark, name in MARKS:
        if content.startswith(mark):
            return name
    zeros = tuple(not byte for byte in content[:4])
    if zeros in {(False, True, True, True), (True, True, True, False)}:
        return "UTF-32"
    return "UTF-16" if len(zeros) == 4 and zeros[:2] in {(False, True), (True, False)} else None


def json_object(content: bytes, name: str, *, unique: bool = False) -> dict[str, Any]:
    """The object in a JSON text; `unique` refuses a key that is there twice, of which JSON would take the last.

    Raises FileError for anything else, with the place where it stops being JSON.
    """
    if wide := wide_encoding(content):
        raise FileError(f"{name} is written in {wide}; save it as UTF-8")
    try:
        text = without_mark(content).decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"{name} is not written in UTF-8 (line {line}); save it as UTF-8") from error
    if not text.strip():
        raise FileError(f"{name} is empty")
    value = _parsed(text, name, unique=unique)
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "a single value"
        raise FileError(f"{name} is not a JSON object {{…}} but {kind}")
    return value


def read_object(path: Path, *, unique: bool = False, may_be_empty: bool = False) -> dict[str, Any]:
    """The object in a JSON file; an empty file is an empty object where it `may_be_empty`.

    Raises FileError when the file cannot be read, or holds anything else.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror or type(error).__name__}") from error
    if may_be_empty and not without_mark(content).strip():
        return {}
    return json_object(content, str(path), unique=unique)


def table_beside(module: str, name: str) -> list[dict[str, str]]:
    """The rows of a CSV table beside a module (its `__file__`), by the names in its head, without the empty cells."""
    with Path(module).with_name(name).open(encoding="utf-8", newline="") as file:
        return [{column: cell for column, cell in row.items() if cell} for row in csv.DictReader(file)]


def _parsed(text: str, name: str, *, unique: bool) -> object:
    def refuse(word: str) -> NoReturn:
        raise FileError(f"{name} holds {word}, which is not a JSON number")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if unique and len(result) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise FileError(f"{name} holds the key '{printable(twice)[:80]}' twice; keep one of the two")
        return result

    try:
        value = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
        # Half a character ("\ud800") and 1e400 can be read, but never be written again.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise FileError(f"{name} is not valid JSON ({place})") from error
    except UnicodeEncodeError as error:
        raise FileError(f"{name} holds half a character (a lone surrogate \\ud800 to \\udfff)") from error
    except RecursionError as error:
        raise FileError(f"{name} is nested too deeply") from error
    except ValueError as error:
        raise FileError(f"{name} holds a number that is too large or has too many digits") from error
    return value


@contextmanager
def replacing(path: Path, *, mode: int | None = None, durable: bool = False) -> Iterator[BinaryIO]:
    """A file to write; it gets its name when the block ends well, so readers see the old or the new one, never half.

    It is written beside `path` (where `path` is a link: beside what it points to) under a name of its own, and is
    removed when the block fails. A missing folder is created. Without `mode` an existing file keeps its rights and a
    new one gets the usual ones. `durable` returns only when the disk has it.

    Raises OSError where the folder cannot be written to.
    """
    target = Path(os.path.realpath(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    if mode is None and target.exists():
        mode = stat.S_IMODE(target.stat().st_mode)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    # Nobody but the owner may look in before the rights are set.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(target)
    except OSError as error:
        error.filename = error.filename or str(target)  # a full disk does not say what it was that it did not take
        raise
    finally:
        temporary.unlink(missing_ok=True)
    if durable and os.name == "posix":
        _sync_folder(target.parent)


def replace_file(path: Path, content: bytes, *, mode: int | None = None, durable: bool = False) -> None:
    """Writes a whole file in one step; see `replacing`."""
    with replacing(path, mode=mode, durable=durable) as file:
        file.write(content)


def _sync_folder(folder: Path) -> None:
    """Makes the renaming itself durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
