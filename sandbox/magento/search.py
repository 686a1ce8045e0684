"""The server's side of searchCriteria: reads the query as PHP does and says what Magento 2.4.7 makes of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.shop.world import Json

_NAME = re.compile(r"[A-Za-z0-9_]+")
_KEY_PART = re.compile(r"\[([^\]]*)\]")


class MagentoError(Exception):
    """An answer other than 200: status and Magento's body; `text` is sent as it is, with `content_type`.

    `errors` are those of a validation, each with its own message and parameters.
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        parameters: Json | list[object] | None = None,
        text: str | None = None,
        content_type: str = "text/plain",
        errors: list[Json] | None = None,
    ) -> None:
        """Keep the parts of the answer."""
        super().__init__(message or text)
        self.status, self.message, self.parameters = status, message, parameters
        self.text, self.content_type, self.errors = text, content_type, errors


class MaskedError(Exception):
    """What Magento hides from the caller: a 500 with a report id."""


@dataclass(frozen=True)
class Filter:
    """One filter; `condition` is the word as it was sent, known or not."""

    field: str
    value: str
    condition: str = "eq"


@dataclass(frozen=True)
class Criteria:
    """A parsed searchCriteria; None where nothing was sent."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sorts: tuple[tuple[str, str | None], ...] = ()
    page_size: int | None = None
    current_page: int | None = None

    def echo(self) -> Json:
        """Return the `search_criteria` of the answer: what was not sent is left out."""
        answer: Json = {
            "filter_groups": [
                {"filters": [{"field": f.field, "value": f.value, "condition_type": f.condition} for f in group]}
                for group in self.groups
            ]
        }
        if self.sorts:
            answer["sort_orders"] = [{"field": name, "direction": direction} for name, direction in self.sorts]
        if self.page_size is not None:
            answer["page_size"] = self.page_size
        if self.current_page is not None:
            answer["current_page"] = self.current_page
        return answer


@dataclass(frozen=True)
class Limits:
    """Magento's input limits (`webapi/validation`): off unless a shop's administrator switched them on."""

    max_page_size: int = 300
    default_page_size: int = 20
    complex_array: int = 20


def parse_query(text: str) -> Json:
    """Read a query string as PHP does: `a[b][0]=c` nests, a repeated key overwrites, `+` is a space."""
    tree: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        head, bracket, rest = key.partition("[")
        path = [head, *_KEY_PART.findall(bracket + rest)]
        node = tree
        for part in path[:-1]:
            child = node.get(part)
            if not isinstance(child, dict):
                child = node[part] = {}
            node = child
        last = path[-1] or str(len(node))
        node[last] = value
    return tree


def parse_criteria(query: Mapping[str, Any], limits: Limits | None) -> Criteria:
    """Read the `searchCriteria` of a query.

    Raises MagentoError: 400 when it is missing, when a number or a sort direction is none, or when a limit is passed.
    """
    raw = query.get("searchCriteria", query.get("search_criteria"))
    if raw is None:
        raise required("searchCriteria")
    tree = raw if isinstance(raw, dict) else {}
    page_size = _whole(tree, "pageSize", "page_size")
    if limits is not None:
        page_size = limits.default_page_size if page_size is None else page_size
        if page_size > limits.max_page_size:
            raise MagentoError(400, "Maximum SearchCriteria pageSize is %max", {"max": limits.max_page_size})
    return Criteria(
        groups=tuple(_group(group, limits) for group in _rows(tree, "filter_groups", "filterGroups")),
        sorts=tuple(_sort(sort) for sort in _rows(tree, "sortOrders", "sort_orders")),
        page_size=page_size,
        current_page=_whole(tree, "currentPage", "current_page"),
    )


def required(name: str) -> MagentoError:
    """Return the answer to a missing parameter."""
    return MagentoError(400, '"%fieldName" is required. Enter and try again.', {"fieldName": name})


def _rows(tree: Mapping[str, Any], *names: str) -> list[Mapping[str, Any]]:
    for name in names:
        rows = tree.get(name)
        if isinstance(rows, dict):
            return [row for row in rows.values() if isinstance(row, dict)]
    return []


def _group(group: Mapping[str, Any], limits: Limits | None) -> tuple[Filter, ...]:
    filters = _rows(group, "filters")
    if limits is not None and len(filters) > limits.complex_array:
        parameters: Json = {"type": "\\Magento\\Framework\\Api\\Filter", "max": limits.complex_array}
        raise MagentoError(400, 'Maximum items of type "%type" is %max', parameters)
    return tuple(
        Filter(
            field=str(row.get("field", "")),
            value=str(row.get("value", "")),
            condition=str(row.get("condition_type", row.get("conditionType", "eq"))) or "eq",
        )
        for row in filters
    )


def _sort(row: Mapping[str, Any]) -> tuple[str, str | None]:
    name, direction = str(row.get("field", "")), row.get("direction")
    if direction is not None and direction.upper() not in ("ASC", "DESC"):
        text = "The sort order has to be specified as %1 for ascending order or %2 for descending order."
        raise MagentoError(400, text, ["ASC", "DESC"])
    if not _NAME.fullmatch(name):
        raise MagentoError(400, "Sort order field %1 contains restricted symbols", [name])
    return name, direction.upper() if direction is not None else None


def _whole(tree: Mapping[str, Any], camel: str, snake: str) -> int | None:
    value = tree.get(camel, tree.get(snake))
    if value is None:
        return None
    return whole(str(value), camel)


def whole(value: str, name: str | None = None) -> int:
    """Read a whole number, or raise the 400 Magento answers; `name` is the parameter's."""
    if re.fullmatch(r"[-+]?\d+", value):
        return int(value)
    about = f'The "{value}" value\'s type is invalid. The "int" type was expected. Verify and try again.'
    raise MagentoError(400, f'Error occurred during "{name}" processing. {about}' if name else about)
