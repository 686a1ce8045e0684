"""What the rest of the job says about the way back: a line of `status`, findings of `doctor`, a story of `why`."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.findings import Finding, note, ok, warn
from connector.words import counted
from job.folder import JobFolder, read_json_object
from job.inventory.folder import has_queue
from job.inventory.settings import KEY as INVENTORY
from job.systems.outward import Outward
from job.systems.system import System


def told_in_status(folder: JobFolder, way: Outward | None) -> dict[str, int]:
    """How many records of the way back are in which state; nothing where none ever was."""
    return {} if way is None else way.standing(folder.store)


def sentence(states: dict[str, int]) -> str:
    """The records by state in words."""
    return ", ".join(f"{count} {state}" for state, count in states.items()) or "none"


def findings(folder: JobFolder, system: System) -> Iterator[Finding]:
    """The findings of `doctor`: what the way back does, how it stands, who else may do that, the rights for it."""
    config, way = read_json_object(folder.config), system.outward
    if way is None or not way.is_on(config):
        return
    words, states = way.words, way.standing(folder.store)
    if states:
        yield ok(words.setting, f"{words.does}; {words.counted}: {sentence(states)}")
    else:
        yield note(words.setting, f"{words.does}; {words.before}")
    if words.rivals:
        yield from _rivals(folder, system, way, config)


def _rivals(folder: JobFolder, system: System, way: Outward, config: Mapping[str, Any]) -> Iterator[Finding]:
    owners = []
    if INVENTORY in config or has_queue(folder):
        owners.append("a warehouse system sends figures to this folder")
    if config.get("map_stockLevel") is False:
        owners.append("map_stockLevel is false, which leaves stock to a third party")
    if number := way.by_programs(folder.store):
        owners.append(f"{counted(number, 'receipt')} in Optiply came from an integration")
    for owner in owners:
        remedy = "switch write_stock off where another system owns the shop's stock: it would count goods twice"
        yield warn(way.words.setting, owner, remedy)
    if system.stock is not None and INVENTORY not in config and not has_queue(folder):
        yield from system.stock.checks(config)


def stock_story(folder: JobFolder, system: System, sku: str) -> Iterator[str]:
    """Which receipts changed a product's stock in the shop."""
    told = list(system.outward.story(folder.store, sku)) if system.outward is not None else []
    yield from ["Stock from receipts booked in Optiply", *told] if told else []
