"""Applies the mapping table (configs/field_map.csv and a tenant's custom mappings) to columns of Magento values."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from etl.core.columns import nothing
from etl.core.convert import CONVERSIONS
from etl.magento.flags import ConfigError, CustomMapping

HEADER = ["entity", "optiply_field", "magento_field", "conversion", "required", "why"]
MAP_ENTITIES = ("products", "productCompositions", "sellOrders", "orderLines")
# Optiply's writable product fields and the conversion each takes by default (Optiply Public API v1).
PRODUCT_FIELDS = {
    "name": "text_cut_255",
    "skuCode": "text_255",
    "articleCode": "identifier",
    "eanCode": "text_255",
    "price": "money",
    "status": "status",
    "stockLevel": "stock_units",
    "unlimitedStock": "boolean",
    "assembled": "boolean",
    "notBeingBought": "boolean",
    "resumingPurchase": "datetime",
    "minimumStock": "whole_number",
    "maximumStock": "whole_number",
    "ignored": "boolean",
    "manualServiceLevel": "whole_number",
    "createdAtRemote": "datetime",
    "stockMeasurementUnit": "text_10",
}
FIELDS: dict[str, tuple[str, ...]] = {
    "products": ("remoteId", *PRODUCT_FIELDS),
    "productCompositions": ("composedProductRemoteId", "partProductRemoteId", "partQuantity"),
    "sellOrders": ("remoteId", "placed", "completed", "totalValue"),
    "orderLines": ("productRemoteId", "quantity", "subtotalValue"),
}
# Fields without which Optiply has nothing to work with; the table must fill them.
NEEDED = {
    "products": ("remoteId", "name", "status", "stockLevel", "unlimitedStock"),
    "productCompositions": FIELDS["productCompositions"],
    "sellOrders": ("remoteId", "placed", "totalValue"),
    "orderLines": FIELDS["orderLines"],
}
_PRODUCT_SOURCES = (
    "id",
    "sku",
    "name",
    "price",
    "status",
    "type_id",
    "created_at",
    "updated_at",
    "weight",
    "visibility",
    "attribute_set_id",
    "stock:quantity",
    "stock:unlimited",
    "kit:assembled",
)
_ORDER_SOURCES = (
    "entity_id",
    "increment_id",
    "state",
    "status",
    "created_at",
    "updated_at",
    "subtotal",
    "base_subtotal",
    "grand_total",
    "base_grand_total",
    "base_currency_code",
    "order_currency_code",
    "store_id",
)
_ITEM_SOURCES = ("product_id", "qty_ordered", "qty_invoiced", "qty_shipped", "base_row_total", "row_total")
SOURCES: dict[str, tuple[str, ...]] = {
    "products": _PRODUCT_SOURCES,
    "productCompositions": ("kit:product_id", "kit:part_id", "kit:quantity"),
    "sellOrders": _ORDER_SOURCES,
    "orderLines": tuple(f"items.{name}" for name in _ITEM_SOURCES),
}
CUSTOM = "custom_attributes."


@dataclass(frozen=True)
class Rule:
    """One row of the table: where a field's value comes from and how it is converted."""

    field: str
    source: str
    conversion: str
    required: bool
    why: str = ""


FieldMap = Mapping[str, tuple[Rule, ...]]


@dataclass(frozen=True)
class Issue:
    """A value that was refused, cut or rounded: position of its row, field, value and rule."""

    row: int
    field: str
    outcome: str
    reason: str
    value: object


@dataclass(frozen=True)
class Mapped:
    """Converted columns (one per Optiply field, None: no value) and what was wrong.

    `refused` holds per row why the whole record cannot be sent, or None. `unset` marks, per optional field, the rows
    whose value was refused: the record goes without that field.
    """

    values: pd.DataFrame
    refused: pd.Series[Any]
    unset: Mapping[str, pd.Series[Any]]
    issues: tuple[Issue, ...]


def parse_field_map(text: str, name: str, custom: Mapping[str, CustomMapping] | None = None) -> FieldMap:
    """The table's CSV text → rules per entity, with a tenant's custom product mappings in place of the table's.

    Raises ConfigError naming the file, the line, the wrong word and the near ones.
    """
    reader = csv.DictReader(io.StringIO(text), strict=True)
    if reader.fieldnames != HEADER:
        raise ConfigError(f"{name} must start with the columns {', '.join(HEADER)}; found {reader.fieldnames}.")
    rules: dict[str, dict[str, Rule]] = {entity: {} for entity in MAP_ENTITIES}
    for number, row in enumerate(_rows(reader, name), start=2):
        place = f"{name} line {number}"
        entity = _known(row["entity"], MAP_ENTITIES, place, "entity")
        rule = Rule(
            field=_known(row["optiply_field"], FIELDS[entity], place, "Optiply field"),
            source=_source(entity, row["magento_field"], place),
            conversion=_known(row["conversion"], CONVERSIONS, place, "conversion"),
            required=_known(row["required"], ("yes", "no"), place, "value of required") == "yes",
            why=row["why"] or "",
        )
        if rule.field in rules[entity]:
            raise ConfigError(f"{place}: {entity}.{rule.field} is mapped twice; delete one of the lines.")
        rules[entity][rule.field] = rule
    _add_custom(rules["products"], custom or {})
    for entity, needed in NEEDED.items():
        missing = [item for item in needed if item not in rules[entity]]
        if missing:
            raise ConfigError(f"{name} does not map {entity}.{missing[0]}, which Optiply needs; add that line.")
    return {entity: tuple(found.values()) for entity, found in rules.items()}


