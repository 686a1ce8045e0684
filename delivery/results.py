"""The results file in HotGlue's shape: one entry and one bucket per record. Contents only; writing is atomic."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from connector.files import FileError, read_object
from connector.values import fit, id_text

Bucket = Literal["success", "fail", "existing", "updated"]
BUCKETS: tuple[Bucket, ...] = ("success", "fail", "existing", "updated")


class Results:
    """Entries per stream, kept as JSON text so that long runs stay small."""

    def __init__(self) -> None:
        """Starts empty."""
        self._entries: dict[str, list[bytes]] = {}
        self._summary: dict[str, dict[str, int]] = {}

    def add(self, stream: str, bucket: Bucket, entry: Mapping[str, Any]) -> None:
        """Counts one record in one bucket and keeps its entry."""
        self._entries.setdefault(stream, []).append(msgspec.json.encode(entry))
        summary = self._summary.setdefault(stream, dict.fromkeys(BUCKETS, 0))
        summary[bucket] += 1

    def to_json(self) -> bytes:
        """`{"bookmarks": {stream: [entry, …]}, "summary": {stream: {success, fail, existing, updated}}}`."""
        streams = (
            msgspec.json.encode(stream) + b":[" + b",".join(entries) + b"]" for stream, entries in self._entries.items()
        )
        return b'{"bookmarks":{' + b",".join(streams) + b'},"summary":' + msgspec.json.encode(self._summary) + b"}"


def read_resume(path: Path, logger: logging.Logger) -> dict[str, dict[str, str | None]]:
    """Stream -> hash -> id of what an interrupted run of the old SDK had brought.

    A file that cannot be read or has another shape says nothing.
    """
    if not path.exists():
        return {}
    try:
        content = read_object(path)
    except FileError as error:
        logger.warning("What an interrupted run brought is not known: %s.", error)
        return {}
    bookmarks = content.get("bookmarks")
    done: dict[str, dict[str, str | None]] = {}
    for stream, entries in (bookmarks if isinstance(bookmarks, dict) else {}).items():
        for entry in entries if isinstance(entries, list) else []:
            if isinstance(entry, dict) and entry.get("success") is True and isinstance(entry.get("hash"), str):
                done.setdefault(stream, {})[entry["hash"]] = fit(id_text, entry.get("id"))
    return done
