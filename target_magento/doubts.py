"""What cannot be told of a shop's stock because a record of it cannot be used: it costs the SKUs that it names."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from connector.collation import folded
from connector.errors import StreamError
from connector.http.pool import Row

T = TypeVar("T")


class Doubts:
    """SKUs (folded) in doubt by what was read last of each kind."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str]] = {}

    def judged(self, kind: str, rows: Iterable[Row], judge: Callable[[Row], T]) -> list[T]:
        """What `judge` makes of each record; the SKUs of one that it cannot use are in doubt until the next reading.

        Raises:
            StreamError: such a record names no SKU, so that it may be about any.
        """
        doubts = self._found[kind] = {}
        found = []
        for row in rows:
            try:
                found.append(judge(row))
            except StreamError as error:
                names = _skus(row)
                if not names:
                    raise
                doubts.update((folded(name), str(error).rstrip(".")) for name in names)
        return found

    def why(self, sku: str) -> str | None:
        """Why nothing can be concluded of a SKU (folded), as a sentence without a full stop; None: something can."""
        return next((doubts[sku] for doubts in self._found.values() if sku in doubts), None)


def _skus(row: Row) -> list[str]:
    """All SKUs that a record names, its own or those of its lines; none where any of them is not told."""
    lines = row.get("items", [row])
    names = [line.get("sku") if isinstance(line, dict) else None for line in lines or ()]
    texts = [name for name in names if isinstance(name, str) and name]
    return texts if len(texts) == len(names) else []
