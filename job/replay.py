"""`optiply-sync replay`: recorded input through the line again: as a dry run, into a sandbox, or for a folder."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Console

from job.folder import JobFolder, read_json_object, write_json
from job.output import print_json, screen
from job.run.plan import print_plan
from job.run.progress import make_display
from job.run.rehearsal import rehearse
from job.run.report import show
from job.run.steps import RunOptions, run_job
from job.settings.check import check_settings
from job.systems import DEFAULT, SYSTEMS
from job.systems.system import System


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--folder", type=click.Path(path_type=Path), help="Job folder whose rules, store and Optiply are used.")
@click.option(
    "--system", "name", type=click.Choice(list(SYSTEMS)), default=DEFAULT.name, show_default=True,
    help="Whose records FILES hold, where no --folder says it.",
)
@click.option("--sandbox", "to_sandbox", is_flag=True, help="Load into a fresh Optiply sandbox on this machine.")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; the default without --folder and --sandbox.")
@click.option("--limit", default=30, show_default=True, help="Dry run: most rows of each table.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def replay(
    files: tuple[Path, ...],
    folder: Path | None,
    name: str,
    to_sandbox: bool,
    dry_run: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Run recorded FILES (Singer JSONL, or an old sync-output folder) through the rules again.

    A product that FILES do not hold is never taken as deleted, and no bookmark moves.

    \b
    Example: optiply-sync replay recorded.jsonl --folder ./acme --dry-run
    """
    if to_sandbox and (folder or dry_run):
        raise click.UsageError("--sandbox loads into a fresh sandbox; leave out --folder and --dry-run.")
    options = RunOptions(recordings=tuple(path.resolve() for path in files))
    with contextlib.ExitStack() as stack:
        job = stack.enter_context(_place(folder, SYSTEMS[name], to_sandbox))
        with make_display(Console(stderr=True)) as display:
            if dry_run or not (folder or to_sandbox):
                report = rehearse(job, options, display)
                print_plan(report, limit=limit, as_json=as_json)
            else:
                report = run_job(job, options, display)
                if as_json:
                    print_json(report)
                else:
                    show(report, screen())
    raise SystemExit(report["exit_code"])


@contextlib.contextmanager
def _place(folder: Path | None, system: System, to_sandbox: bool) -> Iterator[JobFolder]:
    """The folder to work in: the one named, or an empty one that is gone afterwards."""
    if folder is not None:
        job = JobFolder(folder.resolve())
        check_settings(job)
        yield job
        return
    with contextlib.ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="optiply-sync-")))
        job = JobFolder(root / "replay")
        job.root.mkdir()
        write_json(job.config, {} if system is DEFAULT else {"system": system.name})
        write_json(job.target_config, {})
        if to_sandbox:
            from job.demo import CONFIGS, sandbox_servers, target_addresses  # it brings requests, which no run needs

            addresses = stack.enter_context(sandbox_servers(root, system))
            login = read_json_object(CONFIGS / job.target_config.name)
            write_json(job.target_config, {**login, **target_addresses(addresses, system)})
        yield job
