"""What the last run read and could not read of a shop, for the explanations of `snapshot why`."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from connector.messages import UNREADABLE
from job.folder import JobFolder
from job.run.unread import noted
from job.systems.system import Beside
from store.snapshot import Snapshot


def beside(folder: JobFolder, snapshot: Snapshot) -> Beside:
    """What may be asked of a folder beside its store."""
    saved = folder.bookmarks.read()

    def read(streams: Collection[str], text: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
        if not folder.tap_output.is_file():
            return
        with folder.tap_output.open("rb") as lines:
            for line in lines:
                # Cheap tests first: the file holds every record of the run.
                if b'"RECORD"' not in line[:4096] or text not in line or not any(s.encode() in line for s in streams):
                    continue
                try:
                    message = msgspec.json.decode(line)
                except UNREADABLE:
                    continue
                message = message if isinstance(message, dict) else {}
                if message.get("stream") in streams and isinstance(message.get("record"), dict):
                    yield message["stream"], message["record"]

    def unread(stream: str, record_id: str) -> str | None:
        for one in noted(snapshot, saved):
            if (one.stream, one.id) == (stream, record_id):
                since = one.since or "an earlier run"
                return f"It cannot be read since {since} ({one.reason}); it is asked for in every run."
        return None

    return Beside(read, unread)
