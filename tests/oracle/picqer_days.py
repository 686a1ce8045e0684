"""Many random Picqer accounts in one run of the ETL, day by day, beside the oracle and an Optiply of dictionaries."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import pandas as pd

from etl.core.flow import run
from etl.core.input import Input
from etl.core.mapping import parse_field_map
from etl.core.singer import SingerInput
from etl.core.tables import open_input
from etl.picqer.flow import PICQER
from store.snapshot import Outcome, Snapshot
from tests.oracle.ledger import decimals
from tests.oracle.picqer_ledger import KEYS, LOAD_ORDER, NONE_REFUSED, PicqerLedger, PicqerReading, Refusals, references
from tests.oracle.picqer_settings import PicqerSettings
from tests.oracle.picqer_worlds import APART, FIRST_RUN, Account, Row

FIELDS = Path(__file__).resolve().parents[2] / "configs" / "field_maps" / "picqer.csv"
TO_THE_END = ("warehouses", "suppliers", "products", "product_ids", "supplier_ids")
LISTS = (*TO_THE_END, "product_parts")
EVERYTHING = tuple(KEYS)
KINDS: dict[str, tuple[str, ...]] = {
    "everything": EVERYTHING,
    "products alone": ("warehouses", "products", "product_ids", "product_parts"),
    "suppliers alone": ("suppliers", "supplier_ids"),
    "purchase orders alone": ("purchase_orders",),
    "documents": ("purchase_orders", "receipts", "orders"),
    "without the listings": tuple(stream for stream in EVERYTHING if not stream.endswith("_ids")),
}


@dataclass(frozen=True)
class PicqerDay:
    """One run: what is read, what of it not to its end, and how long after the run before."""

    kind: str = "everything"
    cut: frozenset[str] = frozenset()
    hours: int = 24


class SomeRefused:
    """A few of a thousand records are not taken on a day; whoever asks hears the same."""

    def __init__(self, seed: str, bad: int) -> None:
        self.seed = seed
        self.bad = bad

    def get(self, key: tuple[str, str], /) -> str | None:
        """As the oracle's protocol says."""
        return "failed" if crc32(f"{self.seed}/{key[0]}/{key[1]}".encode()) % 1000 < self.bad else None


class AccountColony:
    """Some accounts by number, and the warehouses that they share."""

    def __init__(self, seed: int, numbers: Sequence[int]) -> None:
        self.seed = seed
        self.random = Random(f"{seed} warehouses")
        self.accounts = {number: Account(Random(f"{seed} account {number}"), number * APART) for number in numbers}
        self.halls = [{"idwarehouse": hall, "name": f"Hall {hall}", "active": hall != 14} for hall in (11, 12, 13, 14)]
        self.now = FIRST_RUN
        self.runs = 0

    def reading(self, day: PicqerDay) -> PicqerReading:
        """What a run of that day reads of all accounts."""
        if self.runs:
            self.now += timedelta(hours=day.hours)
            if self.random.random() < 0.3:
                self.halls[2]["active"] = not self.halls[2]["active"]
            for account in self.accounts.values():
                account.next_day(self.now)
        self.runs += 1
        rows: dict[str, list[Row]] = {stream: [] for stream in KINDS[day.kind]}
        for number, account in self.accounts.items():
            ends = Random(f"{self.seed} {self.runs} {number}")
            for stream, found in account.reading(KINDS[day.kind]).items():
                rows[stream] += found[: ends.randint(0, len(found))] if stream in day.cut else found
        if "warehouses" in rows:
            rows["warehouses"] = [dict(hall) for hall in self.halls]
        return PicqerReading(rows, frozenset(TO_THE_END) - day.cut, self.now)


