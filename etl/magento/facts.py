"""Turns Magento records into frames of plain facts: text ids, folded SKUs, UTC times. Decides nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
from msgspec import Struct

from connector.collation import folded, folded_each
from connector.messages import MOST_LEVELS, is_too_deep
from connector.values import Unfit, flag, text
from etl.core.columns import as_flags, as_ids, as_text, each, each_kind, texts
from etl.core.convert import datetime
from etl.magento.shapes import BundleOption, Product, ProductCheck, ProductId

# Facts of a product beside the columns the store knows by name, in the order of their names.
PRODUCT_TIE_BREAKERS = ("attributes", "sku", "status", "type_id", "kit")
ATTRIBUTE_NAMES = ("attribute_set_id", "created_at", "custom_attributes", "name", "price", "visibility", "weight")


class Attributes(Struct, omit_defaults=True, gc=False):
    """What the store keeps of a product as JSON text."""

    attribute_set_id: Any = None
    created_at: Any = None
    custom_attributes: dict[str, Any] | None = None
    name: Any = None
    price: Any = None
    visibility: Any = None
    weight: Any = None
    # Facts that are not the text they should be, as they came: the mapping's rules refuse them with the reason.
    odd: dict[str, Any] | None = None


_TYPE = re.compile(r"[a-z][a-z0-9_-]*", re.ASCII)
_ENCODER = msgspec.json.Encoder(order="deterministic")
_ATTRIBUTES = msgspec.json.Decoder(list[Attributes])


def column(records: Sequence[Any], name: str) -> pd.Series[Any]:
    """One field of many records, dtype object; empty text counts as no value."""
    return without_blanks(list(map(attrgetter(name), records)))


def without_blanks(values: list[Any]) -> pd.Series[Any]:
    """Values as they are, dtype object, empty text as None."""
    return pd.Series([None if value == "" else value for value in values] if "" in values else values, dtype=object)


def compared(names: pd.Series[Any]) -> pd.Series[Any]:
    """SKUs or codes in the form in which Magento compares them; None where there is none."""
    cells = names.tolist()
    try:
        return pd.Series(folded_each(cells), index=names.index, dtype=object)
    except TypeError:  # not all of them are text
        return each(folded, names, names.index)


def words(values: pd.Series[Any]) -> pd.Series[Any]:
    """Values as words: in lower case, without blanks around them; None where there is none."""
    return each_kind(lambda word: word.strip().lower(), as_text(values))


def product_facts(records: Sequence[Product]) -> pd.DataFrame:
    """Products → one row per record: product_id, sku, sku_key, type_id, status, attributes, kit, updated_at.

    `kit` is None where the record does not say, "[]" for anything but a fixed kit, else `[[sku, quantity], …]`.
    Records of one product are reduced to the newest; product_id is None for a record without id.
    """
    plain = {name: texts(column(records, name)) for name in ("sku", "type_id", "status")}
    odd = [judged.refused.notna().to_numpy() for judged in plain.values() if judged.refused is not None]
    types = _types(plain["type_id"].value)
    facts = pd.DataFrame(
        {
            "product_id": as_ids(column(records, "product_id")),
            "sku": plain["sku"].value,
            "sku_key": compared(plain["sku"].value),
            "type_id": types,
            "status": plain["status"].value,
            "attributes": pd.Series(attribute_texts(records, np.logical_or.reduce(odd) if odd else ()), dtype=object),
            "kit": _kits(records, types),
            "updated_at": utc(column(records, "updated_at")),
        }
    )
    return newest(facts, "product_id", PRODUCT_TIE_BREAKERS)


def _types(types: pd.Series[Any]) -> pd.Series[Any]:
    """Types as Magento writes them; None for what can be none, so that nothing is concluded from it."""
    return each_kind(_type, types)


def _type(name: str) -> str | None:
    tidy = name.strip().lower()
    return tidy if _TYPE.fullmatch(tidy) else None


def newest(facts: pd.DataFrame, key: str, tie_breakers: Sequence[str]) -> pd.DataFrame:
    """One row per key: the one updated last, whatever the order of the input."""
    if not facts[key].duplicated().any():
        return facts
    nameless = facts[facts[key].isna()]
    ordered = facts[facts[key].notna()].sort_values(["updated_at", *tie_breakers], kind="stable", na_position="first")
    return pd.concat([ordered.drop_duplicates(key, keep="last"), nameless], ignore_index=True)


def utc(times: pd.Series[Any]) -> pd.Series[Any]:
    """Magento's times as `YYYY-MM-DDTHH:MM:SSZ`; None for what is no time."""
    return datetime(times).value


