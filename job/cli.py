"""`optiply-sync`: the commands a person or a scheduler types.

Exit codes: 0 the run ended (refused, waiting and failed records are in the report); 1 a step failed or the folder or
its configuration is bad; 2 wrong command line.
"""

import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from typing_extensions import override

from connector.about import FORMATS, About, about, render
from connector.errors import ProgramError
from connector.leash import follow_the_parent
from connector.stdout import OneSentence
from inventory.errors import InventoryError
from job.doctor.command import doctor
from job.folder import JobFolder
from job.inventory.command import inventory
from job.output import print_json, screen
from job.pages.command import report as report_command
from job.preferred.command import preferred
from job.replay import replay
from job.run.parts import read_parts
from job.run.plan import plan, print_plan
from job.run.progress import JsonLines, make_display
from job.run.report import Report, show
from job.run.steps import RunOptions, run_job
from job.schedule.due import run_due, with_schedule
from job.schedule.timetable import schedule
from job.settings.check import check_settings
from job.settings.init import init
from job.settings.schemas import config_schema, target_schema
from job.snapshot.command import snapshot
from job.status import status
from job.stock.command import stock
from job.systems import DEFAULT, SYSTEMS, system_of
from store.snapshot import SnapshotError, SnapshotLocked

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the report as JSON on standard output.")
VERBOSE = click.option("-v", "--verbose", is_flag=True, help="Show the log lines of the three programs.")
QUIET = click.option("-q", "--quiet", is_flag=True, help="Print nothing but the last sentence.")

LOG_FORMAT = click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", help="How progress is told on standard error."
)


class Commands(OneSentence, click.Group):
    """The commands; an error that a person can mend becomes one sentence and exit code 1."""

    program = "optiply-sync"

    @override
    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        signal.signal(signal.SIGTERM, _interrupt)
        follow_the_parent()
        try:
            return super().invoke(ctx)
        except (ProgramError, SnapshotError, InventoryError) as error:
            click.echo(f"optiply-sync: {error}", err=True)
        except KeyboardInterrupt:
            click.echo("optiply-sync: stopped; run it again to go on where it was, nothing is lost.", err=True)
        sys.exit(1)


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.option("--about", "show_about", is_flag=True, help="Show version, commands and settings.")
@click.option("--format", "about_format", type=click.Choice(FORMATS), default="text", help="Of --about.")
@click.version_option(package_name="magento-optiply")
@click.pass_context
def main(context: click.Context, show_about: bool, about_format: str) -> None:
    """Keep Optiply in step with a shop, or with the warehouse system that has its stock.

    Exit codes: 0 the run ended (refused, waiting and failed records are in the report), 1 a step failed or the folder
    or its configuration is bad, 2 wrong command line. NO_COLOR turns colours off.

    \b
    Example: optiply-sync run /path/to/job-folder
    """
    if show_about:
        click.echo(render(_about(main.commands), about_format))
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(2)


