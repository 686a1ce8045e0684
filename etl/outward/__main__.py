"""Runs the way back over a job folder: `python -m etl.outward`.

Reads config.json, outward/sync-output/ and snapshots/ under ROOT_DIR and writes outward/etl-output/data.singer. Exit
codes: 0 ended, 1 failed.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.errors import InputError
from connector.files import replacing
from etl.core.flags import ConfigError, load_flags
from etl.core.tables import open_input
from etl.etl import read_json, report_failure, write_report
from etl.flows import EtlError, snapshot_place
from etl.magento.articles import articles
from etl.magento.flags import FlowConfig
from etl.outward import ledger
from etl.outward.flow import LedgerLost, Way, check_ledger, run
from etl.outward.shapes import STREAMS
from store.bookmarks import OUTWARD, Bookmarks
from store.snapshot import Snapshot, SnapshotError, lock

FOLDER = "outward"
_logger = logging.getLogger("etl")


def main() -> int:
    """Runs once and returns the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    root = Path(os.environ.get("ROOT_DIR") or ".")
    started, place = time.monotonic(), root / FOLDER / "etl-output" / "report.json"
    try:
        write_report(run_folder(root, os.environ), started, place)
    except (EtlError, ConfigError, SnapshotError, InputError, LedgerLost, OSError) as error:
        report_failure(error, started, _logger, place)
        return 1
    return 0


def run_folder(root: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """One run on the folder `root`; the report. Raises what `main` catches, with one sentence."""
    config, _ = load_flags(FlowConfig, read_json(root / "config.json", "create it: it holds the folder's settings"))
    place, outward = snapshot_place(config, environment, root), root / FOLDER
    bookmarks = Bookmarks(place, outward / "state.json", OUTWARD)
    with lock(place), Snapshot.open(place, ledger.DESTINATION) as store, Snapshot.open(place) as optiply:
        store.absorb()
        check_ledger(bookmarks, store)
        known = articles(optiply)
        way = Way(config.write_stock_source, config.write_stock_since)
        with (
            open_input(outward / "sync-output", "", STREAMS) as source,
            replacing(outward / "etl-output" / "data.singer", durable=True) as file,
        ):
            return run(source, store, known, way, file.writelines)


if __name__ == "__main__":
    sys.exit(main())
