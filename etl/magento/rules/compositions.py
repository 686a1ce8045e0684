"""Compositions as Optiply should have them: one record per part of a fixed kit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pandas as pd

from etl.core.columns import as_number
from etl.core.mapping import Issue, MapRule, apply_rules
from etl.core.pictures import json_texts

PART_COLUMNS = ("product_id", "part_sku", "quantity")


@dataclass(frozen=True)
class WantedCompositions:
    """pictures: remote_id, wanted (JSON text), product_id, part_id. unresolved: parts whose SKU is that of no one known
    product; `PART_COLUMNS` and several (bool: more than one fits)."""

    pictures: pd.DataFrame
    unresolved: pd.DataFrame
    refused: pd.Series[Any]
    issues: tuple[Issue, ...]


def kit_parts(kits: pd.DataFrame) -> pd.DataFrame:
    """Fixed kits (product_id, kit as JSON text) → one row per kit and choice: `PART_COLUMNS`."""
    rows = [
        (product_id, sku, quantity)
        for product_id, text in zip(kits["product_id"], kits["kit"], strict=True)
        for sku, quantity in msgspec.json.decode(text)
    ]
    return pd.DataFrame(rows, columns=list(PART_COLUMNS)).astype(object)


def wanted_compositions(parts: pd.DataFrame, found: pd.DataFrame, rules: Sequence[MapRule]) -> WantedCompositions:
    """Parts of kits (`kit_parts`) and their products (index: SKU; product_id, several) → pictures, one per part."""
    part_id = parts["part_sku"].map(found["product_id"]).astype(object)
    known = part_id.notna() & (part_id != parts["product_id"])
    rows = _summed(parts[known].assign(part_id=part_id[known]).reset_index(drop=True))
    mapped = apply_rules(
        rules,
        {"kit:product_id": rows["product_id"], "kit:part_id": rows["part_id"], "kit:quantity": rows["quantity"]},
    )
    pictures = pd.DataFrame(
        {
            "remote_id": rows["product_id"] + "-" + rows["part_id"],
            "wanted": pd.Series(json_texts(mapped.values, {}), index=rows.index, dtype=object),
            "product_id": rows["product_id"],
            "part_id": rows["part_id"],
        }
    )
    several = parts["part_sku"].map(found["several"]).astype(bool)
    return WantedCompositions(pictures, parts[~known].assign(several=several[~known]), mapped.refused, mapped.issues)


def _summed(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per kit and part, the quantities of a part that stands in several options added up."""
    number = as_number(rows["quantity"])
    # A quantity that is not a number stays as it is, so that it is refused with its value.
    rows = rows.assign(quantity=number.astype(object).where(number.notna(), rows["quantity"]))
    again = rows.duplicated(["product_id", "part_id"], keep=False)
    if not again.any():
        return rows
    both = ["product_id", "part_id"]
    total = number.groupby([rows[name] for name in both]).transform("sum")
    odd = number.isna().groupby([rows[name] for name in both]).transform("any")
    rows["quantity"] = rows["quantity"].where(~again | odd, total)
    # Of several rows one that is odd is the one that is kept, for its value's sake.
    order = number.notna().sort_values(kind="stable").index
    return rows.loc[order].drop_duplicates(both).sort_index().reset_index(drop=True)
