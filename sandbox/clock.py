"""The sandbox's own time: it starts where it is told, runs with real time and can be moved on by days.

Both servers share one clock. The `Date` header of every answer, Magento's `updated_at` and Optiply's `updatedAt`
come from it, so a program that takes "now" from the server sees one consistent time.
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


class Clock:
    """A clock that shows `start` plus the real time since `origin`, plus whatever it was moved on.

    Args:
        start: What the clock shows at `origin`; aware, or naive and then taken as UTC.
        origin: Real time (seconds since 1970) at which it showed `start`; now when absent. A server that is
            started again passes the old origin, so its time never runs backwards.
        moved: How far the clock was moved on since.
        ticking: False freezes the clock: it then changes only by `advance`.
    """

    def __init__(
        self,
        start: datetime = FIRST_DAY,
        *,
        origin: float | None = None,
        moved: timedelta = timedelta(0),
        ticking: bool = True,
    ) -> None:
        """Set the clock going."""
        self.start = start if start.tzinfo is not None else start.replace(tzinfo=timezone.utc)
        self.origin = time.time() if origin is None else origin
        self.moved = moved
        self.ticking = ticking
        # Within one process only the monotonic clock counts: a machine that corrects its time must not reorder us.
        self._elapsed_before = max(0.0, time.time() - self.origin)
        self._started = time.monotonic()
        self._stamp: tuple[datetime, str] | None = None

    def now(self) -> datetime:
        """Return the sandbox's present time, aware, in UTC, with microseconds."""
        if not self.ticking:
            return self.start + self.moved
        elapsed = self._elapsed_before + time.monotonic() - self._started
        return self.start + self.moved + timedelta(seconds=elapsed)

    def advance(self, days: float = 0, *, seconds: float = 0) -> datetime:
        """Move the clock on and return its new time; it never moves backwards.

        Raises:
            ValueError: If the step is negative.
        """
        step = timedelta(days=days, seconds=seconds)
        if step < timedelta(0):
            raise ValueError("The sandbox clock only moves forward.")
        self.moved += step
        return self.now()

    def http_date(self) -> str:
        """Return the present time as an HTTP `Date` header says it (whole seconds, GMT)."""
        second = self.now().replace(microsecond=0)
        if self._stamp is None or self._stamp[0] != second:
            self._stamp = (second, format_datetime(second, usegmt=True))
        return self._stamp[1]

    async def stamp(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Put the sandbox's time into the `Date` header; an `on_response_prepare` signal of an aiohttp app."""
        response.headers["Date"] = self.http_date()
