"""Many small random shops in one run of the ETL: their ids are apart, so each is one example of the rules.

What a run has once is the same for all shops of a colony: the flags, which streams were read, which of them to their
end, and the sources. Equal numbers give equal days.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from zlib import crc32

from tests.oracle.etl_days import EtlDays
from tests.oracle.flow import FULL_TABLE_STREAMS, Flow, Reading
from tests.oracle.magento_rows import source, source_item
from tests.oracle.worlds import FIRST_DAY, ROOM, SOURCES, STREAMS, World

STOCK_STREAMS = ("product_stock_statuses", "source_items", "product_item_stocks", "sources")
NO_SKUS: tuple[str | None, ...] = (None, "", " ")
KINDS: dict[str, tuple[str, ...]] = {
    "everything": (*STREAMS, "sources"),
    "without the listing": ("products", *STOCK_STREAMS, "orders"),
    "products alone": ("products",),
    "stock alone": STOCK_STREAMS,
    "orders alone": ("orders",),
    "without stock": ("products", "product_ids", "product_checks", "orders"),
}


@dataclass(frozen=True)
class Day:
    """One run: what is read, what of it not to its end, how long after the last run, and the flags."""

    flow: Flow
    kind: str = "everything"
    cut: frozenset[str] = frozenset()
    hours: int = 24


class Answers:
    """What Optiply answers on one day, the same for a record whoever asks: mostly nothing stands in the way."""

    def __init__(self, seed: str, bad: int) -> None:
        """`bad`: how many of a thousand records are not accepted."""
        self.seed = seed
        self.bad = bad

    def get(self, key: tuple[str, str], /) -> str | None:
        """As the oracle's protocol says."""
        drawn = crc32(f"{self.seed}/{key[0]}/{key[1]}".encode()) % 1000
        return ("failed", "failed", "refused", "missing")[drawn % 4] if drawn < self.bad else None


class Colony:
    """Some shops, by number, and the days they live through."""

    def __init__(self, seed: int, shops: Sequence[int]) -> None:
        self.seed = seed
        self.random = Random(f"{seed} sources")
        self.rare = Random(f"{seed} rare")
        self.sources = [source(code, enabled=code != "old") for code in SOURCES]
        self.shops = {number: self._shop(number) for number in shops}
        self.runs = 0
        self.now = FIRST_DAY

    def _shop(self, number: int) -> World:
        random = Random(f"{self.seed} shop {number}")
        return World(random, random.randint(1, 6), random.randint(0, 5), first=number * ROOM)

    def reading(self, day: Day) -> Reading:
        """What a run of that day reads of all shops; before the first run nothing has happened yet."""
        if self.runs:
            self.now += timedelta(hours=day.hours)
            if self.random.random() < 0.2:
                turned = self.random.choice(self.sources)
                turned["enabled"] = not turned["enabled"]
            for shop in self.shops.values():
                shop.next_day()
        self.runs += 1
        streams = KINDS[day.kind]
        rows = {stream: [] for stream in streams} | ({"sources": self.sources} if "sources" in streams else {})
        for number, shop in self.shops.items():
            # What is not read to its end ends anywhere; every shop has lost something.
            ends = Random(f"{self.seed} {self.runs} {number}")
            for stream, found in shop.reading(streams).items():
                rows[stream] = rows[stream] + (found[: ends.randint(0, len(found))] if stream in day.cut else found)
        if "source_items" in rows and self.rare.random() < 0.2:
            rows["source_items"] += [source_item(self.rare.choice(NO_SKUS), self.rare.choice(SOURCES), 3)]
        return Reading(
            rows={stream: [dict(row) for row in found] for stream, found in rows.items()},
            complete=frozenset(FULL_TABLE_STREAMS) - day.cut,
            now=self.now,
        )


def differences(folder: Path, seed: int, shops: Sequence[int], days: Sequence[Day]) -> list[str]:
    """Lets the shops live through the days; the first differences between the ETL's Optiply and the oracle's.

    After the last day everything is accepted: nothing may be left to offer then.
    """
    colony = Colony(seed, shops)
    etl = EtlDays(folder, days[0].flow)
    shuffle = Random(f"{seed} order of lines")
    for number, day in enumerate(days):
        etl.change(day.flow)
        answers = Answers(f"{seed} {number}", 60)
        # Stream after stream as the tap writes them, or all mixed.
        etl.day(colony.reading(day), answers, shuffle=shuffle if number % 2 else None)
        found = etl.differences()
        if found:
            return [f"day {number}: {one}" for one in found]
    quiet = Reading(rows={}, complete=frozenset(), now=colony.now)
    # An order that needs a product which was not accepted before goes one run after it.
    for _ in range(2):
        etl.day(quiet)
    found = [f"at the end: {one}" for one in etl.differences()]
    offered = [message for message in etl.offer(quiet) if message["type"] == "RECORD"]
    if offered and not etl.flow.force_patch_products:
        found += [f"offered without news: {one['stream']} {one['record']['remoteId']}" for one in offered]
    return found


def narrowed(folder: Path, seed: int, shops: Sequence[int], days: Sequence[Day]) -> str:
    """Empty where all is well; else the differences, and those of the first shop at fault when it is alone."""
    found = differences(folder / "all", seed, shops, days)
    if not found:
        return ""
    told = [f"seed {seed}, {len(found)} differences:", *found[:8]]
    named = re.search(r" (\d+)", found[0].partition(":")[2])
    shop = int(named[1]) // ROOM if named else shops[0]
    alone = differences(folder / f"shop {shop}", seed, [shop], days)
    return "\n".join([*told, f"shop {shop} alone:", *alone[:8]])
