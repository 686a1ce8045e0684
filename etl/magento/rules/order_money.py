"""Compares the money of an order's rows with its subtotal: Magento's own figures, before anything is counted. Pure.

Magento's `base_row_total` comes after the row's discount, without tax and never below 0; `base_subtotal` (base
currency) and `subtotal` (order currency) are before discount (Magento REST, 2.4.7).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

# Magento rounds each row by itself, and with tax calculated on the total the rest may lie on any of them.
_CENT_PER_ROW = 0.01
_SMALLEST = 0.005


def contradictions(headers: pd.DataFrame, rows: pd.DataFrame) -> pd.Series[Any]:
    """Per order what contradicts ("rows 15.00, subtotal 35.00"), or None: also where the figures do not allow a word.

    Headers: base_subtotal, subtotal (NaN: none), same_currency (bool). Rows: order, item_id, parent_item_id (-1: none),
    money (base currency), discount (0 or more), carries (bool). A parent's money and that of its children are one sum:
    either may be meant where both carry money.
    """
    least, most = _before_discount(rows, len(headers))
    slack = np.bincount(rows["order"], minlength=len(headers)) * _CENT_PER_ROW + _SMALLEST
    found: list[str | None] = [None] * len(headers)
    own = headers["subtotal"].where(headers["same_currency"])
    for subtotal in (own, headers["base_subtotal"]):
        given = subtotal.to_numpy("float64")
        odd = (given > most + slack) | (given < least - slack)  # a comparison with NaN is false
        for place in np.flatnonzero(odd).tolist():
            found[place] = f"rows {most[place]:.2f}, subtotal {given[place]:.2f}"
    return pd.Series(found, index=headers.index, dtype=object)


def _before_discount(rows: pd.DataFrame, orders: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Per order the least and the most that its rows may have come to before their discounts."""
    most = rows["money"] + rows["discount"]
    # What a discount brought down to 0 may have been anything up to that discount.
    least = most.where((rows["money"] != 0) | (rows["discount"] == 0), 0.0)
    is_child = rows["parent_item_id"] >= 0
    if not is_child.any():
        return _per_order(rows["order"], least, orders), _per_order(rows["order"], most, orders)
    own = rows.assign(least=least, most=most, is_child=is_child)
    parents = own.set_index(["order", "item_id"]).index
    above = pd.MultiIndex.from_arrays([own["order"], own["parent_item_id"]])
    own["is_child"] &= above.isin(parents)
    children = own[own["is_child"]]
    by_parent = children.groupby(["order", "parent_item_id"])[["least", "most", "carries"]].agg(
        {"least": "sum", "most": "sum", "carries": "any"}
    )
    families = own[~own["is_child"]]
    theirs = by_parent.reindex(pd.MultiIndex.from_arrays([families["order"], families["item_id"]]))
    carried = theirs["carries"].eq(True).to_numpy()
    silent = ~families["carries"].to_numpy(bool)
    low, high = families["least"].to_numpy(), families["most"].to_numpy()
    their_low, their_high = theirs["least"].to_numpy("float64"), theirs["most"].to_numpy("float64")
    low = np.where(carried, np.where(silent, their_low, np.fmin(low, their_low)), low)
    high = np.where(carried, np.where(silent, their_high, np.fmax(high, their_high)), high)
    return _per_order(families["order"], low, orders), _per_order(families["order"], high, orders)


def _per_order(order: pd.Series[Any], values: npt.ArrayLike, orders: int) -> npt.NDArray[np.float64]:
    return np.asarray(np.bincount(order, weights=values, minlength=orders), dtype="float64")
