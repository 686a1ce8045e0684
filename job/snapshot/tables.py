"""Prints tables of the store's contents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH = 140  # of a table that goes into a file


def print_table(titles: tuple[str, ...], rows: Iterable[list[Any]]) -> None:
    """Print rows under titles, whatever is in them."""
    table = Table(*titles)
    for row in rows:
        # As it stands: a name with square brackets is no instruction to rich.
        table.add_row(*("" if cell is None else Text(str(cell)) for cell in row))
    console = Console()
    # Into a file the table is not squeezed to the 80 columns that rich assumes there.
    (console if console.is_terminal else Console(width=WIDTH)).print(table)
