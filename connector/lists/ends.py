"""Where a list by id ends: its highest id, by asking for the last row or by counting what lies above an id."""

from dataclasses import dataclass, replace

from connector.errors import StreamError, Unreadable
from connector.lists.pages import Check, Outcome, row_number
from connector.lists.question import Ask, Sort, Where
from connector.lists.source import Source

BEYOND_EVERY_ID = 10**12


@dataclass
class Ends:
    """The end of the list of `ask`; `cursor`, `key` and `check` as those of a KeyedList."""

    source: Source
    ask: Ask
    cursor: str
    key: str | None
    check: Check | None

    def count(self, *more: Where) -> Outcome:
        """How many rows there are, as the total of an answer without rows."""
        return self.source.one(Ask(self.ask.path, (*self.ask.where, *more)))

    def rows_above(self, above: int) -> int:
        """How many rows have a higher id."""
        # Some answer a page beyond the last with the last one, which a bad record may spoil: so there is one.
        outcome = self.count(Where(self.cursor, "gt", above))
        return 1 if isinstance(outcome, Unreadable) else outcome.total

    def highest(self, total: int) -> int:
        """The highest id of so many rows, by one request; by counting where the last record itself is bad."""
        if self.key is None:
            return 0
        last = replace(self.ask, sort=(Sort(self.cursor, descending=True),), size=1, fields=self.key)
        outcome = self.source.one(last, self.check)
        if isinstance(outcome, Unreadable):
            return self.gallop(total)
        return row_number(outcome.rows[0], self.key) if outcome.rows else 0

    def gallop(self, start: int) -> int:
        """An id from `start` on above which there is nothing, found by counting with doubled steps."""
        above = start or max(self.ask.size, 1)
        return self.doubled(above) if self.rows_above(above) else above

    def doubled(self, above: int) -> int:
        """An id that has nothing above it, where this one has."""
        if self.rows_above(BEYOND_EVERY_ID):
            return self._miscounted()
        above *= 2
        while above < BEYOND_EVERY_ID and self.rows_above(above):
            above *= 2
        return above

    def _miscounted(self) -> int:
        """Where rows are counted above every id, the counts find no end: rows with an id show it themselves.

        Raises StreamError: the rows carry no id, so that only counts could show that nothing is missing.
        """
        if self.key is None:
            words = self.source.words
            raise StreamError(
                f"GET {self.ask.path}: {words.who} counts records where there can be none ({self.cursor} above "
                f"{BEYOND_EVERY_ID}), so its counts cannot be trusted, and this list cannot be read without them. "
                f"{words.expert} which extension changes {words.total}."
            )
        return BEYOND_EVERY_ID
