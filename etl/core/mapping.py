"""Applies a flow's mapping table, and a tenant's own mappings, to columns of the source's values."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd

from connector.settings import near
from etl.core.columns import nothing
from etl.core.convert import CONVERSIONS
from etl.core.flags import ConfigError


@dataclass(frozen=True)
class MapEntity:
    """What the table may say of one entity.

    Attributes:
        fields: the destination's fields -> the conversion that each takes by default, None where there is none.
        needed: the fields without which the destination has nothing to work with; the table must fill them.
        sources: the source's names.
        custom: what a name that the source's owner made up begins with; empty where there are no such names.
        fixed: fields that a tenant cannot map another way.
    """

    fields: Mapping[str, str | None]
    needed: tuple[str, ...]
    sources: tuple[str, ...]
    custom: str = ""
    fixed: tuple[str, ...] = ()


@dataclass(frozen=True)
class MapTable:
    """What the mapping table of a flow may say; `own` is the entity whose fields a tenant can map another way."""

    source: str
    destination: str
    entities: Mapping[str, MapEntity]
    own: str

    @property
    def header(self) -> list[str]:
        """The names of the table's columns."""
        ends = (f"{self.destination}_field".lower(), f"{self.source}_field".lower())
        return ["entity", *ends, "conversion", "required", "why"]


@dataclass(frozen=True)
class MapRule:
    """One row of the table: where a field's value comes from and how it is converted."""

    field: str
    source: str
    conversion: str
    required: bool
    why: str = ""


FieldMap = Mapping[str, tuple[MapRule, ...]]


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
    """Converted columns (one per field of the destination, None: no value) and what was wrong.

    `refused` holds per row why the whole record cannot be sent, or None. `unset` marks, per optional field, the rows
    whose value was refused: the record goes without that field.
    """

    values: pd.DataFrame
    refused: pd.Series[Any]
    unset: Mapping[str, pd.Series[Any]]
    issues: tuple[Issue, ...]


Own = Mapping[str, tuple[str, str | None]]
"""A tenant's own mappings: field -> source and conversion (None: the field's own one)."""


def parse_field_map(text: str, name: str, table: MapTable, own: Own | None = None) -> FieldMap:
    """The table's CSV text → rules per entity, with a tenant's own mappings in place of the table's.

    Raises ConfigError naming the file, the line, the wrong word and the near ones.
    """
    reader = csv.DictReader(io.StringIO(text), strict=True)
    with _told_as_csv(reader, name):
        head = reader.fieldnames
    if head != table.header:
        raise ConfigError(f"{name} must start with the columns {', '.join(table.header)}; found {str(head)[:200]}.")
    rules: dict[str, dict[str, MapRule]] = {entity: {} for entity in table.entities}
    for number, row in enumerate(_rows(reader, name), start=2):
        place = f"{name} line {number}"
        entity = _known(row["entity"], table.entities, place, "entity")
        field, source = (row[column] for column in table.header[1:3])
        rule = MapRule(
            field=_known(field, table.entities[entity].fields, place, f"{table.destination} field"),
            source=_source(table, entity, source, place),
            conversion=_known(row["conversion"], CONVERSIONS, place, "conversion"),
            required=_known(row["required"], ("yes", "no"), place, "value of required") == "yes",
            why=row["why"] or "",
        )
        if rule.field in rules[entity]:
            raise ConfigError(f"{place}: {entity}.{rule.field} is mapped twice; delete one of the lines.")
        rules[entity][rule.field] = rule
    _add_own(table, rules[table.own], own or {})
    for entity, declared in table.entities.items():
        missing = [item for item in declared.needed if item not in rules[entity]]
        if missing:
            raise ConfigError(
                f"{name} does not map {entity}.{missing[0]}, which {table.destination} needs; add that line."
            )
    return {entity: tuple(found.values()) for entity, found in rules.items()}


def _rows(reader: csv.DictReader[str], name: str) -> Iterator[dict[str, str]]:
    with _told_as_csv(reader, name):
        yield from reader


@contextmanager
def _told_as_csv(reader: csv.DictReader[str], name: str) -> Iterator[None]:
    try:
        yield
    except csv.Error:
        place = f"{name} line {reader.reader.line_num}"
        raise ConfigError(f"{place} is not CSV; look for a quotation mark out of place.") from None


def _add_own(table: MapTable, rules: dict[str, MapRule], own: Own) -> None:
    declared = table.entities[table.own]
    defaults = {name: rule for name, rule in declared.fields.items() if rule and name not in declared.fixed}
    for name, (source, conversion) in own.items():
        place = "config custom_mappings"
        field = _known(name, defaults, place, f"{table.destination} {table.own.removesuffix('s')} field")
        rules[field] = MapRule(
            field=field,
            source=_source(table, table.own, source, f"{place}.{name}"),
            conversion=_known(conversion or defaults[field], CONVERSIONS, f"{place}.{name}", "conversion"),
            required=rules[field].required if field in rules else False,
            why="This tenant's own mapping.",
        )


def _source(table: MapTable, entity: str, name: str | None, place: str) -> str:
    text, declared = (name or "").strip(), table.entities[entity]
    if declared.custom and text.startswith(declared.custom) and len(text) > len(declared.custom):
        return text
    own = f" Attributes of the shop's own are written {declared.custom}<code>." if declared.custom else ""
    return _known(text, declared.sources, place, f"{table.source} field", own)


def _known(name: str | None, known: Iterable[str], place: str, kind: str, advice: str = "") -> str:
    """The name when it is a known one. Raises ConfigError that lists the near ones, or all of them, then `advice`."""
    names, text = list(known), (name or "").strip()
    if text in names:
        return text
    text = text[:80]
    found = near(text, names, most=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(found)}?" if found else f"known are {', '.join(names)}."
    raise ConfigError(f"{place}: {text!r} is not a known {kind}; {hint}{advice}")


def own_codes(rules: Iterable[MapRule], prefix: str) -> list[str]:
    """What follows the prefix in the sources of the rules: the names that the source's owner made up."""
    return sorted({rule.source[len(prefix) :] for rule in rules if rule.source.startswith(prefix)})


def apply_rules(
    rules: Iterable[MapRule], sources: Mapping[str, pd.Series[Any]], may_lack: Collection[str] = ()
) -> Mapped:
    """Columns by the source's names → columns by the destination's.

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
