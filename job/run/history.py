"""The runs of a folder in runs/: a new one, those of before by an index of their reports, and old ones let go.

The index holds of each report what a page over all runs shows, so that nobody opens the reports of a year; it is made
anew from the reports wherever it is missing, damaged or older than they are.
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec

from connector.files import replace_file
from connector.messages import UNREADABLE
from job.folder import FolderError, JobFolder, read_json_object
from job.run.report import Report, is_report
from job.systems.system import System
from job.timing import LastRuns
from store.snapshot import Snapshot, is_stored

REPORT_NAME = "report.json"
INDEX_NAME = "index.json"
NOTE = "last works"
"""Where the store keeps when each work was last done well, so that no later run reads all reports."""
STAMP = "%Y-%m-%dT%H-%M-%SZ"
# A run is kept for as long as one of the two holds.
KEPT_DAYS = 30
KEPT_RUNS = 100
# What the index keeps of a report. Raise the number when the list changes: older indexes are then made anew.
INDEX_FORMAT = 1
_SUMMARY = ("headline", "exit_code", "seconds", "parts", "full", "totals", "entities")

Entries = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class PastRun:
    """One run: its folder and, unless it was stopped before its end, its report or what the index keeps of it."""

    path: Path
    report: Report | None

    @property
    def name(self) -> str:
        """The run's name: its start in UTC, with a number when two began in the same second."""
        return self.path.name

    @property
    def started(self) -> datetime:
        """When it began, UTC."""
        return started_at(self.name)

    @property
    def ended_well(self) -> bool:
        """Whether it reached its end with exit code 0."""
        return self.report is not None and self.report.get("exit_code") == 0


def started_at(name: str) -> datetime:
    """When the run with this name began, UTC."""
    return datetime.strptime(name[:20], STAMP).replace(tzinfo=timezone.utc)


def new_run(runs: Path) -> Path:
    """A fresh folder, readable for its owner alone, named after this moment in UTC."""
    stamp = datetime.now(timezone.utc).strftime(STAMP)
    path = runs / stamp
    attempt = 1
    while path.exists():
        attempt += 1
        path = runs / f"{stamp}-{attempt}"
    path.mkdir(parents=True)
    os.chmod(path, 0o700)
    return path


def run_folders(runs: Path) -> list[Path]:
    """The folders of all runs, oldest first; a folder that is not named like a run is none. Opens no file."""
    found = [path for path in (runs.iterdir() if runs.is_dir() else []) if _is_run(path.name) and path.is_dir()]
    return sorted(found, key=lambda path: (path.name[:20], len(path.name), path.name))


def latest_runs(runs: Path, number: int) -> list[PastRun]:
    """The last so many runs with their whole reports, oldest first."""
    return [whole_run(path) for path in run_folders(runs)[-number:]]


def whole_run(path: Path) -> PastRun:
    """The run in this folder with its whole report."""
    report = path / REPORT_NAME
    return PastRun(path, _read(report) if report.exists() else None)


def _read(path: Path) -> Report:
    """The report in a file; of one that cannot be used the sentence that says so, which costs no other run."""
    try:
        report = read_json_object(path)
    except FolderError as error:
        return {"headline": str(error), "exit_code": 1}
    if is_report(report):
        return report
    return {"headline": f"{path} is not the report of a run; move it away.", "exit_code": 1}


def past_runs(runs: Path, entries: Entries | None = None) -> list[PastRun]:
    """All runs, oldest first, with what the index (read already, or read now) keeps of their reports."""
    entries = read_index(runs) if entries is None else entries
    return [_from_index(path, entries) for path in run_folders(runs)]


def note_run(runs: Path, path: Path, report: Report) -> None:
    """Adds a run that has just ended to the index; its report is not read again."""
    entries = read_index(runs, but=path)
    write_index(runs, {**entries, path.name: _entry(path, report)})


