"""Cuts a list into windows of its id, each about a page, by how densely rows lay in the pages before it.

Nothing has to be known of the highest id: what follows the last window is asked for without an upper end. Where ids are
dense a window is as wide as a page is long, so that nothing is left over for a second question.
"""

from collections import deque
from collections.abc import Iterator
from math import sqrt
from statistics import median

from connector.lists.ranges import Range

REMEMBERED = 5
"""So many pages say how dense the next one is: by their median, since a single gap says nothing of what follows it."""
SPARED = 2.0
"""Standard deviations that a window stays below a page, where a row is there or not by chance."""
EMPTY_AT_FIRST, USEFUL_FOR_AN_EMPTY_ONE = 4, 4
"""Windows that may come empty before pages follow one another, without a guess: so many, and one for each four."""
QUICK_SECONDS = 5.0
"""A page that takes no longer is worth its request: most of a smaller one would be the way there and back."""


def pieces_of(part: Range, rows: int, size: int) -> list[Range]:
    """A range that holds so many rows, cut so that hardly any part holds more than a page; it has an upper end."""
    assert part.high is not None
    width = part.high - part.low
    return part.pieces(-(-width // width_for(max(1, rows) / width, size)))


def larger(size: int, most: int, seconds: float) -> int:
    """The page of at most `most` rows that would take QUICK_SECONDS, where one of `size` took so long; never less."""
    return max(size, min(most, int(size * QUICK_SECONDS / max(seconds, 0.001))))


def width_for(density: float, size: int) -> int:
    """How many ids a window spans of which so great a part are rows, so that it hardly ever holds more than a page.

    A page of a few rows is filled by half, though chance may then fill it twice.
    """
    chance = 1 - min(density, 1.0)
    rows = (sqrt(chance * SPARED**2 / 4 + max(0, size - 1)) - sqrt(chance) * SPARED / 2) ** 2
    return max(size, int(max(rows, size / 2) / density))


class Windows:
    """What the pages so far say of those to come; pages are told in the order of their ids."""

    def __init__(self, size: int, most: int = 0) -> None:
        """`size`: rows a page; up to `most` where that is more and the first page came quickly."""
        self.size = size
        self._most = most
        self._densities: deque[float] = deque(maxlen=REMEMBERED)
        self._left = 0  # rows above `_read_to`, as they were counted
        self._read_to = 0
        self._useful = self._empty = 0

    def above(self, low: int) -> Iterator[Range]:
        """Windows above an id, one after the other as they are needed, and the rest without an upper end."""
        gaps = self._empty
        while self._densities and self._empty == gaps and self._may_guess():
            density = median(self._densities)
            if self._left - (low - self._read_to) * density < self.size:
                break
            high = low + width_for(density, self.size)
            yield Range(low, high)
            low = high
        yield Range(low)

    def _may_guess(self) -> bool:
        return self._empty <= EMPTY_AT_FIRST + self._useful // USEFUL_FOR_AN_EMPTY_ONE

    def grow(self, seconds: float) -> None:
        """A whole page took so long: rows so small that a page is there at once are asked for in greater pages."""
        self.size = larger(self.size, self._most, seconds)

    def opened(self, first: int, last: int, rows: int, left: int) -> None:
        """A page without an upper end came, with so many rows from one id to another; so many are left above it."""
        self._left, self._read_to = left, last
        self._densities.clear()
        self._densities.append(rows / (last - first + 1))
        self._useful += 1

    def came(self, low: int, to: int, rows: int) -> None:
        """All rows above `low` up to `to` came: so many."""
        self._left -= rows
        self._note(rows, to - low, to)

    def _note(self, rows: int, ids: int, read_to: int) -> None:
        self._read_to = read_to
        if ids < self.size:
            return  # a part of a window that was cut says little
        if rows:
            self._useful += 1
            self._densities.append(rows / ids)
        else:
            self._empty += 1
