"""`optiply-sync doctor`: checks a folder, its shop, its Optiply account and its store, and names the remedies."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console

from connector.findings import COLOURS, MARKS, Finding, fail, note, ok, warn
from job.folder import FolderError, JobFolder, read_json_object
from job.inventory.look import findings as inventory_findings
from job.output import print_json
from job.outward.look import findings as outward_findings
from job.settings.check import check_config, check_target_config
from job.settings.other_files import check_other_files
from job.systems import system_of
from store.snapshot import Snapshot, SnapshotError, is_stored, lock


def examine(folder: JobFolder, *, quick: bool) -> Iterator[Finding]:
    """The findings in order; wrong files end it. `quick` leaves out what reads every product."""
    mistakes = _mistakes(folder)
    yield from mistakes
    if any(mistake.state == "fail" for mistake in mistakes):
        return
    yield from _store(folder)
    system = system_of(folder)
    source = system.checks(read_json_object(folder.config))
    yield from source.run()
    destination = system.target.checks(read_json_object(folder.target_config))
    yield from destination.run()
    yield from inventory_findings(folder, system)
    yield from outward_findings(folder, system)
    if source.login_works and not quick:
        yield from source.whole(destination.collisions if destination.token is not None else None)


def _mistakes(folder: JobFolder) -> list[Finding]:
    found = []
    try:
        folder.check()
        for path, check in ((folder.config, check_config), (folder.target_config, check_target_config)):
            complaints = check(folder)
            found += [fail("settings", complaint, "correct the file") for complaint in complaints]
            if not complaints:
                found.append(ok("settings", f"{path.name} is complete"))
            if path.stat().st_mode & 0o077:
                found.append(warn("settings", f"{path.name} can be read by others", f"chmod 600 {path}"))
        if all(finding.state != "fail" for finding in found):
            found += [fail("files", complaint, "correct the file") for complaint in check_other_files(folder)]
    except FolderError as error:
        found.append(fail("folder", str(error), "correct it"))
    return found


def _store(folder: JobFolder) -> Iterator[Finding]:
    """The snapshot: readable, and no run at work. Makes no file."""
    if not is_stored(folder.store):
        yield note("snapshot", "none yet; the first run reads everything and adopts what Optiply holds")
        return
    try:
        with lock(folder.store), Snapshot.open(folder.store) as snapshot:
            since = snapshot.last_answer_at("products")
        yield ok("snapshot", f"readable and free; last answer for a product: {since or 'none'}")
    except SnapshotError as error:
        yield fail("snapshot", str(error), "see the sentence")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Leave out the checks that read every product.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(folder: Path, quick: bool, as_json: bool) -> None:
    """Check FOLDER, its shop and its Optiply account; nothing is written. Exit code 1 when a run would fail.

    \b
    Example: optiply-sync doctor ./acme
    """
    found = []
    console = Console()
    for finding in examine(JobFolder(folder.resolve()), quick=quick):
        found.append(finding)
        if not as_json:
            show(finding, console)
    if as_json:
        print_json([asdict(finding) for finding in found])
    failed = sum(1 for finding in found if finding.state == "fail")
    if not as_json:
        click.echo(f"{failed} to mend." if failed else "Ready to run.")
    raise SystemExit(1 if failed else 0)


def show(finding: Finding, console: Console) -> None:
    """Print one finding: mark, check, what was seen and, on a line of its own, the remedy."""
    console.print(f"[{COLOURS[finding.state]}]{MARKS[finding.state]}[/] [bold]{finding.check}[/]: ", end="")
    console.print(finding.says, markup=False, highlight=False, soft_wrap=True)
    if finding.remedy:
        console.print(f"    → {finding.remedy}", markup=False, highlight=False, soft_wrap=True)
