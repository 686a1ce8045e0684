"""The settings of the ways back, and which of a folder's settings are theirs. No pandas: every run checks them."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from connector.values import Unfit, moment
from etl.core.flags import Flags
from vocabulary import easyecom, picqer


class ExportFlags(Flags):
    """The settings of the way back that every system has; `settings` are those that a folder may write."""

    settings: ClassVar[tuple[str, ...]] = ("export_buy_orders", "export_since")

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


class PicqerExports(ExportFlags):
    """The settings of the way back into Picqer; `main_warehouse` is one of the way in as well."""

    entities = (picqer.PURCHASE_ORDERS.name, picqer.PLACED.name)
    settings = ("export_buy_orders", "export_as_concept", "export_marker_field", "export_since")
    export_as_concept: bool = Field(False, description="Purchase orders stay concepts, for a person to place.")
    export_marker_field: Literal["supplier_orderid", "remarks"] = Field(
        "supplier_orderid", description="Where a purchase order bears the mark of the Optiply order it was made from."
    )
    main_warehouse: str | int | None = Field(None, description="Id of the warehouse that the orders are for.")


class EasyExports(ExportFlags):
    """The settings of the way back into EasyEcom."""

    entities = (easyecom.PURCHASE_ORDERS.name,)
    settings = ("export_buy_orders", "export_since", "export_expected_date", "send_tax_rate")
    send_tax_rate: bool = Field(
        False, description="Prices of purchase orders contain the tax, by the rate of each product."
    )
    export_expected_date: bool = Field(
        True, description="Purchase orders have Optiply's delivery date, the day after today where that has passed."
    )


def export_flags(config: Mapping[str, Any], kind: type[ExportFlags]) -> dict[str, Any]:
    """Those of a folder's settings that are the way back's own; the others are about the way to Optiply."""
    return {name: config[name] for name in kind.settings if name in config}


def export_schema(kind: type[ExportFlags]) -> dict[str, Any]:
    """JSON Schema of each setting, by name."""
    declared = kind.model_json_schema()["properties"]
    return {name: declared[name] for name in kind.settings}