def attribute_texts(records: Sequence[Product], odd: Sequence[bool] | npt.NDArray[np.bool_] = ()) -> list[str]:
    """The other facts of each product as one JSON text; `odd`: products whose SKU, type or status is not text."""
    columns: list[Iterable[Any]] = [list(map(attrgetter(name), records)) for name in ATTRIBUTE_NAMES]
    custom = list(columns[2])
    columns[2] = [_flat(value) for value in custom] if any(custom) else repeat(None)
    attributes = list(map(Attributes, *columns))
    for position in np.flatnonzero(odd).tolist():
        record = records[position]
        attributes[position].odd = {"sku": record.sku, "type_id": record.type_id}
    try:
        lines = _lines(attributes)
    except RecursionError:
        return _lines(map(_shallow, attributes))
    for position in _nested_much(lines):
        lines[position] = _lines([_shallow(attributes[position])])[0]
    return lines


def _nested_much(lines: Sequence[str]) -> list[int]:
    """The places of the texts that may be nested more deeply than is read: they open that many lists and objects."""
    characters = np.frombuffer("\n".join([*lines, ""]).encode(), dtype=np.uint8)
    opened = np.flatnonzero((characters == ord("[")) | (characters == ord("{")))
    before = np.searchsorted(opened, np.flatnonzero(characters == ord("\n")))
    return np.flatnonzero(np.diff(before, prepend=0) > MOST_LEVELS).tolist()


def _shallow(attributes: Attributes) -> Attributes:
    """The same without what is nested too deeply for what reads it later; no rule takes a list anyway."""
    for name in attributes.__struct_fields__:
        value = getattr(attributes, name)
        if name in ("custom_attributes", "odd") and value:
            setattr(attributes, name, {code: [] if is_too_deep(item) else item for code, item in value.items()})
        elif is_too_deep(value):
            setattr(attributes, name, [])
    return attributes


def with_odd(facts: pd.DataFrame, attributes: Sequence[Attributes]) -> pd.DataFrame:
    """Text facts of products, with those that are not text as they came."""
    odd = {position: item.odd for position, item in enumerate(attributes) if item.odd}
    if not odd:
        return facts
    cells = {name: facts[name].to_numpy(dtype=object, copy=True) for name in facts.columns}
    for position, found in odd.items():
        for name in found.keys() & cells.keys():
            cells[name][position] = found[name]
    return pd.DataFrame({name: pd.Series(values, index=facts.index, dtype=object) for name, values in cells.items()})


def read_attributes(texts: pd.Series[Any]) -> list[Attributes]:
    """JSON texts of the store → attributes, one per row."""
    return _ATTRIBUTES.decode("[" + ",".join(texts.fillna("{}")) + "]")


def _lines(items: Iterable[Any]) -> list[str]:
    return _ENCODER.encode_lines(list(items)).decode().split("\n")[:-1]


def _flat(value: object) -> dict[str, Any] | None:
    """Magento's list of code and value, or a mapping, as code → value; empty values are none."""
    pairs: Iterable[tuple[Any, Any]]
    if isinstance(value, dict):
        pairs = value.items()
    elif isinstance(value, list):
        pairs = ((item.get("attribute_code"), item.get("value")) for item in value if isinstance(item, dict))
    else:
        return None
    # A code that is neither text nor a number names no attribute.
    flat = {str(code): item for code, item in pairs if isinstance(code, (str, int)) and item not in (None, "")}
    return dict(sorted(flat.items())) or None


def _kits(records: Sequence[Product], types: pd.Series[Any]) -> pd.Series[Any]:
    kits = pd.Series("[]", index=types.index, dtype=object)
    kits[types.isna()] = None
    for position in np.flatnonzero(types.eq("bundle")).tolist():
        kits[position] = _kit_text(records[position])
    return kits


def _kit_text(record: Product) -> str | None:
    options = getattr(record.extension_attributes, "bundle_product_options", None)
    if options is None:
        return None
    try:
        return _ENCODER.encode(fixed_kit(options)).decode()
    except (Unfit, RecursionError):
        return None


def fixed_kit(options: Sequence[BundleOption]) -> list[tuple[str, Any]]:
    """Options of a bundle → (sku, units) of each part, sorted; empty when the customer has any choice.

    Raises Unfit where a flag is neither true nor false, or a SKU is not text.
    """
    parts: list[tuple[str, Any]] = []
    for option in options:
        links = option.product_links or []
        if not _true(option.required) or len(links) != 1 or _true(links[0].can_change_quantity):
            return []
        if links[0].sku in (None, ""):
            return []
        parts.append((text(links[0].sku), links[0].qty))
    return sorted(parts, key=str)


def _true(value: object) -> bool:
    return value not in (None, "") and flag(value)


def listed_ids(records: Sequence[ProductId]) -> pd.Series[Any]:
    """Ids of a part of the complete listing; isolated records count as present."""
    ids = as_ids(column(records, "product_id"))
    return ids[ids.notna()]


def check_facts(records: Sequence[ProductCheck]) -> pd.DataFrame:
    """Answers about products asked for by id → one row per record: product_id, found (bool, None: proves nothing)."""
    ids, found = (column(records, name) for name in ("product_id", "found"))
    return pd.DataFrame({"product_id": as_ids(ids), "found": as_flags(found)})
