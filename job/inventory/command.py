"""`optiply-sync inventory`: receive and push stock figures, work them off, and ask why a figure stands in the shop."""

import logging
import os
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path

import click
from msgspec import to_builtins

from connector.collation import folded
from inventory import audit
from inventory.files import Figures, read_figures
from inventory.process import planned
from inventory.push import push as push_figures
from inventory.tables import Store
from inventory.verify import everything, verify
from job.folder import FolderError, JobFolder
from job.inventory import tell
from job.inventory.folder import queue_of, queue_place, settings_of, shop_of
from job.inventory.work import work_off
from job.output import print_json
from job.snapshot.tell import print_told
from store.errors import SnapshotLocked
from store.lock import lock

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
TOKEN_VARIABLE = "INVENTORY_TOKEN"


@click.group()
def inventory() -> None:
    """Take stock figures from a warehouse system and write them into the shop.

    \b
    Example: optiply-sync inventory status ./acme
    """


@inventory.command()
@FOLDER
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for every one.")
@click.option("--port", type=click.IntRange(0, 65535), default=8770, show_default=True, help="0 takes a free one.")
@click.option(
    "--token-env", default=TOKEN_VARIABLE, show_default=True, metavar="NAME",
    help="The environment variable that holds the token which senders must show.",
)  # fmt: skip
def receive(folder: Path, host: str, port: int, token_env: str) -> None:
    """Receive messages over HTTP, as OrderFlow's extension in a shop would, until it is stopped; it only queues them.

    \b
    Example: optiply-sync inventory receive ./acme --host 0.0.0.0 --port 8770
    """
    if find_spec("aiohttp") is None:
        raise FolderError(
            "The receiver needs the library aiohttp, which an installation for runs alone leaves out; install this "
            "program with it: pipx install --force '.[inventory]'"
        )
    from inventory.receive import Settings, serve

    job = JobFolder(folder.resolve())
    settings = settings_of(job)
    token = os.environ.get(token_env, "")
    if not token:
        raise FolderError(
            f"The environment variable {token_env} is empty; put the token into it that senders will show "
            "('openssl rand -hex 32' makes one)."
        )
    queue_place(job)  # what is wrong there is said before anything listens
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)

    def started(free_port: int) -> None:
        click.echo(f"Receiving at http://{host}:{free_port}; stop it with Ctrl-C.", err=True)

    serve(Settings(lambda: queue_place(job), token, settings.default_source), host, port, started)


@inventory.command()
@FOLDER
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, allow_dash=True, dir_okay=False))
@click.option("--sku", "skus", multiple=True, metavar="SKU", help="Only this product of the file; may be repeated.")
@click.option("--initialise", is_flag=True, help="Make new records of all figures, changed or not.")
@AS_JSON
def push(folder: Path, file: Path, skus: tuple[str, ...], initialise: bool, as_json: bool) -> None:
    """Queue the figures of FILE (CSV or Singer; - is standard input); only what has changed makes a message.

    \b
    Example: optiply-sync inventory push ./acme stock.csv
    """
    job = JobFolder(folder.resolve())
    settings = settings_of(job)
    found = _only(read_figures(*_content(file), settings.default_source), skus)
    with Store.open(queue_place(job)) as store:
        made = push_figures(store, found, _now(), batch_size=settings.batch_size, initialise=initialise)
    if as_json:
        print_json(to_builtins(made))
    else:
        tell.pushed(made)


@inventory.command()
@FOLDER
@AS_JSON
def process(folder: Path, as_json: bool) -> None:
    """Work the queue off: calculate what is due, write it into the shop and read it back. `run` does it as well.

    \b
    Example: optiply-sync inventory process ./acme
    """
    job = JobFolder(folder.resolve())
    settings = settings_of(job)
    try:
        with lock(job.store):
            done = work_off(job, settings)
    except SnapshotLocked as error:
        # Whoever holds the folder works the queue off, too, or leaves it for the next call: nothing is lost.
        if as_json:
            print_json({"busy": str(error)})
        else:
            click.echo(f"Nothing done: {error}")
        return
    if as_json:
        print_json({**to_builtins(done), "says": tell.headline(done)})
    else:
        tell.processed(done)
    sys.exit(1 if done.trouble else 0)