def singer_text(reading: PicqerReading, run_id: str, shuffle: Random | None = None) -> bytes:
    """A reading as the tap's lines; `shuffle` mixes the streams record by record."""
    messages: list[Row] = [
        {"type": "SCHEMA", "stream": stream, "schema": {}, "key_properties": [KEYS[stream]]} for stream in reading.rows
    ]
    records = [
        {"type": "RECORD", "stream": stream, "record": row} for stream in reading.rows for row in reading.rows[stream]
    ]
    if shuffle is not None:
        shuffle.shuffle(records)
    marks = {stream: {"complete": True, "run_id": run_id} for stream in reading.complete & set(reading.rows)}
    state = {"type": "STATE", "value": {"run_id": run_id, "bookmarks": marks}}
    return b"".join(json.dumps(each).encode() + b"\n" for each in (*messages, *records, state))


def write_tables(reading: PicqerReading, folder: Path, form: str) -> None:
    """A reading as a platform's tables: what is nested as JSON text, what is missing as an empty cell."""
    folder.mkdir(parents=True)
    for stream, rows in reading.rows.items():
        cells = [
            {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in row.items()}
            for row in rows
        ]
        frame = pd.DataFrame(cells, dtype=object)
        if frame.empty:
            frame = pd.DataFrame({KEYS[stream]: pd.Series(dtype=object)})
        path = folder / f"{stream}-20260116T060000.{form}"
        if form == "csv":
            frame.to_csv(path, index=False)
            continue
        for name in frame.columns:  # a column of a parquet file has one type
            if len({type(value) for value in frame[name].dropna()}) > 1:
                frame[name] = [value if value is None else float(value) for value in frame[name]]
        frame.to_parquet(path)


class PicqerRuns:
    """The ETL with its store, and an Optiply that insists on the contract while it takes what is offered."""

    def __init__(self, folder: Path, settings: PicqerSettings, form: str = "singer") -> None:
        self.folder = folder
        self.form = form
        self.ledger = PicqerLedger(settings)
        self.config, _ = PICQER.load_config(settings.as_config())
        self.fields = parse_field_map(FIELDS.read_text("utf-8"), FIELDS.name, PICQER.fields, self.config.own_sources)
        self.optiply: dict[str, dict[str, Row]] = {stream: {} for stream in LOAD_ORDER}
        self.ids: dict[tuple[str, str], str] = {}
        self.given = 0
        self.runs = 0

    def offer(self, reading: PicqerReading, snapshot: Snapshot, shuffle: Random | None = None) -> list[Row]:
        """One run of the ETL: the records it offers."""
        self.runs += 1
        written: list[bytes] = []
        with self._input(reading, shuffle) as source:
            run(PICQER, source, self.config, self.fields, snapshot, reading.now, written.extend)
        messages = [json.loads(line) for line in b"".join(written).splitlines()]
        return [one for one in messages if one["type"] == "RECORD"]

    @contextmanager
    def _input(self, reading: PicqerReading, shuffle: Random | None) -> Iterator[Input]:
        name = f"run {self.runs}"
        if self.form == "singer":
            yield SingerInput(io.BytesIO(singer_text(reading, name, shuffle)), "the input", PICQER.streams)
            return
        write_tables(reading, self.folder / name, self.form)
        with open_input(self.folder / name, name, PICQER.streams) as source:
            yield source

    def day(
        self, reading: PicqerReading, refusals: Refusals = NONE_REFUSED, shuffle: Random | None = None
    ) -> list[Row]:
        """One run, what Optiply answers, and the oracle's day beside it; returns what was offered."""
        with Snapshot.open(self.folder) as snapshot:
            offered = self.offer(reading, snapshot, shuffle)
            order = [LOAD_ORDER.index(one["stream"]) for one in offered]
            assert order == sorted(order), "records leave the load order"
            answers = [self._answer(one["stream"], one["record"], refusals, reading) for one in offered]
            assert len({(one.stream, one.remoteId) for one in answers}) == len(answers), "a record is offered twice"
            if answers:
                with snapshot.transaction():
                    snapshot.apply(answers)
        self.ledger.day(reading, refusals)
        return offered

    def _answer(self, stream: str, record: Row, refusals: Refusals, reading: PicqerReading) -> Outcome:
        key, held = record["remoteId"], self.optiply[stream].get(record["remoteId"])
        at = reading.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        known = self.ids.get((stream, key))
        assert record.get("id") == known, f"{stream} {key}: not the id that Optiply gave"
        values = {name: value for name, value in record.items() if name not in ("remoteId", "id", "_changed")}
        action = "delete" if "deleted_at" in values else "create" if held is None else "update"
        if refusals.get((stream, key)) is not None:
            return Outcome(stream, key, "answered", action, "failed", known, "the test says so", at=at)
        if action == "delete":
            assert held is not None, f"{stream} {key}: removed although Optiply does not hold it"
            del self.optiply[stream][key], self.ids[stream, key]
            return Outcome(stream, key, "answered", action, "accepted", known, at=at)
        lacking = [other for kind, other in references(values) if other not in self.optiply[kind]]
        if held is None and lacking:
            return Outcome(stream, key, "answered", action, "waiting", known, f"{lacking[0]} is not there", at=at)
        if held is None:
            self.given += 1
            self.ids[stream, key] = str(self.given)
            self.optiply[stream][key] = values
        else:
            values = {name: values[name] for name in record["_changed"]}
            same = [name for name in values if name in held and decimals(values[name]) == decimals(held[name])]
            assert values, f"{stream} {key}: offered with nothing changed"
            assert not same, f"{stream} {key}: {same} offered although Optiply has that value"
            held.update(values)
        return Outcome(stream, key, "answered", action, "accepted", self.ids[stream, key], None, values, at=at)

    def differences(self) -> list[str]:
        """Where Optiply is not what the oracle says, attribute by attribute."""
        found = []
        for stream in LOAD_ORDER:
            wanted, held = self.ledger.optiply[stream], self.optiply[stream]
            found += [f"{stream} {key}: missing" for key in sorted(set(wanted) - set(held))]
            found += [f"{stream} {key}: not wanted" for key in sorted(set(held) - set(wanted))]
            for key in sorted(set(wanted) & set(held)):
                found += [
                    f"{stream} {key}: {name} is {held[key].get(name)!r}, must be {wanted[key].get(name)!r}"
                    for name in sorted({*wanted[key], *held[key]})
                    if compared(held[key].get(name)) != compared(wanted[key].get(name))
                ]
        return found


