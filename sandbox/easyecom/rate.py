"""EasyEcom's limits for a key: calls in a second with a burst, and calls in an Indian day, by its tier."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from sandbox.easyecom.settings import TIERS
from sandbox.easyecom.store import INDIA

if TYPE_CHECKING:
    from sandbox.easyecom.settings import Settings
    from sandbox.server.clock import Clock


class Limiter:
    """Counts calls and says when the next one is too many; a call that is refused is not counted.

    Seconds are the clock's, and go on where it rests at the end of its day; days are the clock's alone.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        """Start with a full burst and an unused day."""
        self.clock, self.settings = clock, settings
        self.refused = 0
        self.clear()

    def clear(self) -> None:
        """Fill the burst and forget what the day has used."""
        self._full: tuple[float, float] | None = None
        self._day = ("", 0)

    def now(self) -> float:
        """Return the seconds on which the limits and the cool-down of logins run."""
        running = time.monotonic() if self.clock.ticking else 0.0
        return self.clock.moved.total_seconds() + running

    @property
    def used(self) -> int:
        """How many calls of the present Indian day were made."""
        return self._day[1] if self._day[0] == self._today() else 0

    def _today(self) -> str:
        return self.clock.now().astimezone(INDIA).date().isoformat()

    def take(self) -> int | None:
        """Count a call and return None, or the whole seconds until it would be let through."""
        if self.settings.rate_tier == "none":
            self._day = (self._today(), self.used + 1)
            return None
        pace, burst, per_day = TIERS[self.settings.rate_tier]
        wait = self._wait(pace, burst, per_day if self.settings.per_day is None else self.settings.per_day)
        if wait is not None:
            self.refused += 1
        return wait

    def _wait(self, pace: float, burst: int, per_day: int) -> int | None:
        if self.used >= per_day:
            local = self.clock.now().astimezone(INDIA)
            return 86_400 - local.hour * 3600 - local.minute * 60 - local.second
        now = self.now()
        at, left = self._full if self._full is not None else (now, float(burst))
        left = min(float(burst), left + (now - at) * pace)
        self._full = (now, left)
        if left < 1:
            return max(1, math.ceil((1 - left) / pace))
        self._full = (now, left - 1)
        self._day = (self._today(), self.used + 1)
        return None
