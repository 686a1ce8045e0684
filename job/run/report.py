"""The report of a run: what each step said, merged per entity, as data and as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from connector.words import counted, of_stream, said
from job.output import say, table
from job.run.programs import StepResult

if TYPE_CHECKING:
    from job.run.unread import Unread

ENTITIES = ("products", "productCompositions", "sellOrders")
# What works records out, and what writes them: on the way back, then on the way to Optiply.
WORKED_OUT, WRITTEN = ("receipts", "purchases", "etl"), ("shop", "account", "target")
WRITES = ("created", "updated", "disabled", "deleted", "adopted")
COLUMNS = ("read", "mapped", "unchanged", *WRITES, "waiting", "refused", "failed")
# Both the ETL and the target can hold back or refuse a record; one record is counted by one of them only.
ADDED_UP = ("waiting", "refused")
TOP_REASONS = 8
SHOWN_UNREAD = 5

Report = dict[str, Any]


def merge(run_id: str, steps: Sequence[StepResult], notes: Iterable[str], unread: Iterable[Unread] = ()) -> Report:
    """One report out of the steps' own: per entity, per step, the reasons, the unread, the notes and a headline."""
    by_name = {step.name: step.report for step in steps}
    etl, target = _together(by_name, *WORKED_OUT), _together(by_name, *WRITTEN)
    names = [*ENTITIES, *sorted((set(etl.get("entities", {})) | set(target.get("entities", {}))) - set(ENTITIES))]
    entities = {
        name: _entity(etl.get("entities", {}).get(name, {}), target.get("entities", {}).get(name, {})) for name in names
    }
    report: Report = {
        "run": run_id,
        "exit_code": 1 if any(step.exit_code for step in steps) else 0,
        "entities": entities,
        "steps": [_step(step) for step in steps],
        "streams": {
            name: row
            for step in ("optiply", "tap", "ask")
            for name, row in by_name.get(step, {}).get("streams", {}).items()
        },
        "reasons": [*etl["reasons"], *target["reasons"], *by_name.get("links", {}).get("reasons", [])],
        "unread": [
            {"stream": record.stream, "id": record.id, "reason": record.reason, "since": record.since}
            for record in unread
        ],
        "notes": [*notes, *(note for step in steps for note in step.report.get("notes", []))],
    }
    if "inventory" in by_name:
        report["inventory"] = by_name["inventory"].get("counts", {})
    return {"headline": headline(report), **report}


def _together(by_name: Mapping[str, Report], *steps: str) -> Report:
    """What several steps say of entities and reasons."""
    found: Report = {"entities": {}, "reasons": []}
    for step in steps:
        found["entities"] |= by_name.get(step, {}).get("entities", {})
        found["reasons"] += by_name.get(step, {}).get("reasons", [])
    return found


def answered(target: Report) -> int:
    """How many records the target had an answer for, by its own report."""
    return sum(int(count) for row in target.get("entities", {}).values() for count in row.values())


def _entity(etl: Report, target: Report) -> dict[str, int]:
    row = {column: int(target.get(column) or etl.get(column) or 0) for column in COLUMNS}
    for column in ADDED_UP:
        row[column] = int(etl.get(column, 0)) + int(target.get(column, 0))
    answered = sum(int(count) for count in target.values())
    row["lost"] = max(0, int(etl.get("offered", 0)) - answered)
    return row


def _step(step: StepResult) -> Report:
    return {
        "name": step.name,
        "exit_code": step.exit_code,
        "seconds": round(step.seconds, 3),
        "requests": int(step.report.get("requests", 0)),
        "retries": step.report.get("retries", {}),
        "last_words": step.last_words,
    }


def headline(report: Report) -> str:
    """One sentence that says how the run ended."""
    failed = [step["name"] for step in report["steps"] if step["exit_code"]]
    if failed:
        return f"The run did not finish: {', '.join(failed)} failed."
    rows = report["entities"].values()
    writes = {verb: sum(row[verb] for row in rows) for verb in WRITES}
    held = {word: sum(row[word] for row in rows) for word in ("waiting", "refused", "failed", "lost")}
    done = ", ".join(f"{count} {verb}" for verb, count in writes.items() if count)
    told = f"{done or 'Nothing to do: 0 writes'}; " + ", ".join(f"{count} {word}" for word, count in held.items())
    unread = len(report.get("unread", []))
    return f"{told}, {unread} unread (asked for again in every run)." if unread else f"{told}."


