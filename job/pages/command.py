"""`optiply-sync report`: writes a page per run and an index over all of them into runs/."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click

from job.folder import JobFolder
from job.pages.index_page import index_page
from job.pages.run_page import page_name, run_page
from job.run.history import PastRun, past_runs, read_index, whole_run, write_index

# Raise it when the pages look otherwise: those that lie there are then written anew.
PAGE_FORMAT = 4


def write_pages(folder: JobFolder) -> Path:
    """Write the pages that are missing or out of date and return the index; each page needs no other file.

    A page is written again only when the report or a neighbour changed, so that no call reads the reports of a year.
    """
    entries = read_index(folder.runs)
    runs = past_runs(folder.runs, entries)
    for before, run, after in _neighbours([run for run in runs if run.report is not None]):
        made_for = [PAGE_FORMAT, before.name if before else None, after.name if after else None]
        page, entry = folder.runs / page_name(run), entries[run.name]
        if entry.get("page") != made_for or not page.exists():
            page.write_text(run_page(run, whole_run(run.path).report or {}, before, after), encoding="utf-8")
            entry["page"] = made_for
    write_index(folder.runs, entries)
    index = folder.runs / "index.html"
    index.write_text(index_page(folder.root.name, runs), encoding="utf-8")
    return index


def _neighbours(runs: list[PastRun]) -> Iterator[tuple[PastRun | None, PastRun, PastRun | None]]:
    """Each run with the one before and the one after it."""
    around: list[PastRun | None] = [None, *runs, None]
    for (before, run), (_, after) in pairwise(pairwise(around)):
        assert run is not None
        yield before, run, after


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def report(folder: Path) -> None:
    """Write a page for each run of FOLDER and an index over them, and print where the index is.

    \b
    Example: optiply-sync report ./acme
    """
    index = write_pages(JobFolder(folder.resolve()))
    click.echo(str(index))
