"""`optiply-sync plan`: what a run would create, change, disable and hold back, before anything is sent."""

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from job.folder import JobFolder
from job.output import print_json, say, screen, table
from job.run.parts import read_parts
from job.run.progress import make_display
from job.run.rehearsal import Change, rehearse
from job.run.report import Report, show_end
from job.run.steps import RunOptions
from job.settings.check import check_settings
from job.systems import DEFAULT, system_of

ORDER = ("change", "disable", "delete", "enable", "update", "create")
COLOURS = {
    "change": "yellow",
    "create": "green",
    "enable": "green",
    "update": "yellow",
    "disable": "red",
    "delete": "red",
}
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
def plan(folder: Path, full: bool, only: str | None, allow_disable: int | None, limit: int, as_json: bool) -> None:
    """Show what a run over FOLDER would send and why; reads the shop and writes nothing, here or there.

    \b
    Example: optiply-sync plan ./acme --only products
    """
    job = JobFolder(folder.resolve())
    options = RunOptions(full, parts=read_parts(system_of(job), only), allow_disable=allow_disable)
    check_settings(job)
    with make_display(Console(stderr=True)) as display:
        report = rehearse(job, options, display)
    print_plan(report, limit=limit, as_json=as_json)
    raise SystemExit(report["exit_code"])


def print_plan(report: Report, *, limit: int, as_json: bool) -> None:
    """Print a rehearsal as JSON or as tables."""
    if as_json:
        print_json(report)
    else:
        show_plan(report, screen(), limit)


def show_plan(report: Report, console: Console, limit: int) -> None:
    """Print the plan as tables: what would be sent, most serious first, and what would not be, with the reason."""
    changes = sorted(report["changes"], key=lambda change: ORDER.index(change["action"]))
    if changes:
        titles = ("action", "entity", "id", "name", "values", "why")
        console.print(table(titles, map(_change_row, changes[:limit])))
        _more(console, len(changes) - limit)
    held = report["unsettled"]
    if held:
        console.print("Not sent", style="bold")
        names = ("stream", "remoteId", "status", "reason")
        rows = [[row[name] or "" for name in names] for row in held[:limit]]
        console.print(table(("entity", "id", "status", "why"), rows))
        _more(console, sum(report["counts"].values()) - limit)
    for reason in report["reasons"]:
        if reason["outcome"] in {"suspected", "found", "held", "gone", "returned"}:
            say(console, f"  {reason['count']} {reason['stream']} {reason['outcome']}: {reason['reason']}")
    show_end(report, console)


def _change_row(change: Change) -> list[object]:
    action = Text(change["action"], style=COLOURS.get(change["action"], "yellow"))
    name = change["name"][:LONGEST_VALUE]
    return [action, change["stream"], change["remoteId"], name, _values(change), change["why"]]


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


def _more(console: Console, count: int) -> None:
    if count > 0:
        console.print(f"  … and {count} more; --limit shows them, --json all of them.", style="dim")
