"""Reads messages of stock figures: a call's arguments, and the JSON they come in.

Facts: the service contract of RealtimeDespatch's extension for Magento 2 (productQtys, productSeqs, messageSeqId).
Rows are joined with their sequence by SKU; a bad row is refused alone, with its reason, and never costs the message.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from connector import values
from connector.files import wide_encoding, without_mark
from inventory.errors import MessageRefused
from inventory.rows import MOST_ID, Refusal, Row, row_of, sku_text

MOST_BYTES = 5 * 1024 * 1024
"""Largest body of a message."""
_DEEPEST = 40
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_UNUSABLE = Decimal("NaN")
_TOO_LARGE = Decimal("1E+99")


@dataclass(frozen=True)
class Message:
    """What a warehouse system sent at once. `digest` is equal only for the same content (hex SHA-256)."""

    channel: str
    id: int
    rows: Sequence[Row]
    refused: Sequence[Refusal]
    digest: str


def message_of(parts: Mapping[str, Any], channel: str, default_source: str) -> Message:
    """The message of a call's three arguments, named as the service contract or REST's snake case names them.

    Raises:
        MessageRefused: an argument is missing or has another shape, or there is no row at all.
    """
    quantities, sequences = (_list(parts, *names) for names in (_QTYS, _SEQS))
    identity = _argument(parts, *_ID)
    try:
        number = values.whole_number(identity, least=0, most=MOST_ID, what="a number")
    except values.Unfit as error:
        raise MessageRefused(f"messageSeqId {error}; number the messages") from None
    if not quantities:
        raise MessageRefused("the message is empty: productQtys has no row", message_id=number)
    known = _sequences(sequences)
    rows: list[Row] = []
    refused: list[Refusal] = []
    for line, given in enumerate(quantities, start=1):
        found = row_of(line, _with_sequence(given, known), default_source)
        (rows if isinstance(found, Row) else refused).append(found)  # type: ignore[arg-type]
    digest = _digest([quantities, sequences, number])
    return Message(channel, number, rows, refused, digest)


def parse_json(content: bytes) -> dict[str, Any]:
    """The object of a JSON body; what is odd in one value (NaN, half a character, a huge number) stays in that value.

    Raises:
        MessageRefused: the body is UTF-16 or UTF-32, not JSON, or not an object.
    """
    if wide := wide_encoding(content):
        raise MessageRefused(f"the body is written in {wide}; send UTF-8", unreadable=True)
    # A byte that is not UTF-8 becomes half a character, so that it costs its row alone.
    text = without_mark(content).decode(errors="surrogateescape")
    try:
        found = _load(text)
    except RecursionError:
        found = _load(_without_depths(text))
    if not isinstance(found, dict):
        raise MessageRefused(f"the body is {values.kind_of(found)}, not an object", unreadable=True)
    return found


_QTYS, _SEQS, _ID = ("productQtys", "product_qtys"), ("productSeqs", "product_seqs"), ("messageSeqId", "message_seq_id")


def _argument(parts: Mapping[str, Any], *names: str) -> object:
    found = next((parts[name] for name in names if name in parts), None)
    if found is None:
        raise MessageRefused(f"{names[0]} is missing")
    return found


def _list(parts: Mapping[str, Any], *names: str) -> list[Any]:
    found = _argument(parts, *names)
    if not isinstance(found, list):
        raise MessageRefused(f"{names[0]} is {values.kind_of(found)}, not a list")
    return found


def _sequences(given: list[Any]) -> dict[str, Mapping[str, Any]]:
    """The sequence entries by SKU as text; a later one for the same SKU wins."""
    found = {}
    for entry in given:
        if isinstance(entry, Mapping) and (sku := _key(entry)) is not None:
            found[sku] = entry
    return found


def _with_sequence(given: object, known: Mapping[str, Mapping[str, Any]]) -> object:
    """A quantity row with what its SKU's entry says; the row itself has neither in this contract."""
    if not isinstance(given, Mapping):
        return given
    entry = known.get(_key(given) or "", {})
    row = {name: given.get(name) for name in ("sku", "qty", "quantity", "source")}
    exported = entry.get("last_order_exported", entry.get("lastOrderExported"))
    return {**row, "sequence": entry.get("seq", entry.get("sequence")), "last_order_exported": exported}


def _key(entry: Mapping[str, Any]) -> str | None:
    try:
        return sku_text(entry.get("sku"))
    except values.Unfit:
        return None


def _load(text: str) -> object:
    try:
        return json.loads(text, strict=False, parse_int=_whole, parse_float=_exact, parse_constant=lambda _: _UNUSABLE)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise MessageRefused(f"the body is not valid JSON ({place})", unreadable=True) from None


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= values.MOST_CHARACTERS else _TOO_LARGE


def _exact(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        return _UNUSABLE


def _without_depths(text: str) -> str:
    """The same JSON, with an empty list wherever lists and objects lie too deep in each other: that value is lost."""
    kept: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        depth += (mark in "[{") - (mark in "]}")
        if mark in "[{" and depth == _DEEPEST:
            kept += [text[start : token.start()], "[]"]
        elif mark in "]}" and depth == _DEEPEST - 1:
            start = token.end()
    return "".join([*kept, text[start:]])


def _digest(content: object) -> str:
    plain = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(plain.encode()).hexdigest()
