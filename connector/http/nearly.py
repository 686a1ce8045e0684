"""Answers that are nearly JSON: words that are no numbers become texts, and a row that cannot be sent on is nothing."""

from __future__ import annotations

import json
from typing import Any

from connector.http.pool import Json


def nearly_json(content: bytes) -> Json:
    """The value in a text with `NaN` and its like; None where nothing can be made of it."""
    try:
        return json.loads(content, parse_constant=str)
    except (ValueError, RecursionError):
        return None


def sendable(rows: list[Json]) -> list[Json]:
    """The rows, with nothing in the place of one that no JSON text can hold (half a character, thousands of levels)."""
    return [row if _can_be_sent(row) else None for row in rows]


def _can_be_sent(row: Any) -> bool:  # noqa: ANN401 - any JSON value
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True
