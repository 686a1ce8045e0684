"""Singer messages on standard output, a page of records at a time.

The SDK flushes after each record; here a page is encoded by msgspec into one buffer, and written as whole lines.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from typing_extensions import override

from connector.singer.sdk import GenericSingerWriter, Message
from connector.stdout import put_out

ENCODER = msgspec.json.Encoder(enc_hook=str, decimal_format="number")
WRITE_AT_BYTES = 1 << 16


class PageWriter(GenericSingerWriter[bytes, Message]):
    """Writes messages in order; records are held until 64 kB, everything else goes out at once."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()

    @override
    def serialize_message(self, message: Message) -> bytes:
        return ENCODER.encode(message.to_dict()) + b"\n"

    @override
    def write_message(self, message: Message) -> None:
        self._buffer += self.serialize_message(message)
        self.flush()

    def write_records(self, stream: str, rows: Iterable[dict[str, Any]]) -> None:
        """Writes one RECORD line per row, in the values they came with."""
        head = b'{"type":"RECORD","stream":' + ENCODER.encode(stream) + b',"record":'
        buffer, encode = self._buffer, ENCODER.encode
        for row in rows:
            buffer += head
            buffer += encode(row)
            buffer += b"}\n"
        if len(buffer) >= WRITE_AT_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hands the held lines to standard output. Raises RunError where it does not take them."""
        if self._buffer:
            lines, self._buffer = self._buffer, bytearray()
            put_out(lines)
