"""The flags of a flow, as the oracle understands them. It reads no files."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Flow:
    """The ETL flags of a job folder's config.json, with their defaults."""

    use_stock_statuses: bool = True
    use_salable_quantity: bool = True
    use_inventory_source_items: bool = False
    warehouse_ids: tuple[str, ...] = ()
    map_stockLevel: bool = True
    pullAllOrders: bool = False
    order_statuses: tuple[str, ...] = ()
    order_lines: str = "counted"
    sync_compositions: bool = True
    sync_product_deletions: bool = True
    create_disabled_products: bool = False
    max_disable_share: float = 0.05
    order_wait_days: float = 7
    not_sync_entities: tuple[str, ...] = ()
    force_patch_products: bool = False
    custom_mappings: tuple[tuple[str, str], ...] = ()

    def settings(self) -> dict[str, Any]:
        """The flags that differ from their defaults, as they stand in config.json."""
        differing = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                differing[field.name] = list(value) if isinstance(value, tuple) else value
        if self.custom_mappings:
            differing["custom_mappings"] = dict(self.custom_mappings)
        return differing

    def syncs(self, stream: str) -> bool:
        """Whether records of this stream are sent."""
        return stream not in self.not_sync_entities

    @property
    def composes(self) -> bool:
        """Whether fixed kits are kept as composed products."""
        return self.sync_compositions and self.syncs("productCompositions") and self.syncs("products")

    @property
    def stock_from(self) -> str:
        """Which stream says how much stock there is: inventory mode switches stock statuses off."""
        if self.use_inventory_source_items:
            return "source_items"
        return "product_stock_statuses" if self.use_stock_statuses else "nothing"


FULL_TABLE_STREAMS = (
    "product_ids",
    "product_checks",
    "product_stock_statuses",
    "product_item_stocks",
    "source_items",
    "sources",
    "stores",
)


@dataclass
class Reading:
    """What one run of the tap put out: rows per stream, and which streams were read to their end."""

    rows: dict[str, list[dict[str, Any]]]
    complete: frozenset[str]
    now: datetime

    def full(self, stream: str) -> list[dict[str, Any]] | None:
        """The rows of a full-table stream, or None where the listing does not count (law 6)."""
        return self.rows.get(stream) if stream in self.complete else None


def decimal(value: object) -> Decimal:
    """A JSON number as the decimal a person would read, so that 0.1 + 0.2 is 0.3."""
    return Decimal(str(value))


def sku_key(sku: object) -> str:
    """SKUs as Magento compares them: case and trailing blanks count for nothing; empty where there is none.

    One letter stands for one letter: what has another number of letters in lower case, or comes back from it as
    another letter, is left as it is.
    """
    return "" if sku is None else _text_key(str(sku))


@lru_cache(100_000)  # the products of a shop are gone through for every row with a SKU
def _text_key(sku: str) -> str:
    letters = []
    for letter in sku.rstrip(" "):
        small = letter.lower()
        letters.append(small if small.upper() == letter else letter)
    return "".join(letters)


def product_of_sku(sku: object, products: dict[int, dict[str, Any]], gone: set[int]) -> int | None:
    """The product that a row with nothing but a SKU speaks of.

    The very SKU decides (the newest product, should two have it), else Magento's comparison where one product fits;
    a product that is gone is meant only where no other could be.
    """
    wanted = sku_key(sku)
    if wanted == "":
        return None
    same = [key for key, product in products.items() if product["sku"] == sku]
    here = [key for key in same if key not in gone]
    if here:
        return max(here)
    alike = [key for key, one in products.items() if key not in gone and sku_key(one["sku"]) == wanted]
    if alike:
        return alike[0] if len(alike) == 1 else None
    return max(same, default=None)


def is_known_sku(sku: object, products: dict[int, dict[str, Any]], gone: set[int]) -> bool:
    """Whether a product that is there has this SKU as Magento compares."""
    wanted = sku_key(sku)
    return any(sku_key(one["sku"]) == wanted for key, one in products.items() if key not in gone)


def utc(magento: str) -> str:
    """A naive UTC time of Magento in Optiply's form."""
    return magento.strip().replace(" ", "T") + "Z"
