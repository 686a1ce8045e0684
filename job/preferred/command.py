"""`optiply-sync preferred`: makes suppliers the preferred ones of their products, as a file says."""

import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from connector.words import counted
from job.folder import JobFolder, read_json_object
from job.output import print_json, say, screen, table
from job.preferred.file import read_asked
from job.preferred.work import PAIRS, Choice, choose, records_of, surplus_name
from job.run.progress import make_display
from job.run.report import Report
from job.run.steps import RunOptions, run_job
from job.settings.check import check_settings
from job.systems import system_of
from store.care import forget
from store.lock import lock
from store.snapshot import Snapshot

_SETTING = "multisupplier"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Show what would change and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def preferred(folder: Path, file: Path, dry_run: bool, as_json: bool) -> None:
    """Make suppliers the preferred ones of their products, as FILE says: CSV or Excel with skuCode, supplierName and
    preferred (TRUE or 1 sets it, anything else leaves that pair alone).

    \b
    Example: optiply-sync preferred ./acme suppliers.csv --dry-run
    """
    job = JobFolder(folder.resolve())
    job.check()
    check_settings(job)
    asked = read_asked(file)
    with system_of(job).target.account(read_json_object(job.target_config)) as account:
        choice = choose(asked, account)
    console = Console(stderr=True) if as_json else screen()
    _show(console, job, choice)
    report = {} if dry_run or not choice.changes else _apply(job, choice)
    exit_code = int(report.get("exit_code", 0))
    if as_json:
        print_json(
            {**asdict(choice), "applied": bool(report), "headline": report.get("headline"), "exit_code": exit_code}
        )
    elif report:
        say(console, str(report["headline"]))
        for reason in report.get("reasons", []):
            say(console, f"  {reason.get('reason')}: {', '.join(reason.get('examples', []))}")
    elif choice.changes:
        say(console, "Nothing was changed: this is a dry run.")
    sys.exit(exit_code)


def _apply(job: JobFolder, choice: Choice) -> Report:
    """Gives the changes to the target as it would get them of a run."""
    job.prepare()
    with lock(job.store), Snapshot.open(job.store) as store:
        store.absorb()
        remote_ids = {own: remote_id for remote_id, own in store.ids(PAIRS).items()}
    schema = {"properties": {"remoteId": {"type": "string"}, "preferred": {"type": "boolean"}}}
    messages: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": PAIRS, "schema": schema, "key_properties": ["remoteId"]}
    ]
    messages += [{"type": "RECORD", "stream": PAIRS, "record": one} for one in records_of(choice.changes, remote_ids)]
    with tempfile.TemporaryDirectory(prefix="optiply-sync-") as place, make_display(Console(stderr=True)) as display:
        made = Path(place) / "preferred.singer"
        made.write_bytes(b"".join(msgspec.json.encode(message) + b"\n" for message in messages))
        report = run_job(job, RunOptions(recordings=(made,)), display)
    # Pairs that no source gave were written under their own id: a source that gives them later must find it free.
    surplus = [surplus_name(one) for one in choice.changes if one.id not in remote_ids]
    with lock(job.store), Snapshot.open(job.store) as store, store.transaction():
        forget(store, PAIRS, surplus)
    return report


def _show(console: Console, job: JobFolder, choice: Choice) -> None:
    rows = ((one.row, one.sku, one.supplier, "preferred" if one.preferred else "no longer") for one in choice.changes)
    if choice.changes:
        console.print(table(("row", "skuCode", "supplier", "becomes"), rows, right=("row",)))
    if choice.refused:
        kept = ((one.row, one.sku, one.supplier, one.why) for one in choice.refused)
        console.print(table(("row", "skuCode", "supplier", "not done, because"), kept, right=("row",)))
    refused = f"{counted(len(choice.refused), 'row')} cannot be done"
    settled = f"{choice.settled} say what is so already, {choice.left_alone} set nothing"
    say(console, f"{len(choice.changes)} to change, {refused}, {settled}.")
    declared, _ = system_of(job).settings.declared()
    if choice.changes and _SETTING in declared and not read_json_object(job.config).get(_SETTING):
        say(console, f"{_SETTING} is off in config.json: the next run makes the source's own supplier preferred again.")
