"""Decodes blocks of Singer lines, many in one call; singer.py reads a block with anything odd line by line."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw, Struct

from connector.messages import UNREADABLE, BadLine, check_message
from etl.core.streams import Stream

_PIECE_BYTES = 1_000_000
_HEAD_BYTES = 80


class Message(Struct, gc=False):
    """One message; what it holds is looked at when its type is known."""

    type: str
    stream: str | None = None
    record: Raw = Raw(b"")
    value: Raw = Raw(b"")
    schema: Raw = Raw(b"")
    key_properties: Raw = Raw(b"")


MESSAGE = msgspec.json.Decoder(Message)


@dataclass
class Found:
    """What a block holds: the streams declared by its end, records by stream, how many records no flow reads, the last
    STATE, and how many messages it were."""

    declared: set[str]
    records: dict[str, list[Any]] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    state: dict[str, Any] | None = None
    messages: int = 0


def decode(block: bytes, streams: Mapping[str, Stream], declared: Collection[str]) -> Found:
    """The messages of whole lines. Raises one of `UNREADABLE` or BadLine where any is not as it should be."""
    found = Found(set(declared))
    for piece in _pieces(block):
        if not _one_stream(piece, streams, found):
            _mixed(piece, streams, found)
    return found


def _pieces(block: bytes) -> Iterator[bytes]:
    """Whole lines, about a megabyte at a time: most pieces hold records of one stream, which are decoded at once."""
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + _PIECE_BYTES) + 1 or len(block)
        yield block[start:end]
        start = end


def _one_stream(piece: bytes, streams: Mapping[str, Stream], found: Found) -> bool:
    """Takes in a piece that holds records of one stream and nothing else; else says no."""
    last = piece.rfind(b"\n", 0, -1) + 1
    heads = (piece[:_HEAD_BYTES], piece[last : last + _HEAD_BYTES])
    for stream in found.declared & streams.keys():
        name = f'"{stream}"'.encode()
        if any(name not in head for head in heads):
            continue
        try:
            messages = streams[stream].messages.decode_lines(piece)
        except UNREADABLE:
            return False
        if len(messages) == piece.count(b"\n") + (not piece.endswith(b"\n")):
            found.records.setdefault(stream, []).extend([message.record for message in messages])
            found.messages += len(messages)
            return True
    return False


def _mixed(piece: bytes, streams: Mapping[str, Stream], found: Found) -> None:
    """Takes in messages of any kind."""
    messages = MESSAGE.decode_lines(piece)
    if len(messages) != sum(not line.isspace() for line in piece.split(b"\n") if line):
        raise msgspec.DecodeError("a line holds more than one message")
    raws: dict[str, list[Raw]] = {stream: [] for stream in found.declared}
    for message in messages:
        stream = message.stream or ""
        if message.type == "RECORD" and stream in raws:
            raws[stream].append(message.record)
        elif message.type == "SCHEMA":
            check(message)
            raws.setdefault(stream, [])
        elif message.type == "STATE":
            found.state = check(message)["value"]
        else:
            raise BadLine("is looked at by itself", message.type)
    for stream, items in raws.items():
        if items and stream in streams:
            records = streams[stream].many.decode(b"[" + b",".join(items) + b"]")
            found.records.setdefault(stream, []).extend(records)
        elif items:
            found.ignored[stream] += len(items)
    found.declared.update(raws)
    found.messages += len(messages)


def check(message: Message) -> dict[str, Any]:
    """The message as a mapping. Raises BadLine where it does not hold what its type must hold."""
    parts: Mapping[str, Raw] = {
        name: raw for name in ("record", "value", "schema", "key_properties") if bytes(raw := getattr(message, name))
    }
    whole: dict[str, Any] = {"type": message.type, "stream": message.stream}
    return check_message(whole | {name: msgspec.json.decode(raw) for name, raw in parts.items()})
