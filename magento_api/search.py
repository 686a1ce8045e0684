"""How Magento's searchCriteria is written: the only place in the tap that knows it.

Source: Magento REST, 2.4.x. Groups are joined by AND, the filters of one group by OR; an unknown condition is silently
read as `eq`, so conditions are a closed set here. Products sorted by an unknown field come back unsorted without an
error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from connector.http.pool import Json
from connector.lists.question import Ask, Sort, Where

STOCK_ITEMS = "/stockItems/lowStock"
BEYOND_THE_LAST_PAGE = 1_000_000_000
EVERY_QUANTITY = 99_999_999_999


def query(ask: Ask, size: int) -> str:
    """The query string of a question for so many rows; for none of them: how many there are."""
    if not ask.paged:
        return plain_query(ask.fields)
    if ask.path == STOCK_ITEMS:
        return low_stock_query(size=size or 1, page=ask.page, fields=ask.fields)
    if not size:
        return count_query(ask.where)
    return page_query(ask.where, ask.sort, size=size, page=ask.page, fields=ask.fields)


def rows_and_total(value: Json) -> tuple[Json, Json]:
    """The rows of a list answer and their number; `items` is null where `fields` meets an empty result."""
    if not isinstance(value, dict):
        return None, None
    rows = value.get("items", False)
    return [] if rows is None else rows, value.get("total_count")


def page_query(
    where: Sequence[Where] = (), sort: Sequence[Sort] = (), *, size: int, page: int = 1, fields: str = ""
) -> str:
    """The query string of one page: `where` filters joined by AND, `fields` of each item (empty: all of them)."""
    parts: list[tuple[str, str | int]] = []
    for number, item in enumerate(where):
        prefix = f"searchCriteria[filter_groups][{number}][filters][0]"
        parts += [
            (f"{prefix}[field]", item.field),
            (f"{prefix}[condition_type]", item.condition),
            (f"{prefix}[value]", item.value),
        ]
    for number, order in enumerate(sort):
        prefix = f"searchCriteria[sortOrders][{number}]"
        parts += [(f"{prefix}[field]", order.field), (f"{prefix}[direction]", "DESC" if order.descending else "ASC")]
    parts += [("searchCriteria[pageSize]", size), ("searchCriteria[currentPage]", page)]
    if fields:
        parts.append(("fields", f"items[{fields}],total_count"))
    return encode(parts)


def count_query(where: Sequence[Where] = ()) -> str:
    """A query that is answered with `total_count` and no items: stores since 2.4.0 load no record for it."""
    return page_query(where, size=1, page=BEYOND_THE_LAST_PAGE)


def low_stock_query(*, size: int, page: int, fields: str = "") -> str:
    """One page of all legacy stock items: `scopeId` 0 and a quantity nothing exceeds (stockItems/lowStock)."""
    parts: list[tuple[str, str | int]] = [
        ("scopeId", 0),
        ("qty", EVERY_QUANTITY),
        ("pageSize", size),
        ("currentPage", page),
    ]
    if fields:
        parts.append(("fields", f"items[{fields}],total_count"))
    return encode(parts)


def probe_query() -> str:
    """A query that every endpoint takes, to learn whether it may be read; no record is loaded for it."""
    return f"{count_query()}&{low_stock_query(size=1, page=BEYOND_THE_LAST_PAGE)}"


def plain_query(fields: str = "") -> str:
    """The query of an endpoint without paging; `fields` of its rows or of its one object."""
    return encode([("fields", fields)] if fields else [])


def encode(parts: Sequence[tuple[str, str | int]]) -> str:
    """A query string as PHP reads it: a space is %20, a plus %2B, brackets are encoded."""
    return "&".join(f"{quote(key, safe='')}={quote(str(value), safe=',')}" for key, value in parts)


def path_part(text: str) -> str:
    """A SKU or code as one segment of a path: everything but letters, digits and `_.-~` is encoded, once."""
    return quote(text, safe="")


def projection(
    properties: Mapping[str, Any],
    is_selected: Callable[[tuple[str, ...]], bool],
    attribute_codes: Sequence[str] = (),
    breadcrumb: tuple[str, ...] = (),
) -> str:
    """The value of `fields` for a JSON Schema's properties, nested where the schema is; `custom_attributes` by code.

    `is_selected` takes a Singer breadcrumb. An object or array without named properties is asked for as a whole.
    """
    names: list[str] = []
    for name, schema in properties.items():
        crumb = (*breadcrumb, "properties", name)
        if not is_selected(crumb):
            continue
        if name == "custom_attributes" and not breadcrumb:
            if attribute_codes:
                names.append(f"{name}[{','.join(attribute_codes)}]")
            continue
        inner = schema.get("properties") or schema.get("items", {}).get("properties") or {}
        nested = projection(inner, is_selected, (), crumb) if inner else ""
        names.append(f"{name}[{nested}]" if nested else name)
    return ",".join(names)
