"""The rights of Magento's admin that reading needs: which resource, where it is ticked, and for what.

The one list of them is rights.csv: `doctor` asks for each, the documentation shows them. Resources are those of the
routes of 2.4.6.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.files import table_beside
from magento_api.search import STOCK_ITEMS, count_query, low_stock_query, plain_query


@dataclass(frozen=True)
class Right:
    """A resource of Magento's access lists.

    `tick` is where it stands on the tab API of an integration, `needed_for` says for what in words. `paths` are those
    below /rest/{scope}/V1 that it opens, by their beginning. `fast_stock` is a path that reading stock in bulk asks
    and that needs it.
    """

    resource: str
    tick: str
    needed_for: str
    paths: tuple[str, ...]
    fast_stock: str | None = None


RIGHTS: tuple[Right, ...] = tuple(
    msgspec.convert({**row, "paths": row["paths"].split()}, Right) for row in table_beside(__file__, "rights.csv")
)


def right_for(path: str) -> Right:
    """The right that opens a path: the one with the longest beginning of it."""
    fitting = [(len(start), right) for right in RIGHTS for start in right.paths if path.startswith(start)]
    return max(fitting, key=lambda pair: pair[0])[1]


@dataclass(frozen=True)
class NeededRight:
    """A right that this configuration needs: the streams that need it, and (path, query) of a question for each."""

    right: Right
    streams: tuple[str, ...]
    questions: tuple[tuple[str, str], ...]


def needed_rights(streams: Mapping[str, str], config: Mapping[str, Any]) -> list[NeededRight]:
    """The rights for streams (name → path) and, where stock is to be read in bulk, for that; in the list's order.

    A right without streams is needed for stock in bulk alone: the run goes without it, with a request for each SKU.
    """
    needed = []
    fast = reads_stock_in_bulk(streams, config)
    for right in RIGHTS:
        mine = {name: path for name, path in streams.items() if right_for(path) is right}
        paths = [*mine.values(), *([right.fast_stock] if fast and right.fast_stock else [])]
        if paths:
            questions = tuple((path, _question(path)) for path in dict.fromkeys(paths))
            needed.append(NeededRight(right, tuple(mine), questions))
    return needed


def reads_stock_in_bulk(streams: Iterable[str], config: Mapping[str, Any]) -> bool:
    """Whether the stream of stock statuses is selected and may be read in bulk."""
    return "product_stock_statuses" in streams and config.get("stock_reading") != "per_sku"


def _question(path: str) -> str:
    """A query that costs the shop little; the lists without paging take none."""
    if path.startswith("/store/"):
        return plain_query("id")
    return low_stock_query(size=1, page=1) if path == STOCK_ITEMS else count_query()
