"""Runs the ETL on a HotGlue-style job folder: `python -m etl.etl`, or `python etl/etl.py` as HotGlue calls it.

Reads config.json, sync-output/ and snapshots/ under ROOT_DIR (default: the current folder) and writes
etl-output/data.singer and etl-output/report.json. Exit codes: 0 ended, 1 failed (the reason is in errors.txt as well).
"""

from __future__ import annotations

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

from connector.messages import UNREADABLE, BadLine, without_mark
from etl.core.files import InputError, Output, write_text
from etl.core.mapping import FieldMap, parse_field_map
from etl.core.parent import take_parent_products
from etl.core.tables import open_input
from etl.magento.adopted import take_over
from etl.magento.flags import ConfigError, FlowConfig, load_config
from etl.magento.flow import Result, run
from store.snapshot import Snapshot, SnapshotError, lock

ALLOW_DISABLE = "OPTIPLY_SYNC_ALLOW_DISABLE"
"""Environment variable with a number of products that this run may disable as gone."""

_logger = logging.getLogger("etl")


class EtlError(Exception):
    """The run cannot be done; the text is one sentence with the remedy."""


def main() -> int:
    """Runs once and returns the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s")
    root = Path(os.environ.get("ROOT_DIR") or ".")
    started = time.monotonic()
    try:
        result = run_folder(root, os.environ, datetime.now(timezone.utc))
    except (EtlError, ConfigError, SnapshotError, InputError, OSError) as error:
        _logger.error("%s", error)
        write_text(root / "errors.txt", f"ERROR: {error}\n")
        _report(root, {"entities": {}, "reasons": [], "notes": [str(error)]}, started)
        return 1
    _report(root, result.report, started)
    for note in result.report["notes"]:
        _logger.warning("%s", note)
    _logger.info("%d records offered to Optiply", result.offered)
    return 0


def run_folder(root: Path, environment: Mapping[str, str], now: datetime) -> Result:
    """One run on the folder `root`; data.singer exists under its name only once the store is committed.

    Raises EtlError, ConfigError, SnapshotError or OSError with one sentence; the folder keeps its older output then.
    """
    (root / "errors.txt").unlink(missing_ok=True)
    values = read_json(root / "config.json", "create it: a HotGlue job folder holds its settings there")
    state = root / "state.json"
    if state.exists() and read_json(state, "").get("force_patch_products"):
        values = {**values, "force_patch_products": True}
    config, notes = load_config(values)
    if environment.get(ALLOW_DISABLE, "").isdecimal():
        config = config.allowing(int(environment[ALLOW_DISABLE]))
    for note in notes:
        _logger.warning("%s", note)
    field_map = load_field_map(config, root)
    directory = snapshot_directory(config, environment, root)
    run_id = environment.get("JOB_ID") or now.strftime("%Y%m%dT%H%M%S")
    with ExitStack() as stack:
        stack.enter_context(lock(directory))
        snapshot = stack.enter_context(Snapshot.open(directory))
        snapshot.absorb()
        if not config.syncs("products"):
            take_parent_products(snapshot, root, take_over)
        source = stack.enter_context(open_input(root / "sync-output", run_id))
        output = stack.enter_context(Output(root / "etl-output" / "data.singer"))
        result = run(source, config, field_map, snapshot, now, output.write)
        output.publish()
    return result


def load_field_map(config: FlowConfig, root: Path) -> FieldMap:
    """The mapping table: the setting `field_map`, else configs/field_map.csv in the folder, else the packaged copy."""
    package = Path(__file__).resolve().parent
    places = [
        root / "configs" / "field_map.csv",
        Path("configs") / "field_map.csv",
        package / "field_map.csv",
        package.parent / "configs" / "field_map.csv",
    ]
    if config.field_map:
        places = [root / config.field_map, Path(config.field_map)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise EtlError(f"{places[0]} does not exist; name the mapping table in the setting field_map.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EtlError(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    return parse_field_map(text, str(path), config.custom_mappings)


def snapshot_directory(config: FlowConfig, environment: Mapping[str, str], root: Path) -> Path:
    """The snapshot folder: setting, else SNAPSHOT_DIR, else snapshots/ under the job folder."""
    if config.snapshot_dir:
        return Path(config.snapshot_dir)
    return Path(environment.get("SNAPSHOT_DIR") or root / "snapshots")


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


def _report(root: Path, report: Mapping[str, Any], started: float) -> None:
    """Writes the step report into the folder, and where SYNC_REPORT asks for it."""
    step = {"step": "etl", "seconds": round(time.monotonic() - started, 3), **report}
    text = msgspec.json.format(msgspec.json.encode(step), indent=2).decode() + "\n"
    write_text(root / "etl-output" / "report.json", text)
    if os.environ.get("SYNC_REPORT"):
        write_text(Path(os.environ["SYNC_REPORT"]), text)


if __name__ == "__main__":
    sys.exit(main())
