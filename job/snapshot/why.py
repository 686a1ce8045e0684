"""`optiply-sync snapshot why`: why a product or an order is in Optiply as it is, in sentences and tables."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click

from job.folder import JobFolder
from job.inventory.look import stock_story
from job.outward.look import stock_story as receipts_story
from job.snapshot.last_read import beside
from job.snapshot.reading import AS_JSON, FOLDER, reading
from job.snapshot.tell import print_told
from job.systems import system_of
from job.systems.system import Grid


@click.command()
@FOLDER
@click.argument("asked", metavar="SKU_OR_ORDER")
@click.option("--order", "order_only", is_flag=True, help="It is an order, whatever products are called.")
@AS_JSON
@click.option("--told", "as_told", is_flag=True, help="Print the sentences and tables for people as JSON.")
def why(folder: Path, asked: str, order_only: bool, as_json: bool, as_told: bool) -> None:
    """Explain a product by SKU (or id), field by field and with its kits, or an order by number (or id), row by row.

    The rows of an order that the last run did not read are asked of the shop.

    \b
    Example: optiply-sync snapshot why ./acme TEE-RED-M
    """
    job = JobFolder(folder)
    system = system_of(job)
    with reading(folder) as store:
        found = system.explain(store, job, beside(job, store), asked, order_only)
    if as_json:
        click.echo(json.dumps([asdict(story) for story in found], indent=2, default=str))
        return

    def told() -> Iterator[str | Grid]:
        for story in found:
            yield from system.told(story)
        yield from stock_story(job, asked)
        yield from receipts_story(job, system, asked)

    if as_told:
        click.echo(json.dumps(list(told()), default=str))
    else:
        print_told(told())
