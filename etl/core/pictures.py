"""Writes pictures as canonical JSON: what a destination should have of a record, without what names the record."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec
import pandas as pd
from msgspec import UNSET

_ENCODER = msgspec.json.Encoder()


def json_texts(values: pd.DataFrame, unset: Mapping[str, pd.Series[Any]]) -> list[str]:
    """One canonical JSON object per row, without remoteId and without the fields that are unset for the row."""
    names = sorted(name for name in values.columns if name != "remoteId")
    shape = _shape(tuple(names))
    columns = []
    for name in names:
        column = values[name]
        if name in unset and unset[name].any():
            column = column.where(~unset[name], UNSET)
        columns.append(column.tolist())
    return _ENCODER.encode_lines(list(map(shape, *columns))).decode().split("\n")[:-1]


@cache
def _shape(names: tuple[str, ...]) -> type[msgspec.Struct]:
    return msgspec.defstruct("Picture", [(name, Any) for name in names], gc=False)
