"""When each work of the schedule was last done well, kept in the store so that no later run reads all reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from job.folder import JobFolder
from job.run.history import last_runs, past_runs
from job.systems.system import System
from job.timing import LastRuns
from store.snapshot import Snapshot, store_file

NOTE = "last works"


def last_works(folder: JobFolder, system: System) -> LastRuns:
    """When each work began that last ended well; from the reports where the store does not know yet. Makes no file."""
    if store_file(folder.snapshots).exists():
        with Snapshot.open(folder.snapshots) as snapshot:
            noted = snapshot.note(NOTE)
        if noted is not None:
            return _read(noted, system)
    return last_runs(past_runs(folder.runs), system)


def note_works(folder: JobFolder, system: System, works: Iterable[str], began: datetime) -> None:
    """Notes that these works were done well by a run that began then (UTC); the caller holds the store's lock."""
    last = {**last_works(folder, system), **dict.fromkeys(works, began)}
    noted = msgspec.json.encode({work: moment.isoformat() for work, moment in last.items()}).decode()
    with Snapshot.open(folder.snapshots) as snapshot, snapshot.transaction():
        snapshot.set_note(NOTE, noted)


def _read(noted: str, system: System) -> LastRuns:
    times = msgspec.json.decode(noted, type=dict[str, datetime])
    return {work: times[work] for work in system.works if work in times}
