"""`optiply-sync status`: the last runs, what is not settled and why, and what is due next."""

from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from job.folder import JobFolder
from job.inventory.folder import has_queue
from job.inventory.look import sentence, told_in_status
from job.output import print_json, say, screen, table
from job.outward.look import sentence as outward_sentence
from job.outward.look import told_in_status as outward_states
from job.run.history import latest_runs
from job.run.totals import count_unsettled, totals, unsettled
from job.run.unread import STATUS as UNREAD
from job.run.unread import as_unsettled, noted
from job.schedule.agenda import agenda, next_times
from job.schedule.timetable import says
from job.stock.look import held_in_status
from job.stock.look import sentences as held_sentences
from job.systems import system_of
from job.systems.system import System
from store.snapshot import Snapshot, is_stored

SHOWN_RUNS = 5
SHOWN_REASONS = 12
EXAMPLES = 3

Status = dict[str, Any]


def folder_status(folder: JobFolder, now: datetime) -> Status:
    """Everything the command shows, as data: runs, unsettled records by reason, totals and the next times."""
    plan = agenda(folder)
    found: Status = {"runs": _runs(folder), "totals": {}, "unsettled": {}, "reasons": []}
    if is_stored(folder.store):
        with Snapshot.open(folder.store) as snapshot:
            found["totals"] = totals(snapshot)
            unread = as_unsettled(noted(snapshot, folder.bookmarks.read()))
            found["unsettled"] = {**({UNREAD: len(unread)} if unread else {}), **count_unsettled(snapshot, plan.system)}
            found["reasons"] = _reasons([*unread, *unsettled(snapshot, plan.system)])
    if has_queue(folder):
        found["inventory"] = told_in_status(folder)
    way = plan.system.outward
    if way is not None and (states := outward_states(folder, way)):
        found[way.entity] = states
    if held := held_in_status(folder, plan.system):
        found["stock_held"] = held
    found["schedule"] = says(plan)
    found["next"] = {work: moment.isoformat() for work, moment in next_times(now, plan.rules, plan.last).items()}
    return found


def _runs(folder: JobFolder) -> list[Status]:
    return [
        {
            "run": run.name,
            "ended_well": run.ended_well,
            "headline": run.report["headline"] if run.report else "It was stopped before its end, or is still at work.",
        }
        for run in latest_runs(folder.runs, SHOWN_RUNS)
    ]


def _reasons(records: list[Status]) -> list[Status]:
    """Records counted by stream, status and reason without the ids in it, most first, with examples."""
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], list[str]] = {}
    oldest: dict[tuple[str, str, str], str] = {}
    for row in records:
        key = (row["stream"], row["status"], _without_ids((row["reason"] or "").removeprefix("waiting: ")))
        counts[key] += 1
        examples.setdefault(key, []).append(row["remoteId"])
        oldest[key] = min(filter(None, (oldest.get(key), row["since"])), default="")
    return [
        {
            "stream": key[0], "status": key[1], "reason": key[2], "count": count,
            "since": oldest[key] or None, "examples": examples[key][:EXAMPLES],
        }
        for key, count in counts.most_common()
    ]  # fmt: skip


def _without_ids(reason: str) -> str:
    return " ".join("…" if word.strip("'\",;:.").isdigit() else word for word in reason.split())


def show_status(status: Status, system: System, now: datetime, console: Console) -> None:
    """Print it for a person."""
    way = system.outward
    console.print("Last runs (UTC)", style="bold")
    for run in status["runs"] or [{"run": "", "ended_well": True, "headline": "No run yet."}]:
        mark = "[green]✓[/]" if run["ended_well"] else "[red]✗[/]"
        console.print(f"  {mark} {run['run']}  ", end="")
        say(console, run["headline"])
    counts = ", ".join(f"{count} {name}" for name, count in status["unsettled"].items())
    console.print(f"\nNot settled: {counts or 'nothing'}", style="bold")
    if status["reasons"]:
        titles = ("records", "entity", "status", "why", "since", "such as")
        console.print(table(titles, map(_reason_row, status["reasons"][:SHOWN_REASONS]), right={"records"}))
    if "inventory" in status:
        told = status["inventory"].get("trouble") or f"{sentence(status['inventory']['states'])} (inventory status)"
        console.print(f"Stock from the warehouse system: {told}\n", highlight=False, markup=False)
    if way is not None and way.entity in status:
        console.print(f"{way.words.line}: {outward_sentence(status[way.entity])}\n", highlight=False)
    for line in held_sentences(status.get("stock_held", [])):
        console.print(line, highlight=False, markup=False)
    console.print("Next", style="bold")
    for work, moment in status["next"].items():
        when = datetime.fromisoformat(moment)
        told = "due now" if when <= now else f"{when:%A %H:%M} UTC"
        console.print(f"  {told:<20} {system.work_titles[work]}", highlight=False)
    console.print(f"  ({status['schedule'][0]})", style="dim", highlight=False)


def _reason_row(row: Status) -> list[object]:
    since = (row["since"] or "")[:16].replace("T", " ")
    return [row["count"], row["stream"], row["status"], row["reason"], since, ", ".join(row["examples"])]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def status(folder: Path, as_json: bool) -> None:
    """Show the last runs of FOLDER, what waits and why, and what is due next.

    \b
    Example: optiply-sync status ./acme
    """
    job = JobFolder(folder.resolve())
    job.check()
    now = datetime.now(timezone.utc)
    found = folder_status(job, now)
    if as_json:
        print_json(found)
    else:
        show_status(found, system_of(job), now, screen())
