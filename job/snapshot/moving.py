"""`optiply-sync snapshot move`: stores go into a database or back into files; the setting that says where goes last."""

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from connector.words import counted
from inventory.engines import NAME as QUEUE
from inventory.moving import queue_copied
from job.folder import FolderError, JobFolder, read_json_object, write_json
from store.move import copy_stores, stored_in
from store.place import SETTING
from store.snapshot import Place, is_stored, lock

OLD = ".moved"
"""What the name of a file ends in whose records are in a database now."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("url", required=False)
def move(folder: Path, url: str | None) -> None:
    """Keep the folder's stores in a PostgreSQL database from now on; without URL: in files again.

    URL is postgresql://user@host/database?schema=NAME, or the name of an environment variable that holds it. The
    address is noted in config.json, and the older copies stay where they are, under another name where they are files.

    \b
    Example: optiply-sync snapshot move ./acme 'postgresql://sync@db/optiply?schema=acme'
    """
    job = JobFolder(folder)
    job.check()
    for name, count in moved(job, None if url is None else os.environ.get(url, url)).items():
        click.echo(f"{name}: {counted(count, 'record')} moved.")
    click.echo(f"The stores of {folder} are kept in {'files' if url is None else 'the database'} from now on.")


def moved(job: JobFolder, url: str | None) -> dict[str, int]:
    """Copies every store and notes where they are; how many records of each. Stopped half-way, it changes nothing.

    Raises SnapshotError where the other place holds records already, FolderError where there is nothing to move.
    """
    config = read_json_object(job.config)
    source, target = job.store, Place.of(job.snapshots, url)
    if source == target:
        raise FolderError(f"{job.root}: the stores are kept there already; nothing is moved.")
    # The lock of a database takes in that of the folder.
    with lock(target if source.url is None else source), ExitStack() as still:
        names = stored_in(source)
        if not names:
            raise FolderError(f"{job.root}: there is no snapshot yet; set snapshot_url and run.")
        counts = copy_stores(source, target)
        if queued := is_stored(source, QUEUE):
            still.enter_context(queue_copied(source, target))
        others = {key: value for key, value in config.items() if key != SETTING}
        mode = job.config.stat().st_mode & 0o777
        # Whoever stops between the two finds bookmarks either way: those in files count until a database has some.
        if url is None:
            _take_along(job, source, target)
        write_json(job.config, others if url is None else {**others, SETTING: url}, mode=mode)
        if url is not None:
            _take_along(job, source, target)
        if source.url is None:
            for name in [*names, *([QUEUE] if queued else [])]:
                path = source.file(name)
                path.replace(path.with_name(path.name + OLD))
    return counts


def _take_along(job: JobFolder, source: Place, target: Place) -> None:
    """The bookmarks of both ways go where the stores went."""
    for marks in job.all_bookmarks:
        replace(marks, place=source).copy_to(replace(marks, place=target))
