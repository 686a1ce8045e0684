"""The settings that steer Picqer's flow, declared once, and the checks that they do not contradict each other."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import Self

from connector.values import Unfit, id_text
from etl.core.flags import listed
from etl.inward.own import MappingFlags, schema_with_lists
from vocabulary.optiply import TRADE

CompositionType = Literal["virtual_composition", "composition_with_stock"]


class PicqerMapping(BaseModel):
    """One tenant's own source for an Optiply product field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    picqer_field: str = Field(min_length=1, description="Picqer field, such as `productfields.Brand`.")
    conversion: str | None = Field(None, description="Name of a conversion; the field's own one when left out.")


class PicqerFlags(MappingFlags):
    """Every setting of the flow with its default."""

    own_field = "picqer_field"
    entities = tuple(entity.name for entity in TRADE)
    other_entities = ("sellOrderLines", "promotions")
    aliases: ClassVar[Mapping[str, str]] = {
        "compositions": "productCompositions",
        "orders": "sellOrders",
        "purchaseorders": "buyOrders",
        "receipts": "receiptLines",
        "itemdeliveries": "receiptLines",
    }

    warehouses: list[str] = Field(
        default_factory=list,
        description="Ids of the warehouses whose free stock is summed; all active ones when empty.",
    )
    main_warehouse: str | None = Field(
        None,
        description="Id of the warehouse whose sell orders, purchase orders and receipts count; by default the only "
        "one of `warehouses`, or all where none is named. It cannot change once the folder was used.",
    )
    supplier_ignored_from_picqer: bool = Field(
        True, description="Suppliers that are inactive in Picqer are ignored in Optiply; false leaves that to Optiply."
    )
    multisupplier: bool = Field(
        False, description="Which supplier of a product is the preferred one is left to Optiply and the preferred file."
    )
    include_concept: bool = Field(False, description="Purchase orders in concept are sent too.")
    sync_compositions: bool = Field(True, description="Compositions become composed products with their parts.")
    composition_types: list[CompositionType] = Field(
        default_factory=lambda: list(get_args(CompositionType)),
        description="Types of composition whose parts are sent.",
    )
    sync_product_deletions: bool = Field(True, description="Products proven gone from Picqer are disabled.")
    sync_supplier_deletions: bool = Field(True, description="Suppliers proven gone from Picqer are ignored.")
    max_disable_share: float = Field(
        0.05, ge=0, le=1, description="Largest share of products or suppliers one run may take out of use (at least 5)."
    )
    order_wait_days: int = Field(7, ge=0, description="Days a sell order waits for a product that is still unknown.")
    subtract_cancelled: bool = Field(
        False, description="Lines of sell orders count without the cancelled amount instead of as ordered."
    )
    completed_only_when_done: bool = Field(
        False, description="A sell order has a completion time only when it is completed, instead of its last change."
    )
    export_marker_field: Literal["supplier_orderid", "remarks"] = Field(
        "supplier_orderid", description="Where a purchase order bears the mark of the Optiply order it was made from."
    )
    time_zone: str = Field("Europe/Amsterdam", description="Time zone of the account: names change on its Sundays.")
    custom_mappings: dict[str, PicqerMapping] = Field(
        default_factory=dict, description="Optiply product field → Picqer field, for this tenant only."
    )

    @field_validator("warehouses", mode="before")
    @classmethod
    def _warehouses(cls, value: object) -> object:
        found = listed(value)
        return [_warehouse(one) for one in found] if isinstance(found, list) else found

    @field_validator("main_warehouse", mode="before")
    @classmethod
    def _main_warehouse(cls, value: object) -> object:
        return None if value is None or value == "" else _warehouse(value)

    @field_validator("composition_types", mode="before")
    @classmethod
    def _split_types(cls, value: object) -> object:
        return listed(value)

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"time_zone {value!r} is not the name of a zone; write it like Europe/Amsterdam") from None
        return value

    @model_validator(mode="after")
    def _no_contradictions(self) -> Self:
        if len(set(self.warehouses)) > 1 and self.main_warehouse is None:
            raise ValueError(
                f"warehouses names several ({', '.join(self.warehouses)}) and main_warehouse none; set main_warehouse "
                "to the one whose orders and receipts count"
            )
        if self.warehouses and self.main_warehouse not in (None, *self.warehouses):
            raise ValueError(
                f"main_warehouse {self.main_warehouse} is none of the warehouses {', '.join(self.warehouses)}; add it "
                "to them or name one of them"
            )
        return self

    @property
    def main(self) -> str | None:
        """The warehouse whose orders and receipts count, None where all do."""
        return self.main_warehouse or (self.warehouses[0] if self.warehouses else None)

    @property
    def composes(self) -> bool:
        """Whether compositions are kept."""
        return self.sync_compositions and self.syncs("productCompositions")


def _warehouse(value: object) -> str:
    try:
        return id_text(value)
    except Unfit as unfit:
        raise ValueError(f"the warehouse {value!r} {unfit}; name warehouses by their id in Picqer") from None


def picqer_flags_schema() -> dict[str, Any]:
    """The JSON Schema of each setting; lists are taken as text with commas too, and the short form of a mapping."""
    flags = schema_with_lists(PicqerFlags, "composition_types")
    flags["warehouses"] |= {"type": ["array", "string"], "items": {"type": ["string", "integer"]}}
    flags["main_warehouse"] = {name: value for name, value in flags["main_warehouse"].items() if name != "anyOf"} | {
        "type": ["string", "integer", "null"]
    }
    return flags
