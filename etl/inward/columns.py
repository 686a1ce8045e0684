"""Columns that the products of every source may have: those of the account's own fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from etl.core.columns import objects
from etl.core.flow import Run
from etl.core.mapping import own_codes


def own_columns(
    run: Run[Any], frame: pd.DataFrame, fields: str, prefix: str, is_named: Callable[[Any, str], bool]
) -> dict[str, pd.Series[Any]]:
    """The account's own fields that the mapping table names, by `prefix` and name, of a row per product.

    The column `fields` holds lists of them; `is_named`: whether one of them has a name. What a product lacks is None.
    """
    lists: Iterable[list[Any] | None] = list(frame[fields])
    return {
        prefix + name: objects(
            (next((one.value for one in each or () if is_named(one, name)), None) for each in lists), frame.index
        )
        for name in own_codes(run.field_map["products"], prefix)
    }
