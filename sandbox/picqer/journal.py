"""The journal of the Picqer sandbox: one line per request that changed something, so that a kill loses none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from sandbox.picqer.rows import Row

Change = tuple[str, int, Row | None]
"""`(table, id, row)`; the row is None where it was removed."""


class Journal:
    """An append-only JSONL file; a torn last line, which no caller ever got an answer for, is cut off."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)

    def replay(self) -> Iterator[list[tuple[str, int, msgspec.Raw]]]:
        """Yield the changes of each request, the rows still as JSON."""
        self._file.seek(0)
        data = self._file.read() or b""
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            self._file.truncate(whole)
        decoder = msgspec.json.Decoder(list[tuple[str, int, msgspec.Raw]])
        for line in data[:whole].splitlines():
            yield decoder.decode(line)

    def append(self, changes: Sequence[Change]) -> None:
        """Write the changes of one request in one piece."""
        self._file.write(msgspec.json.encode(changes) + b"\n")

    def clear(self) -> None:
        """Forget everything."""
        os.ftruncate(self._file.fileno(), 0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
