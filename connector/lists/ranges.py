"""A range of ids: as filters of a request, and cut into parts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from connector.lists.question import Where


@dataclass(frozen=True)
class Range:
    """Ids above `low` up to `high`; without `high` to the end."""

    low: int
    high: int | None = None

    def where(self, field_name: str) -> list[Where]:
        """The range as filters."""
        upper = [] if self.high is None else [Where(field_name, "lteq", self.high)]
        return [Where(field_name, "gt", self.low), *upper]

    def pieces(self, number: int) -> list[Range]:
        """The range in so many parts of nearly equal width, fewer where it is narrow."""
        assert self.high is not None
        width = self.high - self.low
        parts = max(1, min(number, width))
        edges = [self.low + width * step // parts for step in range(parts + 1)]
        return [Range(low, high) for low, high in pairwise(edges)]