@main.command()
@FOLDER
@click.option("--full", is_flag=True, help="Read everything again, without bookmarks.")
@click.option("--only", metavar="PARTS", help=f"Some of {','.join(DEFAULT.parts)} only, with commas.")
@click.option("--due", "due_now", is_flag=True, help="Do what the schedule says is due now, missed runs included.")
@click.option("--allow-disable", type=click.IntRange(min=1), metavar="N", help="Let this run disable N products.")
@LOG_FORMAT
@AS_JSON
@VERBOSE
@QUIET
def run(
    folder: Path,
    full: bool,
    only: str | None,
    due_now: bool,
    allow_disable: int | None,
    log_format: str,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Run tap, ETL and target over FOLDER and print the report.

    \b
    Example: optiply-sync run ./acme --only stock,orders
    """
    if due_now and (full or only):
        raise click.UsageError("--due decides itself what is read; leave out --full and --only.")
    if verbose and log_format == "json":
        raise click.UsageError("--verbose shows the programs' own lines, which are not JSON; choose one of the two.")
    job = JobFolder(folder.resolve())
    options = RunOptions(full, verbose, read_parts(system_of(job), only), allow_disable=allow_disable)
    check_settings(job)

    def work(console: Console) -> Report:
        with make_display(console, log_format) as display:
            return with_schedule(job, (run_due if due_now else run_job)(job, options, display))

    _finish(work, as_json=as_json, quiet=quiet, log_format=log_format)


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Keeps the demo's files; .demo without it.")
@click.option("--system", "name", type=click.Choice(list(SYSTEMS)), default=DEFAULT.name, show_default=True,
              help="The system that is read; its files are kept in a folder of its own.")
@click.option("--next-day", is_flag=True, help="Let the sandbox shop live one day before the run.")
@click.option("--receive", is_flag=True, help="Book goods in Optiply's sandbox first; the run raises the shop's stock.")
@click.option("--plan", "plan_only", is_flag=True, help="Show what the run would send instead of sending it.")
@click.option("--fault", "faults", multiple=True, metavar="RULE", help="A fault rule of the sandbox, as JSON.")
@click.option("--full", is_flag=True, help="Read everything again, without bookmarks.")
@AS_JSON
@VERBOSE
@QUIET
def demo(
    folder: Path | None,
    name: str,
    next_day: bool,
    receive: bool,
    plan_only: bool,
    faults: tuple[str, ...],
    full: bool,
    as_json: bool,
    verbose: bool,
    quiet: bool,
) -> None:
    """Start both sandbox servers on this machine, run the job against them and stop them again.

    \b
    Example: optiply-sync demo --next-day --fault '{"api": "optiply", "every": 7, "status": 429}'
    """
    from job.demo import DemoOptions, run_demo, what_next  # it brings requests, which no run needs

    place = (folder or Path(".demo" if name == DEFAULT.name else f".demo-{name}")).resolve()
    asked = DemoOptions(SYSTEMS[name], next_day=next_day, faults=faults, plan=plan_only, receive=receive)

    def work(console: Console) -> Report:
        with make_display(console) as display:
            return run_demo(place, RunOptions(full=full, verbose=verbose), display, asked)

    if plan_only:
        report = work(Console(stderr=True, quiet=quiet))
        print_plan(report, limit=30, as_json=as_json)
        sys.exit(report["exit_code"])
    _finish(work, as_json=as_json, quiet=quiet, further=what_next(place))


def _finish(
    work: Callable[[Console], Report],
    *,
    as_json: bool,
    quiet: bool,
    log_format: str = "text",
    further: Sequence[str] = (),
) -> None:
    """Do the work, print its report and, for a person, what to do further; leave with the exit code."""
    try:
        report = work(Console(stderr=as_json or log_format == "json", quiet=quiet))
    except SnapshotLocked as locked:
        if not as_json:
            raise
        report = {"headline": str(locked), "exit_code": 1, "locked": True}
    if log_format == "json" and not as_json:
        JsonLines(Console(stderr=True)).say("run ended", **report)
    elif as_json:
        print_json(report)
    elif quiet or "entities" not in report:
        # A scheduler's quiet call with nothing to do stays silent: cron mails whatever is printed.
        if not quiet or "entities" in report:
            click.echo(report["headline"])
    else:
        show(report, screen())
        for line in further:
            click.echo(line)
    sys.exit(report["exit_code"])


def _about(commands: Iterable[str]) -> About:
    """What --about says; the settings carry the name of their file, since both files have a `username`."""
    files = {"config.json": config_schema(), "target-config.json": target_schema()}
    settings = {
        "type": "object",
        "properties": {
            f"{file}: {name}": spec for file, schema in files.items() for name, spec in schema["properties"].items()
        },
        "required": [f"{file}: {name}" for file, schema in files.items() for name in schema["required"]],
    }
    description = "Runs tap, optiply-etl and target-optiply over one job folder."
    return {**about("optiply-sync", description, settings), "commands": sorted(commands)}


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


for command in (init, doctor, inventory, plan, preferred, replay, schedule, status, report_command, snapshot, stock):
    main.add_command(command)
