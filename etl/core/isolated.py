"""Reads the plain values of a record that no JSON reader takes, so that it can be told which one is lost."""

import re
from typing import Any

import msgspec

from connector.messages import UNREADABLE

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_LONGEST = 600  # characters of a key; what is longer is none


def scalars_of_record(line: bytes) -> dict[str, Any]:
    """The plain values of a RECORD's record, read by tokens: for lines too deep for any JSON reader."""
    found: dict[str, Any] = {}
    depth, outer, key, value_next = 0, "", "", False
    for token in _TOKEN.finditer(line.decode("utf-8", "replace")):
        mark = token.group(0)
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
        elif mark == ":":
            value_next = True
            continue
        elif depth == 1 and not value_next:
            outer = mark
        elif depth == 2 and outer == '"record"' and mark != ",":
            if value_next and len(mark) < _LONGEST:
                found.setdefault(key, _plain(mark))
            key = token.group(1) or ""
        value_next = False
    return found


def _plain(mark: str) -> Any:  # noqa: ANN401 - text, number, flag or nothing
    try:
        return msgspec.json.decode(mark)
    except UNREADABLE:
        return None
