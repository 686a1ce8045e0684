"""What is due by a system's rules, the last runs and the time, as pure functions.

All times are aware and in UTC. `optiply-sync run --due`, `schedule` and `status` read the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from job.systems.system import System
from job.timing import LastRuns, Rule


@dataclass(frozen=True)
class Due:
    """What a run has to do now: the parts in order, whether products are read in full, and why, in words."""

    parts: tuple[str, ...] = ()
    full: bool = False
    why: tuple[str, ...] = ()


def due(system: System, now: datetime, for_shop: tuple[Rule, ...], last: LastRuns) -> Due:
    """What is due at `now`, given when each work last began and ended well (absent: never).

    Missed times count once: work is due when its latest time lies after its last run. A last run in the future says
    that this machine's clock was wrong, then or now, so the work is due. A full read takes the place of an update.
    """
    works = []
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
            why.append(f"{system.work_titles[rule.work]} ({since})")
    wanted = {part for work in works for part in system.works[work]}
    return Due(tuple(part for part in system.parts if part in wanted), "full" in works, tuple(why))


def next_times(now: datetime, for_shop: tuple[Rule, ...], last: LastRuns) -> dict[str, datetime]:
    """When each work is next due; `now` where it is due already."""
    times: dict[str, datetime] = {}
    for rule in for_shop:
        before = last.get(rule.work)
        overdue = before is None or not rule.latest(now) <= before <= now
        times[rule.work] = now if overdue else rule.next(now)
    return times