def compared(value: Any) -> Any:
    """Numbers as decimals, lines in the order of their products."""
    found = decimals(value)
    return sorted(found, key=lambda line: line["productRemoteId"]) if isinstance(found, list) else found


def life(
    folder: Path, seed: int, numbers: Sequence[int], settings: PicqerSettings, days: Sequence[PicqerDay]
) -> list[str]:
    """Lets the accounts live through the days; the first differences.

    After the last day everything is taken: then nothing may be left to offer.
    """
    colony = AccountColony(seed, numbers)
    runs = PicqerRuns(folder, settings)
    shuffle = Random(f"{seed} order of lines")
    for number, day in enumerate(days):
        refusals = SomeRefused(f"{seed} {number}", 30)
        runs.day(colony.reading(day), refusals, shuffle if number % 2 else None)
        if found := runs.differences():
            return [f"day {number}: {one}" for one in found]
    quiet = PicqerReading({}, frozenset(), colony.now)
    for _ in range(2):
        runs.day(quiet)
    found = [f"at the end: {one}" for one in runs.differences()]
    left = runs.day(quiet)
    return found + [f"offered without news: {one['stream']} {one['record']['remoteId']}" for one in left]


def told(folder: Path, seed: int, numbers: Sequence[int], settings: PicqerSettings, days: Sequence[PicqerDay]) -> str:
    """Empty where all is well; else the differences, and those of the first account at fault when it is alone."""
    found = life(folder / "all", seed, numbers, settings, days)
    if not found:
        return ""
    number = re.search(r" (\d{4,})", found[0].partition(":")[2])
    account = int(number[1]) // APART if number else numbers[0]
    alone = life(folder / f"account {account}", seed, [account], settings, days)
    return "\n".join([f"seed {seed}, {len(found)} differences:", *found[:12], f"account {account} alone:", *alone[:12]])
