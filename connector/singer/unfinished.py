"""Documents of which the other side tells no changes: what was not final is asked for by its id until it is."""

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.again import portions
from connector.lists.pages import row_number
from connector.lists.question import Ask
from connector.singer.changes import CursorChangesStream

UNFINISHED, ABSENT = "unfinished", "absent"
"""Where the state keeps, by scope, what was not final when it was read, and what an answer by id has lacked since."""


class UnfinishedStream(CursorChangesStream):
    """A list by time of creation; the key is a whole number. `ids_a_page`: by how many ids may be asked at once."""

    ids_a_page: ClassVar[int]

    @abstractmethod
    def is_final(self, record: Row) -> bool:
        """Whether a record will not change any more."""

    @abstractmethod
    def by_ids(self, scope: str, ids: str) -> Ask:
        """The list of the records with these ids, which are joined by commas."""

    @override
    def pages(self) -> Iterator[list[Row]]:
        kept = self.stream_state.get(UNFINISHED)
        lists = kept.items() if isinstance(kept, dict) else ()
        self._kept = {n: scope for scope, ids in lists if isinstance(ids, list) for n in ids if type(n) is int}
        self._open: dict[int, str] = {}
        self._met: set[int] = set()
        yield from super().pages()

    @override
    def rounds(self) -> Iterator[Iterator[Ask]]:
        """What is new, then what was not final and did not come with it."""
        yield from super().rounds()
        yield self._unfinished()

    def _unfinished(self) -> Iterator[Ask]:
        for scope in sorted(filter(self.can_ask, set(self._kept.values()))):
            ids = sorted(number for number, place in self._kept.items() if place == scope and number not in self._met)
            for some in portions(ids, self.ids_a_page):
                yield self.by_ids(scope, ",".join(map(str, some)))

    def met(self, scope: str | None, row: Row, record: Row | None) -> Row | None:
        """Notes a row that came, and the record that it is (None: it does not belong to the stream)."""
        number = row_number(row, self.keys[0])
        self._met.add(number)
        if record is not None and not self.is_final(record):
            self._open[number] = str(scope)
        return record

    @override
    def remember(self, *, complete: bool) -> None:
        """What an answer lacks twice is gone."""
        state: dict[str, Any] = self.stream_state
        left, before = self._kept.keys() - self._met, state.pop(ABSENT, [])
        asked = self._lists is not None and self._lists.why is None
        if gone := sorted(left.intersection(before)) if asked else []:
            who, shown = self.source.words.who, ", ".join(map(str, gone[:10]))
            self.source.report.note(f"{self.name}: {len(gone)} were not final and are gone from {who} ({shown}).")
        still = {number: self._kept[number] for number in left.difference(gone)}
        state.pop(UNFINISHED, None)
        if unfinished := {**still, **self._open}:
            scopes = sorted(set(unfinished.values()))
            state[UNFINISHED] = {one: sorted(n for n, place in unfinished.items() if place == one) for one in scopes}
        if absent := sorted(still) if asked else [number for number in before if number in still]:
            state[ABSENT] = absent
        super().remember(complete=complete)
