"""Writes JSON in the one form that is stored and compared. Reads no files; pictures are built elsewhere."""

from collections.abc import Sequence

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted", decimal_format="number")


def canonical(value: object) -> str:
    """JSON text with sorted keys and no spaces; equal values give equal text (a Decimal is written as a number)."""
    return _ENCODER.encode(value).decode()


def canonical_each(values: Sequence[object]) -> list[str]:
    """The same of each of many values, in one step."""
    return _ENCODER.encode_lines(values).decode().split("\n")[:-1]
