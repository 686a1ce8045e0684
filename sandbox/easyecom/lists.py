"""Lists of the EasyEcom sandbox: the filters that exist, the default span of days, and cursors that carry both.

A parameter that is no filter of the list is ignored without a word, so that a wrong name looks like success.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from sandbox.easyecom.errors import EasyError
from sandbox.easyecom.settings import SIZES, Settings
from sandbox.easyecom.store import EasyStore
from sandbox.server.table import Test

Query = Mapping[str, str]
Tests = dict[object, Test]

DATES = {
    "products": {"updated": "updated_at"},
    "vendors": {"created": "created_at", "updated": "updated_at"},
    "purchase_orders": {"created": "po_created_date", "updated": "po_updated_date"},
    "receipts": {"created": "grn_created_at"},
    "orders": {"updated": "last_update_date", "created": "import_date"},
}
"""The attributes behind `<name>_after` and `<name>_before`."""

_IDS = {
    "purchase_orders": {"po_ids": "po_id", "po_status_id": "po_status_id"},
    "receipts": {"grn_ids": "grn_id", "po_ids": "po_id", "grn_status_id": "grn_status_id"},
    "orders": {"status_id": "order_status_id", "order_id": "order_id", "invoice_id": "invoice_id"},
    "products": {"active": "active"},
}
"""The attributes behind comma lists of numbers."""

DATED = {"purchase_orders": "po_created_date", "receipts": "grn_created_at", "orders": "last_update_date"}
"""Lists that go back some days only where nothing names a date or a row, and by which attribute."""

_EXACT = ("po_ids", "grn_ids", "order_id", "invoice_id", "reference_code")
_SPANS = {"start_date": "order_date", "end_date": "order_date"}
_SPANS |= {"invoice_start_date": "invoice_date", "invoice_end_date": "invoice_date"}


class Cursor(msgspec.Struct):
    """Where a list goes on: its filters, its page size, and the last key or the number of rows so far."""

    query: dict[str, str]
    size: int
    after: int

    def text(self) -> str:
        """Return the cursor as a link holds it: with a slash and equals signs inside."""
        plain = base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")
        return f"{plain[:12]}/{plain[12:]}=="

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read a cursor.

        Raises:
            EasyError: If it is none.
        """
        plain = text.removesuffix("==").replace("/", "", 1)
        try:
            if text == plain:
                raise ValueError("neither slash nor equals sign")
            return msgspec.json.decode(base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)), type=cls)
        except (ValueError, binascii.Error) as error:
            raise EasyError(400, "Invalid cursor provided") from error


@dataclass(frozen=True)
class Asked:
    """What a list request asks for: its filters, its page size and where it goes on."""

    query: Query
    size: int
    after: int | None


def asked(resource: str, query: Query, raw_query: str, settings: Settings) -> Asked:
    """Read the query of a list; what stands beside a cursor is ignored.

    Raises:
        EasyError: For a page that is too large, or a cursor that is none.
    """
    if "cursor" in query:
        raw = next(part for part in raw_query.split("&") if part.startswith("cursor=")).removeprefix("cursor=")
        if settings.verbatim_cursors and raw != query["cursor"]:
            raise EasyError(400, "Invalid cursor provided")
        cursor = Cursor.read(query["cursor"])
        return Asked(cursor.query, cursor.size, cursor.after)
    usual, largest = SIZES[resource]
    size = int(query["limit"]) if query.get("limit", "").isdigit() else usual
    if size > largest:
        raise EasyError(
            400, f"Limit cannot be greater than {largest}", 400 if settings.limit_error == "http" else 200
        )
    return Asked({name: value for name, value in query.items() if name != "limit"}, max(1, size), None)


