"""What the commands over the store print: tables, and claims to an id of Optiply."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from connector.words import of_stream
from job.output import screen
from job.systems.system import Grid
from store.owners import Contested


def print_table(titles: tuple[str, ...], rows: Iterable[list[Any]]) -> None:
    """Print rows under titles, whatever is in them."""
    table = Table(*titles)
    for row in rows:
        # As it stands: a name with square brackets is no instruction to rich.
        table.add_row(*("" if cell is None else Text(str(cell)) for cell in row))
    screen().print(table)


def print_told(parts: Iterable[str | Grid]) -> None:
    """Print sentences and tables in their order."""
    for part in parts:
        if isinstance(part, str):
            click.echo(part)
        else:
            print_table(*part)


def as_dict(claim: Contested) -> dict[str, str | None]:
    """A claim as JSON shows it."""
    names = {"claimed_id": "optiply_id"}
    return {names.get(name, name): value for name, value in asdict(claim).items()}


def tell_different(stream: str, different: tuple[str, ...]) -> None:
    """Say which records kept another id."""
    if different:
        named = ", ".join(different[:5]) + (" …" if len(different) > 5 else "")
        click.echo(f"{of_stream(len(different), stream)} with another id in the store, which was kept: {named}.")


def tell_owned(folder: Path, owned: Sequence[Contested]) -> None:
    """One id belongs to one record: each further claim, and what settles it."""
    for claim in owned:
        start = f"{claim.stream} {claim.remote_id}: Optiply's id {claim.claimed_id}"
        if claim.owner is None:
            click.echo(f"{start} is free again; the next run settles it.")
            continue
        click.echo(
            f"{start} belongs to {claim.stream} {claim.owner}. If that is wrong: optiply-sync snapshot forget {folder} "
            f"{claim.stream} {claim.owner}, then adopt."
        )
