"""Feeds readings through the ETL day by day and plays the target: applies what is offered and answers in outcomes."""

import io
import json
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from etl.core.flow import run
from etl.core.mapping import parse_field_map
from etl.core.singer import SingerInput
from etl.flows import load_config
from etl.magento.flow import MAGENTO
from store.snapshot import Snapshot
from tests.oracle.flow import Flow, Reading
from tests.oracle.ledger import ACCEPTED, Answers, Ledger, decimals
from tests.oracle.optiply_model import ModelOptiply, write_outcomes
from tests.oracle.singer_lines import lines

FIELD_MAP = Path(__file__).resolve().parents[2] / "configs" / "field_maps" / "magento.csv"


def run_etl(snapshots: Path, settings: dict[str, Any], text: str, now: datetime) -> list[dict[str, Any]]:
    """The ETL as a library over Singer text; returns its messages."""
    config, _ = load_config(settings)
    table = FIELD_MAP.read_text(encoding="utf-8")
    field_map = parse_field_map(table, FIELD_MAP.name, MAGENTO.fields, config.own_sources)
    written: list[bytes] = []
    with Snapshot.open(snapshots) as snapshot:
        snapshot.absorb()
        source = SingerInput(io.BytesIO(text.encode()), "tap.singer", MAGENTO.streams)
        run(MAGENTO, source, config, field_map, snapshot, now, written.extend)
    return [json.loads(line) for line in b"\n".join(written).splitlines() if line]


class EtlDays:
    """A job folder without a shop and without Optiply: the ETL alone, between the two models."""

    def __init__(self, folder: Path, flow: Flow, **extra: Any) -> None:
        self.folder = folder
        self.flow = flow
        self.ledger = Ledger(flow)
        self.optiply = ModelOptiply(force_patch=flow.force_patch_products)
        self.runs = 0
        self.extra = extra
        (folder / "snapshots").mkdir(parents=True)

    def offer(
        self, reading: Reading, *, shuffle: Random | None = None, text: str | None = None
    ) -> list[dict[str, Any]]:
        """One run of the ETL: what it writes for the target."""
        self.runs += 1
        written = lines(reading, f"{self.runs:032x}", shuffle) if text is None else text
        return run_etl(self.folder / "snapshots", {**self.flow.settings(), **self.extra}, written, reading.now)

    def answer(self, messages: list[dict[str, Any]], answers: Answers = ACCEPTED) -> None:
        """Apply what is offered and leave the outcomes where the next run finds them."""
        outcomes = self.optiply.load(messages, answers)
        write_outcomes(self.folder / "snapshots" / f"outcomes-20260201T0600{self.runs:02d}Z-1.jsonl", outcomes)

    def day(self, reading: Reading, answers: Answers = ACCEPTED, *, shuffle: Random | None = None) -> None:
        """One whole run, and the oracle's beside it."""
        self.answer(self.offer(reading, shuffle=shuffle), answers)
        self.ledger.day(reading, answers)

    def change(self, flow: Flow) -> None:
        """A person edits the flags between two runs."""
        self.flow = self.ledger.flow = flow
        self.optiply.force_patch = flow.force_patch_products

    def differences(self) -> list[str]:
        """Where the model Optiply is not what the oracle says, attribute by attribute."""
        found = []
        for stream, wanted in self.ledger.optiply.items():
            held = self.optiply.objects[stream]
            found += [f"{stream} {key}: missing" for key in sorted(set(wanted) - set(held))]
            found += [f"{stream} {key}: not wanted" for key in sorted(set(held) - set(wanted))]
            for key in sorted(set(wanted) & set(held)):
                names = {*wanted[key], *held[key]}
                found += [
                    f"{stream} {key}: {name} is {held[key].get(name)!r}, must be {wanted[key].get(name)!r}"
                    for name in sorted(names)
                    if decimals(held[key].get(name)) != decimals(wanted[key].get(name))
                ]
        return found
