"""The settings that steer EasyEcom's flow, declared once."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from etl.core.flags import listed
from etl.inward.own import MappingFlags, schema_with_lists
from vocabulary.optiply import PRODUCT_COMPOSITIONS, TRADE


class EasyMapping(BaseModel):
    """One tenant's own source for an Optiply product field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    easyecom_field: str = Field(min_length=1, description="EasyEcom field, such as `custom_fields.Shelf`.")
    conversion: str | None = Field(None, description="Name of a conversion; the field's own one when left out.")


class EasyFlags(MappingFlags):
    """Every setting of the flow with its default."""

    own_field = "easyecom_field"
    entities = tuple(entity.name for entity in TRADE)
    other_entities = ("sellOrderLines", "promotions")
    aliases: ClassVar[Mapping[str, str]] = {
        "compositions": "productCompositions",
        "orders": "sellOrders",
        "purchaseorders": "buyOrders",
        "receipts": "receiptLines",
        "goodsreceipts": "receiptLines",
    }

    location_key: list[str] = Field(
        default_factory=list,
        description="Keys of the locations: the first one's stock and ids count, orders and receipts are those of all.",
    )
    product_price: Literal["mrp", "cost"] = Field("mrp", description="Which price of EasyEcom is the sales price.")
    map_supplierProductSku: bool = Field(True, description="Offers of suppliers bear the SKU of the product.")
    sum_stock_of_locations: bool = Field(
        False, description="Stock is the sum over all locations that are read, instead of the first one's."
    )
    assembled_needs_parts: bool = Field(
        False,
        description="A product is assembled only where EasyEcom names its parts, not already where it counts any.",
    )
    skip_order_types: list[str] = Field(
        default_factory=list, description="Types of order that are no sales, such as `stocktransferorder`."
    )
    order_wait_days: int = Field(
        7, ge=0, le=36_500, description="Days a sell order waits for a product that is still unknown."
    )
    custom_mappings: dict[str, EasyMapping] = Field(
        default_factory=dict, description="Optiply product field → EasyEcom field, for this tenant only."
    )

    @field_validator("location_key", "skip_order_types", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return listed(value)

    @property
    def composes(self) -> bool:
        """Whether parts of combos are kept."""
        return self.syncs(PRODUCT_COMPOSITIONS.name)

    def skips(self, *types: str | None) -> bool:
        """Whether an order of one of these types is no sale."""
        skipped = {one.casefold() for one in self.skip_order_types}
        return any(one.casefold() in skipped for one in types if one)


def easyecom_flags_schema() -> dict[str, Any]:
    """The JSON Schema of each setting."""
    return schema_with_lists(EasyFlags, "location_key", "skip_order_types")
