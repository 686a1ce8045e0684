"""What the rest of the job says about the import: a line of `status`, findings of `doctor`, a note of `plan`."""

from collections.abc import Iterator
from typing import Any

from connector.findings import Finding, fail, note, ok, warn
from connector.words import counted
from inventory import audit
from inventory.errors import InventoryError
from inventory.tables import Store
from job.folder import JobFolder, read_json_object
from job.inventory import tell
from job.inventory.folder import has_queue, queue_place
from job.inventory.settings import KEY
from job.systems.system import Grid, System

CHECK = "inventory"
OPEN = ("received", "claimed", "waiting", "failed")
_HELD = ("waiting", "failed", "dead")


def states_of(folder: JobFolder) -> dict[str, int]:
    """The figures by state; nothing where no figure ever came. Raises InventoryError for a queue beyond use."""
    if not has_queue(folder):
        return {}
    with Store.open(queue_place(folder)) as store:
        return audit.status(store).states


def sentence(states: dict[str, int]) -> str:
    """The figures by state in words."""
    return ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"


def due_note(folder: JobFolder) -> list[str]:
    """What a rehearsal says of figures that a run would write."""
    due = sum(states_of(folder).get(state, 0) for state in OPEN)
    if not due:
        return []
    return [
        f"{counted(due, 'stock figure')} of the warehouse system would go into the shop first: "
        f"'optiply-sync inventory plan {folder.root.name}' shows them."
    ]


def findings(folder: JobFolder, system: System) -> Iterator[Finding]:
    """The findings of `doctor`: the queue, and the rights that writing stock needs; none where nobody imports."""
    config = read_json_object(folder.config)
    if not has_queue(folder) and KEY not in config:
        return
    yield from _queue(folder)
    if system.stock is None:
        remedy = "remove the folder's inventory settings, or use a folder of the shop's"
        yield fail(CHECK, f"stock cannot be written into {system.title}", remedy)
    else:
        yield from system.stock.checks(config)


def _queue(folder: JobFolder) -> Iterator[Finding]:
    if not has_queue(folder):
        yield note(CHECK, "no figure was received or pushed yet")
        return
    try:
        states = states_of(folder)
    except InventoryError as error:
        yield fail(CHECK, str(error), "see the sentence")
        return
    told = f"the queue is readable; figures: {sentence(states)}"
    if any(states.get(state) for state in _HELD):
        yield warn(CHECK, told, f"optiply-sync inventory status {folder.root}")
    else:
        yield ok(CHECK, told)


def told_in_status(folder: JobFolder) -> dict[str, Any]:
    """What `status` says: the figures by state, or why the queue cannot be read."""
    try:
        return {"states": states_of(folder)}
    except InventoryError as error:
        return {"states": {}, "trouble": str(error)}


def stock_story(folder: JobFolder, sku: str) -> Iterator[str | Grid]:
    """Why a product has the stock it has, where a figure for it ever came."""
    if not has_queue(folder):
        return
    with Store.open(queue_place(folder)) as store:
        found = audit.why(store, sku)
    if found.standing or found.entries:
        yield "Stock from the warehouse system"
        yield from tell.why(sku, found)
