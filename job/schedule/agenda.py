"""What the schedule says for one folder: its rules, when each work was last done, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from job.folder import JobFolder, read_json_object
from job.run.totals import count_products
from job.schedule.rules import Due, LastRuns, Rule, Size, Work, due, next_times, rules, size_for, size_named
from job.schedule.works import last_works
from store.snapshot import Snapshot, store_file

DEFAULT_RESCAN_DAYS = 30


@dataclass(frozen=True)
class Agenda:
    """The schedule of a folder; `products` is None before the first run, when only the setting can tell the size."""

    size: Size
    inventory: bool
    products: int | None
    rescan_days: int
    rules: tuple[Rule, ...]
    last: LastRuns

    def due(self, now: datetime) -> Due:
        """What is due at `now`."""
        return due(now, self.rules, self.last)

    def next_times(self, now: datetime) -> dict[Work, datetime]:
        """When each work is next due."""
        return next_times(now, self.rules, self.last)


def agenda(folder: JobFolder) -> Agenda:
    """The schedule of a folder: its setting `schedule`, or the number of its products, and its stock variant."""
    config = read_json_object(folder.config)
    products = shop_products(folder)
    size = size_named(str(config["schedule"])) if config.get("schedule") else size_for(products or 0)
    inventory = bool(config.get("use_inventory_source_items"))
    days = int(config.get("rescan_days") or DEFAULT_RESCAN_DAYS)
    return Agenda(size, inventory, products, days, rules(size, inventory=inventory), last_works(folder))


def shop_products(folder: JobFolder) -> int | None:
    """Products of the shop as the store knows them; None before the first run. Makes no file."""
    if not store_file(folder.snapshots).exists():
        return None
    with Snapshot.open(folder.snapshots) as snapshot:
        return count_products(snapshot)
