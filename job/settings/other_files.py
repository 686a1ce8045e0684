"""Checks what a person may lay into a job folder beside the two configurations: catalogue, state, field map."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.errors import RunError
from connector.settings import did_you_mean, near, shown
from connector.singer.state import unwrapped
from job.folder import FolderError, JobFolder, read_json_object
from job.systems import system_of
from job.systems.system import System


def check_other_files(folder: JobFolder) -> list[str]:
    """A sentence for each mistake in the files that are there.

    Raises FolderError for a file that is not a JSON object, config.json among them.
    """
    found = [*_field_map(folder)]
    if folder.catalog.exists():
        found += _catalog(folder.catalog, system_of(folder))
    if folder.state.exists():
        found += _state(folder.state)
    return found


def _catalog(path: Path, system: System) -> Iterator[str]:
    known, discover = system.streams(), f"`{system.tap} --discover`"
    catalog = read_json_object(path)
    streams = catalog.get("streams")
    if not isinstance(streams, list):
        hint = _nearest("streams", catalog)
        yield f"{path}: 'streams' is missing; expected a list of streams as {discover} prints it{hint}."
        return
    for place, stream in enumerate(streams, start=1):
        name = stream.get("tap_stream_id", stream.get("stream")) if isinstance(stream, dict) else None
        if not isinstance(name, str):
            yield f"{path}: entry {place} of 'streams' has no 'tap_stream_id'; expected an object with that name."
        elif name not in known:
            hint = did_you_mean(name, known) or f"{discover} lists them"
            yield f"{path}: {name!r} in 'streams' is not a stream of the tap; {hint}."
        else:
            yield from _selection(path, name, stream)


def _selection(path: Path, name: str, stream: dict[str, Any]) -> Iterator[str]:
    metadata = stream.get("metadata", [])
    if not isinstance(metadata, list) or not all(isinstance(entry, dict) for entry in metadata):
        yield f"{path}: 'metadata' of {name!r} is {shown(metadata)}; expected a list of objects."
        return
    for entry in metadata:
        inner = entry.get("metadata", {})
        if not isinstance(inner, dict):
            yield f"{path}: 'metadata' within that of {name!r} is {shown(inner)}; expected an object."
            continue
        selected = inner.get("selected")
        if selected is not None and not isinstance(selected, bool):
            yield f"{path}: 'selected' of {name!r} is {shown(selected)}; expected true or false."


def _state(path: Path) -> Iterator[str]:
    try:
        inner = unwrapped(read_json_object(path))
    except RunError as error:
        yield f"{path}: {error}"
        return
    if "bookmarks" not in inner and (near := _nearest("bookmarks", inner)):
        yield f"{path}: 'bookmarks' is missing, so everything would be read again{near}."
        return
    bookmarks = inner.get("bookmarks") or {}
    if not isinstance(bookmarks, dict):
        yield f"{path}: 'bookmarks' is {shown(bookmarks)}; expected an object with one entry per stream."
        return
    for stream, mark in bookmarks.items():
        if not isinstance(mark, dict):
            yield f"{path}: the bookmark of {stream!r} is {shown(mark)}; expected an object."
            continue
        value = mark.get("replication_key_value")
        if value is not None and not _is_moment(value):
            yield (
                f"{path}: 'replication_key_value' of {stream!r} is {shown(value)}; "
                'expected a time in UTC such as "2026-01-31 08:00:00".'
            )


def _field_map(folder: JobFolder) -> Iterator[str]:
    config = read_json_object(folder.config)
    named = config.get("field_map")
    configs = folder.root / "configs"
    places = [configs / "field_maps" / f"{system_of(folder).name}.csv", configs / "field_map.csv"]
    own = folder.root / named if named else next((place for place in places if place.is_file()), places[-1])
    if named and not own.is_file():
        yield f"{folder.config}: 'field_map' is {shown(named)}, which does not exist; name an existing table."
    elif own.is_file() or config.get("custom_mappings"):
        # Only then: it brings pandas, for which no other check should wait.
        try:
            system_of(folder).field_map(config, folder.root)
        except FolderError as error:
            yield f"{error}" if str(error).startswith(str(own)) else f"{folder.config}: {error}"


def _is_moment(value: object) -> bool:
    try:
        datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return False
    return isinstance(value, str)


def _nearest(wanted: str, found: Iterable[str]) -> str:
    """A hint where a key is there under nearly the wanted name."""
    there = near(wanted, found)
    return f"; {there[0]!r} is there, did you mean {wanted!r}?" if there else ""
