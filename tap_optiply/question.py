"""How Optiply's lists are asked for, and what its answers hold: the only place in the tap that knows JSON:API."""

import re
from typing import Any
from urllib.parse import quote

from connector.http.pool import Json
from connector.lists.question import Ask, Where

MEDIA_TYPE = "application/vnd.api+json"
MOST_ROWS = 100
"""The largest page."""
_OPERATORS = {"eq": "EQ", "gt": "GT", "gteq": "GE", "lteq": "LE"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_LIMIT = re.compile(r"maximum allowed of (\d+)")


def query(ask: Ask, size: int) -> str:
    """The query string of a question for so many rows; for none of them one comes, with the count of all."""
    if not ask.paged:
        return ""
    parts = [(f"filter[{each.field}][{_OPERATORS[each.condition]}]", _value(each)) for each in ask.where]
    parts += [("sort", ",".join(f"-{each.field}" if each.descending else each.field for each in ask.sort))]
    # Pages by id: a position in a list that changes would pass rows over.
    parts += [("page[offset]", "0"), ("page[limit]", str(size or 1))]
    return "&".join(f"{quote(name, safe='')}={quote(value, safe=',')}" for name, value in parts if value)


def rows_and_total(value: dict[str, Any]) -> tuple[Json, Json]:
    """The records of an answer, flat, and how many there are; where that is not said, whether more follow."""
    data = value["data"]
    rows = data if isinstance(data, list) else [data]
    meta, links = value.get("meta"), value.get("links")
    total = meta.get("totalResourceCount") if isinstance(meta, dict) else None
    if total is None:
        total = len(rows) + (isinstance(links, dict) and links.get("next") is not None)
    return [_flat(row) for row in rows], total


def page_limit(text: str) -> int | None:
    """The largest page that a refusal names."""
    found = _LIMIT.search(text)
    return int(found[1]) if found else None


def _flat(row: Json) -> Json:
    """A record as its attributes with its id among them; what has none of both stays as it is."""
    attributes = row.get("attributes") if isinstance(row, dict) else None
    return {"id": _number(row.get("id")), **attributes} if isinstance(attributes, dict) else attributes


def _number(value: Json) -> Json:
    """An id as other records refer to it: a number, where it is one."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19 else value


def _value(where: Where) -> str:
    text = str(where.value)
    return f"{text.replace(' ', 'T')}Z" if _MOMENT.fullmatch(text) else text
