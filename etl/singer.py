"""Reads Singer JSONL, a block of lines at a time, into the shapes of magento.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

import msgspec
from msgspec import Raw, Struct

from etl.files import Batch, Input, Problem, complete_marks
from etl.magento import KEY_FIELDS, RECORD_TYPES

BLOCK_BYTES = 16_000_000
_HEAD_BYTES = 80


class _Message(Struct, gc=False):
    type: str
    stream: str | None = None
    record: Raw = Raw(b"")
    value: Raw = Raw(b"")


def _record_message(stream: str, shape: type[Struct]) -> type[Struct]:
    """A RECORD message of this stream; another stream or type is a fault of decoding."""
    fields: list[tuple[str, Any]] = [("type", Literal["RECORD"]), ("record", shape)]
    return msgspec.defstruct("Record", fields, tag_field="stream", tag=stream, gc=False)


_MESSAGE = msgspec.json.Decoder(_Message)
_LISTS = {stream: msgspec.json.Decoder(list[shape]) for stream, shape in RECORD_TYPES.items()}  # type: ignore[valid-type]
# Most blocks hold records of one stream alone: those are decoded in one step.
_BLOCKS: dict[str, msgspec.json.Decoder[Any]] = {
    stream: msgspec.json.Decoder(_record_message(stream, shape)) for stream, shape in RECORD_TYPES.items()
}
_SINGLES = {stream: msgspec.json.Decoder(shape) for stream, shape in RECORD_TYPES.items()}


class SingerInput(Input):
    """Singer messages from an open binary file: streams in any order, SCHEMA repeated, lines interleaved.

    An unreadable line costs that line and the completeness of every full-table stream (it could have belonged to any
    of them); an unreadable record costs itself and the completeness of its own stream.
    """

    def __init__(self, file: BinaryIO, name: str, block_bytes: int = BLOCK_BYTES) -> None:
        """`name` is how messages call the file."""
        super().__init__()
        self._file = file
        self._name = name
        self._block_bytes = block_bytes
        self._declared: set[str] = set()
        self._doubtful: set[str] = set()
        self._all_doubtful = False

    def batches(self) -> Iterator[Batch]:
        """Reads the file once; blocks that hold something odd are read again line by line."""
        first = 1
        while block := self._file.read(self._block_bytes):
            block += self._file.readline()
            declared = set(self._declared)
            try:
                yield from self._block(block)
            except (msgspec.MsgspecError, UnicodeDecodeError, _Undeclared):
                self._declared = declared
                yield from self._line_by_line(block.split(b"\n"), first)
            first += block.count(b"\n")
        self._settle()

    def _block(self, block: bytes) -> list[Batch]:
        """Decodes many lines in one call. Raises when any of them is not as it should be."""
        alone = self._one_stream(block)
        if alone is not None:
            return [alone]
        messages = _MESSAGE.decode_lines(block)
        if len(messages) != sum(not line.isspace() for line in block.split(b"\n") if line):
            raise msgspec.DecodeError("a line holds more than one message")
        raws: dict[str, list[Raw]] = {stream: [] for stream in self._declared}
        state = None
        for message in messages:
            if message.type == "RECORD":
                try:
                    raws[message.stream or ""].append(message.record)
                except KeyError:
                    raise _Undeclared from None
            elif message.type == "SCHEMA" and message.stream:
                raws.setdefault(message.stream, [])
            elif message.type == "STATE":
                state = message.value
        batches = [Batch(stream, self._decode(stream, items)) for stream, items in raws.items() if items]
        self._declared.update(raws)
        if state is not None:
            self._take_state(bytes(state))
        return [batch for batch in batches if batch.records]

    def _one_stream(self, block: bytes) -> Batch | None:
        """The block as records of one stream, or None where it holds anything else."""
        last = block.rfind(b"\n", 0, -1) + 1
        heads = (block[:_HEAD_BYTES], block[last : last + _HEAD_BYTES])
        for stream in self._declared & _BLOCKS.keys():
            name = f'"{stream}"'.encode()
            if any(name not in head for head in heads):
                continue
            try:
                messages = _BLOCKS[stream].decode_lines(block)
            except (msgspec.MsgspecError, UnicodeDecodeError):
                return None
            if len(messages) == block.count(b"\n") + (not block.endswith(b"\n")):
                return Batch(stream, [message.record for message in messages])
        return None

    def _decode(self, stream: str, raws: list[Raw]) -> list[Any]:
        decoder = _LISTS.get(stream)
        if decoder is None:
            self.ignored[stream] += len(raws)
            return []
        return list(decoder.decode(b"[" + b",".join(raws) + b"]"))

    def _line_by_line(self, lines: list[bytes], first: int) -> Iterator[Batch]:
        """The same lines one at a time, so that each problem is found with its line number."""
        records: dict[str, list[Any]] = {}
        for number, line in enumerate(lines, start=first):
            if not line.strip():
                continue
            try:
                message = _MESSAGE.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                self._all_doubtful = True
                self._report(None, None, number, f"is no Singer message ({error}); write one JSON message per line")
                continue
            if message.type == "RECORD":
                self._one(message, number, records)
            elif message.type == "SCHEMA" and message.stream:
                self._declared.add(message.stream)
            elif message.type == "STATE":
                self._take_state(bytes(message.value))
        for stream, items in records.items():
            yield Batch(stream, items)

    def _one(self, message: _Message, number: int, records: dict[str, list[Any]]) -> None:
        stream = message.stream
        if stream is None or not bytes(message.record):
            self._all_doubtful = True
            self._report(stream, None, number, "is a RECORD without stream or record; add what is missing")
        elif stream not in self._declared:
            self._doubtful.add(stream)
            text = f"is a record of {stream} before its SCHEMA; write the SCHEMA message first"
            self._report(stream, _key_of(stream, message.record), number, text)
        elif stream not in _SINGLES:
            self.ignored[stream] += 1
        else:
            try:
                records.setdefault(stream, []).append(_SINGLES[stream].decode(message.record))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                self._doubtful.add(stream)
                text = f"holds a record of {stream} that cannot be read ({error}); correct that field"
                self._report(stream, _key_of(stream, message.record), number, text)

    def _report(self, stream: str | None, record: str | None, number: int, text: str) -> None:
        self.problems.append(Problem(stream, record, f"{self._name} line {number} {text}."))

    def _take_state(self, value: bytes) -> None:
        try:
            self.state = msgspec.json.decode(value, type=dict[str, Any])
        except msgspec.MsgspecError:
            self.problems.append(Problem(None, None, f"{self._name} holds a STATE that is no object; it is ignored."))

    def _settle(self) -> None:
        """Completeness counts only for streams all of whose lines could be read."""
        marks = complete_marks(self.state)
        for stream in sorted(marks):
            if self._all_doubtful or stream in self._doubtful:
                text = f"{stream} is not taken as complete, because a line of {self._name} could not be read."
                self.problems.append(Problem(stream, None, text))
                del marks[stream]
        self.complete = marks


class _Undeclared(Exception):
    """A record came before its SCHEMA."""


def _key_of(stream: str, record: Raw) -> str | None:
    try:
        found = msgspec.json.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    key = found.get(KEY_FIELDS.get(stream, "id")) if isinstance(found, dict) else None
    return None if key is None else str(key)
