"""Single values in what a shop says of its stock; one that cannot be used is never taken for 0."""

from collections.abc import Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from connector.errors import StreamError
from connector.http.pool import Row
from connector.values import Unfit, flag, moment, number, text


def moment_in(row: Row, name: str) -> datetime:
    """A moment that the shop names, UTC.

    Raises StreamError: it is none, so that nothing can be concluded from the row.
    """
    try:
        return datetime.fromisoformat(moment(row.get(name)).removesuffix("Z")).replace(tzinfo=timezone.utc)
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def lines_in(row: Row) -> list[Row]:
    """The lines of a document. Raises StreamError: one of them is none."""
    lines = row.get("items") or []
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise StreamError("The 'items' of a record of the shop are no list of lines, so its stock cannot be told.")
    return lines


def text_in(row: Mapping[str, Any], name: str) -> str:
    """A text. Raises StreamError."""
    try:
        return text(row.get(name))
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def known_in(row: Mapping[str, Any], name: str) -> Decimal:
    """A number that must be there: none is not 0, and a figure made of it would be written. Raises StreamError."""
    if row.get(name) is None:
        raise StreamError(
            f"A record of the shop has no '{name}', so its stock cannot be told; ask the shop's developer."
        )
    return number_in(row, name)


def number_in(row: Mapping[str, Any], name: str) -> Decimal:
    """A number; Magento leaves units that were never shipped or given up, and settings that are off, empty.

    Raises StreamError: it is none.
    """
    try:
        return Decimal(0) if row.get(name) is None else number(row[name])
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def flag_in(row: Mapping[str, Any], name: str) -> bool:
    """A flag, off where it is empty. Raises StreamError."""
    try:
        return False if row.get(name) is None else flag(row[name])
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def _unfit(name: str, unfit: Unfit) -> StreamError:
    return StreamError(f"The '{name}' of a record of the shop {unfit}, so its stock cannot be told.")
