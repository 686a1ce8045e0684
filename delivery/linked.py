"""A destination whose lists come in pages of which each names the next one by a link, sent back as it came."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from typing_extensions import override

from connector.http.pool import Json
from delivery.json_api import JsonDestination
from vocabulary.entity import Entity


class LinkedDestination(JsonDestination):
    """A system says where its list is, under which name its rows have their id, and how an answer names the next page.

    `path`: of the list. `listed_id`: name of the id in a row.
    """

    path: ClassVar[str]
    listed_id: ClassVar[str]

    def next_page(self, answer: Mapping[str, Any]) -> str | None:
        """Path and query of the page after this one, None at the end. Raises ValueError: it cannot be asked for."""
        raise NotImplementedError

    @override
    def rows(self, entity: Entity, query: str) -> Iterator[Json]:
        link: str | None = f"{self.path}?{query}"
        seen: set[str | None] = {None}
        while link not in seen:
            seen.add(link)
            answer, self._says = self.writer.page(str(link))
            rows = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(answer, dict) or not isinstance(rows, list):
                yield None
                return
            yield from ({**row, self.writer.id_field: row.get(self.listed_id)} for row in rows if isinstance(row, dict))
            try:
                link = self.next_page(answer) if rows else None
            except ValueError as elsewhere:
                self._says = str(elsewhere)
                yield None

    @override
    def learn_time(self, entity: Entity) -> None:
        if not self.clock.is_known:
            self.writer.page(f"{self.path}?{self.query(self.clock.now(), None)}")
