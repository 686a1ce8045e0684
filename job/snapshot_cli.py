"""`optiply-sync snapshot`: what the store knows, why a product is as it is, and moving ids in and out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from etl.snapshot import STORE_FILE, Snapshot, lock
from etl.snapshot_care import STREAMS, Known, canonical_stream, count_records, forget, take_over
from job.folder import FolderError, JobFolder, read_json_object
from job.snapshot_files import EXPORT_SUFFIXES, read_file, snapshot_files, write_files
from job.snapshot_why import FieldRule, ProductStory, explain

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
STREAM = click.argument("stream", metavar="STREAM")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
_WIDTH = 140  # of a table that goes into a file


@click.group()
def snapshot() -> None:
    """Look into the store of a job folder, or move ids in and out of it.

    \b
    Example: optiply-sync snapshot why ./acme TEE-RED-M
    """


@snapshot.command()
@FOLDER
@AS_JSON
def show(folder: Path, as_json: bool) -> None:
    """Count what FOLDER's store wants, what Optiply has, and what differs.

    \b
    Example: optiply-sync snapshot show ./acme
    """
    with _reading(folder) as store:
        counts = count_records(store)
        answers = {row["stream"]: store.last_answer_at(row["stream"]) for row in counts}
        state = store.state()
    if as_json:
        rows = [{**row, "last_answer_at": answers[row["stream"]]} for row in counts]
        click.echo(json.dumps({"streams": rows, "state": state}, indent=2))
        return
    titles = ("stream", "wanted", "accepted", "with id", "to offer", "held", "unanswered", "refused", "last answer")
    _print_table(titles, [[*row.values(), answers[row["stream"]] or "never"] for row in counts])
    bookmarks = (state or {}).get("bookmarks", {})
    for stream, bookmark in sorted(bookmarks.items()):
        value = bookmark.get("replication_key_value")
        if value:
            click.echo(f"Built from {stream} read up to {value}.")


@snapshot.command()
@FOLDER
@click.argument("sku")
@AS_JSON
def why(folder: Path, sku: str, as_json: bool) -> None:
    """Explain every field of the product with this SKU (or, if there is none, with this id).

    \b
    Example: optiply-sync snapshot why ./acme TEE-RED-M
    """
    rules = _product_rules(folder)
    with _reading(folder) as store:
        stories = explain(store, sku, rules, JobFolder(folder).tap_output)
    if as_json:
        click.echo(json.dumps([asdict(story) for story in stories], indent=2, default=str))
        return
    for story in stories:
        _print_story(story)


@snapshot.command(name="export")
@FOLDER
@click.argument("directory", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--format", "suffix", type=click.Choice(EXPORT_SUFFIXES), default="csv", show_default=True, help="Files.")
def export(folder: Path, directory: Path | None, suffix: str) -> None:
    """Write what Optiply has as HotGlue's snapshot files, into DIRECTORY or the job's own snapshots/.

    \b
    Example: optiply-sync snapshot export ./acme ./for-hotglue --format parquet
    """
    with _reading(folder) as store:
        written = write_files(store, directory or JobFolder(folder).snapshots, suffix)
    for path, count in written:
        click.echo(f"{path}: {count} records.")
    if not written:
        click.echo("Optiply has nothing yet, so no file was written.")


@snapshot.command(name="import")
@FOLDER
@click.argument("place", required=False, type=click.Path(path_type=Path, exists=True))
def import_(folder: Path, place: Path | None) -> None:
    """Take ids over from HotGlue's snapshot files: a file, a folder, or the job's own snapshots/.

    What Optiply already has is then updated and never created a second time. Run it before the first run.

    \b
    Example: optiply-sync snapshot import ./acme ./downloaded/snapshots
    """
    found = [read_file(path) for path in snapshot_files(place or JobFolder(folder).snapshots)]
    with _writing(folder) as store:
        for file in found:
            taken = take_over(store, file.stream, file.known)
            click.echo(
                f"{file.path}: {taken.new} {file.stream} taken over, {taken.same} known already, "
                f"{file.without_id} rows without a pair of ids, {file.repeated} repeated rows."
            )
            _tell_different(file.stream, taken.different)


@snapshot.command()
@FOLDER
@STREAM
@click.argument("remote_id")
@click.argument("optiply_id")
def adopt(folder: Path, stream: str, remote_id: str, optiply_id: str) -> None:
    """Say that Optiply has a record already: its id in Magento and its id in Optiply.

    \b
    Example: optiply-sync snapshot adopt ./acme products 4711 998877
    """
    name = _stream(stream)
    with _writing(folder) as store:
        taken = take_over(store, name, [Known(remote_id, optiply_id)])
        other = store.ids(name)[remote_id]
    if taken.different:
        raise FolderError(
            f"{name} {remote_id} is {other} in Optiply by the store; forget it first: "
            f"optiply-sync snapshot forget {folder} {name} {remote_id}"
        )
    click.echo(f"{name} {remote_id} is {optiply_id} in Optiply{'' if taken.new else ', as the store knew'}.")


@snapshot.command(name="forget")
@FOLDER
@STREAM
@click.argument("remote_ids", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Forget every record of the stream.")
def forget_(folder: Path, stream: str, remote_ids: tuple[str, ...], everything: bool) -> None:
    """Forget what Optiply has of records: the next run looks for them there, and creates those it does not find.

    \b
    Example: optiply-sync snapshot forget ./acme products 4711
    """
    if bool(remote_ids) == everything:
        raise click.UsageError("Name the remote ids to forget, or --all.")
    name = _stream(stream)
    with _writing(folder) as store:
        count = forget(store, name, None if everything else remote_ids)
    click.echo(f"{count} {name} forgotten; the next run looks for them in Optiply before it creates any.")


@contextmanager
def _reading(folder: Path) -> Iterator[Snapshot]:
    directory = JobFolder(folder).snapshots
    if not (directory / STORE_FILE).is_file():
        raise FolderError(f"{directory / STORE_FILE}: there is no snapshot yet; it is made by the first run or import.")
    with Snapshot.open(directory) as store:
        yield store


@contextmanager
def _writing(folder: Path) -> Iterator[Snapshot]:
    """The store, locked, with earlier outcomes taken in, inside one transaction."""
    job = JobFolder(folder)
    if not job.root.is_dir():
        raise FolderError(f"{job.root}: there is no such folder; create it or name another job folder.")
    with lock(job.snapshots), Snapshot.open(job.snapshots) as store:
        store.absorb()
        with store.transaction():
            yield store


def _stream(name: str) -> str:
    stream = canonical_stream(name)
    if stream is None:
        raise FolderError(f"{name!r} is no stream kept here; name one of {', '.join(STREAMS)}.")
    return stream


def _product_rules(folder: Path) -> list[FieldRule]:
    """The rows for products of the mapping table that a run of this folder uses."""
    from etl.config import ConfigError, load_config
    from etl.etl import EtlError, load_field_map

    job = JobFolder(folder)
    try:
        config, _ = load_config(read_json_object(job.config) if job.config.is_file() else {})
        return list(load_field_map(config, job.root)["products"])
    except (ConfigError, EtlError) as error:
        raise FolderError(str(error)) from error


def _tell_different(stream: str, different: tuple[str, ...]) -> None:
    if different:
        named = ", ".join(different[:5]) + (" …" if len(different) > 5 else "")
        click.echo(f"{len(different)} {stream} have another id in the store, which was kept: {named}.")


def _print_story(story: ProductStory) -> None:
    product, record, stock = story.product, story.record, story.stock
    kind = f"{product['type_id'] or 'type unknown'}, status {product['status'] or 'unknown'} in Magento"
    click.echo(
        f"{product['sku']!r}: Magento id {product['product_id']}, {kind}, updated {product['updated_at'] or '?'}."
    )
    for sentence in _sentences(product, record, stock):
        click.echo(sentence)
    titles = ("Optiply field", "from Magento", "Magento value", "rule", "wanted", "accepted by Optiply", "")
    rows = [
        [item.field, item.magento_field, item.magento_value, item.rule, item.wanted, item.accepted,
         "" if item.settled else "differs"]
        for item in story.fields
    ]  # fmt: skip
    _print_table(titles, rows)
    for item in story.fields:
        if item.why:
            click.echo(f"{item.field}: {item.why}")
    for row in story.stock_rows:
        click.echo(f"Last read: {json.dumps(row, ensure_ascii=False, default=str)}")


def _sentences(product: dict[str, Any], record: dict[str, Any], stock: dict[str, Any]) -> Iterator[str]:
    """What there is to say about the product beside its fields."""
    if product["gone"]:
        yield "It is gone from Magento: its absence was proven."
    elif product["absent_run"]:
        yield "A complete listing lacked it; a question by its id or a second one will prove it gone."
    if product["refused"]:
        yield f"It is not offered: {product['refused']}."
    if record.get("held"):
        yield f"It is held since {record['held_since'] or 'the import'}: {record['held']}."
    if record.get("id"):
        yield f"Optiply has it as {record['id']}; last accepted {record['sent_at'] or 'before it was taken over'}."
    else:
        yield "Optiply is not known to have it."
    if record.get("announced"):
        yield f"A create was sent at {record['announced_at']} and has no answer; it is looked up before it is repeated."
    if record.get("status"):
        reason = f" ({record['reason']})" if record["reason"] else ""
        yield f"Last answer: {record['status']}{reason}, {record['answered_at'] or 'without time'}."
    if not stock:
        yield "No stock row was ever read for it."
        return
    quantity = "unknown" if stock["quantity"] is None else f"{stock['quantity']:g}"
    absent = "; the last complete read had no row for it" if stock["absent_run"] else ""
    yield f"Stock: {quantity} units from {stock['origin'] or 'nowhere yet'}{absent}."


def _print_table(titles: tuple[str, ...], rows: list[list[Any]]) -> None:
    table = Table(*titles)
    for row in rows:
        # As it stands: a name with square brackets is no instruction to rich.
        table.add_row(*("" if cell is None else Text(str(cell)) for cell in row))
    console = Console()
    # Into a file the table is not squeezed to the 80 columns that rich assumes there.
    (console if console.is_terminal else Console(width=_WIDTH)).print(table)
