"""`optiply-sync plan`: what a run would create, change, disable and hold back, before anything is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from job.folder import JobFolder
from job.run.parts import read_parts
from job.run.progress import make_display
from job.run.rehearsal import Change, rehearse
from job.run.report import Report
from job.run.steps import RunOptions
from job.settings.check import check_settings
from job.systems import DEFAULT, system_of

ORDER = ("disable", "delete", "enable", "update", "create")
COLOURS = {"create": "green", "enable": "green", "update": "yellow", "disable": "red", "delete": "red"}
SHOWN_OF_A_NEW_RECORD = {
    "products": ("skuCode", "price", "stockLevel"),
    "productCompositions": ("composedProductRemoteId", "partProductRemoteId", "partQuantity"),
    "sellOrders": ("placed", "totalValue", "orderLines"),
}
LONGEST_VALUE = 40


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--full", is_flag=True, help="As if everything were read again.")
@click.option("--only", metavar="PARTS", help=f"Some of {','.join(DEFAULT.parts)} only, with commas.")
@click.option("--allow-disable", type=click.IntRange(min=1), metavar="N", help="As if N products may be disabled.")
@click.option("--limit", default=30, show_default=True, help="Most rows of each table.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON, without a limit.")
def plan(
    folder: Path, full: bool, only: str | None, allow_disable: int | None, limit: int, as_json: bool
) -> None:
    """Show what a run over FOLDER would send and why; reads the shop and writes nothing, here or there.

    \b
    Example: optiply-sync plan ./acme --only products
    """
    job = JobFolder(folder.resolve())
    parts = read_parts(system_of(job), only)
    job.check()
    check_settings(job)
    options = RunOptions(full=full, parts=parts, allow_disable=allow_disable)
    with make_display(Console(stderr=True)) as display:
        report = rehearse(job, options, display)
    print_plan(report, limit=limit, as_json=as_json)
    raise SystemExit(report["exit_code"])


def print_plan(report: Report, *, limit: int, as_json: bool) -> None:
    """Print a rehearsal as JSON or as tables."""
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    console = Console()
    show_plan(report, console if console.is_terminal else Console(width=140), limit)


def show_plan(report: Report, console: Console, limit: int) -> None:
    """Print the plan as tables: what would be sent, most serious first, and what would not be, with the reason."""
    changes = sorted(report["changes"], key=lambda change: ORDER.index(change["action"]))
    if changes:
        console.print(_changes_table(changes[:limit]))
        _more(console, len(changes) - limit)
    held = report["unsettled"]
    if held:
        console.print("Not sent", style="bold")
        console.print(_held_table(held[:limit]))
        _more(console, sum(report["counts"].values()) - limit)
    for reason in report["reasons"]:
        if reason["outcome"] in {"suspected", "found", "held", "gone", "returned"}:
            console.print(
                f"  {reason['count']} {reason['stream']} {reason['outcome']}: {reason['reason']}", markup=False
            )
    for note in report["notes"]:
        console.print(f"  note: {note}", markup=False, highlight=False)
    for step in report["steps"]:
        if step["exit_code"]:
            console.print(f"  {step['name']} failed: {step['last_words']}", style="red", markup=False, highlight=False)
    console.print(report["headline"], style="bold", markup=False, highlight=False)


def _changes_table(changes: list[Change]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("action", "entity", "id", "name", "values", "why"):
        table.add_column(column, overflow="fold")
    for change in changes:
        action = Text(change["action"], style=COLOURS[change["action"]])
        plain = (change["stream"], change["remoteId"], change["name"][:LONGEST_VALUE])
        table.add_row(action, *map(Text, plain), Text(_values(change)), Text(change["why"]))
    return table


def _values(change: Change) -> str:
    if change["action"] == "create":
        names = SHOWN_OF_A_NEW_RECORD.get(change["stream"], tuple(change["values"]))
        return ", ".join(f"{name} {_short(change['values'][name][1])}" for name in names if name in change["values"])
    return ", ".join(f"{name} {_short(old)} → {_short(new)}" for name, (old, new) in change["values"].items())


def _short(value: Any) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(value, list):
        return str(len(value))
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _held_table(records: list[Change]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("entity", "id", "status", "why"):
        table.add_column(column, overflow="fold")
    for row in records:
        table.add_row(*(Text(str(row[name] or "")) for name in ("stream", "remoteId", "status", "reason")))
    return table


def _more(console: Console, count: int) -> None:
    if count > 0:
        console.print(f"  … and {count} more; --limit shows them, --json all of them.", style="dim")