@inventory.command()
@FOLDER
@AS_JSON
def plan(folder: Path, as_json: bool) -> None:
    """Show what would be written: each figure as received, every deduction, and what stands now. Writes nothing.

    \b
    Example: optiply-sync inventory plan ./acme
    """
    job = JobFolder(folder.resolve())
    settings = settings_of(job)
    with queue_of(job) as store, shop_of(job) as shop:
        to_write, hindered = planned(store, shop, settings)
    if as_json:
        rows = {"figures": [tell.plan_row(one) for one in to_write], "held": [tell.held_row(one) for one in hindered]}
        print_json(to_builtins(rows))
    else:
        tell.plan(to_write, hindered)


@inventory.command()
@FOLDER
@AS_JSON
def status(folder: Path, as_json: bool) -> None:
    """Count the figures by state, and name those that somebody should look at.

    \b
    Example: optiply-sync inventory status ./acme
    """
    with queue_of(JobFolder(folder.resolve())) as store:
        found = audit.status(store)
    if as_json:
        print_json(to_builtins(found))
    else:
        tell.status(found)


@inventory.command()
@FOLDER
@click.argument("sku", metavar="SKU")
@AS_JSON
def why(folder: Path, sku: str, as_json: bool) -> None:
    """Say why this figure stands in the shop: which message, which sequence, each deduction, and all earlier figures.

    \b
    Example: optiply-sync inventory why ./acme TEE-RED-M
    """
    with queue_of(JobFolder(folder.resolve())) as store:
        found = audit.why(store, sku)
    if as_json:
        print_json(to_builtins(found))
    else:
        print_told(tell.why(sku, found))


@inventory.command()
@FOLDER
@click.option("--sku", metavar="SKU", help="Only this product.")
@click.option("--repair/--dry-run", default=True, show_default=True, help="Write what differs, or only show it.")
@AS_JSON
def compare(folder: Path, sku: str | None, repair: bool, as_json: bool) -> None:
    """Read the shop's stock back and put right what differs from the figures applied, units shipped since left out.

    \b
    Example: optiply-sync inventory compare ./acme --dry-run
    """
    job = JobFolder(folder.resolve())
    settings = settings_of(job)
    with queue_of(job) as store, lock(job.store), shop_of(job) as shop:
        standings = everything(store, sku)
        found = verify(store, shop, standings, batch_size=settings.batch_size, dry_run=not repair)
    if as_json:
        print_json(to_builtins(found))
    else:
        tell.compared(found, repair=repair)


def _only(found: Figures, skus: Sequence[str]) -> Figures:
    """The figures of these products, all without any. Raises FolderError for one that the file lacks."""
    if not skus:
        return found
    asked = {folded(sku.strip(" ")): sku for sku in skus}
    rows = [row for row in found.rows if folded(row.sku) in asked]
    refused = [row for row in found.refused if row.sku is not None and folded(row.sku) in asked]
    there = {folded(sku) for sku in (*(row.sku for row in rows), *(row.sku for row in refused)) if sku is not None}
    for sku in [name for key, name in asked.items() if key not in there]:
        raise FolderError(f"The file has no line with the SKU {sku}; nothing was queued.")
    return Figures(rows, refused)


def _content(file: Path) -> tuple[bytes, str]:
    """The bytes of a file or of standard input, with its name."""
    if str(file) == "-":
        return sys.stdin.buffer.read(), "standard input"
    try:
        return file.read_bytes(), str(file)
    except OSError as error:
        raise FolderError(f"{file} cannot be read ({error.strerror}); correct its name or its rights.") from error


def _now() -> datetime:
    return datetime.now(timezone.utc)
