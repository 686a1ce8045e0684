"""Judges one Singer line: byte order mark, JSON, what its message must hold; a bad one is named and never shown.

Readers that decode many lines at once call `explain` for a line their decoder refused and `check_message` for the
few messages (SCHEMA, STATE, BATCH) that are not records.
"""

import decimal
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from connector import files

MESSAGE_TYPES = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION", "BATCH")
MOST_LEVELS = 100  # of lists and objects in each other; a shop's deepest record has about 10
# What msgspec raises on foreign bytes: NaN, half a surrogate pair, 3,000 levels, a number of a billion digits.
UNREADABLE = (msgspec.MsgspecError, UnicodeError, RecursionError, decimal.DecimalException)

_DECODER = msgspec.json.Decoder(float_hook=decimal.Decimal)
_AGAIN = "let the tap or the ETL write it again"
_TOKEN = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"|[{}\[\]:,]', re.DOTALL)
_TYPE = re.compile(rf'"type"\s*:\s*"(?:{"|".join(MESSAGE_TYPES)})"')
_HALF_A_PAIR = re.compile("[\ud800-\udfff]")


class BadLine(Exception):
    """A line that cannot be used.

    Attributes:
        reason: what follows "line 7 of the input …": starts with a verb, ends with the remedy, without a full stop.
        kind: the message's type, as far as it can be told.
        stream: the stream the line belongs to; None when it may belong to any.
        whole: whether it is one complete message with something unreadable in it, so that only its record is lost.
        record: what could be read of a record all the same; only good for telling which one it is.
    """

    def __init__(
        self,
        reason: str,
        kind: str | None = None,
        stream: str | None = None,
        *,
        whole: bool = False,
        record: Mapping[str, Any] | None = None,
    ) -> None:
        """See the attributes."""
        super().__init__(reason)
        self.reason, self.kind, self.stream, self.whole, self.record = reason, kind, stream, whole, record


