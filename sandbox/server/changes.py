"""Changes while somebody reads: what happens in an account right after the nth page of a list was answered.

They shift the rows of the pages that follow: an insertion repeats one, a removal hides one from the reader.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sandbox.server.store import TableStore

Work = Callable[[Any, Sequence[Any]], None]
Apply = Callable[[Any, Any, str], None]
"""Carries out one action on a row of a store."""


class Change(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One change, as the control endpoint takes it.

    Attributes:
        resource: The list, such as `products`.
        after_page: After which list request of that resource since the change was set, from 1.
        action: What the server can do to a row, such as `insert` (a copy of it with new ids) or `delete`.
        row: Which row of the page just answered it concerns, from 0.
        id: The row's id instead.
        times: How many changes of that kind, on rows that follow one another.
    """

    resource: str
    after_page: int
    action: str
    row: int = 0
    id: int | None = None
    times: int = 1


class Changes:
    """The changes that wait for their page."""

    def __init__(self, store: TableStore, apply: Apply, actions: Sequence[str]) -> None:
        """Start with none; `actions` are those that `apply` knows."""
        self.store = store
        self.actions = actions
        self._apply = apply
        self._waiting: list[tuple[str, int, Work]] = []
        self._answered: Counter[str] = Counter()

    def after_page(self, resource: str, number: int, work: Work) -> None:
        """Do something after the nth list request of a resource, counted from now; it gets the rows of that page."""
        self._waiting.append((resource, self._answered[resource] + number, work))

    def add(self, change: Change) -> None:
        """Set a change."""

        def work(store: TableStore, rows: Sequence[Any]) -> None:
            table = store.tables[change.resource]
            ids = [table.id(row) for row in rows[change.row : change.row + change.times]]
            for number in [change.id] if change.id is not None else ids:
                found = table.rows.get(number)
                if found is not None:
                    self._apply(store, found, change.action)

        self.after_page(change.resource, change.after_page, work)

    def answered(self, resource: str, rows: Sequence[Any]) -> None:
        """Count a page that was answered and do what waited for it."""
        self._answered[resource] += 1
        due = [item for item in self._waiting if item[0] == resource and item[1] <= self._answered[resource]]
        self._waiting = [item for item in self._waiting if item not in due]
        for _, _, work in due:
            work(self.store, rows)
        self.store.flush()

    def clear(self) -> None:
        """Forget what waits and what was counted."""
        self._waiting = []
        self._answered.clear()
