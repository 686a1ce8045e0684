"""The line of the made-up system, program by program, over one folder."""

import io
import json
from contextlib import redirect_stdout
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from connector.files import replacing
from etl.core.flow import run
from etl.core.mapping import parse_field_map
from etl.core.tables import open_input
from store.snapshot import Snapshot, lock
from tests.fourth.flow import DEPOT
from tests.fourth.tap import TapDepot
from tests.fourth.target import TargetDepot

MAP = Path(__file__).parent / "field_map.csv"


class Line:
    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.patience = 2.0
        self.state: dict[str, Any] = {}
        (folder / "sync-output").mkdir(parents=True)
        (folder / "etl-output").mkdir()

    def read(self) -> None:
        out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with redirect_stdout(out):
            assert TapDepot(config={"url": self.url, "retry_seconds": self.patience}, state=self.state).run() == 0
        content = out.buffer.getvalue()  # type: ignore[attr-defined]
        (self.folder / "sync-output" / "tap.singer").write_bytes(content)
        self.state = json.loads(content.splitlines()[-1])["value"]

    def work_out(self) -> dict[str, Any]:
        config, _ = DEPOT.load_config({})
        rules = parse_field_map(MAP.read_text(), MAP.name, DEPOT.fields)
        snapshots, output = self.folder / "snapshots", self.folder / "etl-output" / "data.singer"
        with lock(snapshots), Snapshot.open(snapshots, "depot") as store:
            store.absorb()
            with open_input(self.folder / "sync-output", "run", DEPOT.streams) as source, replacing(output) as file:
                now = datetime(2026, 1, 15, tzinfo=timezone.utc)
                return run(DEPOT, source, config, rules, store, now, file.writelines).report

    def write(self) -> dict[str, Any]:
        """Runs the target and gives its results."""
        results = self.folder / "target-state.json"
        places = {"snapshot_dir": str(self.folder / "snapshots"), "results_path": str(results)}
        waits = {"unanswered_wait": 0.1, "retry_wait": 0.01, "retry_time": 5, "request_timeout": 3}
        target = TargetDepot(config={"url": self.url, **places, **waits})
        output = self.folder / "etl-output" / "data.singer"
        with output.open(encoding="utf-8") as lines, redirect_stdout(io.StringIO()):
            assert target.run(lines) == 0
        return dict(json.loads(results.read_text()))

    def run(self) -> None:
        self.read()
        self.work_out()
        self.write()
