"""The commands of `optiply-fleet` on one tenant: add, remove, pause, resume, set."""

import sys
from pathlib import Path
from typing import Any

import click

from connector.words import counted
from fleet import tenants
from fleet.database import connected, fleet_address, named_address, password_aside
from fleet.folders import tenant_name
from fleet.stores import brings_stores, drop_left_stores, drop_stores, has_left_stores
from fleet.vault import Vault
from job.folder import JobFolder
from job.settings.schemas import config_schema, target_schema
from job.snapshot.moving import moved

NAME = click.argument("name")
FROM_STDIN = "-"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--name", help="The tenant's name; without it the folder's.")
@click.option("--stores", is_flag=True, help="Go on with the stores that an earlier tenant of that name has left.")
def add(folder: Path, name: str | None, stores: bool) -> None:
    """Take FOLDER's configuration, and its stores where it has some, into the fleet.

    \b
    Example: optiply-fleet add ./acme
    """
    url, vault, job = fleet_address(), Vault.of_environment(), JobFolder(folder.resolve())
    called = tenant_name(name or job.root.name)
    with connected(url) as connection:
        due = tenants.add(connection, vault, called, job, stores=stores)
        if brings_stores(job):
            with password_aside(named_address()) as bare:
                counts = moved(job, tenants.store_url(bare, called))
            click.echo(f"Its stores are in the database from now on ({counted(sum(counts.values()), 'record')}).")
    click.echo(f"{called} is added; its first run is due at {due:%H:%M} UTC. `optiply-fleet run {called}`: now.")


@click.command()
@NAME
@click.option("--stores", is_flag=True, help="Drop its stores, too: what they knew of its account is gone.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, stores: bool, yes: bool) -> None:
    """Forget the configuration and the runs of tenant NAME; its stores stay in the database, unless --stores says so.

    With --stores also those that a tenant has left which is no more, or an `add` that was stopped half-way.

    \b
    Example: optiply-fleet remove acme
    """
    with connected(fleet_address()) as connection:
        if stores and has_left_stores(connection, name):
            if not yes:
                click.confirm(f"There is no tenant {name}. Forget the stores that it has left?", abort=True)
            drop_left_stores(connection, Vault.of_environment(), name)
            click.echo(f"The stores of {name} are dropped.")
            return
        tenants.tenant(connection, name)
        if not yes:
            what = "configuration, runs and stores" if stores else "configuration and runs"
            click.confirm(f"Forget the {what} of {name}?", abort=True)
        tenants.remove(connection, name)
        if stores:
            drop_stores(connection, name)
    click.echo(f"{name} is removed{'' if stores else '; its stores stay'}.")


@click.command()
@NAME
def pause(name: str) -> None:
    """Start nothing for tenant NAME until `resume`; what is under way goes on to its end.

    \b
    Example: optiply-fleet pause acme
    """
    with connected(fleet_address()) as connection:
        tenants.pause(connection, name)
    click.echo(f"{name} is paused.")


@click.command()
@NAME
def resume(name: str) -> None:
    """Run tenant NAME by its schedule again.

    \b
    Example: optiply-fleet resume acme
    """
    with connected(fleet_address()) as connection:
        tenants.resume(connection, name)
    click.echo(f"{name} runs by its schedule again.")


@click.command("set")
@NAME
@click.argument("settings", nargs=-1, required=True, metavar="KEY=VALUE...")
def set_(name: str, settings: tuple[str, ...]) -> None:
    """Change settings of tenant NAME: KEY of config.json, target.KEY of target-config.json; null takes one out.

    A secret is asked for, or read from standard input: write KEY=- for it.

    \b
    Example: optiply-fleet set acme schedule=large target.password=-
    """
    values = dict(map(_setting, settings))
    with connected(fleet_address()) as connection:
        tenants.set_values(connection, Vault.of_environment(), name, values)
    click.echo(f"{name}: {', '.join(values)} set; the next run goes by it.")


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"{text!r} is no KEY=VALUE.")
    if value == FROM_STDIN:
        typed = click.prompt(name, hide_input=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        return name, typed
    schema = target_schema() if name.startswith("target.") else config_schema()
    if schema["properties"].get(name.removeprefix("target."), {}).get("writeOnly") and value != "null":
        raise click.UsageError(f"{name} is a secret, and everybody on this machine sees a command line: {name}=-")
    return name, tenants.value_of(value)
