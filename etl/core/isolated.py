"""What is left of a record that cannot be read: the row with its key alone, which counts as present and says nothing.

So one unreadable record of a table costs itself: its product keeps its old values, the rest of the table still counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from connector.messages import UNREADABLE
from connector.values import Unfit, id_text, text
from etl.magento.shapes import KEY_FIELDS, ItemStock, ProductCheck, ProductId, SourceItem, StockStatus

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_LONGEST = 600  # characters of a key; what is longer is none


def key_of(stream: str, found: Mapping[str, Any] | None) -> str | None:
    """The value that names a record in messages, or None where that cannot be read either."""
    return None if found is None else _judged(text, found.get(KEY_FIELDS.get(stream, "id")))


def key_row(stream: str, found: Mapping[str, Any] | None) -> Struct | None:
    """The record with its key alone, for the tables in which absence means something; None for other streams."""
    make = _ROWS.get(stream)
    return None if make is None or found is None else make(found)


def names_its_record(stream: str, found: Mapping[str, Any] | None) -> bool:
    """Whether what was read tells which record it is, so that only that one is lost.

    Of a source that cannot be read nobody knows whether its stock counts: all sums would be doubtful.
    """
    if stream == "sources":
        return False
    return key_row(stream, found) is not None or (stream not in _ROWS and key_of(stream, found) is not None)


def scalars_of_record(line: bytes) -> dict[str, Any]:
    """The plain values of a RECORD's record, read by tokens: for lines too deep for any JSON reader."""
    found: dict[str, Any] = {}
    depth, outer, key, value_next = 0, "", "", False
    for token in _TOKEN.finditer(line.decode("utf-8", "replace")):
        mark = token.group(0)
        if mark in ("{", "["):
            depth += 1
        elif mark in ("}", "]"):
            depth -= 1
        elif mark == ":":
            value_next = True
            continue
        elif depth == 1 and not value_next:
            outer = mark
        elif depth == 2 and outer == '"record"' and mark != ",":
            if value_next and len(mark) < _LONGEST:
                found.setdefault(key, _plain(mark))
            key = token.group(1) or ""
        value_next = False
    return found


def _plain(mark: str) -> Any:  # noqa: ANN401 - text, number, flag or nothing
    try:
        return msgspec.json.decode(mark)
    except UNREADABLE:
        return None


def _judged(judge: Callable[[object], str], value: object) -> str | None:
    try:
        return judge(value) or None
    except Unfit:
        return None


def _product_id(found: Mapping[str, Any]) -> Struct | None:
    key = _judged(id_text, found.get("id"))
    return None if key is None else ProductId(key)


def _product_check(found: Mapping[str, Any]) -> Struct | None:
    key = _judged(id_text, found.get("id"))
    return None if key is None else ProductCheck(key)


def _stock_status(found: Mapping[str, Any]) -> Struct | None:
    sku, product = _judged(text, found.get("sku")), _judged(id_text, found.get("product_id"))
    return None if sku is None and product is None else StockStatus(sku, product)


def _item_stock(found: Mapping[str, Any]) -> Struct | None:
    key = _judged(id_text, found.get("product_id"))
    return None if key is None else ItemStock(key)


def _source_item(found: Mapping[str, Any]) -> Struct | None:
    sku = _judged(text, found.get("sku"))
    return None if sku is None else SourceItem(sku, _judged(text, found.get("source_code")))


_ROWS: dict[str, Callable[[Mapping[str, Any]], Struct | None]] = {
    "product_ids": _product_id,
    "product_checks": _product_check,
    "product_stock_statuses": _stock_status,
    "product_item_stocks": _item_stock,
    "source_items": _source_item,
}
