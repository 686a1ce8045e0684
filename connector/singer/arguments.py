"""What the command line of a tap names: JSON files of configuration, state and catalogue, read or refused in words."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from connector.files import FileError, json_object, read_object

_SWITCHES = ("selected", "selected-by-default")


class UnusableFile(click.ClickException):
    """A file named on the command line cannot be used; ends the program with 1 and one sentence."""


def read_json(path: Path, what: str) -> dict[str, Any]:
    """The object in a JSON file. Raises UnusableFile when the file is missing, or does not hold a JSON object."""
    try:
        return read_object(path)
    except FileError as error:
        raise UnusableFile(f"The {what} file {error}. Correct it or leave out --{what}.") from error


def read_optional(file: IO[str] | None, what: str) -> dict[str, Any] | None:
    """The object in an open JSON file; None without a file or for an empty one, as a pipe leaves its first state."""
    if file is None:
        return None
    # The bytes below the text, since other encodings must be told apart rather than fail.
    content = file.buffer.read() if isinstance(file, io.TextIOWrapper) else file.read().encode()
    try:
        return json_object(content, str(getattr(file, "name", what)), unique=False) if content.strip() else None
    except FileError as error:
        raise UnusableFile(f"The {what} file {error}. Correct it or leave out --{what}.") from error


def read_catalog(file: IO[str] | None) -> dict[str, Any] | None:
    """The selection in an open catalogue, or None: its keys and schemas are those of whoever wrote it.

    Raises UnusableFile when it is not a list of streams with their ids and metadata.
    """
    catalog = read_optional(file, "catalog")
    if catalog is None:
        return None
    entries = catalog.get("streams")
    if isinstance(entries, list) and all(map(_is_entry, entries)):
        return {"streams": [_selection(entry) for entry in entries]}
    raise UnusableFile(
        f"The catalog file {getattr(file, 'name', 'catalog')} has no list 'streams' of objects with tap_stream_id "
        "and metadata (a list of breadcrumb and metadata, in which 'selected' is true or false). Take the one that "
        "--discover prints, or leave out --catalog."
    )


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("tap_stream_id"), str)
        and isinstance(entry.get("metadata", []), list)
        and all(map(_is_metadata, entry.get("metadata", [])))
    )


def _is_metadata(entry: object) -> bool:
    """Whether it selects, or not, the stream or one of its properties."""
    crumb, inner = (entry.get("breadcrumb"), entry.get("metadata")) if isinstance(entry, dict) else (None, None)
    return (
        isinstance(crumb, list)
        and all(isinstance(name, str) for name in crumb)
        and isinstance(inner, dict)
        and all(inner.get(name) in (None, True, False) for name in _SWITCHES)
    )


def _selection(entry: dict[str, Any]) -> dict[str, Any]:
    name, method = entry["tap_stream_id"], entry.get("replication_method")
    metadata = [
        {
            "breadcrumb": one["breadcrumb"],
            "metadata": {key: one["metadata"][key] for key in (*_SWITCHES, "inclusion") if key in one["metadata"]},
        }
        for one in entry.get("metadata", [])
    ]
    return {
        "tap_stream_id": name,
        "stream": name,
        "metadata": metadata,
        **({"replication_method": method} if isinstance(method, str) else {}),
    }


def config_file(arguments: Sequence[str]) -> Path | None:
    """The last file given with --config."""
    found = None
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--config":
            value = value or (arguments[position + 1] if position + 1 < len(arguments) else "")
            found = Path(value) if value and value != "ENV" else found
    return found
