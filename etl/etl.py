"""Runs the ETL on a HotGlue-style job folder: `python -m etl.etl`, or `python etl/etl.py` as HotGlue calls it.

Reads config.json, sync-output/ and snapshots/ under ROOT_DIR (default: the current folder) and writes
etl-output/data.singer and etl-output/report.json. Exit codes: 0 ended, 1 failed (the reason is in errors.txt as well).
"""

import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

if not __package__:
    # HotGlue calls this file by its path: the folder above the package is not on the path then.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from connector.loading import uncollected

with uncollected():
    from connector.errors import InputError
    from connector.files import replace_file
    from connector.messages import UNREADABLE, BadLine, without_mark
    from connector.names import ALLOW_DISABLE
    from etl.core.flags import ConfigError
    from etl.core.flow import FlowResult
    from etl.core.parent import take_parent_products
    from etl.core.tables import open_input
    from etl.flows import EtlError, prepare, snapshot_place
    from store.snapshot import Snapshot, SnapshotError, lock

_logger = logging.getLogger("etl")


def main() -> int:
    """Runs once and returns the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    root = Path(os.environ.get("ROOT_DIR") or ".")
    started, place = time.monotonic(), root / "etl-output" / "report.json"
    try:
        result = run_folder(root, os.environ, datetime.now(timezone.utc))
        write_report(result.report, started, place)
    except (EtlError, ConfigError, SnapshotError, InputError, OSError) as error:
        try:
            replace_file(root / "errors.txt", f"ERROR: {error}\n".encode(), durable=True)
            write_report(_failed(error), started, place)
        except OSError as another:  # a full disk, most likely, which may be why the run ended
            _logger.error("%s", another)
        _logger.error("%s", error)
        return 1
    tell(result, _logger)
    return 0


def tell(result: FlowResult, logger: logging.Logger) -> None:
    """Logs what a person should know of a run."""
    for note in result.report["notes"]:
        logger.warning("%s", note)
    logger.info("%d records offered to Optiply", result.offered)


def run_folder(root: Path, environment: Mapping[str, str], now: datetime) -> FlowResult:
    """One run on the folder `root`; data.singer exists under its name only once the store is committed.

    Raises EtlError, ConfigError, SnapshotError or OSError with one sentence; the folder keeps its older output then.
    """
    (root / "errors.txt").unlink(missing_ok=True)
    values = read_json(root / "config.json", "create it: a HotGlue job folder holds its settings there")
    state = root / "state.json"
    if state.exists() and read_json(state, "").get("force_patch_products"):
        values = {**values, "force_patch_products": True}
    allowed = environment.get(ALLOW_DISABLE, "")
    prepared = prepare(values, root, int(allowed) if allowed.isdecimal() else None)
    for note in prepared.notes:
        _logger.warning("%s", note)
    place = snapshot_place(prepared.config, environment, root)
    run_id = environment.get("JOB_ID") or now.strftime("%Y%m%dT%H%M%S")
    with ExitStack() as stack:
        stack.enter_context(lock(place))
        snapshot = stack.enter_context(Snapshot.open(place, prepared.flow.destination))
        snapshot.absorb()
        if not prepared.config.syncs("products"):
            take_parent_products(snapshot, root, prepared.flow.take_over)
        source = stack.enter_context(open_input(root / "sync-output", run_id, prepared.flow.streams))
        return prepared.run(source, snapshot, now, root / "etl-output" / "data.singer")


def report_failure(error: Exception, started: float, logger: logging.Logger, *places: Path) -> None:
    """Writes the report of a run that failed, as far as it can be written, and says why it failed, last."""
    try:
        write_report(_failed(error), started, *places)
    except OSError as another:
        logger.error("%s", another)
    logger.error("%s", error)


def _failed(error: Exception) -> dict[str, Any]:
    return {"entities": {}, "reasons": [], "notes": [str(error)]}


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """A JSON object from a file, with or without byte order mark; an empty file is an empty object. Raises EtlError."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise EtlError(f"{path} does not exist; {remedy}.") from None
    try:
        content = without_mark(content)
        return msgspec.json.decode(content, type=dict[str, Any]) if content.strip() else {}
    except BadLine as bad:
        raise EtlError(f"{path} {bad.reason}.") from None
    except UNREADABLE as error:
        place = re.search(r"byte \d+", str(error))
        raise EtlError(
            f"{path} is not a valid JSON object{f' ({place[0]} is wrong)' if place else ''}; correct it."
        ) from None


def write_report(report: Mapping[str, Any], started: float, *places: Path) -> None:
    """Writes the step report to these files, and where SYNC_REPORT asks for it."""
    step = {"step": "etl", "seconds": round(time.monotonic() - started, 3), **report}
    content = msgspec.json.format(msgspec.json.encode(step), indent=2) + b"\n"
    asked = os.environ.get("SYNC_REPORT")
    for place in (*places, *([Path(asked)] if asked else [])):
        replace_file(place, content, durable=True)


if __name__ == "__main__":
    sys.exit(main())