def show(report: Report, console: Console) -> None:
    """Print the report as tables."""
    entities = report["entities"]
    shown = shown_columns(entities.values())
    rows: list[list[object]] = [[name, *(row[column] for column in shown)] for name, row in entities.items()]
    console.print(table(["entity", *shown], rows, right=shown, folds=False))
    titles = ("step", "requests", "retries", "seconds", "exit")
    console.print(table(titles, map(_step_row, report["steps"]), right=titles[1:], folds=False))
    for reason in sorted(report["reasons"], key=lambda row: -row["count"])[:TOP_REASONS]:
        field = f" ({reason['field']})" if reason.get("field") else ""
        text = reason["reason"].removeprefix(f"{reason['outcome']}: ")
        examples = ", ".join(_example(reason, index) for index in range(min(3, len(reason.get("examples", [])))))
        such = f" (e.g. {examples})" if examples else ""
        say(console, f"  {of_stream(reason['count'], reason['stream'])} {said(reason['outcome'])}{field}: {text}{such}")
    for line in unread_lines(report.get("unread", [])):
        say(console, f"  {line}", "yellow")
    for line in how_lines(report):
        say(console, f"  {line}")
    show_end(report, console)


def show_end(report: Report, console: Console) -> None:
    """Print notes, what failed and the headline."""
    for note in report["notes"]:
        say(console, f"  note: {note}")
    for step in report["steps"]:
        if step["exit_code"]:
            say(console, f"  {step['name']} failed: {step['last_words']}", "red")
    say(console, report["headline"], "bold")


def how_lines(report: Report) -> list[str]:
    """A sentence for each stream that can be read in several ways: which one was taken, and why."""
    streams = report.get("streams", {})
    return [f"{name} was read {stream['how']}" for name, stream in streams.items() if stream.get("how")]


def unread_lines(unread: Sequence[Report]) -> list[str]:
    """A sentence per stream for the records that could not be read: how many, which, since when and why."""
    lines = []
    for stream in dict.fromkeys(row["stream"] for row in unread):
        rows = [row for row in unread if row["stream"] == stream]
        named = ", ".join(row["id"] for row in rows[:SHOWN_UNREAD]) + (" …" if len(rows) > SHOWN_UNREAD else "")
        oldest = min((row["since"] for row in rows if row["since"]), default="")
        since = f" since {oldest[:16].replace('T', ' ')} UTC" if oldest else ""
        lines.append(
            f"{counted(len(rows), 'record')} of {stream} cannot be read{since}: {named} ({rows[0]['reason']}). "
            "They are asked for again in every run; the log of the shop or account says more."
        )
    return lines


def _example(reason: Report, index: int) -> str:
    """The remote id of an example and, where the step says it, the value at fault."""
    values = reason.get("values", [])
    return f"{reason['examples'][index]}" + (f": {values[index]!r}" if index < len(values) else "")


def in_all(report: Report, column: str) -> int:
    """What a column of the entities comes to."""
    return sum(int(row.get(column, 0)) for row in report.get("entities", {}).values())


def shown_columns(entities: Collection[Report]) -> list[str]:
    """The columns worth showing: what hardly ever happens only where it did."""
    seldom = {"deleted", "adopted"} - {column for row in entities for column, count in row.items() if count}
    return [column for column in (*COLUMNS, "lost") if column not in seldom]


# What a report holds, by name, and what each entry of a list or of an object is.
_SHAPES: dict[str, tuple[type | tuple[type, ...], type | tuple[type, ...] | None]] = {
    "headline": (str, None),
    "exit_code": (int, None),
    "seconds": ((int, float), None),
    "entities": (dict, dict),
    "totals": (dict, (int, float)),
    "streams": (dict, dict),
    "steps": (list, dict),
    "reasons": (list, dict),
    "unsettled": (list, dict),
    "unread": (list, dict),
    "notes": (list, str),
    "parts": (list, str),
}


def is_report(value: Mapping[str, Any]) -> bool:
    """Whether what is there of a report has the shape that those who show it rely on."""
    return all(_has_shape(value[name], *_SHAPES[name]) for name in _SHAPES.keys() & value.keys())


def _has_shape(value: object, kind: type | tuple[type, ...], inner: type | tuple[type, ...] | None) -> bool:
    if not isinstance(value, kind):
        return False
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return inner is None or all(isinstance(entry, inner) for entry in entries)


def _step_row(step: Report) -> list[object]:
    retries = ", ".join(f"{count}× {cause}" for cause, count in step["retries"].items())
    return [step["name"], step["requests"], retries, f"{step['seconds']:.1f}", step["exit_code"]]