def _rows(reader: csv.DictReader[str], name: str) -> Iterator[dict[str, str]]:
    try:
        yield from reader
    except csv.Error:
        place = f"{name} line {reader.line_num}"
        raise ConfigError(f"{place} is not CSV; look for a quotation mark out of place.") from None


def _add_custom(rules: dict[str, Rule], custom: Mapping[str, CustomMapping]) -> None:
    for name, mapping in custom.items():
        place = "config custom_mappings"
        field = _known(name, [item for item in PRODUCT_FIELDS if item != "assembled"], place, "Optiply product field")
        conversion = mapping.conversion or PRODUCT_FIELDS[field]
        rules[field] = Rule(
            field=field,
            source=_source("products", mapping.magento_field, f"{place}.{name}"),
            conversion=_known(conversion, CONVERSIONS, f"{place}.{name}", "conversion"),
            required=rules[field].required if field in rules else False,
            why="This tenant's own mapping.",
        )


def _source(entity: str, name: str | None, place: str) -> str:
    text = (name or "").strip()
    if entity == "products" and text.startswith(CUSTOM) and len(text) > len(CUSTOM):
        return text
    own = f" Attributes of the shop's own are written {CUSTOM}<code>." if entity == "products" else ""
    return _known(text, SOURCES[entity], place, "Magento field", own)


def _known(name: str | None, known: Iterable[str], place: str, kind: str, advice: str = "") -> str:
    """The name when it is a known one. Raises ConfigError that lists the near ones, or all of them, then `advice`."""
    names, text = list(known), (name or "").strip()
    if text in names:
        return text
    lower = {item.lower(): item for item in names}
    near = [lower[item] for item in difflib.get_close_matches(text.lower(), lower, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(names)}."
    raise ConfigError(f"{place}: {text!r} is not a known {kind}; {hint}{advice}")


def custom_codes(rules: Iterable[Rule]) -> list[str]:
    """Codes of the custom attributes that the rules read."""
    return sorted({rule.source[len(CUSTOM) :] for rule in rules if rule.source.startswith(CUSTOM)})


def apply_rules(rules: Iterable[Rule], sources: Mapping[str, pd.Series[Any]], may_lack: Collection[str] = ()) -> Mapped:
    """Columns by Magento name → columns by Optiply name.

    A required field without a usable value refuses the record, an optional one goes unset or empty. Fields in
    `may_lack` may be empty although they are required: the caller decides what that means.
    """
    values: dict[str, pd.Series[Any]] = {}
    unset: dict[str, pd.Series[Any]] = {}
    issues: list[Issue] = []
    index = next(iter(sources.values())).index
    refused = nothing(index)
    for rule in rules:
        column = sources[rule.source]
        answer = CONVERSIONS[rule.conversion](column)
        values[rule.field] = answer.value
        reason = answer.refused
        if reason is not None:
            bad = reason.notna()
            issues += _issues(rule.field, "refused" if rule.required else "left_out", reason[bad], column)
            if rule.required:
                refused = refused.where(refused.notna() | ~bad, rule.field + " " + reason.astype(str))
            else:
                unset[rule.field] = bad
        if rule.required and rule.field not in may_lack:
            empty = answer.value.isna() if reason is None else answer.value.isna() & reason.isna()
            if empty.any():
                reasons = pd.Series("has no value", index=index[empty], dtype=object)
                issues += _issues(rule.field, "refused", reasons, column)
                refused = refused.where(refused.notna() | ~empty, f"{rule.field} has no value")
        if answer.changed is not None:
            reasons = pd.Series("was cut or rounded to fit", index=index[answer.changed], dtype=object)
            issues += _issues(rule.field, "adjusted", reasons, column)
    return Mapped(pd.DataFrame(values, index=index), refused, unset, tuple(issues))


def _issues(field: str, outcome: str, reasons: pd.Series[Any], column: pd.Series[Any]) -> list[Issue]:
    return [
        Issue(row, field, outcome, reason, value)
        for row, reason, value in zip(reasons.index, reasons, column[reasons.index], strict=True)
    ]
