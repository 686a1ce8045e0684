"""`optiply-sync run --due`: runs what the schedule says is due now, and nothing else."""

from dataclasses import replace
from datetime import datetime, timezone

from job.folder import JobFolder
from job.run.progress import Display
from job.run.report import Report
from job.run.steps import RunOptions, run_job
from job.schedule.agenda import agenda, due, next_times
from job.schedule.timetable import tick_minutes
from store.snapshot import SnapshotLocked


def run_due(folder: JobFolder, options: RunOptions, display: Display) -> Report:
    """Run what is due; a report without entities says that nothing was, or that another run is at work.

    The first run of a folder reads everything: there is no bookmark it could start from.
    """
    now = datetime.now(timezone.utc)
    try:
        plan = agenda(folder)
        found = due(plan.system, now, plan.rules, plan.last)
        if not found.parts:
            following = min(next_times(now, plan.rules, plan.last).values())
            return _idle(f"Nothing is due before {following:%Y-%m-%d %H:%M} UTC.")
        begun = folder.bookmarks.read() is not None
        days = plan.rescan_days if found.full and begun else None
        parts = found.parts if begun else ()
        report = run_job(folder, replace(options, parts=parts, full=found.full, rescan_days=days), display)
    except SnapshotLocked as locked:
        # A scheduler's next call will find what is still due then; an overlap is no failure.
        return {**_idle(f"Nothing was started: {locked}"), "locked": True}
    return {**report, "due": list(found.why)}


def with_schedule(folder: JobFolder, report: Report) -> Report:
    """The report with `schedule`: its tick in minutes, and when each work is due next (ISO, UTC)."""
    plan = agenda(folder)
    times = next_times(datetime.now(timezone.utc), plan.rules, plan.last)
    following = {work: moment.isoformat() for work, moment in times.items()}
    return {**report, "schedule": {"minutes": tick_minutes(plan.rules), "next": following}}


def _idle(sentence: str) -> Report:
    return {"headline": sentence, "exit_code": 0, "due": []}
