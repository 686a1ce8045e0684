"""The buy orders that the way back reads, as the tap of Optiply puts them out, and the settings that steer it."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from pydantic import Field, field_validator

from connector.values import Unfit, moment
from etl.core.flags import Flags
from etl.core.streams import Stream, Streams
from vocabulary.picqer import PLACED, PURCHASE_ORDERS


class BuyOrderLine(Struct, gc=False):
    """One line of a buy order."""

    id: Any = None
    productId: Any = None
    quantity: Any = None
    subtotalValue: Any = None


class BuyOrder(Struct, gc=False):
    """One buy order with all its lines."""

    id: Any = None
    supplierId: Any = None
    placed: Any = None
    completed: Any = None
    expectedDeliveryDate: Any = None
    totalValue: Any = None
    assembly: Any = None
    createdFromPublicApi: Any = None
    buyOrderLines: list[BuyOrderLine] | None = None


class ExportFlags(Flags):
    """The settings of the way back."""

    entities = (PURCHASE_ORDERS.name, PLACED.name)
    export_buy_orders: bool = Field(
        True, description="Buy orders that are placed in Optiply become purchase orders in Picqer."
    )
    export_as_concept: bool = Field(False, description="Purchase orders stay concepts, for a person to place.")
    export_marker_field: Literal["supplier_orderid", "remarks"] = Field(
        "supplier_orderid", description="Where a purchase order bears the mark of the Optiply order it was made from."
    )
    export_since: str | None = Field(
        None, description="Orders placed before this moment are not sent; by default the moment of the first run."
    )
    main_warehouse: str | int | None = Field(None, description="Id of the warehouse that the orders are for.")

    @field_validator("export_since")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        try:
            return moment(value) if value else None
        except Unfit as unfit:
            raise ValueError(f"export_since {unfit}; write it like 2026-01-31 or 2026-01-31T08:00:00Z") from None


EXPORTS = ("export_buy_orders", "export_as_concept", "export_marker_field", "export_since")
"""The settings by name."""
STREAMS = Streams("Optiply", (Stream("buyOrders", BuyOrder, "id", nested={"buyOrderLines": list[BuyOrderLine]}),))


def export_flags(config: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a folder's settings that are the way back's own; the others are about the way to Optiply."""
    return {name: config[name] for name in EXPORTS if name in config}


def export_schema() -> dict[str, Any]:
    """JSON Schema of each setting, by name."""
    declared = ExportFlags.model_json_schema()["properties"]
    return {name: declared[name] for name in EXPORTS}
