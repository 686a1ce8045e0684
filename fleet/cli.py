"""`optiply-fleet`: the commands of whoever keeps many tenants.

Exit codes: 0 done; 1 the database, the key, the tenant or its configuration is not right; 2 wrong command line.
"""

import logging
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import click
from rich.console import Console
from typing_extensions import override

from connector.errors import ProgramError
from connector.leash import follow_the_parent
from connector.stdout import OneSentence
from connector.words import counted
from fleet import engine, runs, tenants
from fleet.alerts import ADDRESSES_VARIABLE, Alerts
from fleet.child import Limits
from fleet.database import URL_VARIABLE, connected, fleet_address, migrate, title
from fleet.errors import FleetError
from fleet.tenant_commands import NAME, add, pause, remove, resume, set_
from fleet.vault import KEY_VARIABLE, Vault, new_key
from fleet.web import look
from fleet.web.command import web
from fleet.worker import Worker, start
from job.output import print_json, screen, table
from store.snapshot import SnapshotError

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")


class Commands(OneSentence, click.Group):
    """The commands; an error that a person can mend becomes one sentence and exit code 1."""

    program = "optiply-fleet"

    @override
    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        follow_the_parent()
        try:
            return super().invoke(ctx)
        except (ProgramError, SnapshotError) as error:
            click.echo(f"optiply-fleet: {error}", err=True)
        sys.exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="magento-optiply")
def main() -> None:
    """Run the job folders of many tenants, on any number of machines, over one PostgreSQL database.

    The database's address is in OPTIPLY_FLEET_URL, the key of the configurations in OPTIPLY_FLEET_KEY.
    """


@main.command()
@click.argument("url", required=False)
@click.option("--finish", is_flag=True, help="After an upgrade, when no worker of the older version is left.")
def init(url: str | None, finish: bool) -> None:
    """Make the fleet's tables in the database at URL (postgresql://user@host/database), or bring them up to date.

    \b
    Example: optiply-fleet init postgresql://fleet@db.example.com/optiply
    """
    address = fleet_address(url)
    made = migrate(address, finish=finish)
    click.echo(f"The fleet's tables at {title(address)} are {'made' if made else 'up to date'}.")
    if made:
        click.echo(f"Next: set {URL_VARIABLE} and {KEY_VARIABLE} (`optiply-fleet key` prints one), then `add FOLDER`.")


@main.command()
def key() -> None:
    """Print a new key for OPTIPLY_FLEET_KEY.

    \b
    Example: optiply-fleet key
    """
    click.echo(new_key())


@main.command()
@NAME
@click.option("--full", is_flag=True, help="Read everything again, without bookmarks.")
@click.option("--only", metavar="PARTS", help="Some parts only, with commas, as `optiply-sync run` takes them.")
@click.option("--allow-disable", type=click.IntRange(min=1), metavar="N", help="Let this run disable N products.")
def run(name: str, full: bool, only: str | None, allow_disable: int | None) -> None:
    """Run tenant NAME now: what is due, or what is asked for.

    \b
    Example: optiply-fleet run acme --full
    """
    given = {"full": full, "only": only, "allow_disable": allow_disable}
    with connected(fleet_address()) as connection:
        number = engine.enqueue(connection, name, {key: value for key, value in given.items() if value})
    click.echo(f"{name} is queued (job {number}). `optiply-fleet status` and `optiply-fleet logs {name}` tell more.")


@main.command()
@click.option("--slots", type=click.IntRange(1, 64), default=4, show_default=True, help="Runs at a time.")
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), default=Limits.minutes, show_default=True,
              help="How long a run may take.")
@click.option("--memory", type=click.IntRange(min=256), default=Limits.megabytes, show_default=True,
              help="Megabytes of address space that each program of a run may use (Linux).")
@click.option("--grace", type=click.FloatRange(min=0), default=Worker.grace, show_default=True,
              help="Seconds that runs are given to end by themselves when the worker is to stop.")
