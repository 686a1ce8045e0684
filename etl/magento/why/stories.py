"""What `snapshot why` explains: products with their kits, or else orders, by what a person calls them."""

from __future__ import annotations

from dataclasses import dataclass

from connector.errors import ProgramError
from etl.core.mapping import FieldMap
from etl.magento.flags import FlowConfig
from etl.magento.tables import facts
from etl.magento.why.kit import PartStory, kits_with, parts_of
from etl.magento.why.known import Known
from etl.magento.why.order import OrderStory, explain_order
from etl.magento.why.product import ProductStory, explain
from store.snapshot import Snapshot


@dataclass(frozen=True)
class KitStory:
    """A product's own parts, and the kits that it is a part of."""

    parts: list[PartStory]
    part_of: list[PartStory]


Story = ProductStory | KitStory | OrderStory


def stories(
    snapshot: Snapshot, known: Known, asked: str, config: FlowConfig, field_map: FieldMap, *, order_only: bool
) -> list[Story]:
    """The products with this SKU or id, each with its kits; otherwise, or if an order was meant, the order.

    Raises ProgramError, with near SKUs, where nobody knows such a product or order.
    """
    snapshot.keep(facts)
    unknown = ProgramError(f"{snapshot.path}: there is no order {asked!r}, and the shop names none. Check its number.")
    if not order_only:
        try:
            told: list[Story] = []
            for product in explain(snapshot, asked, list(field_map["products"]), known):
                told.append(product)
                kits = KitStory(parts_of(snapshot, product.product), kits_with(snapshot, product.product))
                told += [kits] if kits.parts or kits.part_of else []
            return told
        except ProgramError as error:
            unknown = error
    order = explain_order(snapshot, known, asked, config, field_map)
    if order is None:
        raise unknown
    return [order]
