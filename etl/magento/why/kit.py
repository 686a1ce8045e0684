"""Explains kits: what a bundle is made of as Optiply has it, and which kits a product is a part of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import select

from connector.collation import folded
from etl.magento.tables import products
from store.snapshot import Snapshot

STREAM = "productCompositions"


@dataclass(frozen=True)
class PartStory:
    """One part of a kit: SKUs and Magento ids of both, units of the part in one kit, and how it stands in Optiply."""

    kit_sku: str
    kit_id: str
    part_sku: str
    part_id: str | None
    units: float
    stands: str


def parts_of(snapshot: Snapshot, product: Mapping[str, Any]) -> list[PartStory]:
    """What a product is made of; empty unless it is a fixed kit."""
    return [_part(snapshot, product, str(sku), units) for sku, units in _kit(product["kit"])]


def kits_with(snapshot: Snapshot, product: Mapping[str, Any]) -> list[PartStory]:
    """The fixed kits that a product is a part of, by SKU."""
    query = (
        select(products.c.product_id, products.c.sku, products.c.kit)
        .where(products.c.kit.is_not(None), products.c.kit != "[]", products.c.gone == 0)
        .order_by(products.c.sku)
    )
    return [
        _part(snapshot, kit, str(sku), units)
        for kit in snapshot.dicts(query)
        for sku, units in _kit(kit["kit"])
        if folded(str(sku)) == product["sku_key"]
    ]


def _kit(text: str | None) -> list[tuple[str, float]]:
    return [(sku, float(units)) for sku, units in msgspec.json.decode(text or "[]")]


def _part(snapshot: Snapshot, kit: Mapping[str, Any], sku: str, units: float) -> PartStory:
    query = select(products.c.product_id).where(products.c.sku_key == folded(sku)).order_by(products.c.gone)
    part_id = next((product["product_id"] for product in snapshot.dicts(query)), None)
    record = snapshot.record(STREAM, f"{kit['product_id']}-{part_id}")
    return PartStory(str(kit["sku"]), str(kit["product_id"]), sku, part_id, units, _stands(part_id, record))


def _stands(part_id: str | None, record: Mapping[str, Any]) -> str:
    if part_id is None:
        return "waits: no product with that SKU was ever read"
    if not record:
        return "not offered (see sync_compositions, and whether the kit itself is in Optiply)"
    if record["id"]:
        return f"in Optiply as {record['id']}"
    if record["held"]:
        return f"held: {record['held']}"
    if record["announced"]:
        return "sent, without an answer so far"
    return f"not in Optiply yet{': ' + record['reason'] if record['reason'] else ''}"
