"""When which work is due: the rules as pure functions of the shop, the last runs and the time.

All times are aware and in UTC. `optiply-sync run --due`, `schedule` and `status` read the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Work = Literal["update", "deletions", "full"]
WORKS: tuple[Work, ...] = ("update", "deletions", "full")
WORK_TITLES: dict[Work, str] = {
    "update": "products and orders changed since the last run, all stock",
    "deletions": "the check for vanished products",
    "full": "the full read: all products, all stock, the orders of the last days",
}
PARTS = ("products", "stock", "orders", "deletions")
PARTS_OF: dict[Work, tuple[str, ...]] = {
    "update": ("products", "stock", "orders"),
    "deletions": ("deletions",),
    "full": ("products", "stock", "orders"),
}
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EVERY_DAY = frozenset(range(7))
SATURDAY = frozenset({5})
# Which nights read everything: with inventory management stock moves without the products' knowledge, so one more.
FULL_NIGHTS = {False: frozenset({1, 3, 5}), True: frozenset({0, 2, 4, 6})}
NIGHT_HOUR = 2
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class Rule:
    """Work falls due every `minutes` (a divisor of a day) from `hour` o'clock on the given weekdays (Monday is 0)."""

    work: Work
    minutes: int
    days: frozenset[int] = EVERY_DAY
    hour: int = 0

    def says(self) -> str:
        """The rule in words."""
        if self.minutes == DAY_MINUTES:
            pace = f"at {self.hour:02}:00 UTC"
        else:
            pace = f"every {self.minutes} minutes" if self.minutes <= 60 else f"every {self.minutes // 60} hours"
        days = ", ".join(DAY_NAMES[day] for day in sorted(self.days))
        return f"{pace}, every day" if self.days == EVERY_DAY else f"{pace} on {days}"

    def _of_day(self, midnight: datetime) -> Iterator[datetime]:
        if midnight.weekday() in self.days:
            for minute in range(self.hour * 60, DAY_MINUTES, self.minutes):
                yield midnight + timedelta(minutes=minute)

    def latest(self, now: datetime) -> datetime:
        """The last time at or before `now` at which the work fell due."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        slots = [slot for back in range(8) for slot in self._of_day(midnight - timedelta(days=back)) if slot <= now]
        return max(slots)

    def next(self, now: datetime) -> datetime:
        """The first time after `now` at which the work falls due."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        slots = [slot for ahead in range(8) for slot in self._of_day(midnight + timedelta(days=ahead)) if slot > now]
        return min(slots)


@dataclass(frozen=True)
class Size:
    """A class of shops by number of products, and how often such a shop is read."""

    name: str
    up_to: int | None
    update: Rule
    deletions: Rule


# Twice on a Saturday: where the shop gives no answer about a missing product, the second listing proves it gone.
ON_SATURDAYS = Rule("deletions", 12 * 60, SATURDAY)
SIZES = (
    Size("small", 10_000, Rule("update", 30), Rule("deletions", 60)),
    Size("medium", 50_000, Rule("update", 60), ON_SATURDAYS),
    Size("large", None, Rule("update", DAY_MINUTES, hour=NIGHT_HOUR), ON_SATURDAYS),
)
SIZE_NAMES = tuple(size.name for size in SIZES)


@dataclass(frozen=True)
class Due:
    """What a run has to do now: the parts in order, whether products are read in full, and why, in words."""

    parts: tuple[str, ...] = ()
    full: bool = False
    why: tuple[str, ...] = ()


def size_for(products: int) -> Size:
    """The class of a shop with this many products."""
    return next(size for size in SIZES if size.up_to is None or products <= size.up_to)


def size_named(name: str) -> Size:
    """The class with this name; raises StopIteration for an unknown one."""
    return next(size for size in SIZES if size.name == name)


def rules(size: Size, *, inventory: bool) -> tuple[Rule, ...]:
    """The rules for a shop: its update, its deletion check and its nights of full reading."""
    full = Rule("full", DAY_MINUTES, FULL_NIGHTS[inventory], hour=NIGHT_HOUR)
    return (size.update, size.deletions, full)


LastRuns = dict[Work, datetime]


def due(now: datetime, for_shop: tuple[Rule, ...], last: LastRuns) -> Due:
    """What is due at `now`, given when each work last began and ended well (absent: never).

    Missed times count once: work is due when its latest time lies after its last run. A last run in the future says
    that this machine's clock was wrong, then or now, so the work is due. A full read takes the place of an update.
    """
    works: list[Work] = []
    why = []
    for rule in for_shop:
        before, slot = last.get(rule.work), rule.latest(now)
        if before is None or not slot <= before <= now:
            works.append(rule.work)
            since = f"due since {slot:%Y-%m-%d %H:%M} UTC"
            if before is None:
                since = "never done so far"
            elif before > now:
                since = f"last done at {before:%Y-%m-%d %H:%M} UTC, which is still to come: a clock was wrong"
            why.append(f"{WORK_TITLES[rule.work]} ({since})")
    wanted = {part for work in works for part in PARTS_OF[work]}
    return Due(tuple(part for part in PARTS if part in wanted), "full" in works, tuple(why))


def next_times(now: datetime, for_shop: tuple[Rule, ...], last: LastRuns) -> dict[Work, datetime]:
    """When each work is next due; `now` where it is due already."""
    times: dict[Work, datetime] = {}
    for rule in for_shop:
        before = last.get(rule.work)
        overdue = before is None or not rule.latest(now) <= before <= now
        times[rule.work] = now if overdue else rule.next(now)
    return times


def works_of(parts: tuple[str, ...], *, full: bool) -> tuple[Work, ...]:
    """The works that a run over these parts has done; a full read is an update as well."""
    done = [work for work in WORKS if work != "full" and set(PARTS_OF[work]) <= set(parts)]
    return (*done, "full") if full and "update" in done else tuple(done)
