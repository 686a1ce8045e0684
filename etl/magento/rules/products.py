"""Products as Optiply should have them: fields by the mapping table, stock, status, and who waits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
import pandas as pd

from etl.core.columns import nothing
from etl.core.mapping import Issue, MapRule, apply_rules, own_codes
from etl.core.pictures import json_texts
from etl.magento.facts import ATTRIBUTE_NAMES, read_attributes, with_odd
from etl.magento.fields import CUSTOM
from etl.magento.flags import FlowConfig
from etl.magento.rules.stock import optiply_stock

# Raised when the code makes another picture of the same facts: then every product is looked at again.
RULES_VERSION = 2
STOCK_UNKNOWN = "waiting: stock unknown"
TYPE_UNKNOWN = "waiting: type unknown"
NOT_CREATED = "disabled in Magento and unknown to Optiply"
GONE_UNKNOWN = "gone from Magento and unknown to Optiply"


@dataclass(frozen=True)
class WantedProducts:
    """One row per product, all columns aligned with the products that were asked about.

    pictures: remote_id, wanted (JSON text), held (why it is not offered now, or None). refused: why there is no
    picture, or None. kept_stock: its stock is unknown and what Optiply has stays. kept_disabled: would be enabled but
    for its unknown stock.
    """

    pictures: pd.DataFrame
    refused: pd.Series[Any]
    kept_stock: pd.Series[Any]
    kept_disabled: pd.Series[Any]
    issues: tuple[Issue, ...]


def product_rules(rules: Sequence[MapRule], config: FlowConfig) -> tuple[MapRule, ...]:
    """The rules that apply with these flags: `assembled` only where kits are kept as compositions."""
    return tuple(rule for rule in rules if rule.field != "assembled" or config.composes)


def wanted_products(products: pd.DataFrame, rules: Sequence[MapRule], config: FlowConfig) -> WantedProducts:
    """Products → pictures.

    Columns read, one row per product: product_id, sku, type_id (None: unknown), status ("1" or "2"), attributes (JSON
    text), quantity (units, NaN = unknown), manage_stock, updated_at, fixed_kit, gone, known (Optiply has it or may have
    it), needed (an order has it), disabled_there (Optiply accepted it as disabled): the last five are bool; stored (the
    picture of an earlier run as JSON text, or None).
    """
    units, unlimited = optiply_stock(products)
    unknown_stock, unknown_type = units.isna(), products["type_id"].isna()
    # A create that was announced and not answered is repeated as it was, or found as it was.
    before = _before(products, products["known"] & unknown_stock)
    kept_disabled = _stays_disabled(products, before, unknown_stock)
    status = products["status"].where(~(products["gone"] | kept_disabled), "2")
    created_disabled = _is_created_disabled(products, status, config)
    units = units.where(~(created_disabled & products["needed"] & unknown_stock), 0)
    units = units.where(before["stockLevel"].isna(), before["stockLevel"])
    unlimited = unlimited.where(~unknown_type | before["unlimitedStock"].isna(), before["unlimitedStock"])

    sources = magento_columns(products, rules)
    sources |= {"status": status, "stock:quantity": units, "stock:unlimited": unlimited}
    mapped = apply_rules(rules, sources, may_lack=("stockLevel", "unlimitedStock"))
    held = _held(
        products,
        {
            STOCK_UNKNOWN: units.isna(),
            TYPE_UNKNOWN: unknown_type,
            NOT_CREATED: (status == "2") & ~created_disabled,
            GONE_UNKNOWN: products["gone"],
        },
    )
    unset = {**mapped.unset, **{name: mapped.values[name].isna() for name in ("stockLevel", "unlimitedStock")}}
    texts = pd.Series(json_texts(mapped.values, unset), index=products.index, dtype=object)
    pictures = pd.DataFrame({"remote_id": products["product_id"], "wanted": texts, "held": held})
    known_unknown = products["known"] & unknown_stock
    return WantedProducts(pictures, mapped.refused, known_unknown, kept_disabled, mapped.issues)


def _stays_disabled(products: pd.DataFrame, before: pd.DataFrame, unknown_stock: pd.Series[Any]) -> pd.Series[Any]:
    """What Optiply has disabled is not enabled before its stock is known."""
    disabled_there = products["disabled_there"] | (before["status"] == "disabled")
    return products["known"] & disabled_there & unknown_stock & (products["status"] == "1")


def _is_created_disabled(products: pd.DataFrame, status: pd.Series[Any], config: FlowConfig) -> pd.Series[Any]:
    """What is disabled and unknown to Optiply is created where an order has it, or the configuration says so."""
    wanted_anyway = products["needed"] | config.create_disabled_products
    return ~products["known"] & (status == "2") & wanted_anyway & ~products["gone"]


def _held(products: pd.DataFrame, reasons: Mapping[str, pd.Series[Any]]) -> pd.Series[Any]:
    """Why a product that Optiply has not is not offered now; of several reasons the last."""
    held = nothing(products.index)
    for reason, holds in reasons.items():
        held[~products["known"] & holds] = reason
    return held


def _before(products: pd.DataFrame, asked: pd.Series[Any]) -> pd.DataFrame:
    """Status and stock of the pictures made in an earlier run, for the rows asked for; None elsewhere."""
    found = {name: nothing(products.index) for name in ("status", "stockLevel", "unlimitedStock")}
    stored = products.loc[asked & products["stored"].notna(), "stored"]
    pictures = [msgspec.json.decode(text) for text in stored]
    for name, values in found.items():
        values[stored.index] = pd.Series([item.get(name) for item in pictures], index=stored.index, dtype=object)
    return pd.DataFrame(found)


def magento_columns(products: pd.DataFrame, rules: Iterable[MapRule]) -> dict[str, pd.Series[Any]]:
    """The columns that rules can name, by Magento's names: facts, attributes and the custom attributes asked for."""
    attributes = read_attributes(products["attributes"])

    def take(values: list[Any]) -> pd.Series[Any]:
        return pd.Series(values, index=products.index, dtype=object)

    columns = {"id": products["product_id"], "kit:assembled": products["fixed_kit"].astype(object)}
    texts = with_odd(products[["sku", "type_id", "updated_at"]], attributes)
    columns |= {name: texts[name] for name in texts.columns}
    for name in {rule.source for rule in rules} & set(ATTRIBUTE_NAMES):
        columns[name] = take(list(map(attrgetter(name), attributes)))
    for code in own_codes(rules, CUSTOM):
        columns[CUSTOM + code] = take([(item.custom_attributes or {}).get(code) for item in attributes])
    return columns
