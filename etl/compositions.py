"""Compositions as Optiply should have them: one record per part of a fixed kit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pandas as pd

from etl.convert import as_number
from etl.facts import sku_key
from etl.mapping import Issue, Rule, apply_rules
from etl.products import json_texts

PART_COLUMNS = ("product_id", "part_sku", "part_key", "quantity")


@dataclass(frozen=True)
class WantedCompositions:
    """pictures: remote_id, wanted (JSON text), product_id, part_id. unresolved: parts whose SKU is no known product."""

    pictures: pd.DataFrame
    unresolved: pd.DataFrame
    refused: pd.Series[Any]
    issues: tuple[Issue, ...]


def kit_parts(kits: pd.DataFrame) -> pd.DataFrame:
    """Fixed kits (product_id, kit as JSON text) → one row per kit and part: `PART_COLUMNS`, quantities summed."""
    rows = [
        (product_id, sku, quantity)
        for product_id, text in zip(kits["product_id"], kits["kit"], strict=True)
        for sku, quantity in msgspec.json.decode(text)
    ]
    parts = pd.DataFrame(rows, columns=["product_id", "part_sku", "quantity"]).astype(object)
    parts["part_key"] = sku_key(parts["part_sku"])
    number = as_number(parts["quantity"])
    # A quantity that is no number stays as it is, so that it is refused with its value.
    parts["quantity"] = number.astype(object).where(number.notna(), parts["quantity"])
    if not parts.duplicated(["product_id", "part_key"]).any():
        return parts[list(PART_COLUMNS)]
    summed = parts.assign(quantity=number).groupby(["product_id", "part_key"], as_index=False)
    return summed.agg(part_sku=("part_sku", "min"), quantity=("quantity", "sum"))[list(PART_COLUMNS)].astype(object)


def wanted_compositions(parts: pd.DataFrame, products: pd.DataFrame, rules: Sequence[Rule]) -> WantedCompositions:
    """Parts of kits (`kit_parts`) and products (product_id, sku_key: one row per key) → pictures, one per part."""
    part_id = parts["part_key"].map(products.set_index("sku_key")["product_id"]).astype(object)
    found = part_id.notna() & (part_id != parts["product_id"])
    rows = parts[found].assign(part_id=part_id[found]).reset_index(drop=True)
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
    return WantedCompositions(pictures, parts[~found], mapped.refused, mapped.issues)