def read_index(runs: Path, but: Path | None = None) -> Entries:
    """What is known of each finished run, by name; a report that the index does not know, or another one, is opened."""
    known = _stored(runs)
    entries: Entries = {}
    for path in run_folders(runs):
        mark = _mark(path)
        if mark is None or path == but:
            continue
        entry = known.get(path.name)
        if not isinstance(entry, dict) or entry.get("mark") != mark or not _is_summary(entry.get("report")):
            entry = _entry(path, whole_run(path).report or {})
        entries[path.name] = entry
    return entries


def _is_summary(value: object) -> bool:
    return isinstance(value, dict) and is_report(value)


def write_index(runs: Path, entries: Mapping[str, dict[str, Any]]) -> None:
    """Keeps the index; nobody ever reads half of it."""
    replace_file(runs / INDEX_NAME, msgspec.json.encode({"format": INDEX_FORMAT, "runs": dict(entries)}))


def prune(runs: Path, now: datetime) -> list[str]:
    """Removes the runs that are older than KEPT_DAYS and not among the last KEPT_RUNS; a note where one stays."""
    notes = []
    for path in run_folders(runs)[:-KEPT_RUNS]:
        if started_at(path.name) >= now - timedelta(days=KEPT_DAYS):
            break
        try:
            shutil.rmtree(path)
        except OSError as error:
            notes.append(f"{path}: this old run could not be removed ({error.strerror}); remove it by hand.")
    return notes


def last_runs(runs: list[PastRun], system: System) -> LastRuns:
    """When each work began that last ended well."""
    last: LastRuns = {}
    for run in runs:
        if run.ended_well and run.report is not None:
            parts = tuple(run.report.get("parts", system.parts))
            for work in system.works_of(parts, full=bool(run.report.get("full"))):
                last[work] = run.started
    return last


def last_works(folder: JobFolder, system: System) -> LastRuns:
    """When each work began that last ended well; from the reports where the store does not know yet. Makes no file."""
    if is_stored(folder.store):
        with Snapshot.open(folder.store) as snapshot:
            noted = snapshot.note(NOTE)
        if noted is not None:
            return _works_in(noted, system)
    return last_runs(past_runs(folder.runs), system)


def note_works(folder: JobFolder, system: System, works: Iterable[str], began: datetime) -> None:
    """Notes that these works were done well by a run that began then (UTC); the caller holds the store's lock."""
    last = {**last_works(folder, system), **dict.fromkeys(works, began)}
    noted = msgspec.json.encode({work: moment.isoformat() for work, moment in last.items()}).decode()
    with Snapshot.open(folder.store) as snapshot, snapshot.transaction():
        snapshot.set_note(NOTE, noted)


def _works_in(noted: str, system: System) -> LastRuns:
    times = msgspec.json.decode(noted, type=dict[str, datetime])
    return {work: times[work] for work in system.works if work in times}


def _from_index(path: Path, entries: Entries) -> PastRun:
    entry = entries.get(path.name)
    return PastRun(path, None if entry is None else entry["report"])


def _entry(path: Path, report: Report) -> dict[str, Any]:
    return {"mark": _mark(path), "report": {key: report[key] for key in _SUMMARY if key in report}}


def _mark(path: Path) -> str | None:
    """Tells one report from another without opening it; None without a report."""
    try:
        stat = (path / REPORT_NAME).stat()
    except FileNotFoundError:
        return None
    return f"{stat.st_mtime_ns} {stat.st_size}"


def _stored(runs: Path) -> Entries:
    """The index as it lies there; nothing where it is missing, damaged or of another format."""
    try:
        content = msgspec.json.decode((runs / INDEX_NAME).read_bytes())
    except NotADirectoryError:
        raise FolderError(f"{runs} is not a folder, and the runs go there; move that file away.") from None
    except (FileNotFoundError, *UNREADABLE):
        return {}
    found = content.get("runs") if isinstance(content, dict) and content.get("format") == INDEX_FORMAT else None
    return found if isinstance(found, dict) else {}


def _is_run(name: str) -> bool:
    try:
        started_at(name)
    except ValueError:
        return False
    return True
