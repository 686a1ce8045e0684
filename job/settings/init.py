"""`optiply-sync init`: makes a job folder with both configuration files and the schemas that editors check them by."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from connector.settings import words
from job.folder import FolderError, JobFolder, write_json
from job.settings.check import check_config, check_target_config
from job.settings.schemas import CONFIG_SCHEMA, TARGET_SCHEMA, write_schemas
from job.systems import DEFAULT, SYSTEMS
from job.systems.beginning import Asked
from job.systems.system import System

SCHEMAS_FOLDER = "schemas"


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command with an option for each thing that any system asks for."""
    every = {asked.option: asked for system in SYSTEMS.values() for asked in system.asked}
    for asked in reversed(every.values()):
        name = f"--{asked.option}"
        form: dict[str, Any] = {"multiple": asked.many, "type": asked.kind}
        if asked.kind is bool:
            name, form = f"{name}/--no-{asked.option}", {"default": False}
        command = click.option(name, envvar=asked.variable, help=asked.help, **form)(command)
    return command


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--system", "name", type=click.Choice(list(SYSTEMS)), default=DEFAULT.name, show_default=True,
              help="The system that is read.")
@_with_options
@click.option("--start-date", default="", help="Orders updated before this date are not read, such as 2025-01-31.")
@click.option("--account-id", type=int, help="Optiply account to write to.")
@click.option("--coupling-id", type=int, help="Optiply coupling that owns the remote ids.")
@click.option("--username", help="Login of the Optiply API user.")
@click.option("--password", envvar="OPTIPLY_PASSWORD", help="Its password.")
@click.option("--client-id", help="OAuth client id.")
@click.option("--client-secret", envvar="OPTIPLY_CLIENT_SECRET", help="OAuth client secret.")
@click.option("--api-url", default="https://api.optiply.com/v1", show_default=True, help="Optiply's API.")
@click.option("--auth-url", default="https://dashboard.optiply.nl/api", show_default=True, help="Optiply's login.")
@click.option("--force", is_flag=True, help="Replace configuration files that are there already.")
def init(folder: Path, name: str, force: bool, **answers: Any) -> None:  # noqa: ANN401 - one value per option above
    """Make a job folder: asks for what no option gives, and writes files that only you can read.

    \b
    Example: optiply-sync init ./acme --store-url https://shop.example.com --account-id 1380
    """
    job, system = JobFolder(folder.resolve()), SYSTEMS[name]
    _ask(answers, system)
    configs = {job.config: source_config(system, answers), job.target_config: target_config(answers)}
    there = [str(path) for path in configs if path.exists()]
    if there and not force:
        raise FolderError(f"{', '.join(there)}: there already; name another folder, or use --force to replace it.")
    job.root.mkdir(parents=True, exist_ok=True)
    for path, content in configs.items():
        write_json(path, content, mode=0o600)
    write_schemas(job.root / SCHEMAS_FOLDER, system)
    complaints = [*check_config(job), *check_target_config(job)]
    if complaints:
        raise FolderError("\n".join(complaints))
    click.echo(f"{job.root} is ready. Next: optiply-sync doctor {folder}, then optiply-sync plan {folder}.")


OPTIPLY = (
    Asked("account-id", "Optiply account id", "", needed=True, kind=int),
    Asked("username", "Optiply user", "", needed=True),
    Asked("password", "Optiply password", "", needed=True, variable="OPTIPLY_PASSWORD"),
    Asked("client-id", "Optiply client id", "", needed=True),
    Asked("client-secret", "Optiply client secret", "", needed=True, variable="OPTIPLY_CLIENT_SECRET"),
)
"""What is asked for target-config.json; what has a variable is secret."""


def _ask(answers: dict[str, Any], system: System) -> None:
    """Asks for what is needed and not given."""
    for asked in (*system.asked, *OPTIPLY):
        key = asked.option.replace("-", "_")
        if asked.needed and answers[key] in (None, "", ()):
            told: Any = click.prompt(asked.text, hide_input=asked.variable is not None, type=asked.kind)
            answers[key] = tuple(words(told)) if asked.many else told


def source_config(system: System, answers: Mapping[str, Any]) -> dict[str, Any]:
    """config.json of the answers; the default system needs no name."""
    config = {"$schema": f"./{SCHEMAS_FOLDER}/{CONFIG_SCHEMA}"}
    config |= {} if system is DEFAULT else {"system": system.name}
    config |= system.configured(answers)
    return config | ({"start_date": answers["start_date"]} if answers["start_date"] else {})


def target_config(answers: Mapping[str, Any]) -> dict[str, Any]:
    """target-config.json of the answers."""
    names = ("username", "password", "client_id", "client_secret", "account_id", "coupling_id", "api_url", "auth_url")
    given = {name: answers[name] for name in names if answers[name] is not None}
    return {"$schema": f"./{SCHEMAS_FOLDER}/{TARGET_SCHEMA}", **given}
