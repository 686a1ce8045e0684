"""The settings of an EasyEcom folder as the oracle understands them, and a few sets that hold every pair of values."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import combinations
from typing import Any

VALUES: dict[str, tuple[Any, ...]] = {
    "location_key": (("one",), ("one", "two"), ("two", "one", "three")),
    "product_price": ("mrp", "cost"),
    "map_supplierProductSku": (True, False),
    "sum_stock_of_locations": (False, True),
    "assembled_needs_parts": (False, True),
    "skip_order_types": ((), ("StockTransferOrder",), ("stocktransferorder", "b2b")),
    "order_wait_days": (7, 1, 0),
    "custom_mappings": ((), (("eanCode", "custom_fields.EAN"), ("price", "cost"))),
    "not_sync_entities": (
        (), ("productCompositions",), ("sellOrders",), ("buyOrders",), ("suppliers",), ("supplierProducts",),
        ("receiptLines",), ("products",),
    ),
}  # fmt: skip
Pair = tuple[tuple[str, Any], tuple[str, Any]]


@dataclass(frozen=True)
class EasySettings:
    """The flags of the rules in config.json, with their defaults."""

    location_key: tuple[str, ...] = ("one",)
    product_price: str = "mrp"
    map_supplierProductSku: bool = True
    sum_stock_of_locations: bool = False
    assembled_needs_parts: bool = False
    skip_order_types: tuple[str, ...] = ()
    order_wait_days: int = 7
    custom_mappings: tuple[tuple[str, str], ...] = ()
    not_sync_entities: tuple[str, ...] = ()

    def as_config(self) -> dict[str, Any]:
        """What differs from the defaults, as it stands in config.json, and the locations."""
        found: dict[str, Any] = {"location_key": list(self.location_key)}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                found[field.name] = list(value) if isinstance(value, tuple) else value
        if self.custom_mappings:
            found["custom_mappings"] = dict(self.custom_mappings)
        return found

    def syncs(self, stream: str) -> bool:
        """Whether records of this stream are sent; lines go with their orders."""
        return {"buyOrderLines": "buyOrders"}.get(stream, stream) not in self.not_sync_entities

    def is_sale(self, row: dict[str, Any]) -> bool:
        """Whether a row of the list of orders is of a type that counts."""
        types = {str(row["order_type"]).casefold(), str(row["order_type_key"]).casefold()}
        return types.isdisjoint(one.casefold() for one in self.skip_order_types)


def _pairs_of(values: dict[str, Any]) -> Iterator[Pair]:
    yield from combinations(sorted(values.items()), 2)


def all_pairs() -> set[Pair]:
    """Every two values of two settings."""
    return {
        ((one, first), (other, second))
        for one, other in combinations(sorted(VALUES), 2)
        for first in VALUES[one]
        for second in VALUES[other]
    }


def pairs_in(chosen: list[EasySettings]) -> set[Pair]:
    """The pairs of values that these settings hold."""
    return {pair for one in chosen for pair in _pairs_of({name: getattr(one, name) for name in VALUES})}


def settings_of_all_pairs() -> list[EasySettings]:
    """Greedily chosen settings that together hold every pair."""
    missing, chosen = all_pairs(), []
    while missing:
        values: dict[str, Any] = dict(min(missing, key=repr))
        for name in VALUES:
            if name not in values:
                tries = [{**values, name: value} for value in VALUES[name]]
                values = max(tries, key=lambda one: sum(pair in missing for pair in _pairs_of(one)))
        missing -= set(_pairs_of(values))
        chosen.append(EasySettings(**values))
    return chosen
