"""Reads what earlier runs left in runs/: their reports, in order, and when each work was last done well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from job.folder import read_json_object
from job.report import Report
from job.schedule import PARTS, LastRuns, works_of

REPORT_NAME = "report.json"
STAMP = "%Y-%m-%dT%H-%M-%SZ"


@dataclass(frozen=True)
class PastRun:
    """One run: its folder and, unless it was stopped before its end, its report."""

    path: Path
    report: Report | None

    @property
    def name(self) -> str:
        """The run's name: its start in UTC, with a number when two began in the same second."""
        return self.path.name

    @property
    def started(self) -> datetime:
        """When it began, UTC."""
        return datetime.strptime(self.name[:20], STAMP).replace(tzinfo=timezone.utc)

    @property
    def ended_well(self) -> bool:
        """Whether it reached its end with exit code 0."""
        return self.report is not None and self.report.get("exit_code") == 0


def past_runs(runs: Path) -> list[PastRun]:
    """All runs, oldest first; a folder that is not named like a run is none."""
    found = []
    for path in sorted(runs.iterdir()) if runs.is_dir() else []:
        if not path.is_dir() or not _is_run(path.name):
            continue
        report = path / REPORT_NAME
        found.append(PastRun(path, read_json_object(report) if report.exists() else None))
    return sorted(found, key=lambda run: (run.started, len(run.name), run.name))


def last_runs(runs: list[PastRun]) -> LastRuns:
    """When each work began that last ended well."""
    last: LastRuns = {}
    for run in runs:
        if run.ended_well and run.report is not None:
            parts = tuple(run.report.get("parts", PARTS))
            for work in works_of(parts, full=bool(run.report.get("full"))):
                last[work] = run.started
    return last


def _is_run(name: str) -> bool:
    try:
        datetime.strptime(name[:20], STAMP)
    except ValueError:
        return False
    return True
