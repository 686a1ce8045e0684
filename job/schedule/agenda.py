"""What the schedule says for one folder: its rules, when each work was last done, and what is due by them.

All times are aware and in UTC. `optiply-sync run --due`, `schedule` and `status` read the same rules.
"""

from dataclasses import dataclass
from datetime import datetime

from job.folder import JobFolder, read_json_object
from job.run.history import last_works
from job.run.totals import count_products
from job.systems import system_of
from job.systems.system import System
from job.timing import LastRuns, Rule, Size
from store.snapshot import Snapshot, is_stored

DEFAULT_RESCAN_DAYS = 30


@dataclass(frozen=True)
class Agenda:
    """The schedule of a folder; `products` is None before the first run, when only the setting can tell the size."""

    system: System
    size: Size
    variant: str
    products: int | None
    rescan_days: int
    rules: tuple[Rule, ...]
    last: LastRuns


def agenda(folder: JobFolder) -> Agenda:
    """The schedule of a folder: its setting `schedule`, or the number of its products, and its stock variant."""
    config = read_json_object(folder.config)
    system = system_of(folder)
    products = shop_products(folder, system)
    named = {size.name: size for size in system.sizes}
    size = named[str(config["schedule"])] if config.get("schedule") else system.size_for(products or 0)
    days = int(config.get("rescan_days") or DEFAULT_RESCAN_DAYS)
    last = last_works(folder, system)
    return Agenda(system, size, system.variant(config), products, days, system.rules(size, config), last)


def shop_products(folder: JobFolder, system: System) -> int | None:
    """Products of the shop as the store knows them; None before the first run. Makes no file."""
    if not is_stored(folder.store):
        return None
    with Snapshot.open(folder.store) as snapshot:
        return count_products(snapshot, system)


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
