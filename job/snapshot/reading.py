"""What the commands that look into a store begin with: their folder, their JSON, and the store open for reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from job.folder import FolderError, JobFolder
from store.snapshot import Snapshot, is_stored

FOLDER = click.argument("folder", type=click.Path(path_type=Path))
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@contextmanager
def reading(folder: Path) -> Iterator[Snapshot]:
    """The store of a folder. Raises FolderError where no run or import has made one."""
    place = JobFolder(folder).store
    if not is_stored(place):
        raise FolderError(f"{place.title()}: there is no snapshot yet; it is made by the first run or import.")
    with Snapshot.open(place) as store:
        yield store
