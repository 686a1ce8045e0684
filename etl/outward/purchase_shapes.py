"""The buy orders that the way back reads, as the tap of Optiply puts them out, and the settings that steer it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from pydantic import Field, field_validator

from connector.values import Unfit, moment
from etl.core.flags import Flags
from etl.core.streams import Stream, Streams


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
    """The settings of the way back that every system has; its own ones stand in its declaration."""

    export_buy_orders: bool = Field(
        True, description="Buy orders that are placed in Optiply become purchase orders in the source."
    )
    export_since: str | None = Field(
        None, description="Orders placed before this moment are not sent; by default the moment of the first run."
    )

    @field_validator("export_since")
    @classmethod
    def _moment(cls, value: str | None) -> str | None:
        try:
            return moment(value) if value else None
        except Unfit as unfit:
            raise ValueError(f"export_since {unfit}; write it like 2026-01-31 or 2026-01-31T08:00:00Z") from None


STREAMS = Streams("Optiply", (Stream("buyOrders", BuyOrder, "id", nested={"buyOrderLines": list[BuyOrderLine]}),))


def export_flags(config: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of a folder's settings that are the way back's own; the others are about the way to Optiply."""
    return {name: config[name] for name in names if name in config}


def export_schema(flags: type[ExportFlags], names: tuple[str, ...]) -> dict[str, Any]:
    """JSON Schema of each setting, by name."""
    declared = flags.model_json_schema()["properties"]
    return {name: declared[name] for name in names}
