"""The journal of a server of the sandbox: one line per request that changed something, so that a kill loses none."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Journal(Generic[T]):
    """An append-only JSONL file; a torn last line, which no caller ever got an answer for, is cut off.

    Args:
        path: The file; it begins empty.
        line: The type of what one request changed, as `msgspec` reads it back.
    """

    def __init__(self, path: Path, line: type[T]) -> None:
        """Open the file, or begin it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b", buffering=0)
        self._line = line

    def replay(self) -> Iterator[T]:
        """Yield the changes of each request."""
        self._file.seek(0)
        data = self._file.read() or b""
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            self._file.truncate(whole)
        decoder = msgspec.json.Decoder(self._line)
        for line in data[:whole].splitlines():
            yield decoder.decode(line)

    def append(self, changes: Any) -> None:  # noqa: ANN401 - what `line` describes, before it is JSON
        """Write the changes of one request in one unbuffered piece: it survives the death of this process."""
        self._file.write(msgspec.json.encode(changes) + b"\n")

    def clear(self) -> None:
        """Forget everything."""
        os.ftruncate(self._file.fileno(), 0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