def worker(slots: int, minutes: float, memory: int, grace: float) -> None:
    """Take runs out of the queue, on this machine, until SIGTERM or Ctrl-C.

    \b
    Example: optiply-fleet worker --slots 8
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    limits = Limits(minutes=minutes, megabytes=memory)
    start(Worker(fleet_address(), Vault.of_environment(), slots, limits, grace, Alerts.of_environment()))


@main.command()
@AS_JSON
def status(as_json: bool) -> None:
    """Show every tenant: its last run, what is due, what waits.

    \b
    Example: optiply-fleet status --json
    """
    with connected(fleet_address()) as connection:
        found, alive = look.tenants(connection), engine.workers_alive(connection)
    if as_json:
        print_json({"workers": alive, "tenants": [_as_data(tenant) for tenant in found]})
        return
    console = screen()
    titles = ("tenant", "system", "now", "last run (UTC)", "ended", "due (UTC)", "what it said")
    console.print(table(titles, [_row(tenant) for tenant in found]))
    console.print(f"{counted(len(found), 'tenant')}, {counted(alive, 'worker')} at work", highlight=False)


def _row(tenant: look.Tenant) -> list[object]:
    return [tenant.name, tenant.system, tenant.doing, _short(tenant.began_at), tenant.verdict, _short(tenant.due_at),
            tenant.headline or ""]  # fmt: skip


def _as_data(tenant: look.Tenant) -> dict[str, Any]:
    """All of it for a program; times in ISO."""
    values = asdict(tenant)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _short(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(timezone.utc):%d %b %H:%M}"


@main.command()
@NAME
@click.option("--run", "number", type=int, help="The number of a run; without it the last one.")
@click.option("--list", "listed", is_flag=True, help="List the last runs with their numbers instead.")
def logs(name: str, number: int | None, listed: bool) -> None:
    """Print the end of what the programs of tenant NAME logged in its last run.

    \b
    Example: optiply-fleet logs acme --run 4711
    """
    with connected(fleet_address()) as connection:
        tenants.tenant(connection, name)
        rows = runs.recent(connection, name)
        found = runs.run_of(connection, name, number)
    if listed:
        _print_runs(screen(), rows)
    elif found is None:
        raise click.UsageError(f"{name} has no such run." if number else f"{name} has not run yet.")
    else:
        click.echo(f"run {found['id']} of {found['began_at']:%Y-%m-%d %H:%M} UTC: {found['ended'] or 'at work'}")
        click.echo(found["headline"] or "")
        click.echo(found["log"], nl=False)


def _print_runs(console: Console, rows: list[dict[str, Any]]) -> None:
    titles = ("run", "began (UTC)", "asked by", "ended", "seconds", "what it said")
    cells = [
        [row["id"], f"{row['began_at'].astimezone(timezone.utc):%d %b %H:%M:%S}", row["asked_by"],
         row["ended"] or "at work", "" if row["seconds"] is None else f"{row['seconds']:.1f}", row["headline"] or ""]
        for row in rows
    ]  # fmt: skip
    console.print(table(titles, cells, right={"run", "seconds"}))


@main.command()
def rotate() -> None:
    """Encrypt every configuration with the first key in OPTIPLY_FLEET_KEY; older ones follow it, with commas.

    \b
    Example: OPTIPLY_FLEET_KEY=NEW,OLD optiply-fleet rotate
    """
    with connected(fleet_address()) as connection:
        count = tenants.rotate(connection, Vault.of_environment())
    click.echo(f"{counted(count, 'tenant')} encrypted with the first key; the older keys may go.")


@main.command()
def alert() -> None:
    """Send a message to every address in OPTIPLY_FLEET_ALERTS, to try them.

    \b
    Example: OPTIPLY_FLEET_ALERTS=json://hooks.example.com/optiply optiply-fleet alert
    """
    alerts = Alerts.of_environment()
    if alerts is None:
        raise FleetError(f"{ADDRESSES_VARIABLE} is not set, so nobody is told when a tenant fails.")
    failed = alerts.try_out()
    if failed:
        raise FleetError(f"Of {ADDRESSES_VARIABLE} these took no message: {', '.join(failed)}.")
    click.echo("Every address took the message.")


for command in (add, remove, pause, resume, set_, web):
    main.add_command(command)
