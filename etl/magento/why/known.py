"""What `snapshot why` may ask beside the store: the last reading, the shop, and which records cannot be read."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """read: stream and record of the last run, by streams and a text that its line holds. ask: an order of the shop by
    its number or id and the fields wanted, with where it was found or why it was not. unread: a sentence on a record
    (stream, id) that cannot be read, None for others.
    """

    read: Callable[[Collection[str], bytes], Iterator[tuple[str, Row]]]
    ask: Callable[[str, str], tuple[Row | None, str]]
    unread: Callable[[str, str], str | None]
