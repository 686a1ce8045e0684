"""The flags that steer the flow, declared once, and the checks that they do not contradict each other."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import Self

from connector.times import as_utc_text
from etl.core.flags import listed
from etl.inward.own import MappingFlags, schema_with_lists
from vocabulary.optiply import PRODUCT_COMPOSITIONS, PRODUCTS, SELL_ORDERS

ENTITIES = tuple(entity.name for entity in (PRODUCTS, PRODUCT_COMPOSITIONS, SELL_ORDERS))
_OTHERS = ("suppliers", "supplierProducts", "buyOrders", "buyOrderLines", "receiptLines", "promotions")


class CustomMapping(BaseModel):
    """One tenant's own source for an Optiply product field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    magento_field: str = Field(min_length=1, description="Magento attribute, such as `custom_attributes.ean`.")
    conversion: str | None = Field(None, description="Name of a conversion; the field's own one when left out.")


class FlowConfig(MappingFlags):
    """Every ETL flag with its default. Names are those of Optiply's existing flows."""

    own_field = "magento_field"
    entities = ENTITIES
    other_entities = _OTHERS
    aliases: ClassVar[Mapping[str, str]] = {"compositions": "productCompositions", "orders": "sellOrders"}

    use_stock_statuses: bool = Field(
        True, description="Stock comes from the stock status of each SKU. Inventory mode switches it off."
    )
    use_salable_quantity: bool = Field(
        True, description="Use the salable quantity of the stock status; false uses the physical `stock_item.qty`."
    )
    use_inventory_source_items: bool = Field(
        False, description="Inventory mode: stock is the sum of the source items over `warehouse_ids`."
    )
    warehouse_ids: list[str] = Field(
        default_factory=list, description="Source codes to sum in inventory mode; empty means all enabled sources."
    )
    map_stockLevel: bool = Field(
        True, description="False leaves stock to a third party: sent once on creation, never compared afterwards."
    )
    pullAllOrders: bool = Field(False, description="Send orders of every status instead of complete ones.")
    order_statuses: list[str] = Field(
        default_factory=list, description="Send orders whose status or state is in this list instead of complete ones."
    )
    order_lines: Literal["counted", "as_listed"] = Field(
        "counted", description="`counted`: parent and child rows are one sale. `as_listed`: Magento's rows literally."
    )
    sync_compositions: bool = Field(True, description="Fixed kits become composed products with their parts.")
    sync_product_deletions: bool = Field(True, description="Products proven gone from Magento are disabled.")
    create_disabled_products: bool = Field(
        False, description="Also create products that are disabled in Magento and unknown to Optiply."
    )
    max_disable_share: float = Field(
        0.05,
        ge=0,
        le=1,
        description="Largest share of the enabled products one run may disable as gone (at least 5 products).",
    )
    order_wait_days: int = Field(
        7, ge=0, le=36_500, description="Days an order waits for a product that is still unknown."
    )
    custom_mappings: dict[str, CustomMapping] = Field(
        default_factory=dict, description="Optiply product field → Magento attribute, for this tenant only."
    )
    write_stock: bool = Field(
        False,
        description="Receipts booked in Optiply raise the shop's stock. Only where no other system owns that stock.",
    )
    write_stock_source: str = Field(
        "default", min_length=1, description="Source whose quantity a receipt raises; without inventory management one."
    )
    write_stock_since: str | None = Field(
        None,
        description="Receipts made in Optiply before this moment (UTC unless it names an offset) are recorded and not "
        "written; by default the first run with `write_stock`.",
    )
    force_patch_products: bool = Field(False, description="Offer every product with all its fields in this run.")

    @field_validator("warehouse_ids", "order_statuses", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return listed(value)

    @field_validator("write_stock_since")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        return as_utc_text(value) if value else None

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        if not self.use_stock_statuses and not self.use_inventory_source_items:
            raise ValueError(
                "use_stock_statuses and use_inventory_source_items are both false, so no stock would be read; "
                "set one of them to true"
            )
        if self.warehouse_ids and not self.use_inventory_source_items:
            raise ValueError(
                "warehouse_ids has no meaning without use_inventory_source_items; set that to true or empty the list"
            )
        if self.pullAllOrders and self.order_statuses:
            raise ValueError(
                "pullAllOrders and order_statuses contradict each other; set pullAllOrders to false or empty the list"
            )
        if self.force_patch_products and not self.syncs("products"):
            raise ValueError(
                "force_patch_products asks for products that not_sync_entities leaves out; change one of the two"
            )
        return self

    def remarks(self) -> list[str]:
        """That one flag switches off another."""
        both = self.use_inventory_source_items and self.use_stock_statuses
        return ["use_inventory_source_items is true: stock statuses are not used"] if both else []

    @property
    def composes(self) -> bool:
        """Whether fixed kits are kept as composed products."""
        return self.sync_compositions and self.syncs("productCompositions") and self.syncs("products")


def flags_schema() -> dict[str, Any]:
    """The JSON Schema of each flag; lists are taken as text with commas too, and the short form of a mapping."""
    return schema_with_lists(FlowConfig, "warehouse_ids", "order_statuses")
