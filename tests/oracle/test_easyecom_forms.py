"""A random EasyEcom account in every form of input: lines, CSV and parquet give the same output."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from etl.etl import run_folder
from tests.oracle.easyecom_days import AccountColony, EasyDay, singer_text
from tests.oracle.easyecom_ledger import EasyReading

NOW = datetime(2026, 1, 16, 8, tzinfo=timezone.utc)
PLACES = ("one", "two")


@pytest.fixture(scope="module")
def reading() -> EasyReading:
    return AccountColony(5, range(1, 16), PLACES).reading(EasyDay())


def folder(tmp_path: Path, name: str) -> Path:
    place = tmp_path / name
    (place / "sync-output").mkdir(parents=True)
    (place / "config.json").write_text(json.dumps({"system": "easyecom", "location_key": PLACES}))
    return place


def outcome(place: Path) -> tuple[list[str], dict[str, Any]]:
    """What the ETL writes for a folder, without STATE, which tables have none of; and its report."""
    report = run_folder(place, {"JOB_ID": "one"}, NOW).report
    lines = (place / "etl-output" / "data.singer").read_text().splitlines()
    return [line for line in lines if '"type":"STATE"' not in line], report


def write_tables(reading: EasyReading, place: Path, form: str) -> None:
    """As a platform writes them: what is nested as JSON text, what is missing as an empty cell."""
    for stream, records in reading.rows.items():
        cells = [
            {name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in record.items()}
            for record in records
        ]
        frame = pd.DataFrame(cells, dtype=object)
        path = place / "sync-output" / f"{stream}-20260116T080000.{form}"
        if form == "csv":
            frame.to_csv(path, index=False)
            continue
        for name in frame.columns:  # a column of a parquet file has one type
            if len({type(value) for value in frame[name].dropna()}) > 1:
                frame[name] = [value if value is None else float(value) for value in frame[name]]
        frame.to_parquet(path)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_form_of_input_gives_the_same_output(reading: EasyReading, tmp_path: Path, form: str) -> None:
    lines, tables = folder(tmp_path, "lines"), folder(tmp_path, form)
    (lines / "sync-output" / "tap.singer").write_bytes(singer_text(reading, "one"))
    write_tables(reading, tables, form)
    found, report = outcome(tables)
    expected, told = outcome(lines)
    assert found == expected
    assert len(found) > 100
    assert report["entities"] == told["entities"]
