"""What `snapshot why` explains: products with their kits, or else orders, by what a person calls them."""

from __future__ import annotations

from dataclasses import dataclass

from job.folder import FolderError, JobFolder, read_json_object
from job.snapshot.why_kit import PartStory, kits_with, parts_of
from job.snapshot.why_order import OrderStory, explain_order
from job.snapshot.why_product import ProductStory, explain
from store.snapshot import Snapshot


@dataclass(frozen=True)
class KitStory:
    """A product's own parts, and the kits that it is a part of."""

    parts: list[PartStory]
    part_of: list[PartStory]


Story = ProductStory | KitStory | OrderStory


def stories(snapshot: Snapshot, folder: JobFolder, asked: str, *, order_only: bool = False) -> list[Story]:
    """The products with this SKU or id, each with its kits; otherwise, or if an order was meant, the order.

    Raises FolderError, with near SKUs, where nobody knows such a product or order.
    """
    from etl.etl import EtlError, load_field_map
    from etl.magento.flags import ConfigError, load_config
    from etl.magento.tables import facts

    try:
        config, _ = load_config(read_json_object(folder.config) if folder.config.is_file() else {})
        field_map = load_field_map(config, folder.root)
    except (ConfigError, EtlError) as error:
        raise FolderError(str(error)) from error
    snapshot.keep(facts)
    unknown = FolderError(f"{snapshot.path}: there is no order {asked!r}, and the shop names none. Check its number.")
    if not order_only:
        try:
            told: list[Story] = []
            for product in explain(snapshot, asked, list(field_map["products"]), folder.tap_output):
                told.append(product)
                kits = KitStory(parts_of(snapshot, product.product), kits_with(snapshot, product.product))
                told += [kits] if kits.parts or kits.part_of else []
            return told
        except FolderError as error:
            unknown = error
    order = explain_order(snapshot, folder, asked, config, field_map)
    if order is None:
        raise unknown
    return [order]