def tests(store: EasyStore, resource: str, query: Query) -> Tests:
    """Return the tests that a row must pass, by what they ask.

    Raises:
        EasyError: For a date that is none, or a span of orders that is too long.
    """
    found: Tests = {}
    for name, attribute in _IDS.get(resource, {}).items():
        if query.get(name):
            found[name, query[name]] = _among(attribute, query[name])
    if resource == "orders" and query.get("reference_code"):
        found["reference_code", query["reference_code"]] = lambda row: row.reference_code == query["reference_code"]
    inclusive = store.settings.bounds == "inclusive"
    bounds = _bounds(resource, query)
    if resource == "orders":
        _check_span(store, bounds)
    if not bounds and resource in DATED and not any(query.get(name) for name in _EXACT):
        since = store.stamp(store.clock.now() - timedelta(days=store.settings.default_days))
        bounds = [(DATED[resource], 1, since)]
    for attribute, sign, moment in bounds:
        found[attribute, sign, moment, inclusive] = _beyond(attribute, sign, moment, inclusive)
    return found


def _bounds(resource: str, query: Query) -> list[tuple[str, int, str]]:
    """Return attribute, direction (1: after, -1: before) and moment of each date filter."""
    found = []
    for name, attribute in DATES[resource].items():
        for word, sign in (("after", 1), ("before", -1)):
            if query.get(f"{name}_{word}"):
                found.append((attribute, sign, _moment(query[f"{name}_{word}"])))
    if resource == "orders":
        for name, attribute in _SPANS.items():
            if query.get(name):
                found.append((attribute, -1 if "end" in name else 1, _moment(query[name])))
    return found


def _moment(text: str) -> str:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), form).strftime("%Y-%m-%d %H:%M:%S")
        except ValueError:
            continue
    raise EasyError(400, "Invalid date format provided")


def _check_span(store: EasyStore, bounds: Sequence[tuple[str, int, str]]) -> None:
    """Refuse more days of orders than may be asked for at once; an open end is now."""
    now = store.stamp(store.clock.now())
    for attribute in {attribute for attribute, sign, _ in bounds}:
        first = [moment for name, sign, moment in bounds if name == attribute and sign == 1]
        last = [moment for name, sign, moment in bounds if name == attribute and sign == -1]
        span = _read(last[0] if last else now) - (_read(first[0]) if first else datetime.min)
        if span > timedelta(days=store.settings.order_days):
            raise EasyError(400, f"Date range greater than {store.settings.order_days} days not allowed")


def _read(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S")


def _among(attribute: str, text: str) -> Test:
    numbers = {part.strip() for part in text.split(",")}
    return lambda row: str(getattr(row, attribute)) in numbers


def _beyond(attribute: str, sign: int, moment: str, inclusive: bool) -> Test:
    def test(row: object) -> bool:
        value = getattr(row, attribute)
        if not value:
            return False
        if value == moment:
            return inclusive
        return bool(value > moment) == (sign > 0)

    return test


def page(keys: Sequence[int], wanted: Asked, settings: Settings) -> tuple[list[int], str | None]:
    """Return the keys of one page of ascending keys, and the text of the cursor that goes on, None at the end."""
    down = settings.order == "descending"
    if settings.paging == "offset":
        ordered: Sequence[int] = keys[::-1] if down else keys
        start = wanted.after or 0
        chosen, more = list(ordered[start : start + wanted.size]), len(ordered) > start + wanted.size
    elif down:
        end = len(keys) if wanted.after is None else bisect_left(keys, wanted.after)
        chosen, more = list(keys[max(0, end - wanted.size) : end][::-1]), end > wanted.size
    else:
        start = 0 if wanted.after is None else bisect_right(keys, wanted.after)
        chosen, more = list(keys[start : start + wanted.size]), len(keys) > start + wanted.size
    if not chosen or not (more or settings.last_page == "empty"):
        return chosen, None
    after = (wanted.after or 0) + wanted.size if settings.paging == "offset" else chosen[-1]
    return chosen, Cursor(dict(wanted.query), wanted.size, after).text()


