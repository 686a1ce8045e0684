"""What a run keeps of itself at its end: the records it could not read, the works it has done; and old runs let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from job.folder import JobFolder
from job.run.bookmarks import State
from job.run.history import note_works, prune, started_at
from job.run.programs import StepResult
from job.run.unread import Unread, note_unread, noted, unread_after
from job.systems.system import System
from store.snapshot import Snapshot


@dataclass(frozen=True)
class Reading:
    """What a run read of the shop: the STATE it ended with, the parts, and whether in full; nothing for a replay."""

    state: State | None
    parts: tuple[str, ...]
    full: bool


NOTHING_READ = Reading(None, (), full=False)


@dataclass(frozen=True)
class Found:
    """What a run has to work on, and what that was of the shop."""

    for_etl: bool
    for_target: bool = False
    reading: Reading = NOTHING_READ


def look_back(
    folder: JobFolder, system: System, run_dir: Path, steps: Sequence[StepResult], reading: Reading
) -> tuple[list[Unread], list[str]]:
    """The records that are unread after these steps, and notes; the caller holds the store's lock."""
    began = started_at(run_dir.name)
    saved = folder.bookmarks.read()
    streams = {name: row for step in steps for name, row in step.report.get("streams", {}).items()}
    read_well = any(step.name == "tap" and step.exit_code == 0 for step in steps)
    with Snapshot.open(folder.store) as snapshot:
        unread = unread_after(
            noted(snapshot, saved),
            streams,
            reading.state or saved,
            began.isoformat(),
            whole=read_well and reading.parts == tuple(system.parts),
            answers=system.question.answers if system.question else "",
        )
        with snapshot.transaction():
            note_unread(snapshot, unread)
    if reading.parts and all(step.exit_code == 0 for step in steps):
        note_works(folder, system, system.works_of(reading.parts, full=reading.full), began)
    return unread, prune(folder.runs, began)
