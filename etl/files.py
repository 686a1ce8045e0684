"""Reads Singer JSONL in chunks and writes Singer JSONL under a temporary name; tables.py reads CSV and parquet."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Raw, Struct
from typing_extensions import Self

from etl.magento import KEY_FIELDS, RECORD_TYPES

BLOCK_BYTES = 16_000_000
_HEAD_BYTES = 80
_Shape = TypeVar("_Shape")
_logger = logging.getLogger(__name__)


class Problem(NamedTuple):
    """Something in the input that could not be used: where, and one sentence with the remedy."""

    stream: str | None
    record: str | None
    text: str


class Batch(NamedTuple):
    """Some records of one stream, in the order of the input."""

    stream: str
    records: list[Any]


@dataclass
class Input:
    """What was learned while reading, beside the records: filled as the batches are taken.

    `complete` maps a full-table stream that was read to its end to the id of the run that read it.
    """

    state: dict[str, Any] | None = None
    complete: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)

    def batches(self) -> Iterator[Batch]:
        """The records in chunks; afterwards the other attributes are final."""
        raise NotImplementedError

    def is_complete(self, stream: str) -> bool:
        """Whether the whole table was read, so that absence means something."""
        return stream in self.complete


class _Message(Struct, gc=False):
    type: str
    stream: str | None = None
    record: Raw = Raw(b"")
    value: Raw = Raw(b"")


class _Record(Struct, Generic[_Shape], tag="RECORD", gc=False):
    stream: str
    record: _Shape


_MESSAGES = msgspec.json.Decoder(list[_Message])
_MESSAGE = msgspec.json.Decoder(_Message)
_LISTS = {stream: msgspec.json.Decoder(list[shape]) for stream, shape in RECORD_TYPES.items()}  # type: ignore[valid-type]
# Most blocks hold records of one stream alone: those are decoded in one step, without a message around each.
_BLOCKS = {stream: msgspec.json.Decoder(list[_Record[shape]]) for stream, shape in RECORD_TYPES.items()}  # type: ignore[valid-type]
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
        while lines := self._file.readlines(self._block_bytes):
            declared = set(self._declared)
            try:
                yield from self._block(lines)
            except (msgspec.MsgspecError, UnicodeDecodeError, _Undeclared):
                self._declared = declared
                yield from self._line_by_line(lines, first)
            first += len(lines)
        self._settle()

    def _block(self, lines: list[bytes]) -> list[Batch]:
        """Decodes many lines in one call. Raises when any of them is not as it should be."""
        present = [line for line in lines if not line.isspace()]
        alone = self._one_stream(present)
        if alone is not None:
            return [alone]
        messages = _MESSAGES.decode(b"[" + b",".join(present) + b"]")
        if len(messages) != len(present):
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

    def _one_stream(self, lines: list[bytes]) -> Batch | None:
        """The block as records of one stream, or None where it holds anything else."""
        heads = (lines[0][:_HEAD_BYTES], lines[-1][:_HEAD_BYTES]) if lines else ()
        for stream in self._declared & _BLOCKS.keys():
            name = f'"{stream}"'.encode()
            if not heads or any(name not in head for head in heads):
                continue
            try:
                records = _BLOCKS[stream].decode(b"[" + b",".join(lines) + b"]")
            except (msgspec.MsgspecError, UnicodeDecodeError):
                return None
            if len(records) == len(lines) and all(item.stream == stream for item in records):
                return Batch(stream, [item.record for item in records])
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
            if line.isspace():
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


def complete_marks(state: dict[str, Any] | None) -> dict[str, str]:
    """STATE of the tap → stream read to its end → id of the run that read it."""
    if not state:
        return {}
    bookmarks = state.get("bookmarks")
    marks = bookmarks if isinstance(bookmarks, dict) else {}
    return {
        stream: str(mark.get("run_id") or state.get("run_id") or "")
        for stream, mark in marks.items()
        if isinstance(mark, dict) and mark.get("complete") is True
    }


def _key_of(stream: str, record: Raw) -> str | None:
    try:
        found = msgspec.json.decode(record)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    key = found.get(KEY_FIELDS.get(stream, "id")) if isinstance(found, dict) else None
    return None if key is None else str(key)


class Output:
    """Writes bytes to `path` under a temporary name; the name is only given by `publish`, the file only then exists.

    Leaving the `with` block without `publish` removes what was written.
    """

    def __init__(self, path: Path) -> None:
        """The folder of `path` is created when missing."""
        self.path = path
        self._temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._temporary.open("wb", buffering=1 << 20)
        return self

    def write(self, parts: Iterable[bytes]) -> None:
        """Appends the parts as they are."""
        self._file.writelines(parts)

    def publish(self) -> None:
        """Makes the file durable and gives it its name, replacing an older one."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self.path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Replaces a small text file in one step."""
    with Output(path) as output:
        output.write([text.encode()])
        output.publish()


class InputError(Exception):
    """The input cannot be read at all; the text is one sentence with the remedy."""


class Several(Input):
    """Several inputs as one, read one after the other; the last STATE counts."""

    def __init__(self, inputs: Iterable[Input]) -> None:
        """Each of the inputs is read once."""
        super().__init__()
        self._inputs = list(inputs)

    def batches(self) -> Iterator[Batch]:
        """The records of all inputs."""
        for part in self._inputs:
            yield from part.batches()
            self.state = part.state if part.state is not None else self.state
            self.complete |= part.complete
            self.problems += part.problems
            self.ignored += part.ignored
