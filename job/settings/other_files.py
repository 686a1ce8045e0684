"""Checks what a person may lay into a job folder beside the two configurations: catalogue, state, field map."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from etl.magento.flags import ConfigError, load_config
from job.folder import JobFolder, read_json_object

SHOWN = 60


def check_other_files(folder: JobFolder) -> list[str]:
    """A sentence for each mistake in the files that are there.

    Raises FolderError for a file that is not a JSON object, config.json among them.
    """
    found = [*_field_map(folder)]
    if folder.catalog.exists():
        found += _catalog(folder.catalog)
    if folder.state.exists():
        found += _state(folder.state)
    return found


def _catalog(path: Path) -> Iterator[str]:
    from tap_magento.tap import STREAMS

    known = [str(vars(stream)["name"]) for stream in STREAMS]
    catalog = read_json_object(path)
    streams = catalog.get("streams")
    if not isinstance(streams, list):
        near = _nearest("streams", catalog)
        yield f"{path}: 'streams' is missing; expected a list of streams as `tap-magento --discover` prints it{near}."
        return
    for place, stream in enumerate(streams, start=1):
        name = stream.get("tap_stream_id", stream.get("stream")) if isinstance(stream, dict) else None
        if not isinstance(name, str):
            yield f"{path}: entry {place} of 'streams' has no 'tap_stream_id'; expected an object with that name."
        elif name not in known:
            yield f"{path}: {name!r} in 'streams' is not a stream of the tap{_did_you_mean(name, known)}."
        else:
            yield from _selection(path, name, stream)


def _selection(path: Path, name: str, stream: dict[str, Any]) -> Iterator[str]:
    metadata = stream.get("metadata", [])
    if not isinstance(metadata, list) or not all(isinstance(entry, dict) for entry in metadata):
        yield f"{path}: 'metadata' of {name!r} is {_shown(metadata)}; expected a list of objects."
        return
    for entry in metadata:
        selected = (entry.get("metadata") or {}).get("selected")
        if selected is not None and not isinstance(selected, bool):
            yield f"{path}: 'selected' of {name!r} is {_shown(selected)}; expected true or false."


def _state(path: Path) -> Iterator[str]:
    state = read_json_object(path)
    inner = state.get("singer_state", state)
    if not isinstance(inner, dict):
        yield f"{path}: 'singer_state' is {_shown(inner)}; expected an object with 'bookmarks'."
        return
    if "bookmarks" not in inner and (near := _nearest("bookmarks", inner)):
        yield f"{path}: 'bookmarks' is missing, so everything would be read again{near}."
        return
    bookmarks = inner.get("bookmarks") or {}
    if not isinstance(bookmarks, dict):
        yield f"{path}: 'bookmarks' is {_shown(bookmarks)}; expected an object with one entry per stream."
        return
    for stream, mark in bookmarks.items():
        if not isinstance(mark, dict):
            yield f"{path}: the bookmark of {stream!r} is {_shown(mark)}; expected an object."
            continue
        value = mark.get("replication_key_value")
        if value is not None and not _is_moment(value):
            yield (
                f"{path}: 'replication_key_value' of {stream!r} is {_shown(value)}; "
                'expected a time in UTC such as "2026-01-31 08:00:00".'
            )


def _field_map(folder: JobFolder) -> Iterator[str]:
    flow, _ = load_config(read_json_object(folder.config))
    own = folder.root / (flow.field_map or Path("configs", "field_map.csv"))
    if flow.field_map and not own.is_file():
        yield f"{folder.config}: 'field_map' is {_shown(flow.field_map)}, which does not exist; name an existing table."
        return
    if not own.is_file() and not flow.custom_mappings:
        return
    # Only here: it brings pandas, for which no other check should wait.
    from etl.etl import load_field_map

    try:
        load_field_map(flow, folder.root)
    except ConfigError as error:
        yield f"{error}" if str(error).startswith(str(own)) else f"{folder.config}: {error}"
    except UnicodeDecodeError as error:
        yield f"{own}: this is not UTF-8 text (byte {error.start}); save it as UTF-8."


def _is_moment(value: object) -> bool:
    try:
        datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return False
    return isinstance(value, str)


def _nearest(wanted: str, found: Iterable[str]) -> str:
    """A hint where a key is there under nearly the wanted name."""
    near = difflib.get_close_matches(wanted, found, n=1)
    return f"; {near[0]!r} is there, did you mean {wanted!r}?" if near else ""


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name.lower().replace("-", "_"), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; `tap-magento --discover` lists them"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
