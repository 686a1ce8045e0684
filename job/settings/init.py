"""`optiply-sync init`: makes a job folder with both configuration files and the schemas that editors check them by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from job.folder import FolderError, JobFolder, write_json
from job.settings.check import check_config, check_target_config
from job.settings.schemas import CONFIG_SCHEMA, TARGET_SCHEMA, write_schemas

SCHEMAS_FOLDER = "schemas"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--store-url", prompt="Address of the shop", help="Address of the shop, such as https://shop.example.com."
)
@click.option(
    "--access-token", envvar="MAGENTO_ACCESS_TOKEN", prompt="Access token of its integration", hide_input=True,
    help="Token of the shop's integration; better by MAGENTO_ACCESS_TOKEN than on the command line.",
)  # fmt: skip
@click.option("--start-date", default="", help="Orders updated before this date are not read, such as 2025-01-31.")
@click.option("--inventory/--no-inventory", default=False, help="Stock from the sources (warehouses) of the shop.")
@click.option("--warehouse", "warehouses", multiple=True, help="With --inventory: a source to count; all without it.")
@click.option("--account-id", type=int, prompt="Optiply account id", help="Optiply account to write to.")
@click.option("--coupling-id", type=int, help="Optiply coupling that owns the remote ids.")
@click.option("--username", prompt="Optiply user", help="Login of the Optiply API user.")
@click.option("--password", envvar="OPTIPLY_PASSWORD", prompt="Optiply password", hide_input=True, help="Its password.")
@click.option("--client-id", prompt="Optiply client id", help="OAuth client id.")
@click.option(
    "--client-secret", envvar="OPTIPLY_CLIENT_SECRET", prompt="Optiply client secret", hide_input=True,
    help="OAuth client secret.",
)  # fmt: skip
@click.option("--api-url", default="https://api.optiply.com/v1", show_default=True, help="Optiply's API.")
@click.option("--auth-url", default="https://dashboard.optiply.nl/api", show_default=True, help="Optiply's login.")
@click.option("--force", is_flag=True, help="Replace configuration files that are there already.")
def init(folder: Path, force: bool, **answers: Any) -> None:  # noqa: ANN401 - one value per option above
    """Make a job folder: asks for what no option gives, and writes files that only you can read.

    \b
    Example: optiply-sync init ./acme --store-url https://shop.example.com --account-id 1380
    """
    job = JobFolder(folder.resolve())
    configs = {job.config: shop_config(answers), job.target_config: target_config(answers)}
    there = [str(path) for path in configs if path.exists()]
    if there and not force:
        raise FolderError(f"{', '.join(there)}: there already; name another folder, or use --force to replace it.")
    job.root.mkdir(parents=True, exist_ok=True)
    for path, content in configs.items():
        write_json(path, content, mode=0o600)
    write_schemas(job.root / SCHEMAS_FOLDER)
    complaints = [*check_config(job), *check_target_config(job)]
    if complaints:
        raise FolderError("\n".join(complaints))
    click.echo(f"{job.root} is ready. Next: optiply-sync doctor {folder}, then optiply-sync plan {folder}.")


def shop_config(answers: dict[str, Any]) -> dict[str, Any]:
    """config.json of the answers."""
    inventory = bool(answers["inventory"])
    config = {
        "$schema": f"./{SCHEMAS_FOLDER}/{CONFIG_SCHEMA}",
        "store_url": answers["store_url"].rstrip("/"),
        "access_token": answers["access_token"],
        "use_inventory_source_items": inventory,
    }
    config |= {"start_date": answers["start_date"]} if answers["start_date"] else {}
    return config | ({"warehouse_ids": list(answers["warehouses"])} if inventory else {})


def target_config(answers: dict[str, Any]) -> dict[str, Any]:
    """target-config.json of the answers."""
    names = ("username", "password", "client_id", "client_secret", "account_id", "coupling_id", "api_url", "auth_url")
    given = {name: answers[name] for name in names if answers[name] is not None}
    return {"$schema": f"./{SCHEMAS_FOLDER}/{TARGET_SCHEMA}", **given}
