"""The sandbox's own time: it starts where it is told, runs with real time and can be moved on by days.

All servers of a sandbox share one clock. The `Date` header of every answer and the stamps of their data come from it,
so a program that takes "now" from the server sees one consistent time.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web

FIRST_DAY = datetime(2026, 1, 15, 8, 0, 0, tzinfo=timezone.utc)
"""When the sandbox's first day begins, unless it is told otherwise."""


LONGEST_DAY = timedelta(hours=4)
"""How long the clock runs on one day: what the next day changes in the shop is dated after that."""


class Clock:
    """A clock that shows `start`, plus the days it was moved on, plus the real time it ran.

    It stops after `LONGEST_DAY` until it is moved on, so that a sandbox left running never gets ahead of the changes
    of its next day.

    Args:
        start: What the clock shows first; aware, or naive and then taken as UTC.
        elapsed: How long it ran before, in another process.
        moved: How far it was moved on before.
        ticking: False freezes it: it then changes only by `advance`.
    """

    def __init__(
        self,
        start: datetime = FIRST_DAY,
        *,
        elapsed: timedelta = timedelta(0),
        moved: timedelta = timedelta(0),
        ticking: bool = True,
    ) -> None:
        """Set the clock going."""
        self.start = start if start.tzinfo is not None else start.replace(tzinfo=timezone.utc)
        self.moved = moved
        self.ticking = ticking
        self._elapsed_before = elapsed
        self._started = time.monotonic()
        self._stamp: tuple[datetime, str] | None = None

    def elapsed(self) -> timedelta:
        """Return how long the clock ran in all, at most `LONGEST_DAY`."""
        running = timedelta(seconds=time.monotonic() - self._started if self.ticking else 0)
        return min(self._elapsed_before + running, LONGEST_DAY)

    def now(self) -> datetime:
        """Return the sandbox's present time, aware, in UTC, with microseconds."""
        return self.start + self.moved + self.elapsed()

    def advance(self, days: float = 0, *, seconds: float = 0) -> datetime:
        """Move the clock on and return its new time; it never moves backwards.

        Raises ValueError if the step is negative.
        """
        step = timedelta(days=days, seconds=seconds)
        if step < timedelta(0):
            raise ValueError("The sandbox clock only moves forward.")
        self.moved += step
        return self.now()

    def catch_up(self, moment: datetime) -> None:
        """Let the clock show at least this moment, which a process that was killed has already given out."""
        self._elapsed_before += max(timedelta(0), moment - self.now())

    def http_date(self) -> str:
        """Return the present time as an HTTP `Date` header says it (whole seconds, GMT)."""
        second = self.now().replace(microsecond=0)
        if self._stamp is None or self._stamp[0] != second:
            self._stamp = (second, format_datetime(second, usegmt=True))
        return self._stamp[1]

    async def stamp(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Put the sandbox's time into the `Date` header; an `on_response_prepare` signal of an aiohttp app."""
        response.headers["Date"] = self.http_date()
