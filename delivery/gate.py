"""Holds back a tap's STATE until every record before it is settled. Prints nothing."""

from collections import deque
from typing import Any


class StateGate:
    """Numbers the records as they are read and lets a STATE through when all before it are settled."""

    def __init__(self) -> None:
        """Starts with nothing open."""
        self._last = 0
        self._open: set[int] = set()
        self._states: deque[tuple[int, dict[str, Any]]] = deque()

    def record(self) -> int:
        """The number of a record that was just read; it is open until `settled`."""
        self._last += 1
        self._open.add(self._last)
        return self._last

    def settled(self, number: int) -> None:
        """The record has its outcome."""
        self._open.discard(number)

    def state(self, value: dict[str, Any]) -> None:
        """Takes in a STATE at this place of the input."""
        self._states.append((self._last, value))

    def ready(self) -> dict[str, Any] | None:
        """The newest STATE all of whose records are settled, once; None when there is none new."""
        if not self._states:
            return None
        oldest_open = min(self._open, default=self._last + 1)
        newest = None
        while self._states and self._states[0][0] < oldest_open:
            newest = self._states.popleft()[1]
        return newest
