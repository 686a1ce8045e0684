"""Many random EasyEcom accounts in one run of the ETL, day by day, beside the oracle and an Optiply of dictionaries."""

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from etl.core.flow import run
from etl.core.mapping import parse_field_map
from etl.core.singer import SingerInput
from etl.easyecom.flow import EASYECOM
from store.snapshot import Snapshot
from tests.oracle.easyecom_ledger import KEYS, EasyLedger, EasyReading
from tests.oracle.easyecom_settings import EasySettings
from tests.oracle.easyecom_worlds import APART, FIRST_RUN, NAMES, PLACES, Account, Row
from tests.oracle.picqer_days import PicqerRuns, SomeRefused
from tests.oracle.picqer_ledger import LOAD_ORDER

FIELDS = Path(__file__).resolve().parents[2] / "configs" / "field_maps" / "easyecom.csv"
LISTS = ("products", "vendors", "locations")
EVERYTHING = tuple(KEYS)
KINDS: dict[str, tuple[str, ...]] = {
    "everything": EVERYTHING,
    "the catalogue": LISTS,
    "products alone": ("products",),
    "vendors alone": ("vendors", "locations"),
    "documents": ("orders", "purchase_orders", "goods_receipts"),
    "what a small quota leaves": ("products", "vendors", "locations", "orders"),
}


@dataclass(frozen=True)
class EasyDay:
    """One run: what is read, what of it not to its end, and how long after the run before."""

    kind: str = "everything"
    cut: frozenset[str] = frozenset()
    hours: int = 24


class AccountColony:
    """Some accounts by number, which share their locations."""

    def __init__(self, seed: int, numbers: Sequence[int], places: Sequence[str]) -> None:
        self.seed, self.places = seed, places
        self.accounts = {number: Account(Random(f"{seed} account {number}"), number * APART) for number in numbers}
        self.now = FIRST_RUN
        self.runs = 0

    def reading(self, day: EasyDay) -> EasyReading:
        """What a run of that day reads of all accounts; of a list that is cut the first products, vendors or rows."""
        if self.runs:
            self.now += timedelta(hours=day.hours)
            for account in self.accounts.values():
                account.next_day(self.now)
        self.runs += 1
        rows: dict[str, list[Row]] = {stream: [] for stream in KINDS[day.kind]}
        for number, account in self.accounts.items():
            ends = Random(f"{self.seed} {self.runs} {number}")
            for stream, found in account.reading(KINDS[day.kind], self.places).items():
                rows[stream] += _cut(found, ends) if stream in day.cut else found
        if "locations" in rows:
            rows["locations"] = [
                {"company_id": PLACES[name], "location_key": name, "location_name": NAMES[PLACES[name]]}
                for name in PLACES
            ]
        return EasyReading(rows, frozenset(LISTS) - day.cut, self.now)


def _cut(rows: list[Row], ends: Random) -> list[Row]:
    """The beginning of a list; a product comes with all its copies or not at all."""
    some = rows[: ends.randint(0, len(rows))]
    if rows and "cp_id" in rows[0]:
        numbers = {row["product_id"] for row in some}
        return [row for row in rows if row["product_id"] in numbers]
    return some


def singer_text(reading: EasyReading, run_id: str, shuffle: Random | None = None) -> bytes:
    """A reading as the tap's lines; `shuffle` mixes the streams record by record."""
    messages: list[Row] = [
        {"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": list(KEYS[stream])}
        for stream in reading.rows
    ]
    records = [
        {"type": "RECORD", "stream": stream, "record": row} for stream in reading.rows for row in reading.rows[stream]
    ]
    if shuffle is not None:
        shuffle.shuffle(records)
    marks = {stream: {"complete": True, "run_id": run_id} for stream in reading.complete & set(reading.rows)}
    state = {"type": "STATE", "value": {"run_id": run_id, "bookmarks": marks}}
    return b"".join(json.dumps(each).encode() + b"\n" for each in (*messages, *records, state))


class EasyRuns(PicqerRuns):
    """The ETL with its store, and an Optiply that insists on the contract while it takes what is offered."""

    def __init__(self, folder: Path, settings: EasySettings) -> None:  # pylint: disable=super-init-not-called
        self.folder = folder
        self.ledger: Any = EasyLedger(settings)
        self.config, _ = EASYECOM.load_config(settings.as_config())
        self.fields = parse_field_map(FIELDS.read_text("utf-8"), FIELDS.name, EASYECOM.fields, self.config.own_sources)
        self.optiply: dict[str, dict[str, Row]] = {stream: {} for stream in LOAD_ORDER}
        self.ids: dict[tuple[str, str], str] = {}
        self.given = 0
        self.runs = 0

    def offer(self, reading: Any, snapshot: Snapshot, shuffle: Random | None = None) -> list[Row]:
        """One run of the ETL: the records it offers."""
        self.runs += 1
        text = singer_text(reading, f"run {self.runs}", shuffle)
        source = SingerInput(io.BytesIO(text), "the input", EASYECOM.streams)
        written: list[bytes] = []
        run(EASYECOM, source, self.config, self.fields, snapshot, reading.now, written.extend)
        messages = [json.loads(line) for line in b"".join(written).splitlines()]
        return [one for one in messages if one["type"] == "RECORD"]


def life(folder: Path, seed: int, numbers: Sequence[int], settings: EasySettings, days: Sequence[EasyDay]) -> list[str]:
    """Lets the accounts live through the days; the first differences.

    After the last day everything is taken: then nothing may be left to offer.
    """
    colony = AccountColony(seed, numbers, settings.location_key)
    runs = EasyRuns(folder, settings)
    shuffle = Random(f"{seed} order of lines")
    for number, day in enumerate(days):
        refusals = SomeRefused(f"{seed} {number}", 30)
        runs.day(colony.reading(day), refusals, shuffle if number % 2 else None)  # type: ignore[arg-type]
        if found := runs.differences():
            return [f"day {number}: {one}" for one in found]
    quiet: Any = EasyReading({}, frozenset(), colony.now)
    for _ in range(2):
        runs.day(quiet)
    found = [f"at the end: {one}" for one in runs.differences()]
    left = runs.day(quiet)
    return found + [f"offered without news: {one['stream']} {one['record']['remoteId']}" for one in left]


def told(folder: Path, seed: int, numbers: Sequence[int], settings: EasySettings, days: Sequence[EasyDay]) -> str:
    """Empty where all is well; else the differences, and those of the first account at fault when it is alone."""
    found = life(folder / "all", seed, numbers, settings, days)
    if not found:
        return ""
    number = re.search(r"[ :_](\d{4,6})\b", found[0].partition(":")[2])
    account = int(number[1]) // APART if number else numbers[0]
    alone = life(folder / f"account {account}", seed, [account], settings, days)
    return "\n".join([f"seed {seed}, {len(found)} differences:", *found[:12], f"account {account} alone:", *alone[:12]])
