"""Runs the way back of purchase orders over a job folder: `python -m etl.outward.purchase_run`.

Reads config.json, outward/sync-output/ and snapshots/ under ROOT_DIR and writes outward/etl-output/data.singer. Exit
codes: 0 ended, 1 failed.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from connector.errors import InputError
from etl.core.flags import ConfigError
from etl.core.tables import open_input
from etl.etl import read_json, report_failure, write_report
from etl.flows import EtlError, prepare, snapshot_place
from etl.outward.flags import export_flags
from etl.outward.purchase_ways import way_of
from store.snapshot import Snapshot, SnapshotError, lock

FOLDER = "outward"
_logger = logging.getLogger("etl")


def main() -> int:
    """Runs once and returns the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    root = Path(os.environ.get("ROOT_DIR") or ".")
    started, place = time.monotonic(), root / FOLDER / "etl-output" / "report.json"
    try:
        write_report(run_folder(root, os.environ, datetime.now(timezone.utc)), started, place)
    except (EtlError, ConfigError, SnapshotError, InputError, OSError) as error:
        report_failure(error, started, _logger, place)
        return 1
    return 0


def run_folder(root: Path, environment: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """One run on the folder `root`; the report. Raises what `main` catches, with one sentence."""
    config = read_json(root / "config.json", "create it: it holds the folder's settings")
    way = way_of(config)
    own = {**export_flags(config, way.flags), **way.of_both(config)}
    prepared = prepare({**own, "system": way.flow}, root)
    place, outward = snapshot_place(prepared.config, environment, root), root / FOLDER
    with lock(place), Snapshot.open(place, prepared.flow.destination) as store:
        store.absorb()
        with open_input(outward / "sync-output", "", prepared.flow.streams) as source:
            return prepared.run(source, store, now, outward / "etl-output" / "data.singer").report


if __name__ == "__main__":
    sys.exit(main())
