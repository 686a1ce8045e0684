"""Feeds the SDK with checked Singer messages, exact decimals kept; a line that cannot be used is named by number.

What makes a line bad is judged in connector/messages.py. One that costs its record alone comes on as `BadRecord`.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any

from typing_extensions import override

from connector.messages import BadLine, read_message
from connector.singer.sdk import GenericSingerReader, InvalidInputLine


class BadRecord(dict[str, Any]):
    """A RECORD message that cannot be used, in the form of a message; `record` holds what could be read of it.

    Attributes:
        line: the line as it came.
        reason: what is wrong, behind "line 7 of the input".
        number: of the line.
    """

    def __init__(self, bad: BadLine, line: bytes, number: int) -> None:
        """`bad` names the stream."""
        super().__init__(type="RECORD", stream=bad.stream, record=dict(bad.record or {}))
        self.line, self.reason, self.number = line, bad.reason, number


class Reader(GenericSingerReader[bytes]):
    """Lines may be bytes or text."""

    def __init__(self) -> None:
        """Starts before line 1; `line` is the number of the one read last."""
        super().__init__()
        self.line = 0

    @override
    def process_lines(
        self, file_input: IO[bytes] | None, callbacks: dict[str, Callable[[dict[str, Any]], None]]
    ) -> Counter[str]:
        return super().process_lines(self._whole_lines(file_input or self.default_input), callbacks)  # type: ignore[arg-type]  # any iterable of lines will do

    def _whole_lines(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The lines that are not blank, counted with those that are."""
        for line in lines:
            self.line += 1
            if line.strip():
                yield line

    @property
    @override
    def default_input(self) -> IO[bytes]:
        return sys.stdin.buffer

    @override
    def deserialize_json(self, line: bytes | str) -> dict[str, Any]:
        try:
            return read_message(line)
        except BadLine as bad:
            if bad.whole and bad.kind == "RECORD":
                given = line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")
                return BadRecord(bad, given, self.line)
            raise InvalidInputLine(f"Line {self.line} of the input {bad.reason}.") from None
