"""Lists of the Picqer sandbox: the filters that exist, the order, and offset paging without an envelope.

A parameter that is no filter of the list is ignored, `limit` and `updated_since` among them, so a client that relies
on it reads everything.
"""

import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.picqer.errors import MISSING, PicqerError
from sandbox.picqer.rows import Product, PurchaseOrder
from sandbox.picqer.settings import Settings
from sandbox.server.table import Table, Test

Equal = dict[str, object]
Tests = dict[object, Test]
_ASCENDING = ("warehouses",)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2})?)?")

_NUMBERS = {
    "products": ("idsupplier", "idfulfilment_customer"),
    "purchaseorders": ("idsupplier", "idwarehouse"),
    "receipts": ("idsupplier", "idpurchaseorder"),
    "orders": ("idcustomer",),
}
_TEXTS = {
    "products": ("productcode", "type"),
    "purchaseorders": ("status",),
    "receipts": ("receiptid", "status"),
    "orders": ("orderid", "status"),
}
_AFTER = {
    "products": {"updated_after": "updated"},
    "purchaseorders": {"updated_after": "updated"},
    "receipts": {"updated_after": "updated", "completed_after": "completed_at"},
    "orders": {"sincedate": "created"},
}


def filters(resource: str, query: Mapping[str, str], settings: Settings) -> tuple[Equal, Tests]:
    """Return what a list request asks for: attributes that must be equal, and tests by what they ask.

    Raises PicqerError: 400 for a date that is none.
    """
    equal: Equal = {}
    tests: Tests = {}
    if resource in ("products", "suppliers"):
        equal["active"] = "inactive" not in query
    for name in _NUMBERS.get(resource, ()):
        if name in query:
            equal[name] = int(query[name]) if query[name].isascii() and query[name].isdigit() else -1
    for name in _TEXTS.get(resource, ()):
        if name in query:
            equal[name] = query[name]
    for name, attribute in _AFTER.get(resource, {}).items():
        if name in query:
            after = _moment(name, query[name])
            tests[name, after, settings.after_inclusive] = _later(attribute, after, settings.after_inclusive)
    for name, test in _own_tests(resource).items():
        if name in query:
            tests[name, query[name]] = test(query[name])
    return equal, tests


def _moment(name: str, text: str) -> str:
    """Return the text that stamps are compared with: local times are compared as they are written."""
    match = _MOMENT.match(text.strip())
    if match is None:
        raise PicqerError(MISSING, f"Invalid value for parameter: {name}")
    day, minutes, seconds = match.groups()
    whole = f"{day} {minutes or '00:00'}{seconds or ':00'}"
    try:
        datetime.strptime(whole, "%Y-%m-%d %H:%M:%S")
    except ValueError as error:
        raise PicqerError(MISSING, f"Invalid value for parameter: {name}") from error
    return whole


def _later(attribute: str, after: str, inclusive: bool) -> Test:
    def test(row: object) -> bool:
        value = getattr(row, attribute)
        return value is not None and (value > after or (inclusive and value == after))

    return test


def _own_tests(resource: str) -> Mapping[str, Callable[[str], Test]]:
    if resource == "products":
        return {"search": _search_products, "tag": _tagged, "idproducts": _among}
    if resource == "purchaseorders":
        return {"search": _search_purchases}
    if resource == "orders":
        return {
            "search": lambda text: lambda row: text in (row.orderid, row.reference),
            "sinceid": _since_id,
            "beforeid": _before_id,
            "tag": lambda _text: lambda _row: False,
        }
    return {}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _since_id(text: str) -> Test:
    number = _number(text)
    return lambda row: row.idorder > number


def _before_id(text: str) -> Test:
    number = _number(text)
    return lambda row: row.idorder < number


def _search_products(text: str) -> Test:
    wanted = text.lower()

    def test(row: Product) -> bool:
        return any(wanted in (value or "").lower() for value in (row.productcode, row.barcode))

    return test


def _tagged(text: str) -> Test:
    return lambda row: text in row.tags


def _among(text: str) -> Test:
    numbers = {_number(part) for part in re.split(r"[,;|]", text)}
    return lambda row: row.idproduct in numbers


def _search_purchases(text: str) -> Test:
    """Search the number and the name of the supplier: whether Picqer looks at `supplier_orderid` is unknown."""
    wanted = text.lower()

    def test(row: PurchaseOrder) -> bool:
        return any(wanted in (value or "").lower() for value in (row.purchaseorderid, row.supplier_name))

    return test


def page(resource: str, table: Table[Any], ids: list[int], query: Mapping[str, str], settings: Settings) -> list[Any]:
    """Return the rows of one page, from row number `offset` of the list; beyond its end there are none."""
    offset, size = _number(query.get("offset", "0")), settings.page_size
    if settings.shuffle_ties and resource not in _ASCENDING:
        chance = {number: random.random() for number in ids}
        ids = sorted(ids, key=lambda number: (getattr(table.rows[number], "created", ""), chance[number]))
    if settings.order == "newest" and resource not in _ASCENDING:
        end = max(0, len(ids) - offset)
        chosen = ids[max(0, end - size) : end][::-1]
    else:
        chosen = ids[offset : offset + size]
    return [table.rows[number] for number in chosen]
