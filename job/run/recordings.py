"""Recorded input for a replay: which shape it has, and how it takes the place of the tap's output in a folder."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from job.folder import FolderError, JobFolder
from job.systems.system import System

TABLE_SUFFIXES = (".csv", ".parquet")
SUFFIXES = (".singer", ".jsonl", *TABLE_SUFFIXES)


def take_in(files: Sequence[Path], folder: JobFolder, system: System) -> bool:
    """Lay recordings into a prepared folder; True when they are Optiply-shaped and need no ETL.

    Raises FolderError for a file that cannot be replayed, or for shapes that do not go together.
    """
    messages, tables = gather(files, system)
    shapes = {is_optiply_shaped(path) for path in messages}
    if len(shapes) > 1 or (shapes == {True} and tables):
        raise FolderError(
            f"Some recordings hold {system.title}'s records and some Optiply's; replay one after the other."
        )
    optiply_shaped = shapes == {True}
    folder.tap_output.unlink(missing_ok=True)
    if messages:
        path = folder.etl_output if optiply_shaped else folder.tap_output
        with path.open("wb") as out:
            for source in messages:
                copy_messages(source, out, system.listings)
    for table in tables:
        shutil.copy(table, folder.sync_output / table.name)
    return optiply_shaped


@contextlib.contextmanager
def cleared(folder: JobFolder, files: Sequence[Path], system: System) -> Iterator[None]:
    """Leaves no replayed table in sync-output/, where the next run would read it again."""
    try:
        yield
    finally:
        for table in gather(files, system)[1]:
            (folder.sync_output / table.name).unlink(missing_ok=True)


def gather(files: Sequence[Path], system: System) -> tuple[list[Path], list[Path]]:
    """Files of Singer messages and table files, folders opened; raises FolderError for what is neither.

    Without the listings of ids: what is absent from an old recording may be there today, so a replay never takes
    anything as deleted.
    """
    messages: list[Path] = []
    tables: list[Path] = []
    for given in files:
        if not given.exists():
            raise FolderError(f"{given}: there is no such file; name a recording or an old sync-output folder.")
        found = _inside(given) if given.is_dir() else [given]
        if not found:
            raise FolderError(f"{given}: holds no {', '.join(SUFFIXES)} file; name a sync-output folder.")
        for path in found:
            (tables if path.suffix in TABLE_SUFFIXES else messages).append(path)
    return messages, [table for table in tables if not table.name.startswith(system.listings)]


def _inside(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES and not path.name.startswith(".")]


def is_optiply_shaped(path: Path) -> bool:
    """Whether the first SCHEMA has `remoteId` as its key. Raises FolderError for a file without one."""
    with path.open("rb") as file:
        for line in file:
            if b'"SCHEMA"' in line:
                try:
                    return bool(msgspec.json.decode(line).get("key_properties") == ["remoteId"])
                except (msgspec.DecodeError, AttributeError, RecursionError, UnicodeDecodeError) as error:
                    raise FolderError(f"{path}: its first SCHEMA is not a Singer message.") from error
    raise FolderError(f"{path}: holds no Singer SCHEMA message, so it is not a recording of a tap.")


def copy_messages(source: Path, out: BinaryIO, listings: Sequence[str]) -> None:
    """Copy Singer messages, with these listings marked as incomplete in every STATE."""
    with source.open("rb") as file:
        for line in file:
            if line.startswith((b'{"type":"STATE"', b'{"type": "STATE"')):
                line = without_listings(line, listings)
            out.write(line if line.endswith(b"\n") else line + b"\n")


def without_listings(line: bytes, listings: Sequence[str]) -> bytes:
    """A STATE line whose listings prove nothing."""
    try:
        message: dict[str, Any] = msgspec.json.decode(line)
        marks = message["value"]["bookmarks"]
        there = [marks[name] for name in listings if name in marks]
        if not there:
            return line
        for mark in there:
            mark.pop("complete", None)
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError, RecursionError, UnicodeDecodeError):
        return line
    return msgspec.json.encode(message)
