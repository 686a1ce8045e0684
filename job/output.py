"""What the commands print: JSON, lines as they stand, and tables that keep their width in a file."""

import json
from collections.abc import Collection, Iterable, Sequence

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 140
"""Columns of what goes into a file: rich would squeeze tables to 80 there."""


def print_json(value: object) -> None:
    """Print a value for a program."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def screen() -> Console:
    """Standard output."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


def say(console: Console, line: str, style: str | None = None) -> None:
    """Print a line as it stands: what a shop calls something is no instruction to rich."""
    console.print(line, style=style, markup=False, highlight=False)


def table(
    titles: Sequence[str], rows: Iterable[Sequence[object]], *, right: Collection[str] = (), folds: bool = True
) -> Table:
    """A plain table; cells are shown as they stand, too. `right`: the columns of numbers."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        made.add_column(title, justify="right" if title in right else "left", overflow="fold" if folds else "ellipsis")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made
