"""`optiply-sync report`: writes a page per run and an index over all of them into runs/."""

from __future__ import annotations

from pathlib import Path

import click

from job.folder import JobFolder
from job.history import past_runs
from job.index_page import index_page
from job.run_page import page_name, run_page


def write_pages(folder: JobFolder) -> Path:
    """Write all pages anew and return the index; each page is one file that needs nothing else."""
    runs = past_runs(folder.runs)
    told = [run for run in runs if run.report is not None]
    for place, run in enumerate(told):
        before = told[place - 1] if place else None
        after = told[place + 1] if place + 1 < len(told) else None
        (folder.runs / page_name(run)).write_text(run_page(run, run.report or {}, before, after), encoding="utf-8")
    index = folder.runs / "index.html"
    folder.runs.mkdir(parents=True, exist_ok=True)
    index.write_text(index_page(folder.root.name, runs), encoding="utf-8")
    return index


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
def report(folder: Path) -> None:
    """Write a page for each run of FOLDER and an index over them, and print where the index is.

    \b
    Example: optiply-sync report ./acme
    """
    index = write_pages(JobFolder(folder.resolve()))
    click.echo(str(index))
