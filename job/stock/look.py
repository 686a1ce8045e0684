"""What is held of the shop's stock, as rows for people and programs."""

from typing import Any

from connector.words import counted
from job.folder import JobFolder
from job.systems.held import Held
from job.systems.system import System


def row_of(one: Held) -> dict[str, Any]:
    """One held figure: what stood there, was written and was read afterwards (None: nothing was), as exact texts."""
    figures = {"before": one.before, "after": one.after, "read": one.read}
    told = {name: None if value is None else f"{value:f}" for name, value in figures.items()}
    return {"sku": one.sku, "source": one.source, **told, "references": list(one.references)}


def held_in_status(folder: JobFolder, system: System) -> list[dict[str, Any]]:
    """All that is held in a folder."""
    return [] if system.stock is None else [row_of(one) for one in system.stock.held(folder.store)]


def sentences(rows: list[dict[str, Any]]) -> list[str]:
    """What is held in words, with what to do; none where nothing is."""
    told = [
        f"  {row['sku']} at {row['source']}: {row['before']} stood there, {row['after']} was written, "
        f"{row['read'] or 'nothing'} was read afterwards"
        for row in rows
    ]
    head = f"Stock held: {counted(len(rows), 'figure')}; look at the shop, then: optiply-sync stock release FOLDER SKU"
    return [head, *told, ""] if rows else []
