"""Picqer's rate limit: so many requests in a window that starts with its first request, in the sandbox's own time."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.picqer.settings import Settings
    from sandbox.server.clock import Clock


class Limiter:
    """Counts requests per window and says when the next one is too many.

    Time is the clock's: moving it on opens a new window, freezing it keeps the window open. It goes on where the
    clock rests at the end of its day, since a limit that never ends would be none of Picqer's.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Start with an open window for every key."""
        self.clock = clock
        self.settings = settings
        self._windows: dict[str, tuple[float, int]] = {}

    def _now(self) -> float:
        running = time.monotonic() if self.clock.ticking else 0.0
        return self.clock.moved.total_seconds() + running

    def take(self, key: str) -> tuple[int, int | None]:
        """Count a request of a key; a request that is refused is not counted.

        Returns:
            What remains of the window, and None, or the whole seconds until the next window when it is used up.
        """
        scope = "account" if self.settings.rate_scope == "account" else key
        now, length = self._now(), self.settings.rate_window
        started, used = self._windows.get(scope, (now, 0))
        if now - started >= length:
            started, used = now, 0
        if used >= self.settings.rate_limit:
            return 0, max(1, math.ceil(started + length - now))
        self._windows[scope] = (started, used + 1)
        return self.settings.rate_limit - used - 1, None

    def clear(self) -> None:
        """Open a new window for every key."""
        self._windows = {}