def read_message(line: bytes | str) -> dict[str, Any]:
    """The message of one line, checked; numbers with a point or an exponent as exact `Decimal`.

    Raises BadLine: the line is no message, or one that cannot be used.
    """
    given = without_mark(line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass"))
    try:
        message = _DECODER.decode(given)
        if given.count(b"[") + given.count(b"{") > MOST_LEVELS and is_too_deep(message):
            raise RecursionError
    except UNREADABLE as error:
        raise explain(given, error) from None
    return check_message(message)


def without_mark(text: bytes) -> bytes:
    """The start of a file, or a line, without the byte order mark of UTF-8.

    Raises BadLine: it is in another encoding, by its mark or by the zero bytes around its first characters.
    """
    if wide := files.wide_encoding(text):
        raise BadLine(f"is written in {wide}; save the file as UTF-8")
    return files.without_mark(text)


def check_message(message: object) -> dict[str, Any]:
    """The decoded message, if it holds what one of its type must hold. Raises BadLine: it does not."""
    kind = message.get("type") if isinstance(message, dict) else None
    if not isinstance(message, dict) or kind not in MESSAGE_TYPES:
        raise BadLine(
            f"is not a Singer message (its type must be one of {', '.join(MESSAGE_TYPES)}); check that the input "
            "comes from a tap"
        )
    fault = _STATE_FAULT if kind == "STATE" and not isinstance(message.get("value"), dict) else None
    if kind != "STATE":
        fault = _fault_of_stream(message, str(kind))
    if fault is not None:
        stream = message.get("stream")
        known = stream if isinstance(stream, str) and stream else None
        raise BadLine(fault, str(kind), known, whole=kind == "RECORD" and known is not None)
    return message


def is_too_deep(value: object) -> bool:
    """Whether lists and objects lie in each other more than `MOST_LEVELS` deep; recursive code would fail on it."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [item for outer in level for item in _items(outer) if isinstance(item, (dict, list))]
        if not level:
            return False
    return True


def explain(line: bytes, error: Exception) -> BadLine:
    """Why a decoder refused the line (one of `UNREADABLE`), and which stream's it is as far as that can be told."""
    text = line.decode("utf-8", "replace")
    odd: list[str] = []
    try:
        read = json.loads(text, parse_constant=odd.append, strict=False)
    except (ValueError, RecursionError):
        kind, stream, whole = _names(text)
        record = None
    else:
        message = read if isinstance(read, dict) else {}
        kind, stream = (_text(message.get(key)) for key in ("type", "stream"))
        whole, found = True, message.get("record")
        record = found if isinstance(found, dict) else None
    if len(_TYPE.findall(text)) > 1 and record is None:
        stream, whole = None, False  # two messages in one line, say, after a program died in the middle of the first
    what = _what(error, text, odd, whole)
    if not whole:
        return BadLine(f"{what}; what is written there is lost; {_AGAIN}", kind, stream)
    of_stream = "" if kind is None else f"is a {_shown(kind)}{_of(stream)} that "
    return BadLine(f"{of_stream}{what}; correct it at the source", kind, stream, whole=True, record=record)


def _what(error: Exception, text: str, odd: list[str], whole: bool) -> str:
    if isinstance(error, RecursionError):
        return f"is nested more than {MOST_LEVELS} levels deep"
    if isinstance(error, UnicodeError):
        return "is not UTF-8 text"
    if odd:
        return f"holds {odd[0]}, which is not valid JSON"
    if whole and (isinstance(error, decimal.DecimalException) or "out of range" in str(error)):
        return "holds a number too large to read"
    if whole and re.search(r"\\u[dD][89a-fA-F]", text):
        return "holds half of a surrogate pair, which is not valid JSON"
    if isinstance(error, msgspec.ValidationError):
        return "holds another kind of value where a name or an object belongs"
    # msgspec's message names the byte and no content.
    return f"is not valid JSON ({str(error).removeprefix('JSON is malformed: ').lower()})"


def _fault_of_stream(message: dict[str, Any], kind: str) -> str | None:
    """What is wrong with a message that names a stream."""
    stream = message.get("stream")
    if not isinstance(stream, str) or not stream:
        article = "an" if kind.startswith("A") else "a"
        return f"is {article} {kind} without the name of its stream; check that the input comes from a tap"
    if kind == "BATCH":
        return f"is a BATCH{_of(stream)}, whose files are not read here; switch batches off in the tap"
    if kind == "RECORD" and not isinstance(message.get("record"), dict):
        what = "whose record is not an object" if "record" in message else "without a record"
        return f"is a RECORD{_of(stream)} {what}, so what is written there is lost; {_AGAIN}"
    if kind == "SCHEMA":
        wrong = _wrong_in_schema(message)
        return wrong and f"is a SCHEMA{_of(stream)} {wrong}; {_AGAIN}"
    return None


def _wrong_in_schema(message: dict[str, Any]) -> str | None:
    if "schema" not in message:
        return "without a schema"
    schema, keys = message["schema"], message.get("key_properties")
    if not isinstance(schema, dict):
        return "whose schema is not an object"
    if not _allows_objects(schema.get("type", "object")):
        return 'whose type is not "object"'
    properties = schema.get("properties", {})
    if not isinstance(properties, dict):
        return "whose properties are not an object"
    odd = next((name for name, spec in properties.items() if not _is_property(spec)), None)
    if odd is not None:
        return f"whose property {_shown(odd)} is not described by an object with a type"
    if keys is not None and not (isinstance(keys, list) and all(isinstance(key, str) and key for key in keys)):
        return "whose key_properties are not a list of names"
    return None


def _allows_objects(kind: object) -> bool:
    return kind == "object" or (isinstance(kind, list) and "object" in kind)


def _is_property(spec: object) -> bool:
    """JSON Schema has objects, true and false; what they hold is only looked at where programs here read it."""
    if isinstance(spec, bool):
        return True
    kind = spec.get("type", []) if isinstance(spec, dict) else None
    return isinstance(kind, str) or (isinstance(kind, list) and all(isinstance(one, str) for one in kind))


def _names(text: str) -> tuple[str | None, str | None, bool]:
    """(type, stream, whether the outermost object is closed) of a line that no JSON reader takes, read by tokens."""
    found: dict[str, str] = {}
    depth, key, value_next = 0, "", False
    for token in _TOKEN.finditer(text):
        mark, quoted = token.group(0), token.group(1)
        if quoted is not None and depth == 1:
            if value_next:
                found.setdefault(key, quoted)
            key, value_next = quoted, False
        elif quoted is None:
            depth += (mark in "{[") - (mark in "}]")
            value_next = mark == ":" and depth == 1
    return _text(found.get("type")), _text(found.get("stream")), depth == 0 and "type" in found


def _items(value: object) -> Iterator[object]:
    return iter(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())


def _of(stream: str | None) -> str:
    return "" if stream is None else f" of stream {_shown(stream)}"


def _shown(name: str) -> str:
    return name[:80] if name.isprintable() else ascii(name)[:80]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and not _HALF_A_PAIR.search(value) else None


_STATE_FAULT = f"is a STATE whose value is not an object; {_AGAIN}"
