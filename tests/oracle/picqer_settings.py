"""The settings of a Picqer folder as the oracle understands them, and a few sets that hold every pair of values.

`start_date` is the tap's: what was read is not read otherwise because of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

VALUES: dict[str, tuple[Any, ...]] = {
    "warehouses": ((), (11,), (11, 12)),
    "main_warehouse": ("", "11"),
    "supplier_ignored_from_picqer": (True, False),
    "multisupplier": (False, True),
    "include_concept": (False, True),
    "sync_compositions": (True, False),
    "composition_types": ((), ("composition_with_stock",)),
    "sync_product_deletions": (True, False),
    "sync_supplier_deletions": (True, False),
    "subtract_cancelled": (False, True),
    "completed_only_when_done": (False, True),
    "order_wait_days": (7, 1, 0),
    "max_disable_share": (1.0, 0.05),
    "start_date": ("", "2026-01-20"),
    "custom_mappings": ((), (("eanCode", "productfields.EAN"), ("price", "fixedstockprice"))),
    "not_sync_entities": (
        (), ("productCompositions",), ("sellOrders",), ("buyOrders",), ("suppliers",), ("supplierProducts",),
        ("receiptLines",), ("products",),
    ),
}  # fmt: skip
Pair = tuple[tuple[str, Any], tuple[str, Any]]


@dataclass(frozen=True)
class PicqerSettings:
    """The flags of the rules in config.json, with their defaults."""

    warehouses: tuple[int, ...] = ()
    main_warehouse: str = ""
    supplier_ignored_from_picqer: bool = True
    multisupplier: bool = False
    include_concept: bool = False
    sync_compositions: bool = True
    composition_types: tuple[str, ...] = ()
    sync_product_deletions: bool = True
    sync_supplier_deletions: bool = True
    subtract_cancelled: bool = False
    completed_only_when_done: bool = False
    order_wait_days: int = 7
    max_disable_share: float = 0.05
    start_date: str = ""
    custom_mappings: tuple[tuple[str, str], ...] = ()
    not_sync_entities: tuple[str, ...] = ()

    def as_config(self) -> dict[str, Any]:
        """What differs from the defaults, as it stands in config.json."""
        differing: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                differing[field.name] = list(value) if isinstance(value, tuple) else value
        if self.custom_mappings:
            differing["custom_mappings"] = dict(self.custom_mappings)
        return differing

    def syncs(self, stream: str) -> bool:
        """Whether records of this stream are sent; lines go with their orders."""
        return {"buyOrderLines": "buyOrders"}.get(stream, stream) not in self.not_sync_entities

    @property
    def main(self) -> int | None:
        """The warehouse whose documents count; None: those of all do."""
        if self.main_warehouse:
            return int(self.main_warehouse)
        return self.warehouses[0] if self.warehouses else None

    @property
    def kit_types(self) -> tuple[str, ...]:
        """The types of product whose parts are sent."""
        return self.composition_types or ("virtual_composition", "composition_with_stock")


def _contradictory(values: dict[str, Any]) -> bool:
    """Several warehouses without a main one are an error of the configuration."""
    return len(values.get("warehouses", ())) > 1 and values.get("main_warehouse") == ""


def _pairs_of(values: dict[str, Any]) -> Iterator[Pair]:
    yield from combinations(sorted(values.items()), 2)


def all_pairs() -> set[Pair]:
    """Every two values of two settings that do not contradict each other."""
    every = {
        ((one, first), (other, second))
        for one, other in combinations(sorted(VALUES), 2)
        for first in VALUES[one]
        for second in VALUES[other]
    }
    return {pair for pair in every if not _contradictory(dict(pair))}


def pairs_in(chosen: list[PicqerSettings]) -> set[Pair]:
    """The pairs of values that these settings hold."""
    return {pair for one in chosen for pair in _pairs_of({name: getattr(one, name) for name in VALUES})}


def settings_of_all_pairs() -> list[PicqerSettings]:
    """Greedily chosen settings that together hold every pair."""
    missing, chosen = all_pairs(), []
    while missing:
        values: dict[str, Any] = dict(min(missing, key=repr))
        for name in VALUES:
            if name not in values:
                tries = [{**values, name: value} for value in VALUES[name]]
                fitting = [one for one in tries if not _contradictory(one)]
                values = max(fitting, key=lambda one: sum(pair in missing for pair in _pairs_of(one)))
        missing -= set(_pairs_of(values))
        chosen.append(PicqerSettings(**values))
    return chosen
