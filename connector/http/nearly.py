"""Answers that are nearly JSON, told row by row, so that a bad row costs itself and not the page."""

import json
import math
import re
from collections.abc import Iterator

import msgspec

from connector.http.pool import Json

MOST_DIGITS = 100
"""Of a whole number: no limit allows so many, and Python takes long over more."""
WRAPPED_IN = 2
"""Objects around the list of rows, at most."""
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{},]', re.DOTALL)
_MEMBER = re.compile(rb'\s*("(?:[^"\\]|\\.)*")\s*:', re.DOTALL)
_OPENS, _CLOSES = {b"[", b"{"}, {b"]", b"}"}


class _UnreadableError(Exception):
    """What nothing can be made of."""


def nearly_json(content: bytes) -> Json:
    """The value in a text; None where it is not whole, or is spoilt beside its rows: then nothing is known of the rest.

    `NaN` and its like, and numbers beyond every limit, become texts, which whoever reads the value refuses by name. In
    the place of a row that no JSON text can hold (half a character, thousands of levels) stands None: rows are the
    elements of a list that is the answer, a part of it, or a part of such a part.
    """
    try:
        return _envelope(content.strip(), WRAPPED_IN)
    except _UnreadableError:
        return None


def _envelope(content: bytes, wrapped: int) -> Json:
    try:
        return _decoded(content)
    except _UnreadableError:
        if content[:1] == b"[":
            return [_row(piece) for piece in _pieces(content)]
        if content[:1] == b"{" and wrapped:
            return dict(_member(piece, wrapped - 1) for piece in _pieces(content))
        raise


def _member(piece: bytes, wrapped: int) -> tuple[str, Json]:
    found = _MEMBER.match(piece)
    if found is None:
        raise _UnreadableError
    return str(_decoded(found[1])), _envelope(piece[found.end() :].strip(), wrapped)


def _row(piece: bytes) -> Json:
    try:
        return _decoded(piece)
    except _UnreadableError:
        return None


def _pieces(content: bytes) -> Iterator[bytes]:
    """What stands between the outer brackets of a list or an object and its own commas."""
    depth, start = 0, 1
    for token in _TOKEN.finditer(content):
        sign = token[0]
        depth += (sign in _OPENS) - (sign in _CLOSES)
        if (depth == 1 and sign == b",") or depth == 0:
            yield content[start : token.start()]
            start = token.end()
            if depth == 0:
                break
    if depth or start != len(content):
        raise _UnreadableError


def _decoded(piece: bytes) -> Json:
    try:
        return msgspec.json.decode(piece)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        value = json.loads(piece, parse_constant=str, parse_int=_whole, parse_float=_decimal)
        json.dumps(value, ensure_ascii=False).encode()  # half a character can be read, but never be written again
    except (ValueError, RecursionError):
        raise _UnreadableError from None
    return value


def _whole(written: str) -> int | str:
    return int(written) if len(written) <= MOST_DIGITS else written[: MOST_DIGITS + 1]


def _decimal(written: str) -> float | str:
    found = float(written)
    return found if math.isfinite(found) else written
