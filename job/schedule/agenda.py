"""What the schedule says for one folder: its rules, when each work was last done, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from job.folder import JobFolder, read_json_object
from job.run.totals import count_products
from job.run.works import last_works
from job.schedule.rules import Due, due, next_times
from job.systems import system_of
from job.systems.system import System
from job.timing import LastRuns, Rule, Size
from store.snapshot import Snapshot, store_file

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

    def due(self, now: datetime) -> Due:
        """What is due at `now`."""
        return due(self.system, now, self.rules, self.last)

    def next_times(self, now: datetime) -> dict[str, datetime]:
        """When each work is next due."""
        return next_times(now, self.rules, self.last)


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
    if not store_file(folder.snapshots).exists():
        return None
    with Snapshot.open(folder.snapshots) as snapshot:
        return count_products(snapshot, system)
