"""`optiply-sync stock`: shows the changes of stock that are held, and takes a person's word on them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from connector.words import counted
from job.folder import FolderError, JobFolder
from job.output import print_json, screen, table
from job.stock.look import row_of
from job.systems import system_of
from job.systems.held import Held
from job.systems.system import StockWriting
from store.lock import lock

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
_TITLES = ("SKU", "source", "stood there", "written", "read afterwards", "changes")


@click.group()
def stock() -> None:
    """Changes of the shop's stock that could not be told from another writer's: show them, and say what became of them.

    \b
    Example: optiply-sync stock held ./acme
    """


@stock.command()
@FOLDER
@AS_JSON
def held(folder: Path, as_json: bool) -> None:
    """Show the changes that are held: what stood there, what was written, what was read afterwards.

    \b
    Example: optiply-sync stock held ./acme
    """
    job, writing = _opened(folder)
    found = writing.held(job.store)
    _told(found, as_json, lambda: f"{counted(len(found), 'figure is', 'figures are')} held.")


@stock.command()
@FOLDER
@click.argument("sku")
@click.option("--applied/--not-applied", "applied", default=None, help="What a look at the shop shows.")
@AS_JSON
def release(folder: Path, sku: str, applied: bool | None, as_json: bool) -> None:
    """Say of what is held of SKU that it was applied, or that it was not: then the next run applies it.

    \b
    Example: optiply-sync stock release ./acme SKU-1 --applied
    """
    if applied is None:
        raise click.UsageError("Say which: --applied or --not-applied; 'optiply-sync stock held' shows the figures.")
    job, writing = _opened(folder)
    with lock(job.store):
        found = writing.release(job.store, sku, applied)
    if not found:
        raise FolderError(f"Nothing is held of {sku}; 'optiply-sync stock held {folder}' shows what is.")
    what = "applied" if applied else "not applied; the next run applies it"
    _told(found, as_json, lambda: f"Released as {what}.")


def _opened(folder: Path) -> tuple[JobFolder, StockWriting]:
    job = JobFolder(folder.resolve())
    system = system_of(job)
    if system.stock is None:
        raise FolderError(f"{job.config}: stock cannot be written into {system.title}.")
    return job, system.stock


def _told(found: Sequence[Held], as_json: bool, sentence: Callable[[], str]) -> None:
    rows = [row_of(one) for one in found]
    if as_json:
        print_json(rows)
        return
    if rows:
        listed = (
            [", ".join(cell) if isinstance(cell, list) else cell or "not read" for cell in row.values()] for row in rows
        )
        screen().print(table(_TITLES, listed, right=_TITLES[2:5]))
    click.echo(sentence())
