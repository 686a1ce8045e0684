"""A small set of flag combinations in which every pair of flag values stands at least once."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from tests.oracle.flow import Flow

VALUES: dict[str, tuple[Any, ...]] = {
    "use_stock_statuses": (True, False),
    "use_salable_quantity": (True, False),
    "use_inventory_source_items": (False, True),
    "warehouse_ids": ((), ("ams",), ("rtm", "old")),
    "map_stockLevel": (True, False),
    "pullAllOrders": (False, True),
    "order_statuses": ((), ("processing", "on_its_way")),
    "order_lines": ("counted", "as_listed"),
    "sync_compositions": (True, False),
    "sync_product_deletions": (True, False),
    "create_disabled_products": (False, True),
    "force_patch_products": (False, True),
    "order_wait_days": (7, 1, 0),
    "max_disable_share": (1.0, 0.05),
    "not_sync_entities": ((), ("productCompositions",), ("sellOrders",), ("products",)),
    "custom_mappings": ((), (("price", "custom_attributes.cost"), ("eanCode", "custom_attributes.cost"))),
}
Pair = tuple[tuple[str, Any], tuple[str, Any]]


def contradictory(values: dict[str, Any]) -> bool:
    """Flags that say opposite things are an error of the configuration, not a flow."""
    nothing_says_stock = values.get("use_stock_statuses") is False and values.get("use_inventory_source_items") is False
    all_and_some = values.get("pullAllOrders") is True and bool(values.get("order_statuses"))
    no_inventory = values.get("use_inventory_source_items") is False and bool(values.get("warehouse_ids"))
    forced = values.get("force_patch_products") is True and "products" in values.get("not_sync_entities", ())
    return nothing_says_stock or all_and_some or no_inventory or forced


def _pairs_of(values: dict[str, Any]) -> Iterator[Pair]:
    yield from combinations(sorted(values.items()), 2)


def _all_pairs() -> set[Pair]:
    pairs = {
        pair
        for one, other in combinations(sorted(VALUES), 2)
        for first in VALUES[one]
        for second in VALUES[other]
        for pair in [((one, first), (other, second))]
    }
    return {pair for pair in pairs if not contradictory(dict(pair))}


def flows() -> list[Flow]:
    """Greedily chosen flows that together hold every pair that is no contradiction."""
    missing = _all_pairs()
    chosen = []
    while missing:
        values: dict[str, Any] = dict(min(missing, key=repr))
        for name in VALUES:
            if name not in values:
                fitting = [value for value in VALUES[name] if not contradictory({**values, name: value})]
                values[name] = max(fitting, key=lambda value: _gain({**values, name: value}, missing))
        assert not contradictory(values)
        missing -= set(_pairs_of(values))
        chosen.append(Flow(**values))
    return chosen


def _gain(values: dict[str, Any], missing: set[Pair]) -> int:
    return sum(pair in missing for pair in _pairs_of(values))
