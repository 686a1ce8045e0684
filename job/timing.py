"""When work falls due: rules of days and minutes, as a system declares them. All times are aware and in UTC."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = frozenset(range(7))
DAY_MINUTES = 24 * 60

LastRuns = dict[str, datetime]
"""Name of a work → when it last began and ended well."""


@dataclass(frozen=True)
class Rule:
    """Work falls due every `minutes` (a divisor of a day) from `hour`:`minute` in `zone` on the given weekdays.

    Monday is 0.
    """

    work: str
    minutes: int
    days: frozenset[int] = EVERY_DAY
    hour: int = 0
    minute: int = 0
    zone: str = "UTC"

    def says(self) -> str:
        """The rule in words."""
        if self.minutes == DAY_MINUTES:
            pace = f"at {self.hour:02}:{self.minute:02} {self.zone}"
        else:
            pace = f"every {self.minutes} minutes" if self.minutes <= 60 else f"every {self.minutes // 60} hours"
        days = ", ".join(DAY_NAMES[day] for day in sorted(self.days))
        return f"{pace}, every day" if self.days == EVERY_DAY else f"{pace} on {days}"

    def _slots(self, now: datetime, days: range) -> Iterator[datetime]:
        """The times of the days that lie so many days from today, there in `zone`, in UTC."""
        today = now.astimezone(ZoneInfo(self.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
        for midnight in (today + timedelta(days=day) for day in days):
            if midnight.weekday() in self.days:
                for minute in range(self.hour * 60 + self.minute, DAY_MINUTES, self.minutes):
                    yield (midnight + timedelta(minutes=minute)).astimezone(timezone.utc)

    def latest(self, now: datetime) -> datetime:
        """The last time at or before `now` at which the work fell due."""
        return max(slot for slot in self._slots(now, range(-8, 1)) if slot <= now)

    def next(self, now: datetime) -> datetime:
        """The first time after `now` at which the work falls due."""
        return min(slot for slot in self._slots(now, range(9)) if slot > now)


@dataclass(frozen=True)
class Size:
    """A class of shops by number of products, and how often such a shop is read."""

    name: str
    up_to: int | None
    update: Rule
    others: tuple[Rule, ...] = ()
